"""Which instruments have free time in a window: hours worked out once for all that share them, slots read by SQL."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    case,
    cast,
    exists,
    extract,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)

from sharing.booking.queries.tables import INSTRUMENT, SLOT
from sharing.kernel.db import Key, UtcDateTime, db, is_sqlite, table_of
from sharing.kernel.timespan import TimeSpan
from sharing.network import queries as network
from sharing.registry import queries as registry
from sharing.registry.models import Timetable
from sharing.registry.rules import BookingMode, Status, open_spans

_TIMETABLE: Final = table_of(Timetable)
_BOOKABLE: Final = and_(
    INSTRUMENT.c.status == Status.IN_SERVICE.value,
    INSTRUMENT.c.booking_mode.in_([BookingMode.SELF_SERVICE.value, BookingMode.APPROVAL.value]),
)
_SCOPES: Final = {
    "instrument": INSTRUMENT.c.id,
    "category": INSTRUMENT.c.category_id,
    "institution": INSTRUMENT.c.institution_id,
    "zone": INSTRUMENT.c.zone_id,
}


def free_in(window: TimeSpan) -> ColumnElement[bool]:
    """A condition on `INSTRUMENT`: it can be booked, and some open minute of the window is free on one of its places.

    Two statements are asked here to learn which opening hours there are; the slots are read by the condition itself.
    """
    opened = _opened(window)
    if not opened:
        return false()
    hours = union_all(
        *(
            select(
                literal(number).label("hours"),
                literal(span.start, UtcDateTime).label("starts_at"),
                literal(span.end, UtcDateTime).label("ends_at"),
            )
            for number, (spans, _members) in enumerate(opened)
            for span in spans
        )
    ).cte("opened")
    mine = case(
        *((or_(*members), literal(number)) for number, (_spans, members) in enumerate(opened)), else_=-1
    )
    here = hours.alias("here")
    free = _seconds(here.c.starts_at, here.c.ends_at) * INSTRUMENT.c.capacity > _taken(here)
    return and_(_BOOKABLE, exists(select(literal(1)).select_from(here).where(here.c.hours == mine, free)))


def _opened(window: TimeSpan) -> list[tuple[Sequence[TimeSpan], list[ColumnElement[bool]]]]:
    """The different opening hours in a window, each with the conditions of the instruments that have them."""
    own = [_own(kind, key) for kind, key in _SCOPES.items()]
    labelled = [one.label(kind) for kind, one in zip(_SCOPES, own, strict=True)]
    alike = select(INSTRUMENT.c.id.label("one"), *labelled).where(_BOOKABLE).subquery()
    keys_of = [alike.c[kind] for kind in _SCOPES]
    groups = db.session.execute(
        select(func.min(cast(alike.c.one, String)), *keys_of).group_by(*keys_of)
    ).all()
    terms = registry.terms_of([uuid.UUID(row[0]) for row in groups])
    calendar = network.work_calendar()
    by_hours: dict[tuple[TimeSpan, ...], list[ColumnElement[bool]]] = {}
    for first, *keys in groups:
        spans = tuple(open_spans(terms[uuid.UUID(first)], window, calendar))
        if spans:
            by_hours.setdefault(spans, []).append(and_(*map(_is, own, keys)))
    return list(by_hours.items())


def _own(kind: str, key: ColumnElement[Any]) -> ColumnElement[Any]:
    """The key of a scope that has a timetable of its own, else null: instruments alike in these share their hours."""
    having = select(_TIMETABLE.c.scope_id).where(_TIMETABLE.c.scope_kind == kind)
    return case((key.in_(having), key))


def _is(own: ColumnElement[Any], key: uuid.UUID | None) -> ColumnElement[bool]:
    return own.is_(None) if key is None else own == literal(key, Key)


def _taken(here: Any) -> ColumnElement[Any]:
    """Seconds of an open span that slots take on all places together.

    Bounded by the predecessor: of each place only what begins in the span, or last before it, can reach into it.
    """
    before = SLOT.alias("before")
    first = (
        select(func.max(before.c.starts_at))
        .where(
            before.c.instrument_id == INSTRUMENT.c.id,
            before.c.position == SLOT.c.position,
            before.c.starts_at <= here.c.starts_at,
        )
        .correlate(INSTRUMENT, SLOT, here)
        .scalar_subquery()
    )
    later, earlier = (func.max, func.min) if is_sqlite() else (func.greatest, func.least)
    overlap = _seconds(
        later(SLOT.c.starts_at, here.c.starts_at, type_=UtcDateTime),
        earlier(SLOT.c.ends_at, here.c.ends_at, type_=UtcDateTime),
    )
    return func.coalesce(
        select(func.sum(overlap))
        .where(
            SLOT.c.instrument_id == INSTRUMENT.c.id,
            SLOT.c.starts_at < here.c.ends_at,
            SLOT.c.ends_at > here.c.starts_at,
            SLOT.c.starts_at >= func.coalesce(first, here.c.starts_at),
        )
        .correlate(INSTRUMENT, here)
        .scalar_subquery(),
        0,
    )


def _seconds(start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[Any]:
    if is_sqlite():
        return cast(func.strftime("%s", end), Integer) - cast(func.strftime("%s", start), Integer)
    return cast(extract("epoch", end - start), Integer)
