"""Free time: what opening hours and slots leave, where a length fits in it, how full half a day is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from sharing.booking.rules.places import Taken, full_spans
from sharing.kernel.timespan import TimeSpan, at_shanghai, minutes, shanghai_day, without

NOON: Final = 13 * 60  # where a day is cut in two, in minutes after midnight


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


def halves(first: date, days: int) -> list[TimeSpan]:
    """Shanghai days from `first` on, each cut in two where a working day has its break."""
    edges = [at_shanghai(first + timedelta(days=n), minute) for n in range(days) for minute in (0, NOON)]
    return [TimeSpan(a, b) for a, b in pairwise([*edges, at_shanghai(first + timedelta(days=days))])]


def load(
    parts: Sequence[TimeSpan], opened: Sequence[TimeSpan], full: Sequence[TimeSpan]
) -> list[float | None]:
    """How much of the open time of each part is taken, 0 … 1; None where it is closed.

    opened, full  each without overlaps and in order, inside the window that is looked at
    """
    busy = [cut for one in opened for span in full if (cut := one.intersection(span))]
    spent = zip(_minutes_in(parts, opened), _minutes_in(parts, busy), strict=True)
    return [taken / there if there else None for there, taken in spent]


def _minutes_in(parts: Sequence[TimeSpan], spans: Sequence[TimeSpan]) -> list[int]:
    """Minutes of the spans in each part."""
    found = [0] * len(parts)
    for span in spans:
        for number, part in enumerate(parts):
            if span.start < part.end and part.start < span.end:
                found[number] += minutes(max(span.start, part.start), min(span.end, part.end))
    return found


def _ceil(instant: datetime, grain: int) -> datetime:
    low = _floor(instant, grain)
    return low if low == instant else low + timedelta(minutes=grain)


def _floor(instant: datetime, grain: int) -> datetime:
    midnight = at_shanghai(shanghai_day(instant))
    past = int((instant - midnight).total_seconds() // 60)
    return midnight + timedelta(minutes=past - past % grain)
