"""Free time: what opening hours and slots leave, how full half a day is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from sharing.booking.rules.places import Taken, full_spans
from sharing.kernel.timespan import TimeSpan, at_shanghai, minutes, without

NOON: Final = 13 * 60  # where a day is cut in two, in minutes after midnight


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
