"""Writing an order: every change of it goes through here, under its lock, and is audited with before and after.

Lock order: the order, then the calendar of its instrument (`booking.service`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from sharing.audit.service import record
from sharing.kernel.db import db
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import at_shanghai, shanghai_day
from sharing.network import queries as network
from sharing.orders import queries
from sharing.orders.queries.tables import ORDER
from sharing.orders.rules import SIDES, Action, OrderRow, Status, moved, readable, sides
from sharing.people.rules import Actor

ABOUT: Final = "order"
ANSWER_HOURS: Final = 16
ACCEPT_DAYS: Final = 10


def locked(order_id: uuid.UUID) -> OrderRow:
    """The order as it stands, held until the transaction ends. Raises Refused: not-found."""
    held = select(ORDER.c.id).where(ORDER.c.id == order_id).with_for_update()
    row = queries.order(order_id) if db.session.execute(held).first() else None
    if row is None:
        raise Refused("not-found")
    return row


def judged(order_id: uuid.UUID, action: Action, by: Actor) -> OrderRow:
    """The same, where this act is hers and the status allows it. Raises Refused: not-found, forbidden,
    invalid-transition."""
    row = locked(order_id)
    if not readable(row, by):
        raise Refused("not-found")
    if by.read_only or SIDES[action] not in sides(row, by):
        raise Refused("forbidden")
    moved(row.status, action)
    return row


def change(
    row: OrderRow,
    action: Action,
    values: Mapping[str, Any],
    *,
    by: Actor | None,
    now: datetime,
    note: str = "",
    due_at: datetime | None = None,
) -> OrderRow:
    """Write the new values and the status that the action leads to; audited.

    due_at  until when whoever's turn it then is should act; None: the house's usual time for that status
    """
    status = moved(row.status, action)
    written = dict(values) | {
        "status": status.value,
        "due_at": due_at or deadline(status, now),
        "reminded_at": None,
        "revision": row.revision + 1,
        "changed_at": now,
    }
    db.session.execute(update(ORDER).where(ORDER.c.id == row.id).values(**written))
    before = {name: getattr(row, name, None) for name in values} | {"status": row.status}
    after = dict(values) | {"status": status}
    about = (ABOUT, row.id)
    record(
        f"order.{action.value}",
        about=about,
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        before=before,
        after=after,
        note=note or None,
    )
    changed = queries.order(row.id)
    if changed is None:
        raise LookupError("the order just written is not there")
    return changed


def must_say(note: str) -> None:
    """Raises Refused: invalid-input, when no reason is given."""
    if not note.strip():
        raise Refused("invalid-input", fields=[{"field": "note", "message": _("请写明原因，让对方知道")}])


def deadline(status: Status, now: datetime) -> datetime | None:
    """Until when a status usually waits: working hours of the house's offices, or days for the customer to look."""
    on = shanghai_day(now)
    if status in {Status.ASKED, Status.ACCEPTED, Status.OBJECTED}:
        hours = int(network.setting("order_answer_working_hours", on) or ANSWER_HOURS)
        return network.office_hours(on).after(now, hours * 60, network.work_calendar())
    if status is Status.DELIVERED:
        days = int(network.setting("order_accept_working_days", on) or ACCEPT_DAYS)
        return at_shanghai(network.work_calendar().workdays_after(on, days) + timedelta(days=1))
    return None
