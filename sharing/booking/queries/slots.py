"""Reading time taken, by the predecessor: slots of one position never meet, so whatever reaches into a window from
before it is the one slot that starts last before it (SPEED 6). Never `start < e AND end > s` alone, which reads the
whole past of an instrument.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    func,
    literal,
    select,
    union_all,
)

from sharing.booking.queries.tables import BOOKING, CALENDAR, CHANGE, INSTRUMENT, SLOT
from sharing.booking.rules import Taken
from sharing.booking.rules.starts import Range
from sharing.kernel.among import Keys, among
from sharing.kernel.db import Key, UtcDateTime, db
from sharing.kernel.quick import Quick
from sharing.kernel.timespan import TimeSpan
from sharing.registry import queries as registry
from sharing.registry.rules import Terms

# a running booking, one that is over and one that waits to be changed keep their position
_MAY_MOVE: Final = and_(BOOKING.c.status.in_(["requested", "approved"]), CHANGE.c.id.is_(None))
FROM: Final = bindparam("window_from", type_=UtcDateTime)
TO: Final = bindparam("window_to", type_=UtcDateTime)


@lru_cache(maxsize=64)
def _places(capacity: int) -> CTE:
    """Every position of the asked instruments, and where to begin reading it."""
    before = SLOT.alias("before")
    one_each = (select(literal(n, Integer).label("n")) for n in range(1, capacity + 1))
    number = union_all(*one_each).cte("number")  # `values()` would be compiled anew at every call
    first = (
        select(func.max(before.c.starts_at))
        .where(
            before.c.instrument_id == INSTRUMENT.c.id,
            before.c.position == number.c.n,
            before.c.starts_at <= FROM,
        )
        .correlate(INSTRUMENT, number)
        .scalar_subquery()
    )
    return (
        select(
            INSTRUMENT.c.id.label("instrument_id"),
            number.c.n.label("position"),
            func.coalesce(first, FROM, type_=UtcDateTime).label("first_at"),
        )
        .select_from(INSTRUMENT.join(number, number.c.n >= 1))
        .where(among(INSTRUMENT.c.id, bindparam("instrument_ids", type_=Keys())))
        .cte("place")
    )


def within(columns: Iterable[ColumnElement[Any]], capacity: int) -> tuple[Select[Any], Table]:
    """A statement over slots that touch a window, and the table to hang more joins on.

    Bind `instrument_ids`, `window_from`, `window_to`.
    """
    place = _places(capacity)
    joined = and_(
        SLOT.c.instrument_id == place.c.instrument_id,
        SLOT.c.position == place.c.position,
        SLOT.c.starts_at >= place.c.first_at,
        SLOT.c.starts_at < TO,
        SLOT.c.ends_at > FROM,
    )
    return select(*columns).join_from(place, SLOT, joined), SLOT


@lru_cache(maxsize=64)
def _taken(capacity: int) -> Select[Any]:
    c = SLOT.c
    statement, slot = within(
        (c.instrument_id, c.source_id, c.position, c.starts_at, c.ends_at, c.kind, _MAY_MOVE), capacity
    )
    its_booking = and_(BOOKING.c.id == slot.c.source_id, slot.c.kind == "booking")
    its_change = and_(CHANGE.c.booking_id == BOOKING.c.id, CHANGE.c.state == "pending")
    return (
        statement.outerjoin(BOOKING, its_booking)
        .outerjoin(CHANGE, its_change)
        .order_by(c.starts_at, c.position)
    )


def taken(ids: Iterable[uuid.UUID], window: TimeSpan, capacity: int = 1) -> dict[uuid.UUID, list[Taken]]:
    """What takes time on these instruments in a window, by instrument, in order of start; one statement.

    capacity  the greatest of theirs
    """
    wanted = list(ids)
    found: dict[uuid.UUID, list[Taken]] = {key: [] for key in wanted}
    facts: Mapping[str, Any] = {
        "instrument_ids": wanted,
        "window_from": window.start,
        "window_to": window.end,
    }
    if wanted:
        for key, source, position, start, end, kind, may_move in db.session.execute(_taken(capacity), facts):
            pinned = kind != "booking" or not may_move
            found[key].append(Taken(source, position, TimeSpan(start, end), pinned))
    return found


_BUSY: Final = Quick(
    within((SLOT.c.instrument_id, SLOT.c.starts_at, SLOT.c.ends_at), 1)[0].order_by(SLOT.c.starts_at)
)


def busy(ids: Sequence[uuid.UUID], window: TimeSpan) -> dict[uuid.UUID, list[Range]]:
    """When instruments of one place are taken, in whole minutes and in order; one lean statement."""
    found: dict[uuid.UUID, list[Range]] = {key: [] for key in ids}
    if ids:
        facts = {"instrument_ids": list(ids), "window_from": window.start, "window_to": window.end}
        for key, start, end in _BUSY.rows(facts):
            # minute_of and minute_from, without a call each for some thousands of rows
            found[key].append((int(start.timestamp()) // 60, -int(-end.timestamp() // 60)))
    return found


_STAMPED: Final = Quick(
    select(*registry.STAMP, func.coalesce(CALENDAR.c.version, 0).label("version"))
    .join_from(INSTRUMENT, CALENDAR, CALENDAR.c.instrument_id == INSTRUMENT.c.id, isouter=True)
    .where(INSTRUMENT.c.id == bindparam("instrument_id", type_=Key))
)


def terms_and_version(instrument_id: uuid.UUID) -> tuple[Terms, int] | None:
    """An instrument's terms, and the number that every change of its slots raises (0 before the first); None when
    there is no such instrument. One small statement."""
    for *stamp, version in _STAMPED.rows({"instrument_id": instrument_id}):
        terms = registry.terms_under(instrument_id, registry.Stamp(*stamp))
        return (terms, version) if terms else None
    return None
