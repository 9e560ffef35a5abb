"""Dates that repeat: an RFC 5545 RRULE read in Shanghai's calendar, expanded when it is made, bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from dateutil.rrule import rrulestr

from sharing.kernel.timespan import SHANGHAI, TimeSpan

MOST_DATES: Final = 366
FURTHEST: Final = timedelta(days=5 * 366)
_DAY: Final = "(?:MO|TU|WE|TH|FR|SA|SU)"
_PARTS: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile(text)
    for name, text in {
        "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
        "INTERVAL": r"[1-9]\d{0,3}",
        "COUNT": r"[1-9]\d{0,5}",
        "UNTIL": r"\d{8}(?:T\d{6}Z?)?",
        "BYDAY": rf"(?:[+-]?[1-5]?{_DAY})(?:,[+-]?[1-5]?{_DAY})*",
        "BYMONTHDAY": r"-?(?:[1-9]|[12]\d|3[01])(?:,-?(?:[1-9]|[12]\d|3[01]))*",
        "BYMONTH": r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2]))*",
        "BYSETPOS": r"-?[1-9]\d?(?:,-?[1-9]\d?)*",
        "WKST": _DAY,
    }.items()
}
_BY_MONTHS: Final = {"MONTHLY", "YEARLY"}
_LENGTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class NoRepeatError(ValueError):
    """A repetition that cannot be had. `reason`: unreadable, endless, too_many, no_dates, meets_itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def repeats(first: TimeSpan, rule: str) -> list[TimeSpan]:
    """The span on every date of the rule, in order; dates that do not exist are skipped, as the standard says.

    first   the span on its first date; its wall clock in Shanghai is kept on each
    rule    DAILY, WEEKLY, MONTHLY or YEARLY; with COUNT or UNTIL; at most 366 dates within five years
    raises  NoRepeatError
    """
    parts = _parts(rule)
    begin = first.start.astimezone(SHANGHAI).replace(tzinfo=None)
    until = _until(parts.pop("UNTIL", None))
    if not _feasible(parts):
        raise NoRepeatError("no_dates")
    length = first.end - first.start
    spans: list[TimeSpan] = []
    for at in _dates(parts, begin):
        if until is not None and at > until:
            break
        if len(spans) == MOST_DATES or at > begin + FURTHEST:
            raise NoRepeatError("too_many")
        start = at.replace(tzinfo=SHANGHAI).astimezone(UTC)
        spans.append(TimeSpan(start, start + length))
    if not spans:
        raise NoRepeatError("no_dates")
    if any(one.end > following.start for one, following in pairwise(spans)):
        raise NoRepeatError("meets_itself")
    return spans


def _dates(parts: Mapping[str, str], begin: datetime) -> Iterator[datetime]:
    return iter(rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=begin))


def _parts(rule: str) -> dict[str, str]:
    text = rule.strip().upper().removeprefix("RRULE:")
    parts: dict[str, str] = {}
    for piece in text.split(";"):
        name, _equals, value = piece.partition("=")
        known = _PARTS.get(name)
        if known is None or name in parts or not known.fullmatch(value):
            raise NoRepeatError("unreadable")
        parts[name] = value
    _hang_together(parts)
    return parts


def _hang_together(parts: Mapping[str, str]) -> None:
    """What each part asks of the others; what no standard allows is refused before a library meets it."""
    often = parts.get("FREQ")
    ordinal = re.search(r"\d", parts.get("BYDAY", "")) is not None
    if often is None or {"COUNT", "UNTIL"} <= parts.keys():
        raise NoRepeatError("unreadable")
    if often not in _BY_MONTHS and (ordinal or "BYSETPOS" in parts):
        raise NoRepeatError("unreadable")
    if often == "WEEKLY" and "BYMONTHDAY" in parts:
        raise NoRepeatError("unreadable")
    if "COUNT" not in parts and "UNTIL" not in parts:
        raise NoRepeatError("endless")


def _until(text: str | None) -> datetime | None:
    """The last instant that counts, as a Shanghai wall clock; a bare date means the whole of that day."""
    if text is None:
        return None
    try:
        if len(text) == 8:
            return datetime.combine(datetime.strptime(text, "%Y%m%d"), time(23, 59))  # noqa: DTZ007 - a wall clock
        wall = datetime.strptime(text[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall clock
    except ValueError:
        raise NoRepeatError("unreadable") from None
    if text.endswith("Z"):
        wall = wall.replace(tzinfo=UTC).astimezone(SHANGHAI).replace(tzinfo=None)
    return wall


def _feasible(parts: Mapping[str, str]) -> bool:
    """False where no month of the rule has such a day, which the library would look for until the year 9999."""
    if "BYMONTH" not in parts or "BYMONTHDAY" not in parts:
        return True
    days = [abs(int(day)) for day in parts["BYMONTHDAY"].split(",")]
    return any(day <= _LENGTHS[int(month) - 1] for month in parts["BYMONTH"].split(",") for day in days)
