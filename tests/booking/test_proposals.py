"""Another time proposed by the manager: held with the old one, taken by one click, declined, or let pass."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from sharing.booking import jobs, queries, service
from sharing.booking.rules import BookingRow, Status
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from tests import cast
from tests.booking.asking import decide, refusal, submit
from tests.booking.test_api import World, world
from tests.booking.test_scenarios import inbox_topics, self_service
from tests.harness.browser import KEPT, Browser

__all__ = ["world"]

OLD, NEW = cast.span(3, "09:00", "10:00"), cast.span(4, "14:00", "15:00")


def proposed(house: cast.House, row: BookingRow, span: TimeSpan = NEW) -> BookingRow:
    by = cast.actor(house.manager)
    return service.propose(row.id, span, note="上午要校准", by=by, now=cast.NOW)


def answer(work: Any, row: BookingRow, who: Any, *, now: Any = cast.NOW) -> BookingRow:
    found: BookingRow = work(row.id, by=cast.actor(who), now=now)
    return found


def test_a_proposal_holds_both_times_and_is_taken_by_one_click(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, OLD)
    waiting = proposed(house, mine)
    assert (waiting.span, waiting.status) == (OLD, Status.APPROVED)
    assert waiting.change is not None
    assert (waiting.change.span, waiting.change.proposed, waiting.change.note) == (NEW, True, "上午要校准")
    assert inbox_topics(house.researcher)[-1] == "booking.proposed"
    for taken in (OLD, NEW):
        assert refusal(house.colleague, laser, taken).kind == "booking-conflict"
    done = answer(service.accept, mine, house.researcher)
    assert (done.span, done.status, done.change) == (NEW, Status.APPROVED, None)
    assert submit(house.colleague, laser, OLD)


def test_a_declined_proposal_leaves_all_as_it_was_and_the_manager_knows(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, OLD)
    proposed(house, mine)
    kept = answer(service.decline, mine, house.researcher)
    assert (kept.span, kept.status, kept.change) == (OLD, Status.APPROVED, None)
    assert inbox_topics(house.manager)[-1] == "booking.proposal-declined"
    assert submit(house.colleague, laser, NEW)


def test_while_it_waits_cancelling_is_free(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, OLD)
    proposed(house, mine)
    gone = service.cancel(mine.id, by=cast.actor(house.researcher), now=cast.NOW)
    assert (gone.status, gone.free_cancel) == (Status.CANCELLED, True)
    for free in (OLD, NEW):
        assert submit(house.colleague, laser, free)


def test_without_an_answer_the_held_time_goes_at_its_deadline(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, OLD)
    change = proposed(house, mine).change
    assert change is not None
    assert change.due_at is not None
    assert jobs.unanswered(cast.NOW) == 0
    with pytest.raises(Refused) as no:
        answer(service.accept, mine, house.researcher, now=change.due_at)
    assert no.value.kind == "invalid-transition"
    assert jobs.unanswered(change.due_at) == 1
    assert jobs.unanswered(change.due_at) == 0
    kept = queries.booking(mine.id)
    assert kept is not None
    assert (kept.span, kept.change) == (OLD, None)


def test_a_request_that_takes_the_time_is_asked_for_anew(app: Flask) -> None:
    house = cast.house()
    mine = submit(house.researcher, house.instrument, OLD)
    decide(mine.id, house.head)
    proposed(house, mine)
    done = answer(service.accept, mine, house.researcher)
    assert (done.span, done.status) == (NEW, Status.REQUESTED)
    for who in (house.head, house.manager):
        done = decide(mine.id, who)
    assert (done.span, done.status) == (NEW, Status.APPROVED)


def test_who_proposed_need_not_approve_again(app: Flask) -> None:
    house = cast.house()
    mine = submit(house.head, house.instrument, OLD)  # her own group pays: only the manager is asked
    proposed(house, mine)
    assert answer(service.accept, mine, house.head).status is Status.APPROVED


def test_an_approved_booking_keeps_its_approval_unless_it_costs_more(app: Flask) -> None:
    house = cast.house()
    mine = submit(house.researcher, house.instrument, OLD)
    for who in (house.head, house.manager):
        decide(mine.id, who)
    proposed(house, mine)
    assert answer(service.accept, mine, house.researcher).status is Status.APPROVED
    proposed(house, mine, cast.span(4, "14:00", "16:00"))
    dearer = answer(service.accept, mine, house.researcher)
    assert (dearer.span, dearer.change is not None and dearer.change.proposed) == (NEW, False)
    for who in (house.head, house.manager):
        dearer = decide(mine.id, who)
    assert dearer.span == cast.span(4, "14:00", "16:00")


def test_a_decision_on_the_request_ends_the_proposal(app: Flask) -> None:
    house = cast.house()
    mine = submit(house.researcher, house.instrument, OLD)
    proposed(house, mine)
    decide(mine.id, house.head)
    done = decide(mine.id, house.manager)
    assert (done.status, done.span, done.change) == (Status.APPROVED, OLD, None)
    assert submit(house.colleague, house.instrument, NEW)


def test_what_is_refused(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, OLD)
    for who, kind in ((house.researcher, "forbidden"), (house.stranger, "not-found")):
        with pytest.raises(Refused) as no:
            service.propose(mine.id, NEW, by=cast.actor(who), now=cast.NOW)
        assert no.value.kind == kind
    with pytest.raises(Refused) as no:
        answer(service.accept, mine, house.researcher)
    assert no.value.kind == "invalid-transition"
    submit(house.colleague, laser, NEW)
    with pytest.raises(Refused) as no:
        proposed(house, mine)
    assert no.value.kind == "booking-conflict"
    proposed(house, mine, cast.span(5, "14:00", "15:00"))
    for who, kind in ((house.manager, "forbidden"), (house.colleague, "not-found")):
        with pytest.raises(Refused) as no:
            answer(service.accept, mine, who)
        assert no.value.kind == kind
    with pytest.raises(Refused) as no:
        service.propose(mine.id, NEW, by=cast.actor(house.manager), now=cast.clock(3, "09:30"))
    assert no.value.kind == "invalid-transition"


def test_the_api_proposes_and_takes_a_time_and_the_page_offers_both_answers(world: World) -> None:
    house = world.house
    mine = world.call(house.researcher, "POST", "/bookings", world.wish()).json
    wished = {"start": "2026-03-04T14:00:00+08:00", "end": "2026-03-04T15:00:00+08:00", "note": "校准"}
    held = world.call(house.manager, "POST", f"/bookings/{mine['id']}/propose", wished)
    assert held.status_code == 200
    change = held.json["pending_change"]
    assert (change["start"], change["proposed"], change["note"]) == (wished["start"], True, "校准")
    house.researcher.password_hash = KEPT
    db.session.commit()
    shown = Browser(world.client.application).sign_in(house.researcher).get(f"/bookings/{mine['id']}").text
    for word in ("接受新时间", "时间不变", "取消不收费"):
        assert word in shown
    taken = world.call(house.researcher, "POST", f"/bookings/{mine['id']}/accept")
    assert (taken.status_code, taken.json["start"], taken.json["pending_change"]) == (
        200,
        wished["start"],
        None,
    )
    late = world.call(house.researcher, "POST", f"/bookings/{mine['id']}/decline")
    assert late.status_code == 409
