"""Free time: what opening hours and slots leave, where a length fits in it, how full a day is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sharing.booking.rules.places import Taken, full_spans
from sharing.kernel.timespan import TimeSpan, at_shanghai, day_span, shanghai_day, without


@dataclass(frozen=True, slots=True)
class Fit:
    """How a booking must lie: whole minutes long, on the grid from Shanghai midnight, with buffers round it."""

    minutes: int
    grain: int
    setup: int = 0
    cleanup: int = 0


def bookable(
    window: TimeSpan, open_spans: Sequence[TimeSpan], taken: Sequence[Taken], capacity: int
) -> list[TimeSpan]:
    """Open time of the window in which at least one place is free, in order."""
    full = full_spans(window, taken, capacity)
    return [
        gap
        for span in open_spans
        if (part := span.intersection(window)) is not None
        for gap in without(part, full)
    ]


def _fits(
    fit: Fit, open_spans: Sequence[TimeSpan], full: Sequence[TimeSpan], window: TimeSpan
) -> Iterator[tuple[datetime, datetime]]:
    """Ranges `[first start, last start]` on the grid at which a booking of that length fits, in order."""
    reach = window.widened(timedelta(minutes=fit.setup), timedelta(minutes=fit.cleanup))
    for span in open_spans:
        part = span.intersection(window)
        if part is None:
            continue
        for gap in without(reach, full):
            begin = max(part.start, gap.start + timedelta(minutes=fit.setup))
            end = min(part.end, gap.end - timedelta(minutes=fit.cleanup))
            first = _ceil(begin, fit.grain)
            last = _floor(end - timedelta(minutes=fit.minutes), fit.grain)
            if first <= last:
                yield first, last


def first_fit(
    fit: Fit, window: TimeSpan, open_spans: Sequence[TimeSpan], taken: Sequence[Taken], capacity: int
) -> TimeSpan | None:
    """The earliest span of that length that opening hours, slots and buffers leave in the window."""
    full = full_spans(window.widened(timedelta(days=1), timedelta(days=1)), taken, capacity)
    found = next(_fits(fit, open_spans, full, window), None)
    return None if found is None else TimeSpan(found[0], found[0] + timedelta(minutes=fit.minutes))


def around(
    wish: TimeSpan,
    fit: Fit,
    window: TimeSpan,
    open_spans: Sequence[TimeSpan],
    taken: Sequence[Taken],
    capacity: int,
) -> list[TimeSpan]:
    """The nearest span of that length that begins before the wish, and the nearest that begins after it."""
    full = full_spans(window.widened(timedelta(days=1), timedelta(days=1)), taken, capacity)
    before: datetime | None = None
    after: datetime | None = None
    for first, last in _fits(fit, open_spans, full, window):
        if first < wish.start:
            before = min(last, _floor(wish.start - timedelta(minutes=1), fit.grain))
        if after is None and last > wish.start:
            after = max(first, _ceil(wish.start + timedelta(minutes=1), fit.grain))
    length = timedelta(minutes=fit.minutes)
    return [TimeSpan(start, start + length) for start in (before, after) if start is not None]


@dataclass(frozen=True, slots=True)
class DayLoad:
    """One Shanghai day of an instrument: minutes open, and minutes of them in which nothing more fits."""

    day: date
    open_minutes: int
    full_minutes: int


def free_days(
    window: TimeSpan, open_spans: Sequence[TimeSpan], taken: Sequence[Taken], capacity: int
) -> list[DayLoad]:
    """How full each day of the window is, for the strip of seven days."""
    full = full_spans(window, taken, capacity)
    days: list[DayLoad] = []
    for day in window.days():
        whole = day_span(day)
        parts = [part for span in open_spans if (part := span.intersection(whole))]
        busy = [part for span in full for p in parts if (part := span.intersection(p))]
        days.append(DayLoad(day, sum(p.minutes for p in parts), sum(b.minutes for b in busy)))
    return days


def _ceil(instant: datetime, grain: int) -> datetime:
    low = _floor(instant, grain)
    return low if low == instant else low + timedelta(minutes=grain)


def _floor(instant: datetime, grain: int) -> datetime:
    midnight = at_shanghai(shanghai_day(instant))
    past = int((instant - midnight).total_seconds() // 60)
    return midnight + timedelta(minutes=past - past % grain)
