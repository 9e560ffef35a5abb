"""Instruments whose calendar is kept outside: which, and how the last reading went."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select

from sharing.booking.queries.tables import BLOCK, OUTSIDE
from sharing.booking.rules import OutsideRow
from sharing.kernel.db import db
from sharing.kernel.timespan import TimeSpan
from sharing.network import queries as network

EVERY: Final = timedelta(minutes=5)
MOST_AT_ONCE: Final = 100
_COLUMNS: Final = tuple(OUTSIDE.c[name] for name in OutsideRow.__dataclass_fields__)


def outside(instrument_id: uuid.UUID) -> OutsideRow | None:
    """How an instrument's calendar is read, as it stands now; no statement where none is kept outside."""
    if instrument_id not in network.per_epoch("booking.outside", _ids):
        return None
    return outside_row(instrument_id)


def outside_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, OutsideRow]:
    """The same of many instruments in one statement; none where no calendar of theirs is kept outside."""
    kept = network.per_epoch("booking.outside", _ids).intersection(ids)
    if not kept:
        return {}
    rows = db.session.execute(select(*_COLUMNS).where(OUTSIDE.c.instrument_id.in_(kept)))
    return {row.instrument_id: OutsideRow(*row) for row in rows}


def outside_row(instrument_id: uuid.UUID) -> OutsideRow | None:
    """The same, asked of the database whatever this process knows."""
    row = db.session.execute(select(*_COLUMNS).where(OUTSIDE.c.instrument_id == instrument_id)).first()
    return OutsideRow(*row) if row else None


def _ids() -> frozenset[uuid.UUID]:
    return frozenset(db.session.scalars(select(OUTSIDE.c.instrument_id)))


def outside_due(now: datetime) -> list[OutsideRow]:
    """Addresses that are due to be read, those that waited longest first."""
    c = OUTSIDE.c
    due = or_(c.tried_at.is_(None), c.tried_at <= now - EVERY + timedelta(seconds=30))
    ask = select(*_COLUMNS).where(c.kind == "address", due).order_by(c.tried_at.is_not(None), c.tried_at)
    return [OutsideRow(*row) for row in db.session.execute(ask.limit(MOST_AT_ONCE))]


def outside_blocks(instrument_id: uuid.UUID, now: datetime) -> dict[TimeSpan, uuid.UUID]:
    """The busy times of an outside calendar that are not over, with the blocks that stand for them."""
    c = BLOCK.c
    ask = select(c.id, c.starts_at, c.ends_at).where(
        c.instrument_id == instrument_id, c.kind == "outside", c.ends_at > now
    )
    return {TimeSpan(row.starts_at, row.ends_at): row.id for row in db.session.execute(ask)}
