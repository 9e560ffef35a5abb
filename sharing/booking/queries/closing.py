"""Reading closed time: one block, those of an instrument, what runs now, and whom a block would hit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, select

from sharing.booking.queries import slots
from sharing.booking.queries.bookings import bookings, changes
from sharing.booking.queries.free import AHEAD, first_in, leg_of
from sharing.booking.queries.tables import BLOCK, INSTRUMENT, PERSON
from sharing.booking.rules import (
    LIVE,
    BlockKind,
    BlockRow,
    BookingRow,
    ChangeRow,
    Hit,
    Reach,
    Taken,
)
from sharing.booking.rules.starts import Busy, full_minutes
from sharing.kernel.db import db
from sharing.kernel.paging import Page
from sharing.kernel.timespan import TimeSpan, shanghai_day
from sharing.registry.rules import Terms

MOST: Final = 400
_ELSEWHERE: Final[dict[str, Any]] = {
    "instrument_name": INSTRUMENT.c.name,
    "instrument_name_en": INSTRUMENT.c.name_en,
    "instrument_zone_id": INSTRUMENT.c.zone_id,
    "institution_id": INSTRUMENT.c.institution_id,
    "laid_by_name": PERSON.c.name,
    "laid_by_name_en": PERSON.c.name_en,
}
_FIELDS: Final = tuple(name for name in BlockRow.__dataclass_fields__ if name != "span")


def _rows() -> Select[Any]:
    columns = [(_ELSEWHERE[name] if name in _ELSEWHERE else BLOCK.c[name]).label(name) for name in _FIELDS]
    return (
        select(*columns, BLOCK.c.starts_at, BLOCK.c.ends_at)
        .join_from(BLOCK, INSTRUMENT, INSTRUMENT.c.id == BLOCK.c.instrument_id)
        .join(PERSON, PERSON.c.id == BLOCK.c.laid_by)
    )


def _listed(condition: ColumnElement[bool]) -> list[BlockRow]:
    ask = _rows().where(condition).order_by(BLOCK.c.starts_at, BLOCK.c.id).limit(MOST)
    return [_row(row) for row in db.session.execute(ask)]


def _row(row: Any) -> BlockRow:
    values = {name: row._mapping[name] for name in _FIELDS}
    values["kind"] = BlockKind(values["kind"])
    return BlockRow(**values, span=TimeSpan(row.starts_at, row.ends_at))


def block(block_id: uuid.UUID) -> BlockRow | None:
    """One block, lifted or not."""
    return next(iter(_listed(BLOCK.c.id == block_id)), None)


def _stands(now: datetime) -> ColumnElement[bool]:
    return and_(BLOCK.c.lifted_at.is_(None), BLOCK.c.ends_at > now)


def standing(instrument_id: uuid.UUID, now: datetime) -> list[BlockRow]:
    """What closes an instrument now or later, by start."""
    return _listed(and_(BLOCK.c.instrument_id == instrument_id, _stands(now)))


def over_blocks(instrument_id: uuid.UUID, now: datetime, most: int = 20) -> list[BlockRow]:
    """What closed it before, the last first; blocks that were lifted before they began closed nothing."""
    c = BLOCK.c
    past = and_(
        c.instrument_id == instrument_id, c.lifted_at.is_(None), c.ends_at <= now, c.kind != "outside"
    )
    ask = _rows().where(past).order_by(c.starts_at.desc(), c.id).limit(most)
    return [_row(row) for row in db.session.execute(ask)]


def by_id(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, BlockRow]:
    """These blocks by id, one statement, none where nothing is closed."""
    wanted = list(ids)
    return {row.id: row for row in _listed(BLOCK.c.id.in_(wanted))} if wanted else {}


def in_window(ids: Iterable[uuid.UUID], window: TimeSpan) -> list[BlockRow]:
    """Closed time on these instruments that touches a window, by start."""
    c = BLOCK.c
    touches = and_(c.starts_at < window.end, c.ends_at > window.start, c.lifted_at.is_(None))
    return _listed(and_(c.instrument_id.in_(list(ids)), touches))


def running(ids: Iterable[uuid.UUID], now: datetime) -> dict[uuid.UUID, BlockRow]:
    """The block that closes each of these instruments now, of several the one that ends last; one statement."""
    c = BLOCK.c
    here = and_(c.instrument_id.in_(list(ids)), c.lifted_at.is_(None), c.starts_at <= now, c.ends_at > now)
    return {row.instrument_id: row for row in sorted(_listed(here), key=lambda row: row.span.end)}


def of_series(series_id: uuid.UUID, now: datetime) -> list[BlockRow]:
    """The dates of a series that are not over, by start."""
    return _listed(and_(BLOCK.c.series_id == series_id, _stands(now)))


def reached(row: BlockRow, reach: Reach, now: datetime) -> list[BlockRow]:
    """This date, this and later ones, or all that are not over."""
    if reach is Reach.THIS or row.series_id is None:
        return [row]
    return [
        one for one in of_series(row.series_id, now) if reach is Reach.ALL or one.span.start >= row.span.start
    ]


def blocks(
    *,
    instrument_id: uuid.UUID | None,
    since: datetime | None,
    until: datetime | None,
    page: int,
    per_page: int,
) -> Page[BlockRow]:
    """A page of blocks that were not lifted, by start."""
    c = BLOCK.c
    conditions: list[ColumnElement[bool]] = [c.lifted_at.is_(None)]
    if instrument_id is not None:
        conditions.append(c.instrument_id == instrument_id)
    if since is not None:
        conditions.append(c.ends_at > since)
    if until is not None:
        conditions.append(c.starts_at < until)
    asked = _rows().where(and_(*conditions)).order_by(c.starts_at, c.id)
    rows = db.session.execute(asked.limit(per_page).offset((page - 1) * per_page))
    found = [_row(row) for row in rows]
    total = db.session.execute(select(func.count()).select_from(BLOCK).where(and_(*conditions))).scalar_one()
    return Page(found, total, page, per_page)


# --- whom a block hits -----------------------------------------------------------------------------------------------


def met(
    terms: Terms, spans: Sequence[TimeSpan], now: datetime
) -> tuple[list[BookingRow], list[tuple[BookingRow, ChangeRow]]]:
    """Live bookings that are not over and hold time in these spans, buffers counted, by start; then those of which
    only a pending change does, with it."""
    taken = _taken(terms, spans)
    sources = {one.source_id for one in taken if any(one.span.overlaps(span) for span in spans)}
    found = bookings(sources)
    rows = [row for row in found.values() if row.status in LIVE and row.span.end > now]
    pending = [one for one in changes(sources).values() if one.booking_id not in found]
    theirs = bookings(one.booking_id for one in pending)
    return (
        sorted(rows, key=lambda row: (row.span.start, row.number)),
        [(theirs[one.booking_id], one) for one in pending],
    )


def _taken(terms: Terms, spans: Sequence[TimeSpan]) -> list[Taken]:
    whole = TimeSpan(min(one.start for one in spans), max(one.end for one in spans))
    return slots.taken([terms.instrument.id], whole, terms.instrument.capacity)[terms.instrument.id]


def hits(terms: Terms, spans: Sequence[TimeSpan], now: datetime) -> list[Hit]:
    """The bookings in the way, each with the earliest free time after it that is promised to none of the others."""
    rows, _pending = met(terms, spans, now)
    if not rows:
        return []
    capacity = terms.instrument.capacity
    window = TimeSpan(now, max(one.span.end for one in rows) + timedelta(days=AHEAD))
    closed = [
        Taken(terms.instrument.id, position, span)
        for span in spans
        for position in range(1, capacity + 1)
        if span.overlaps(window)
    ]
    gone = {row.id for row in rows}
    taken = [one for one in _taken(terms, [window]) if one.source_id not in gone] + closed
    out: list[Hit] = []
    for row in rows:
        found = _instead(terms, row, taken, window, now)
        if found is not None:
            policy = terms.policy(shanghai_day(found.start))
            slot = found.widened(
                timedelta(minutes=policy.setup_minutes), timedelta(minutes=policy.cleanup_minutes)
            )
            taken.append(Taken(row.id, _first_free(slot, taken, capacity), slot))
        out.append(Hit(row, found))
    return out


def _first_free(slot: TimeSpan, taken: Sequence[Taken], capacity: int) -> int:
    busy = {one.position for one in taken if one.span.overlaps(slot)}
    return next((n for n in range(1, capacity + 1) if n not in busy), 1)


def _instead(
    terms: Terms, row: BookingRow, taken: Sequence[Taken], window: TimeSpan, now: datetime
) -> TimeSpan | None:
    """The earliest free span of the booking's length from the day it was booked for on; lead time is waived, as for
    every move by a manager."""
    policy = replace(terms.policy(shanghai_day(row.span.start)), lead_minutes=0, horizon_days=None)
    start = max(now, row.span.start.replace(minute=0))
    if start >= window.end:
        return None
    leg = leg_of(terms, policy, row.span.minutes, TimeSpan(start, window.end), now)
    return first_in(leg, Busy(full_minutes(window, taken, terms.instrument.capacity)))
