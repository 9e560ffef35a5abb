"""What a change of the statutory calendar would do: days that become worked or free, bookings that lie on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sharing.booking.queries.judgement import open_round
from sharing.booking.queries.tables import BOOKING, row_of, rows_of
from sharing.booking.rules import BookingRow, is_open
from sharing.kernel.db import db
from sharing.kernel.timespan import at_shanghai, shanghai_day
from sharing.network import queries as network
from sharing.network.rules import DayFact, WorkCalendar
from sharing.network.service import DayChange
from sharing.registry import queries as registry

MOST: Final = 5000  # bookings that are looked at
SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class DayEffect:
    """A day that becomes another kind of day, and how many bookings begin on it."""

    day: date
    before: DayFact
    after: DayFact
    bookings: int


@dataclass(frozen=True, slots=True)
class CalendarEffect:
    """What entries of the list would change.

    published  years that count as published from then on, so that their fixed statutory days hold only where listed
    bookings   that begin on a changed day; `outside` of them would lie outside opening hours and do not now
    """

    days: tuple[DayEffect, ...]
    published: tuple[int, ...]
    bookings: int
    outside: int
    shown: tuple[BookingRow, ...]


def calendar_effect(changes: Sequence[DayChange], now: datetime) -> CalendarEffect:
    """The effect of these entries; days before today are what they were."""
    before = network.work_calendar()
    after = _changed(before, changes)
    years = {one.day.year for one in changes}
    days = [day for year in sorted(years) for day in _days(year) if day >= shanghai_day(now)]
    other = {day: (before.fact(day), after.fact(day)) for day in days}
    other = {day: pair for day, pair in other.items() if pair[0].kind is not pair[1].kind}
    rows = _on(sorted(other), now)
    counted = Counter(shanghai_day(row.span.start) for row in rows)
    terms = registry.terms_of({row.instrument_id for row in rows})
    outside = []
    for row in rows:
        mine = terms[row.instrument_id]
        through = mine.policy(shanghai_day(row.span.start)).runs_through_closed
        was, would = (
            is_open(row.span, open_round(mine, row.span, one), through_closed=through)
            for one in (before, after)
        )
        if was and not would:
            outside.append(row)
    return CalendarEffect(
        days=tuple(DayEffect(day, *pair, counted[day]) for day, pair in other.items()),
        published=tuple(sorted(after.published - before.published)),
        bookings=len(rows),
        outside=len(outside),
        shown=tuple(outside[:SHOWN]),
    )


def _changed(calendar: WorkCalendar, changes: Sequence[DayChange]) -> WorkCalendar:
    listed = dict(calendar.listed)
    for one in changes:
        if one.kind is None:
            listed.pop(one.day, None)
        else:
            listed[one.day] = (one.kind, one.name, one.name_en)
    return replace(calendar, listed=listed, published=frozenset(day.year for day in listed))


def _days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def _on(days: Sequence[date], now: datetime) -> list[BookingRow]:
    """Bookings to come that begin on one of these days, the nearest first."""
    if not days:
        return []
    c = BOOKING.c
    asked = rows_of().where(
        c.status.in_(["requested", "approved"]),
        c.starts_at >= max(at_shanghai(days[0]), now),
        c.starts_at < at_shanghai(days[-1], 1440),
    )
    rows = map(row_of, db.session.execute(asked.order_by(c.starts_at, c.id).limit(MOST)))
    wanted = set(days)
    return [row for row in rows if shanghai_day(row.span.start) in wanted]
