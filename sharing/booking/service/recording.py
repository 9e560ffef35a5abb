"""Writing a booking's row: every change of it raises its revision, and is audited with before and after."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from sharing.audit.service import record
from sharing.booking import queries
from sharing.booking.queries.tables import BOOKING
from sharing.booking.rules import Action, BookingRow, Status, moved
from sharing.booking.service import slots
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.people.rules import Actor


def locked(booking_id: uuid.UUID, *others: uuid.UUID) -> BookingRow:
    """The booking as it stands, under its instrument's lock and those of other instruments.

    Everything that changes a booking comes through here, so that what is read stays true until the end.
    Raises Refused: not-found.
    """
    ask = select(BOOKING.c.instrument_id).where(BOOKING.c.id == booking_id)
    instrument_id = db.session.execute(ask).scalar_one_or_none()
    if instrument_id is None:
        raise Refused("not-found")
    slots.lock(instrument_id, *others)
    row = queries.booking(booking_id)
    if row is None or row.instrument_id != instrument_id:
        raise Refused("busy", retry_after=1)  # moved to another instrument between the two reads
    return row


def slot_of(row: BookingRow, span: TimeSpan | None = None) -> TimeSpan:
    """What the booking takes on its position: its span with the buffers frozen in it."""
    return (span or row.span).widened(
        timedelta(minutes=row.setup_minutes), timedelta(minutes=row.cleanup_minutes)
    )


def change(
    row: BookingRow,
    action: Action,
    values: Mapping[str, Any],
    *,
    by: Actor | None,
    now: datetime,
    note: str = "",
    standing_for: uuid.UUID | None = None,
    shown: bool = True,
) -> BookingRow:
    """Write the new values and the status that the action leads to; audited.

    shown    the calendar entry changes: SEQUENCE is raised
    raises   Refused: invalid-transition
    """
    status = moved(row.status, action)
    written = dict(values) | {
        "status": status.value,
        "changed_at": now,
        "revision": row.revision + 1,
        "sequence": row.sequence + (1 if shown else 0),
    }
    db.session.execute(update(BOOKING).where(BOOKING.c.id == row.id).values(**written))
    before = {name: _known(row, name) for name in values} | {"status": row.status.value}
    record(
        f"booking.{action.value}",
        about=("booking", row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        standing_for=standing_for,
        before=before,
        after=dict(values) | {"status": status.value},
        note=note or None,
    )
    return _with(row, written, status)


def _known(row: BookingRow, name: str) -> Any:
    known = {"starts_at": row.span.start, "ends_at": row.span.end, "amount_fen": row.amount.fen}
    return known[name] if name in known else getattr(row, name, None)


def _with(row: BookingRow, written: Mapping[str, Any], status: Status) -> BookingRow:
    """The row as it now stands, without reading it again."""
    same = {name: value for name, value in written.items() if name in row.__dataclass_fields__}
    span = TimeSpan(written.get("starts_at", row.span.start), written.get("ends_at", row.span.end))
    return replace(row, **same | {"status": status, "span": span})
