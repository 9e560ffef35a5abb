"""The life of a booking after it was asked for: moves, returns, deadlines, no-shows, ends that nobody said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sharing.approval import queries as approvals
from sharing.approval.rules import State
from sharing.audit import queries as audit
from sharing.booking import jobs, queries, service
from sharing.booking.queries.tables import SLOT
from sharing.booking.rules import BookingRow, Status, Submit
from sharing.kernel.db import db, table_of
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.notify.models import Message
from sharing.people.models import User
from tests import cast
from tests.booking.asking import decide, refusal, rules_broken, submit


@pytest.fixture
def house(app: Flask) -> cast.House:
    return cast.house()


def approved(house: cast.House, when: TimeSpan) -> BookingRow:
    row = submit(house.researcher, house.instrument, when)
    decide(row.id, house.head)
    return decide(row.id, house.manager)


def move(row: BookingRow, when: TimeSpan, who: User, **more: Any) -> BookingRow:
    return service.reschedule(row.id, when, by=cast.actor(who), now=more.pop("now", cast.NOW), **more)


def held(row: BookingRow) -> list[tuple[str, TimeSpan]]:
    """What the slots of an instrument say, in order."""
    db.session.rollback()
    c = SLOT.c
    rows = db.session.execute(select(c.kind, c.starts_at, c.ends_at).order_by(c.starts_at)).all()
    return [(kind, TimeSpan(start, end)) for kind, start, end in rows]


def topics(who: User) -> list[str]:
    c = table_of(Message).c
    return list(db.session.scalars(select(c.topic).where(c.recipient_id == who.id).order_by(c.id)))


def test_a_longer_time_is_pending_and_holds_only_the_minutes_more(house: cast.House) -> None:
    row = approved(house, cast.span(1, "09:00", "10:00"))
    changed = move(row, cast.span(1, "09:00", "11:00"), house.researcher)
    assert (changed.status, changed.span) == (Status.APPROVED, row.span)
    assert changed.change is not None
    assert held(row) == [("booking", row.span), ("change", cast.span(1, "10:00", "11:00"))]
    no = refusal(house.colleague, house.instrument, cast.span(1, "10:00", "11:00"))
    assert no.kind == "booking-conflict"
    decide(row.id, house.head)
    done = decide(row.id, house.manager)
    assert (done.span, done.change) == (cast.span(1, "09:00", "11:00"), None)
    assert held(row) == [("booking", cast.span(1, "09:00", "11:00"))]
    assert done.sequence > row.sequence
    assert done.amount.fen == 20_000


def test_a_refused_change_leaves_the_old_booking_standing(house: cast.House) -> None:
    row = approved(house, cast.span(1, "09:00", "10:00"))
    move(row, cast.span(1, "14:00", "15:00"), house.researcher)
    after = decide(row.id, house.head, "reject", note="另约")
    assert (after.status, after.span, after.change) == (Status.APPROVED, row.span, None)
    assert held(row) == [("booking", row.span)]
    assert topics(house.researcher)[-1] == "booking.change-refused"


def test_a_time_inside_what_was_approved_keeps_the_approval(house: cast.House) -> None:
    row = approved(house, cast.span(1, "09:00", "12:00"))
    inside = move(row, cast.span(1, "10:00", "11:00"), house.researcher)
    assert (inside.status, inside.span, inside.change) == (
        Status.APPROVED,
        cast.span(1, "10:00", "11:00"),
        None,
    )
    assert held(row) == [("booking", cast.span(1, "10:00", "11:00"))]
    with pytest.raises(Refused) as no:
        move(inside, inside.span, house.researcher)
    assert rules_broken(no.value) == ["moved_nothing"]


def test_a_request_that_is_moved_is_asked_for_anew(house: cast.House) -> None:
    row = submit(house.researcher, house.instrument, cast.span(1, "09:00", "10:00"))
    decide(row.id, house.head)
    moved = move(row, cast.span(2, "09:00", "10:00"), house.researcher)
    assert (moved.status, moved.span, moved.number) == (
        Status.REQUESTED,
        cast.span(2, "09:00", "10:00"),
        row.number,
    )
    states = [one.state for one in approvals.all_of("booking", row.id)]
    assert states == [State.WITHDRAWN, State.OPEN]
    fresh = approvals.of("booking", row.id)
    assert fresh is not None
    assert fresh.turn is not None
    assert fresh.turn.role.value == "payer"


def test_another_instrument_is_another_approval(house: cast.House) -> None:
    row = approved(house, cast.span(1, "09:00", "10:00"))
    other = cast.instrument(house.university, manager=house.manager)
    asked = move(row, row.span, house.researcher, instrument_id=other.id)
    assert asked.instrument_id == house.instrument.id
    assert asked.change is not None
    decide(row.id, house.head)
    done = decide(row.id, house.manager)
    assert (done.instrument_id, done.status) == (other.id, Status.APPROVED)
    assert queries.taken([house.instrument.id], row.span)[house.instrument.id] == []


def test_a_move_to_another_house_is_that_houses_booking_from_then_on(house: cast.House) -> None:
    row = approved(house, cast.span(1, "09:00", "10:00"))
    there = cast.instrument(house.elsewhere)
    rules = cast.policy(there, longest_minutes=240)
    host = cast.user("host", institution=house.elsewhere)
    cast.grant(host, "manager", there)
    cast.chain("manager", at=there)
    move(row, row.span, house.researcher, instrument_id=there.id)
    done = decide(row.id, host)
    assert (done.instrument_id, done.institution_id, done.policy_id) == (
        there.id,
        house.elsewhere.id,
        rules.id,
    )


def test_a_returned_request_keeps_number_and_slot_and_what_was_said(house: cast.House) -> None:
    row = submit(house.researcher, house.instrument, cast.span(1, "09:00", "10:00"))
    decide(row.id, house.head)
    decide(row.id, house.manager, "return", note="请写明样品")
    assert held(row) == [("booking", row.span)]
    by = cast.actor(house.researcher)
    assert "resubmit" in service.actions(row, by=by, now=cast.NOW)
    ask = Submit(row.instrument_id, row.span, "钴酸锂粉末", group_id=row.group_id)
    again = service.resubmit(row.id, ask=ask, by=by, now=cast.NOW)
    assert (again.number, again.purpose, again.status) == (row.number, "钴酸锂粉末", Status.REQUESTED)
    with pytest.raises(Refused) as no:
        service.resubmit(row.id, ask=ask, by=by, now=cast.NOW)
    assert no.value.kind == "invalid-transition"
    assert decide(row.id, house.manager).status is Status.APPROVED  # the payer is not asked twice


def test_an_authorisation_gives_the_payers_word_until_its_month_is_used(house: cast.House) -> None:
    cast.authorisation(house.group, house.researcher, by=house.head, month_minutes=120)
    first = submit(house.researcher, house.instrument, cast.span(1, "09:00", "11:00"))
    said = approvals.of("booking", first.id)
    assert said is not None
    assert said.steps[0].last is not None
    assert said.steps[0].last.rule == "authorisation"
    second = submit(house.researcher, house.instrument, cast.span(2, "09:00", "10:00"))
    said = approvals.of("booking", second.id)
    assert said is not None
    assert said.steps[0].state == "open"


def test_a_managers_own_booking_goes_to_the_deputy(house: cast.House) -> None:
    row = submit(house.manager, house.instrument, cast.span(1, "09:00", "10:00"))
    with pytest.raises(Refused) as no:
        decide(row.id, house.manager)
    assert no.value.kind == "not-your-decision"
    assert decide(row.id, house.deputy).status is Status.APPROVED


def test_nobody_decides_and_the_hold_goes(house: cast.House) -> None:
    row = submit(house.researcher, house.instrument, cast.span(7, "09:00", "10:00"))
    later = cast.clock(3, "18:00")
    assert jobs.expire(cast.NOW) == 0
    assert jobs.expire(later) == 1
    assert jobs.expire(later) == 0  # running twice is running once
    after = queries.booking(row.id)
    assert after is not None
    assert after.status is Status.EXPIRED
    assert held(row) == []
    assert submit(house.colleague, house.instrument, row.span).status is Status.REQUESTED


def test_a_reminder_and_an_escalation_come_once(house: cast.House) -> None:
    submit(house.researcher, house.instrument, cast.span(7, "09:00", "10:00"))
    later = cast.clock(0, "17:20")
    assert [jobs.remind(later), jobs.remind(later)] == [1, 0]
    assert "approval.reminder" in topics(house.head)
    tomorrow = cast.clock(1, "09:30")
    assert [jobs.escalate(tomorrow), jobs.escalate(tomorrow)] == [1, 0]
    assert "approval.escalated" in topics(house.admin)


def test_a_no_show_is_released_only_where_the_policy_says_so_and_after_a_warning(house: cast.House) -> None:
    laser = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    quiet = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    cast.policy(laser, check_in_required=True, no_show_minutes=30)
    row = submit(house.researcher, laser, cast.span(1, "09:00", "12:00"))
    other = submit(house.researcher, quiet, cast.span(1, "09:00", "12:00"))
    assert jobs.no_shows(cast.clock(1, "09:10")) == 0
    assert jobs.no_shows(cast.clock(1, "09:21")) == 1
    assert "booking.no-show-warning" in topics(house.researcher)
    assert "booking.no-show-warning" in topics(house.manager)
    assert jobs.no_shows(cast.clock(1, "09:25")) == 0
    assert jobs.no_shows(cast.clock(1, "09:31")) == 1
    gone, kept = queries.bookings([row.id])[row.id], queries.bookings([other.id])[other.id]
    assert (gone.status, kept.status) == (Status.NO_SHOW, Status.APPROVED)
    now = cast.clock(1, "09:31")
    assert submit(house.colleague, laser, cast.span(1, "10:00", "12:00"), now=now)


def test_without_check_in_a_past_booking_waits_to_be_confirmed(house: cast.House) -> None:
    row = approved(house, cast.span(1, "09:00", "10:00"))
    later = cast.clock(1, "11:00")
    assert [jobs.confirm(later), jobs.confirm(later)] == [1, 0]
    manager = cast.actor(house.manager)
    assert [one.id for one in queries.to_confirm(manager, later)] == [row.id]
    used = cast.span(1, "09:10", "09:50")
    done = service.confirm_use(row.id, span=used, by=manager, now=later)
    assert (done.status, done.checked_in_at, done.checked_out_at) == (
        Status.COMPLETED,
        used.start,
        used.end,
    )
    assert queries.to_confirm(manager, later) == []


def test_who_may_cancel_and_until_when(house: cast.House) -> None:
    row = approved(house, cast.span(1, "09:00", "10:00"))
    with pytest.raises(Refused) as no:
        service.cancel(row.id, by=cast.actor(house.stranger), now=cast.NOW)
    assert no.value.kind == "not-found"
    with pytest.raises(Refused) as no:
        service.cancel(row.id, by=cast.actor(house.head), now=cast.NOW)
    assert no.value.kind == "forbidden"
    with pytest.raises(Refused) as no:
        service.cancel(row.id, by=cast.actor(house.researcher), now=cast.clock(1, "09:00"))
    assert no.value.kind == "invalid-transition"
    gone = service.cancel(row.id, note="停水", by=cast.actor(house.manager), now=cast.clock(1, "09:10"))
    assert gone.status is Status.CANCELLED
    assert held(row) == []
    last = audit.history("booking", row.id)[-1]
    assert (last.action, last.note, last.before) == (
        "booking.cancel",
        "停水",
        {"status": "approved", "end_note": ""},
    )


def test_a_late_start_is_said_not_refused(house: cast.House) -> None:
    """No office works between Friday evening and the latest moment to decide on Saturday's request."""
    cast.timetable(house.instrument, days={"workday": [[0, 1440]], "weekend": [[0, 1440]]})
    friday = cast.clock(4, "20:00")
    ask = Submit(house.instrument.id, cast.span(5, "09:00", "10:00"), "周末")
    found = service.check(ask, by=cast.actor(house.researcher), now=friday)
    assert found.passes
    late = next(one for one in found.advice if one.kind == "late-decision")
    assert late.earliest is not None
    assert late.earliest - friday > timedelta(days=2)
