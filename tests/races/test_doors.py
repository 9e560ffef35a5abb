"""R1: 32 rivals for one slot, through each door, on both databases, against a server of four workers.

Exactly one wins a slot, nobody meets a 5xx, the database sees no deadlock, and no two bookings overlap by SQL. The
same holds when the application neither locks nor looks, so that the schema alone decides; and a twin without any
guard oversells, so that the test can see.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from sharing.web.places import ROOT
from tests.conftest import KEY
from tests.harness.databases import Clone
from tests.harness.processes import SHARING, environment, serving
from tests.races.ground import (
    Ground,
    accepted,
    deadlocks,
    drop_the_guard,
    ground,
    overlaps,
    put_the_guard_back,
    scattered,
    wish,
)
from tests.races.rivals import Rivals, Said, api, form

RIVALS = 32
FEW = 8  # two a worker are enough to meet where nothing but the schema stands between them
APPROVERS = 8  # who say yes to one request at once, in each step
SLOTS = 25
LATER_SLOTS = 10  # of the doors that came later, in the short form
SLOTS_SOAK = 200
UNGUARDED = (sys.executable, "-m", "tests.races.unguarded")

pytestmark = pytest.mark.race


@contextmanager
def rivals_of(clone: Clone, command: tuple[str, ...], number: int = RIVALS) -> Iterator[Rivals]:
    """Clients of a server on this database: four workers, no scheduler."""
    env = environment(
        database_url=clone.url, secret_key=KEY, storage_dir=clone.folder / "storage", pool_size="8"
    )
    env["PYTHONPATH"] = str(ROOT)
    with serving("--workers", "4", "--no-scheduler", env=env, folder=clone.folder, command=command) as server:
        rivals = Rivals(server.address, number)
        yield rivals
        rivals.close()


# --- the doors: each gives the answers of one round ------------------------------------------------------------------


def by_page(at: Ground, rivals: Rivals, number: int) -> list[Said]:
    """The form beside the calendar."""
    span = at.slot(number)
    fields = {
        "csrf_token": at.csrf,
        "start": wish(at.laser, span)["start"][:16],
        "end": wish(at.laser, span)["end"][:16],
        "purpose": "同时来抢",
        "group_id": str(at.house.group.id),
    }
    return rivals.race([form(f"/instruments/{at.laser.id}/bookings", at.cookie, fields)] * rivals.number)


def by_api(at: Ground, rivals: Rivals, number: int) -> list[Said]:
    """The API, each request with a key of its own."""
    body = wish(at.laser, at.slot(number + 1000))
    return rivals.race(
        [
            api("POST", "/bookings", at.tokens["researcher"], body, key=f"{number}-{n}")
            for n in range(rivals.number)
        ]
    )


def by_other(at: Ground, rivals: Rivals, number: int) -> list[Said]:
    """The manager for the researcher, against the researcher herself."""
    body = wish(at.laser, at.slot(number + 4000))
    for_her = body | {"person": at.house.researcher.username}
    mine = [api("POST", "/bookings", at.tokens["researcher"], body)] * (rivals.number // 2)
    theirs = [api("POST", "/bookings/on-behalf", at.tokens["manager"], for_her)] * (rivals.number // 2)
    return rivals.race([call for pair in zip(mine, theirs, strict=True) for call in pair])


def by_approval(at: Ground, rivals: Rivals, number: int) -> list[Said]:
    """Requests for an instrument by approval; then payer and manager approve whatever got through, all at once."""
    body = wish(at.sem, at.slot(number))
    asked = rivals.race([api("POST", "/bookings", at.tokens["researcher"], body)] * rivals.number)
    held = [said.body["id"] for said in asked if said.status == 201]
    for step in ("head", "manager"):
        each = [held[n % len(held)] for n in range(max(APPROVERS, len(held)))]
        calls = [api("POST", f"/bookings/{key}/approve", at.tokens[step]) for key in each]
        done = rivals.race(calls)
        late = {403, 409}  # the next step is not hers, or all is decided
        assert {said.status for said in done} <= {200, *late}, Counter(said.status for said in done)
        assert sum(said.status == 200 for said in done) == len(held)  # one word a step counts
    return asked


def by_move(at: Ground, rivals: Rivals, number: int) -> list[Said]:
    """Bookings that stand elsewhere, all moved to one slot."""
    span = at.slot(number + 2000)
    theirs = [at.slot(100_000 + number * rivals.number + n) for n in range(rivals.number)]
    ids = scattered(at.laser, at.house.researcher, at.house.group.id, theirs)
    to = {key: value for key, value in wish(at.laser, span).items() if key in {"start", "end"}}
    return rivals.race([api("PATCH", f"/bookings/{key}", at.tokens["researcher"], to) for key in ids])


def by_block(at: Ground, rivals: Rivals, number: int) -> list[Said]:
    """Bookings against the manager who closes the time: either it is closed or one of them has it."""
    span = at.slot(number + 3000)
    body = wish(at.laser, span)
    block = {key: body[key] for key in ("instrument_id", "start", "end")} | {"reason": "检修"}
    calls = [api("POST", "/bookings", at.tokens["researcher"], body)] * (rivals.number - 1)
    calls.insert(number % rivals.number, api("POST", "/blocks", at.tokens["manager"], block))
    return rivals.race(calls)


def by_order(at: Ground, rivals: Rivals, number: int) -> list[Said]:
    """Accepted service orders, all laid on one slot by their manager."""
    span = at.slot(number + 500)
    ids = accepted(at.laser, at.house.researcher, at.house.group.id, rivals.number)
    body = {key: wish(at.laser, span)[key] for key in ("start", "end")}
    body["operator_id"] = str(at.house.manager.id)
    return rivals.race([api("POST", f"/orders/{key}/schedule", at.tokens["manager"], body) for key in ids])


DOORS = {
    "request": by_page, "api": by_api, "approve": by_approval, "reschedule": by_move, "block": by_block,
    "order": by_order, "on-behalf": by_other,
}  # fmt: skip
LATER = ("block", "order", "on-behalf")
YES = {
    "request": 302, "api": 201, "approve": 201, "reschedule": 200, "block": 201, "order": 200, "on-behalf": 201
}  # fmt: skip


def run(at: Ground, rivals: Rivals, door: str, rounds: int) -> Counter[int]:
    """So many slots through a door; the winners of each slot, counted: {1: rounds} is what must be."""
    began = time.monotonic()
    winners: Counter[int] = Counter()
    for number in range(rounds):
        said = DOORS[door](at, rivals, number)
        statuses = Counter(one.status for one in said)
        assert not [status for status in statuses if status >= 500], (door, statuses)
        assert set(statuses) <= {YES[door], 409}, (door, statuses)
        winners[statuses[YES[door]]] += 1
    took = time.monotonic() - began
    print(f"{door}: {rounds} slots x {rivals.number} rivals in {took:.1f} s, winners a slot {dict(winners)}")
    return winners


# --- what must hold --------------------------------------------------------------------------------------------------


def exactly_one(
    app: Flask, clone: Clone, command: tuple[str, ...], rounds: int, rivals: int, subtests: pytest.Subtests
) -> None:
    """Every door after the other on one server, each with slots of its own."""
    at = ground(app)
    before = deadlocks()
    with rivals_of(clone, command, rivals) as clients:
        for door in DOORS:
            with subtests.test(door=door):
                number = min(rounds, LATER_SLOTS) if rounds == SLOTS and door in LATER else rounds
                assert run(at, clients, door, number) == {1: number}
                assert overlaps() == {"slots": 0, "bookings": 0}
                assert deadlocks() == before


def test_r1_exactly_one_of_32_rivals_wins(app: Flask, database: Clone, subtests: pytest.Subtests) -> None:
    exactly_one(app, database, SHARING, SLOTS, RIVALS, subtests)


def test_r1_the_database_alone_holds(app: Flask, database: Clone, subtests: pytest.Subtests) -> None:
    exactly_one(app, database, UNGUARDED, SLOTS, FEW, subtests)


def test_r1_a_twin_without_any_guard_oversells(app: Flask, database: Clone) -> None:
    """The negative control: without lock, look and rule every door sells a slot more than once."""
    at = ground(app)
    drop_the_guard()
    try:
        with rivals_of(database, UNGUARDED) as rivals:
            for door in DOORS:
                assert max(run(at, rivals, door, 1)) > 1, door
        assert min(overlaps().values()) > 0
    finally:
        put_the_guard_back()


@pytest.mark.soak
@pytest.mark.parametrize("command", [SHARING, UNGUARDED], ids=["guarded", "database-alone"])
def test_r1_at_length(
    app: Flask, database: Clone, command: tuple[str, ...], subtests: pytest.Subtests
) -> None:
    exactly_one(app, database, command, SLOTS_SOAK, RIVALS, subtests)
