"""When an instrument is open: dated timetables laid over the calendar of working days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sharing.kernel.timespan import TimeSpan, at_shanghai, merged
from sharing.network.rules import DayKind, WorkCalendar
from sharing.registry.rules.rows import Terms

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_KINDS: Final = ("workday", "weekend", "holiday")
MOST_SPANS: Final = 6
DAY: Final = 1440

Days = Mapping[str, Sequence[Sequence[int]]]


def spans_on(days: Days, day: date, calendar: WorkCalendar) -> Sequence[Sequence[int]]:
    """The spans of one Shanghai day, in minutes after its midnight.

    A named weekday stands above `workday` or `weekend`, where the day is what that weekday usually is: a Saturday that
    is worked by the State Council's list keeps the hours of `workday`, a holiday those of `holiday`.
    """
    kind = calendar.fact(day).kind
    usual = DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY
    name = WEEKDAYS[day.weekday()]
    if kind is usual and name in days:
        return days[name]
    return days.get(kind.value, ())


def open_spans(terms: Terms, window: TimeSpan, calendar: WorkCalendar) -> list[TimeSpan]:
    """The open time inside `window`, merged and in order.

    A span belongs to the day it begins on, with the timetable in force that day, and may end after midnight: so the
    evening before the window counts too. Round the clock is `[0, 1440]` on every kind of day, merged into one span.
    """
    found: list[TimeSpan] = []
    first = next(window.days()) - timedelta(days=1)
    changes = {row.valid_from for row in terms.timetables}
    table = None
    for day in (first, *window.days()):
        if day == first or day in changes:
            table = terms.timetable(day)
        if table is None:
            continue
        for begin, end in spans_on(table.days, day, calendar):
            part = TimeSpan(at_shanghai(day, begin), at_shanghai(day, end)).intersection(window)
            if part:
                found.append(part)
    return merged(found)


def timetable_faults(days: Mapping[str, Any]) -> list[str]:
    """The kinds of day whose spans cannot stand: unknown, too many, backwards, longer than a day or overlapping."""
    return [kind for kind, spans in days.items() if not _sound(kind, spans)]


def _sound(kind: str, spans: Any) -> bool:
    if kind not in DAY_KINDS + WEEKDAYS or not isinstance(spans, list | tuple) or len(spans) > MOST_SPANS:
        return False
    last = 0
    for span in spans:
        if len(span) != 2 or not all(isinstance(minute, int) for minute in span):
            return False
        begin, end = span
        if not (last <= begin < DAY and begin < end <= begin + DAY):
            return False
        last = end
    return True


def spans_from_text(text: str) -> list[list[int]]:
    """`08:30-12:00, 14:00-17:30` as minutes after midnight; an end at or before its start lies on the next day.

    Raises ValueError naming the piece that cannot be read.
    """
    spans: list[list[int]] = []
    for piece in text.replace("，", ",").replace("、", ",").replace("；", ",").split(","):
        if not piece.strip():
            continue
        begin, dash, end = piece.replace("–", "-").replace("—", "-").replace("－", "-").partition("-")
        if not dash:
            raise ValueError(piece.strip())
        start, stop = _minute(begin, piece), _minute(end, piece)
        spans.append([start, stop if stop > start else stop + DAY])
    return spans


def spans_in_text(spans: Sequence[Sequence[int]]) -> str:
    """The way back: `08:30-12:00, 22:00-06:00`; midnight as an end is 24:00."""
    return ", ".join(f"{_clock(begin)}-{_clock(end if end <= DAY else end - DAY)}" for begin, end in spans)


def _minute(clock: str, piece: str) -> int:
    hour, colon, minute = clock.strip().replace("：", ":").partition(":")
    if not colon or not hour.isascii() or not hour.isdigit() or not minute.isdigit() or len(minute) != 2:
        raise ValueError(piece.strip())
    value = int(hour) * 60 + int(minute)
    if int(minute) > 59 or value > DAY:
        raise ValueError(piece.strip())
    return value


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
