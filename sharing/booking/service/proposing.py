"""Another time proposed by who runs the instrument: held until the requester answers, or until its deadline."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from sharing.approval import queries as approvals
from sharing.approval.rules import Verdict
from sharing.audit.service import record
from sharing.booking import queries
from sharing.booking.rules import Action, BookingRow, ChangeRow, Status, allowed, moved, readable
from sharing.booking.service import slots, telling
from sharing.booking.service.deciding import decide, locked_with_change, settle
from sharing.booking.service.ending import close_change
from sharing.booking.service.moving import Move, ask_to_move, asked_anew, hold, judged_move
from sharing.kernel.db import transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, shanghai_day
from sharing.people import queries as people
from sharing.people.rules import Actor
from sharing.registry import queries as registry

ANSWERED_WITHIN: Final = timedelta(hours=48)
LATEST_BEFORE: Final = timedelta(hours=1)  # before whichever of the two times comes first


@transactional
def propose(booking_id: uuid.UUID, span: TimeSpan, *, note: str = "", by: Actor, now: datetime) -> BookingRow:
    """Offer the requester another time on the same instrument. Her own time stays held meanwhile.

    Raises Refused: not-found, forbidden, invalid-transition, policy-violation, booking-conflict.
    """
    row = locked_with_change(booking_id)
    if not by.may("booking.manage", row.path):
        raise Refused("forbidden" if readable(row, by) else "not-found")
    asked = row.change is not None and not row.change.proposed
    if row.status not in {Status.REQUESTED, Status.APPROVED} or row.span.start <= now or asked:
        raise _not_now(row)
    if row.change is not None:
        close_change(row.change, "withdrawn", now=now)
    move = _judged(row, span, now)
    first = min(row.span.start, span.start) - LATEST_BEFORE
    due_at = min(now + ANSWERED_WITHIN, max(first, now + timedelta(minutes=15)))
    hold(move, by=by, now=now, proposed=True, due_at=due_at, note=note)
    after = {"span": span, "due_at": due_at}
    record(
        "booking.propose",
        about=("booking", row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        after=after,
        note=note,
    )
    facts: dict[str, Any] = {
        "old_start": row.span.start,
        "old_end": row.span.end,
        "note": note,
        "due": due_at,
    }
    facts |= {"start": span.start, "end": span.end}
    telling.requester("booking.proposed", row, now=now, person=by, **facts)
    return queries.booking(row.id) or row


def _judged(row: BookingRow, span: TimeSpan, now: datetime) -> Move:
    terms = registry.booking_terms(row.instrument_id)
    if terms is None:
        raise Refused("not-found")
    return judged_move(row, terms, span, manager=True, now=now)


def _not_now(row: BookingRow) -> Refused:
    return Refused("invalid-transition", status=row.status.value, allowed=allowed(row.status))


def _answered(booking_id: uuid.UUID, by: Actor, now: datetime) -> tuple[BookingRow, ChangeRow]:
    """Her booking with the proposal that she may still answer. Raises Refused."""
    row = locked_with_change(booking_id)
    if row.requester_id != by.user_id:
        raise Refused("forbidden" if readable(row, by) else "not-found")
    if row.change is None or not row.change.another_time or not row.change.open(now):
        raise _not_now(row)
    moved(row.status, Action.RESCHEDULE)
    return row, row.change


@transactional
def accept(booking_id: uuid.UUID, *, by: Actor, now: datetime) -> BookingRow:
    """Take the proposed time. What was approved stays approved unless it costs more, which the payer is asked for.

    Raises Refused: not-found, forbidden, invalid-transition, policy-violation.
    """
    row, pending = _answered(booking_id, by, now)
    close_change(pending, "applied", now=now)
    row = queries.booking(booking_id) or row
    move = _judged(row, pending.span, now)
    if row.status is Status.REQUESTED:
        slots.release(row.id)
        settled = settle(row, move.values, move.place, by=by, now=now)
        anew = asked_anew(settled, move.planned, move.terms, move.known.by, now=now)
        return _with_word(anew, pending, now)
    if move.known.quote.amount <= row.amount or not move.planned.by_people:
        slots.release(row.id)
        return settle(row, move.values, move.place, by=by, now=now)
    return ask_to_move(move, by=by, now=now)


def _with_word(row: BookingRow, pending: ChangeRow, now: datetime) -> BookingRow:
    """Who proposed the time need not approve it again, where it is her turn."""
    proposer = people.actor(pending.asked_by, now)
    approval = queries.approval_of(row)
    if row.status is not Status.REQUESTED or proposer is None or approval is None:
        return row
    if not approvals.may_decide(approval, proposer, shanghai_day(now)):
        return row
    return decide(row.id, Verdict.APPROVE, by=proposer, now=now)


@transactional
def decline(booking_id: uuid.UUID, *, by: Actor, now: datetime) -> BookingRow:
    """Leave the booking as it is; who proposed the time is told.

    Raises Refused: not-found, forbidden, invalid-transition.
    """
    row, pending = _answered(booking_id, by, now)
    close_change(pending, "refused", now=now)
    record(
        "booking.decline",
        about=("booking", row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
    )
    telling.persons("booking.proposal-declined", row, [pending.asked_by], now=now)
    return queries.booking(row.id) or row


@transactional
def drop_proposal(booking_id: uuid.UUID, *, now: datetime) -> bool:
    """Nobody answered in time: the time that was held goes, the booking stands. False when it is not due."""
    row = locked_with_change(booking_id)
    if row.change is None or not row.change.proposed or row.change.open(now):
        return False
    close_change(row.change, "expired", now=now)
    topic = "booking.hand-over-declined" if row.change.hands_over else "booking.proposal-declined"
    telling.persons(topic, row, [row.change.asked_by], now=now)
    return True
