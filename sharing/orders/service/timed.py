"""What the clock does to orders: quotes lapse, deadlines are reminded of, and a slot that moved or went is told of."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import update

from sharing.audit.service import record
from sharing.kernel.db import db, transactional
from sharing.orders import queries
from sharing.orders.queries.tables import ORDER
from sharing.orders.rules import RUNNING, Action, OrderRow, Side, Status
from sharing.orders.service import telling
from sharing.orders.service.recording import ABOUT, change, locked


@transactional
def lapse(order_id: uuid.UUID, *, now: datetime) -> OrderRow | None:
    """Nobody accepted the quote in time. None when somebody did meanwhile."""
    row = locked(order_id)
    if row.status is not Status.QUOTED or not row.overdue(now):
        return None
    row = change(row, Action.LAPSE, {}, by=None, now=now)
    telling.customer("order.lapsed", row, now=now)
    return row


@transactional
def remind(order_id: uuid.UUID, *, now: datetime) -> OrderRow | None:
    """Tell whose turn it is that the time for it has passed; once a deadline."""
    row = locked(order_id)
    if not row.overdue(now):
        return None
    db.session.execute(update(ORDER).where(ORDER.c.id == row.id).values(reminded_at=now))
    tell = telling.customer if row.turn is Side.CUSTOMER else telling.house
    tell("order.overdue", row, now=now)
    return row


@transactional
def follow(order_id: uuid.UUID, *, now: datetime) -> OrderRow | None:
    """The booking of an order was moved or ended by its own doors: both sides are told, and an order without a slot
    waits for a new one. None when there is nothing to tell."""
    row = locked(order_id)
    if row.status not in RUNNING or row.booking_id is None:
        return None
    if row.slot is None:
        values = {"booking_id": None, "slot_starts_at": None, "slot_ends_at": None}
        due = None if row.status is Status.SCHEDULED else row.due_at
        lost = change(row, Action.LOSE_SLOT, values, by=None, now=now, due_at=due)
        for tell in (telling.customer, telling.house):
            tell("order.slot-lost", lost, now=now)
        return lost
    if row.slot == row.told:
        return None
    return _moved(row, now)


def _moved(row: OrderRow, now: datetime) -> OrderRow:
    """The new span is told of; samples are awaited by its start."""
    span, old = row.slot, row.told
    if span is None:
        raise LookupError("a slot that moved is not there")
    values: dict[str, Any] = {"slot_starts_at": span.start, "slot_ends_at": span.end, "changed_at": now}
    if row.status is Status.SCHEDULED:
        values |= {"due_at": span.start, "reminded_at": None}
    db.session.execute(update(ORDER).where(ORDER.c.id == row.id).values(**values, revision=row.revision + 1))
    before, after = {"slot": old}, {"slot": span}
    about = (ABOUT, row.id)
    record(
        "order.slot-moved",
        about=about,
        by=None,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        before=before,
        after=after,
    )
    moved = queries.order(row.id) or row
    telling.customer("order.scheduled", moved, now=now, old=old)
    return moved
