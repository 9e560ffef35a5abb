"""Figures over many instruments for the pages that everybody opens: what is free now, what was used, what is asked for.

They read widely and change slowly: whoever shows them keeps them for a minute (`sharing.web.front`).
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, cast, func, select

from sharing.booking.queries import slots
from sharing.booking.queries.tables import BOOKING, INSTRUMENT, SLOT, row_of, rows_of
from sharing.booking.rules import BookingRow, Status
from sharing.kernel.db import db, is_sqlite
from sharing.kernel.timespan import MINUTE, TimeSpan
from sharing.network import queries as network
from sharing.registry import queries as registry
from sharing.registry.models import Timetable
from sharing.registry.rules import open_spans

BOOKABLE: Final = (INSTRUMENT.c.status == "in_service") & INSTRUMENT.c.booking_mode.in_(
    ["self_service", "approval"]
)
RECENT: Final = timedelta(days=60)


def free_now(now: datetime) -> Counter[str]:
    """How many instruments of each zone (by code) are open at this moment with a place that nobody has taken."""
    ids = _untaken_single(now) + _untaken_many(now)
    zones = {row.id: row.code for row in network.zones()}
    opened: dict[tuple[Any, ...], bool] = {}
    own = set(db.session.scalars(select(Timetable.scope_id).where(Timetable.scope_kind == "instrument")))
    free: Counter[str] = Counter()
    groups: dict[tuple[Any, ...], list[tuple[uuid.UUID, uuid.UUID]]] = {}
    for instrument_id, zone_id, institution_id, category_id in ids:
        key = (zone_id, institution_id, category_id, instrument_id if instrument_id in own else None)
        groups.setdefault(key, []).append((instrument_id, zone_id))
    terms = registry.terms_of([members[0][0] for members in groups.values()])
    moment, calendar = TimeSpan(now, now + MINUTE), network.work_calendar()
    for key, members in groups.items():
        opened[key] = bool(open_spans(terms[members[0][0]], moment, calendar))
        if opened[key]:
            free[zones[members[0][1]]] += len(members)
    return free


def _place() -> list[ColumnElement[Any]]:
    c = INSTRUMENT.c
    return [c.id, c.zone_id, c.institution_id, c.category_id]


def _untaken_single(now: datetime) -> list[tuple[Any, ...]]:
    """Of instruments with one place: the slot that began last before now is over. Asked by the predecessor."""
    last = (
        select(SLOT.c.ends_at)
        .where(SLOT.c.instrument_id == INSTRUMENT.c.id, SLOT.c.position == 1, SLOT.c.starts_at <= now)
        .order_by(SLOT.c.starts_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    asked = select(*_place()).where(BOOKABLE, INSTRUMENT.c.capacity == 1, last.is_(None) | (last <= now))
    return [tuple(row) for row in db.session.execute(asked)]


def _untaken_many(now: datetime) -> list[tuple[Any, ...]]:
    """Of the few with several places: one of them is not taken."""
    asked = select(*_place(), INSTRUMENT.c.capacity).where(BOOKABLE, INSTRUMENT.c.capacity > 1)
    rows = [tuple(row) for row in db.session.execute(asked)]
    if not rows:
        return []
    moment = TimeSpan(now, now + MINUTE)
    taken = slots.taken([row[0] for row in rows], moment, max(row[4] for row in rows))
    return [row[:4] for row in rows if len({one.position for one in taken[row[0]]}) < row[4]]


def used_minutes(month: TimeSpan, now: datetime) -> Counter[str]:
    """Whole minutes of completed bookings that began in the month, by the code of the instrument's zone."""
    c = BOOKING.c
    asked = (
        select(c.zone_code, func.sum(_length()))
        .where(
            c.status == Status.COMPLETED.value, c.starts_at >= month.start, c.starts_at < min(month.end, now)
        )
        .group_by(c.zone_code)
    )
    return Counter({code: int(total or 0) for code, total in db.session.execute(asked)})


def _length() -> ColumnElement[int]:
    """The length of a booking in whole minutes, in SQL."""
    c = BOOKING.c
    if is_sqlite():
        return cast(func.round((func.julianday(c.ends_at) - func.julianday(c.starts_at)) * 1440), Integer)
    return cast(func.extract("epoch", c.ends_at - c.starts_at) / 60, Integer)


def asked_for(now: datetime, limit: int) -> list[str]:
    """Category codes of the instruments that are booked most often of late, the most first."""
    often = func.count()
    asked = (
        select(INSTRUMENT.c.category_code)
        .join_from(BOOKING, INSTRUMENT, INSTRUMENT.c.id == BOOKING.c.instrument_id)
        .where(BOOKING.c.starts_at >= now - RECENT, BOOKING.c.starts_at < now + RECENT)
        .group_by(INSTRUMENT.c.category_code)
        .order_by(often.desc(), INSTRUMENT.c.category_code)
        .limit(limit)
    )
    return list(db.session.scalars(asked))


def last_used(user_id: uuid.UUID, limit: int = 50) -> list[BookingRow]:
    """A person's last booking of each instrument, the newest first, among her latest ones."""
    asked = (
        rows_of().where(BOOKING.c.requester_id == user_id).order_by(BOOKING.c.starts_at.desc()).limit(limit)
    )
    rows: dict[uuid.UUID, BookingRow] = {}
    for row in map(row_of, db.session.execute(asked)):
        rows.setdefault(row.instrument_id, row)
    return list(rows.values())


def at_hand(zone_id: uuid.UUID | None, institution_id: uuid.UUID | None, each: int) -> Sequence[uuid.UUID]:
    """Instruments that can be booked, those of the institution first, then of the zone; at most `each` of any zone."""
    c = INSTRUMENT.c
    nearness = (c.institution_id != institution_id, c.code) if institution_id else (c.code,)
    rank = func.row_number().over(partition_by=c.zone_id, order_by=nearness)
    ranked = select(c.id, c.zone_id, rank.label("rank")).where(BOOKABLE).subquery()
    asked = select(ranked.c.id).where(ranked.c.rank <= each)
    if zone_id is not None:
        asked = asked.where(ranked.c.zone_id == zone_id)
    return db.session.scalars(asked).all()
