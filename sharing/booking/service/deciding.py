"""An approver's word, and what it makes of the booking or of its pending change."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sharing.approval import service as approvals
from sharing.approval.rules import State, Verdict
from sharing.approval.service import Outcome
from sharing.audit.service import record
from sharing.booking import queries
from sharing.booking.queries.tables import CHANGE
from sharing.booking.rules import Action, BookingRow, ChangeRow, Status, allowed, readable
from sharing.booking.service import slots, telling
from sharing.booking.service.ending import close_change, end
from sharing.booking.service.filling import refill
from sharing.booking.service.handing import handed_over
from sharing.booking.service.recording import change, locked, slot_of
from sharing.kernel.db import db, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people.rules import Actor
from sharing.registry import queries as registry

SAID = {Verdict.APPROVE: Action.APPROVE, Verdict.REJECT: Action.REJECT, Verdict.RETURN: Action.RETURN}


@transactional
def decide(
    booking_id: uuid.UUID,
    decision: Verdict | str,
    *,
    note: str = "",
    approval_id: uuid.UUID | None = None,
    by: Actor,
    now: datetime,
) -> BookingRow:
    """One person's word on the request, or on the change that waits; the last needed yes makes it so.

    approval_id  what her page showed; another one open by now is refused
    raises       Refused: not-found, not-your-decision, invalid-transition
    """
    row = locked_with_change(booking_id)
    verdict = Verdict(decision)
    approval = queries.approval_of(row)
    if approval is None or (approval_id is not None and approval.id != approval_id):
        raise _not_waiting(row, by)
    try:
        outcome = approvals.record(approval.id, verdict, by=by, note=note, now=now)
    except Refused as no:
        raise _hidden(no, row, by) from None
    if row.change is not None and not row.change.proposed:
        return _on_change(row, row.change, outcome, by=by, now=now, note=note)
    if row.change is not None and outcome.state is not State.OPEN:
        close_change(row.change, "withdrawn", now=now)  # the request was decided as it stands
        row = queries.booking(row.id) or row
    return _on_booking(row, outcome, by=by, now=now, note=note)


def _not_waiting(row: BookingRow, by: Actor) -> Refused:
    if not readable(row, by):
        return Refused("not-found")
    still = [one for one in allowed(row.status) if one not in {"approve", "reject", "return"}]
    return Refused("invalid-transition", status=row.status.value, allowed=still)


def _hidden(no: Refused, row: BookingRow, by: Actor) -> Refused:
    """Who may not know of the booking is told nothing about it; a refusal speaks of the booking's own status."""
    if no.kind == "not-your-decision" and not readable(row, by):
        return Refused("not-found")
    return _not_waiting(row, by) if no.kind == "invalid-transition" else no


def locked_with_change(booking_id: uuid.UUID) -> BookingRow:
    """The booking under its lock and that of the instrument its pending change goes to."""
    goal = select(CHANGE.c.instrument_id).where(
        CHANGE.c.booking_id == booking_id, CHANGE.c.state == "pending"
    )
    return locked(booking_id, *db.session.scalars(goal))


# --- a request -------------------------------------------------------------------------------------------------------


def _on_booking(row: BookingRow, outcome: Outcome, *, by: Actor, now: datetime, note: str) -> BookingRow:
    stood_in = outcome.standing_for_id
    match outcome.state:
        case State.APPROVED:
            row = change(row, Action.APPROVE, {}, by=by, now=now, note=note, standing_for=stood_in)
            telling.requester("booking.approved", row, now=now, invite=True, person=by, note=note)
        case State.REJECTED:
            row = end(row, Action.REJECT, by=by, now=now, note=note, standing_for=stood_in)
            telling.requester("booking.rejected", row, now=now, person=by, note=note, step=outcome.step_role)
        case State.RETURNED:
            row = change(
                row, Action.RETURN, {}, by=by, now=now, note=note, standing_for=stood_in, shown=False
            )
            telling.requester("booking.returned", row, now=now, person=by, note=note, due=outcome.due_at)
        case _:
            _agreed(row, outcome, by=by, now=now, note=note)
            telling.deciders(row, outcome, now=now)
    return row


def _agreed(row: BookingRow, outcome: Outcome, *, by: Actor, now: datetime, note: str) -> None:
    """A yes after which others are still asked: nothing of the booking changes, but its history keeps it."""
    about, stood_in = ("booking", row.id), outcome.standing_for_id
    record(
        "booking.agree",
        about=about,
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        standing_for=stood_in,
        note=note,
    )


@transactional
def expire(booking_id: uuid.UUID, *, now: datetime) -> BookingRow | None:
    """The deadline has passed and nobody decided: the request or the change goes, and its time with it.

    None when it was decided meanwhile.
    """
    row = locked_with_change(booking_id)
    approval = queries.approval_of(row)
    if approval is None or not approval.state.live:
        return None
    outcome = approvals.expire(approval.id, now=now)
    if outcome is None:
        return None
    if row.change is not None and not row.change.proposed:
        close_change(row.change, "expired", now=now)
        _refused(row, row.change, now=now, step=outcome.step_role)
        return row
    if row.status is not Status.REQUESTED:
        return None
    ended = end(row, Action.EXPIRE, by=None, now=now)
    telling.requester("booking.expired", ended, now=now, step=outcome.step_role)
    return ended


# --- a pending change ------------------------------------------------------------------------------------------------


def _on_change(
    row: BookingRow, pending: ChangeRow, outcome: Outcome, *, by: Actor, now: datetime, note: str
) -> BookingRow:
    stood_in = outcome.standing_for_id
    match outcome.state:
        case State.APPROVED if pending.hands_over:
            row = handed_over(row, pending, by=by, now=now, standing_for=stood_in, note=note)
        case State.APPROVED:
            row = applied(row, pending, by=by, now=now, standing_for=stood_in)
        case State.REJECTED | State.RETURNED:
            # a change is asked for anew rather than mended: sent back, it is refused with the note
            close_change(pending, "refused", now=now)
            if outcome.state is State.RETURNED:
                approvals.withdraw(outcome.approval_id, now=now)
            _refused(row, pending, now=now, person=by, note=note)
            row = queries.booking(row.id) or row
        case _:
            _agreed(row, outcome, by=by, now=now, note=note)
            telling.deciders(row, outcome, now=now, span=pending.span)
    return row


def _refused(row: BookingRow, pending: ChangeRow, *, now: datetime, **facts: Any) -> None:
    """Tell whom the change was for; of a hand-over both."""
    if pending.to_id is None:
        telling.requester("booking.change-refused", row, now=now, **facts)
        return
    telling.requester("booking.hand-over-declined", row, now=now, **facts)
    telling.persons("booking.hand-over-declined", row, [pending.to_id], now=now)


def applied(
    row: BookingRow, pending: ChangeRow, *, by: Actor, now: datetime, standing_for: uuid.UUID | None = None
) -> BookingRow:
    """The booking takes the place that the change held for it; on another instrument it is that house's from now on."""
    terms = registry.booking_terms(pending.instrument_id)
    if terms is None:
        raise LookupError("the instrument of the change is not there")
    kept = db.session.execute(
        select(CHANGE.c.setup_minutes, CHANGE.c.cleanup_minutes, CHANGE.c.quote).where(
            CHANGE.c.id == pending.id
        )
    ).one()
    slots.release(row.id)
    close_change(pending, "applied", now=now)
    values: dict[str, Any] = {
        "instrument_id": pending.instrument_id,
        "institution_id": terms.instrument.institution_id,
        "policy_id": terms.policy(shanghai_day(pending.span.start)).id,
        "starts_at": pending.span.start,
        "ends_at": pending.span.end,
        "setup_minutes": kept.setup_minutes,
        "cleanup_minutes": kept.cleanup_minutes,
        "position": pending.position,
        "amount_fen": pending.amount.fen,
        "quote": kept.quote,
    }
    place = slots.Place(pending.position, {})
    return settle(row, values, place, by=by, now=now, standing_for=standing_for)


def settle(
    row: BookingRow,
    values: dict[str, Any],
    place: slots.Place,
    *,
    by: Actor,
    now: datetime,
    standing_for: uuid.UUID | None = None,
    topic: str = "booking.rescheduled",
    note: str = "",
) -> BookingRow:
    """Write the new span and its slot, whose time is free by now, and tell; the end of every kind of move."""
    change(row, Action.RESCHEDULE, values, by=by, now=now, note=note, standing_for=standing_for)
    moved = queries.booking(row.id)
    if moved is None:
        raise LookupError("the booking just moved is not there")
    slots.take(moved.instrument_id, slot_of(moved), place, kind="booking", source_id=row.id)
    refill(row.instrument_id, now)
    telling.requester(
        topic,
        moved,
        now=now,
        invite=moved.status is not Status.REQUESTED,
        person=by,
        note=note,
        old_start=row.span.start,
        old_end=row.span.end,
    )
    return moved
