"""What the clock does to bookings, one thing a transaction; each asks again under the lock whether it is still due."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import update

from sharing.approval import service as approvals
from sharing.booking import queries
from sharing.booking.queries.tables import BOOKING
from sharing.booking.rules import OPEN, BookingRow, Status
from sharing.booking.service import telling
from sharing.booking.service.recording import locked
from sharing.booking.service.using import no_show
from sharing.kernel.db import db, transactional
from sharing.kernel.timespan import SHANGHAI
from sharing.registry import queries as registry


@transactional
def warn_no_show(booking_id: uuid.UUID, *, now: datetime) -> bool:
    """Tell her and the manager that her slot will be given away unless she checks in. False when it is not due."""
    row = locked(booking_id)
    release_at = _release_at(row)
    if release_at is None or row.status is not Status.APPROVED or queries.warned_at(booking_id) is not None:
        return False
    db.session.execute(update(BOOKING).where(BOOKING.c.id == booking_id).values(no_show_warned_at=now))
    due = max(release_at, now + queries.WARNED_FOR)
    telling.requester("booking.no-show-warning", row, now=now, due=due)
    telling.managers("booking.no-show-warning", row, now=now, besides=[row.requester_id])
    return True


@transactional
def release_no_show(booking_id: uuid.UUID, *, now: datetime) -> bool:
    """Nobody checked in: it becomes a no-show and the rest of the slot is free. False when it is not due."""
    row = locked(booking_id)
    release_at, warned_at = _release_at(row), queries.warned_at(booking_id)
    early = (
        release_at is None or now < release_at or warned_at is None or now < warned_at + queries.WARNED_FOR
    )
    if early or row.status is not Status.APPROVED:
        return False
    released = no_show(row, by=None, now=now)
    telling.managers("booking.released", released, now=now)
    return True


def _release_at(row: BookingRow) -> datetime | None:
    """When the policy gives the slot away; None when it does not, which is the default."""
    terms = registry.booking_terms(row.instrument_id)
    policy = terms.policy(row.span.start.astimezone(SHANGHAI).date()) if terms else None
    if policy is None or not policy.check_in_required or policy.no_show_minutes is None:
        return None
    return row.span.start + timedelta(minutes=policy.no_show_minutes)


@transactional
def ask_to_confirm(booking_id: uuid.UUID, *, now: datetime) -> bool:
    """Tell the manager that a booking is over and nobody has said how it ended. False when it was asked or settled."""
    row = locked(booking_id)
    if not row.to_confirm(now):
        return False
    db.session.execute(update(BOOKING).where(BOOKING.c.id == booking_id).values(confirm_asked_at=now))
    telling.managers("booking.to-confirm", row, now=now, once=f"to-confirm:{booking_id}")
    return True


@transactional
def tell_shut_out(booking_id: uuid.UUID, *, now: datetime) -> bool:
    """Tell her and the manager, once, that a rule that came later closes the time she booked; the booking stands."""
    row = locked(booking_id)
    if row.status not in OPEN:
        return False
    once = f"shut-out:{booking_id}:{row.revision}"
    telling.persons("booking.shut-out", row, [row.requester_id], now=now, once=once)
    telling.managers("booking.shut-out", row, now=now, besides=[row.requester_id], once=once)
    return True


@transactional
def remind(booking_id: uuid.UUID, approval_id: uuid.UUID, *, now: datetime) -> bool:
    """Remind those whose turn it is. False when it is not due, or was done."""
    outcome = approvals.remind(approval_id, now=now)
    return _tell("approval.reminder", booking_id, outcome, now)


@transactional
def escalate(booking_id: uuid.UUID, approval_id: uuid.UUID, *, now: datetime) -> bool:
    """Bring in those who decide when nobody else does. False when it is not due, or was done."""
    outcome = approvals.escalate(approval_id, now=now)
    return _tell("approval.escalated", booking_id, outcome, now)


def _tell(topic: str, booking_id: uuid.UUID, outcome: approvals.Outcome | None, now: datetime) -> bool:
    row = queries.booking(booking_id)
    if outcome is None or row is None:
        return False
    facts = {"step": outcome.step_role, "due": outcome.due_at}
    telling.persons(topic, row, outcome.deciders, now=now, facts=facts)
    return True
