"""Spans of time: aware, half-open, whole minutes; and the Shanghai days they touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""What people mean lies between; beyond, sums of days leave what a date can hold."""


def believable(day: date) -> bool:
    """Whether a day or an instant lies in years that anybody means; asked wherever one comes in from outside."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def minutes(start: datetime, end: datetime) -> int:
    """Whole minutes from `start` to `end`, cut towards the past; negative when `end` lies before `start`."""
    return (end - start) // MINUTE


def shanghai_day(instant: datetime) -> date:
    """The Shanghai calendar day an instant lies on."""
    return instant.astimezone(SHANGHAI).date()


@lru_cache(maxsize=8192)
def at_shanghai(day: date, minute: int = 0) -> datetime:
    """The instant `minute` minutes after midnight of a Shanghai day, in UTC; 1440 is the next midnight."""
    return (datetime.combine(day, time(), SHANGHAI) + timedelta(minutes=minute)).astimezone(UTC)


@dataclass(frozen=True, slots=True, order=True)
class TimeSpan:
    """`[start, end)`, both aware. Raises ValueError when naive, empty or backwards."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span needs aware instants")
        if self.end <= self.start:
            raise ValueError("a span ends after it starts")

    @property
    def minutes(self) -> int:
        return minutes(self.start, self.end)

    def overlaps(self, other: TimeSpan) -> bool:
        """True when they share an instant; spans that only touch do not meet."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: TimeSpan) -> bool:
        return self.start <= other.start and other.end <= self.end

    def intersection(self, other: TimeSpan) -> TimeSpan | None:
        start, end = max(self.start, other.start), min(self.end, other.end)
        return TimeSpan(start, end) if start < end else None

    def moved(self, by: timedelta) -> TimeSpan:
        return TimeSpan(self.start + by, self.end + by)

    def widened(self, before: timedelta, after: timedelta) -> TimeSpan:
        """The span with time added at both ends, as a set-up and clean-up buffer does."""
        return TimeSpan(self.start - before, self.end + after)

    def days(self) -> Iterator[date]:
        """Every Shanghai day that the span touches, in order."""
        day, last = shanghai_day(self.start), shanghai_day(self.end - timedelta(microseconds=1))
        while day <= last:
            yield day
            day += timedelta(days=1)


def day_span(day: date) -> TimeSpan:
    """The whole of one Shanghai day."""
    return TimeSpan(at_shanghai(day), at_shanghai(day, 1440))


def week_span(day: date) -> TimeSpan:
    """Monday to Sunday of the Shanghai week in which `day` lies."""
    monday = day - timedelta(days=day.weekday())
    return TimeSpan(at_shanghai(monday), at_shanghai(monday + timedelta(days=7)))


def month_span(year: int, month: int) -> TimeSpan:
    """A Shanghai calendar month: March is [1 March, 1 April)."""
    after = date(year + month // 12, month % 12 + 1, 1)
    return TimeSpan(at_shanghai(date(year, month, 1)), at_shanghai(after))


def merged(spans: Iterable[TimeSpan]) -> list[TimeSpan]:
    """The same time as disjoint spans in order; spans that touch become one."""
    out: list[TimeSpan] = []
    for span in sorted(spans):
        if out and span.start <= out[-1].end:
            out[-1] = TimeSpan(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return out


def without(whole: TimeSpan, taken: Iterable[TimeSpan]) -> list[TimeSpan]:
    """What is left of `whole` when every span in `taken` is cut out, in order."""
    left: list[TimeSpan] = []
    at = whole.start
    for span in merged(taken):
        if span.end <= at or span.start >= whole.end:
            continue
        if span.start > at:
            left.append(TimeSpan(at, span.start))
        at = max(at, span.end)
    if at < whole.end:
        left.append(TimeSpan(at, whole.end))
    return left
