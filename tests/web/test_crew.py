"""Who works in a web worker: one thread as a rule, another where it is held up."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sharing.web.crew import HELD_UP_SECONDS, Crew

LONG = 10.0
"""Seconds after which a test is broken; nothing waits so long."""


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew(3)
    yield made
    made.shutdown()


def _comes_to(crew: Crew, size: int) -> bool:
    never = threading.Event()
    return any(crew.size() == size or never.wait(HELD_UP_SECONDS) for _ in range(200))


def test_short_pieces_of_work_are_done_by_one_thread(crew: Crew) -> None:
    done = {crew.submit(threading.get_ident).result(LONG) for _ in range(200)}
    assert len(done) == 1
    assert crew.size() == 1


def test_another_stands_in_for_who_is_held_up_and_stays_when_that_one_is_done(crew: Crew) -> None:
    go, held = threading.Event(), threading.Event()

    def slow() -> int:
        held.set()
        assert go.wait(LONG)
        return threading.get_ident()

    first = crew.submit(slow)
    assert held.wait(LONG)
    instead = crew.submit(threading.get_ident).result(LONG)
    assert crew.size() == 2
    go.set()
    assert first.result(LONG) != instead
    assert {crew.submit(threading.get_ident).result(LONG) for _ in range(50)} == {instead}
    assert _comes_to(crew, 1)


def test_there_are_never_more_than_the_most(crew: Crew) -> None:
    go = threading.Event()
    waiting = [crew.submit(go.wait, LONG) for _ in range(5)]
    assert _comes_to(crew, 3)
    assert not any(one.done() for one in waiting)
    go.set()
    assert all(one.result(LONG) for one in waiting)


def test_what_a_piece_of_work_raises_reaches_its_future_and_the_thread_goes_on(crew: Crew) -> None:
    with pytest.raises(ZeroDivisionError):
        crew.submit(lambda: 1 // 0).result(LONG)
    assert crew.submit(lambda: 7).result(LONG) == 7


def test_after_the_end_what_waits_is_done_and_nothing_is_taken(crew: Crew) -> None:
    go = threading.Event()
    first, second = crew.submit(go.wait, LONG), crew.submit(lambda: 7)
    crew.shutdown()
    with pytest.raises(RuntimeError):
        crew.submit(lambda: 8)
    go.set()
    assert first.result(LONG)
    assert second.result(LONG) == 7
