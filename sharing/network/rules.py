"""Words and decisions of the network: which dated row holds, which days are worked."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from sharing.kernel.timespan import TimeSpan, at_shanghai, minutes, shanghai_day


class DatedRow(Protocol):
    """A rule row: where it holds, from when, and whether it hands back to the wider scope."""

    @property
    def scope_key(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def inherit(self) -> bool: ...


D = TypeVar("D", bound=DatedRow)


def scope_key(kind: str, scope_id: uuid.UUID | None) -> str:
    """`network`, or `institution:<id>`: what makes a dated row unique in its scope."""
    return kind if scope_id is None else f"{kind}:{scope_id}"


def row_in_force(rows: Iterable[D], scopes: Sequence[str], on: date) -> D | None:
    """The row that holds on a day: of the most specific scope that has one and does not hand back.

    scopes  scope keys, the most specific first, such as ["instrument:…", "category:…", "institution:…", "network"]
    """
    newest: dict[str, D] = {}
    for row in rows:
        if row.valid_from <= on and row.scope_key in scopes:
            known = newest.get(row.scope_key)
            if known is None or known.valid_from < row.valid_from:
                newest[row.scope_key] = row
    for key in scopes:
        row_here = newest.get(key)
        if row_here is not None and not row_here.inherit:
            return row_here
    return None


class DayKind(StrEnum):
    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class DayFact:
    """What a day is. `provisional` when the State Council's list of its year is not published yet (SCENARIOS 18)."""

    kind: DayKind
    name: str = ""
    name_en: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Working days: the published list where there is one, else Monday to Friday without the fixed statutory days.

    listed     day -> (kind "holiday"|"workday", name, name_en), from `network_calendar_day`
    published  years whose list is in the table
    fixed      (month, day) -> name of statutory days that fall on the same date every year
    """

    listed: Mapping[date, tuple[str, str, str]] = field(default_factory=dict)
    published: frozenset[int] = frozenset()
    fixed: Mapping[tuple[int, int], tuple[str, str]] = field(default_factory=dict)

    def fact(self, day: date) -> DayFact:
        known = self.listed.get(day)
        if known:
            return DayFact(DayKind(known[0]), known[1], known[2])
        provisional = day.year not in self.published
        fixed = self.fixed.get((day.month, day.day))
        if provisional and fixed:
            return DayFact(DayKind.HOLIDAY, fixed[0], fixed[1], provisional=True)
        return DayFact(DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY, provisional=provisional)

    def is_workday(self, day: date) -> bool:
        return self.fact(day).kind is DayKind.WORKDAY

    def workdays_after(self, day: date, count: int) -> date:
        """The day that is `count` working days after `day`, which itself is not counted (DOMAIN 9)."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_workday(day)
        return day


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When offices work on a working day, as spans in minutes after midnight; what deadlines count in."""

    spans: tuple[tuple[int, int], ...] = ((510, 720), (840, 1050))

    def on(self, day: date, calendar: WorkCalendar) -> list[TimeSpan]:
        if not calendar.is_workday(day):
            return []
        return [TimeSpan(at_shanghai(day, a), at_shanghai(day, b)) for a, b in self.spans]

    def after(self, start: datetime, working_minutes: int, calendar: WorkCalendar) -> datetime:
        """The instant when that many working minutes have passed since `start`. Raises ValueError past two years."""
        left, day = working_minutes, shanghai_day(start)
        for _number in range(731):
            for span in self.on(day, calendar):
                if span.end <= start:
                    continue
                begin = max(span.start, start)
                there = minutes(begin, span.end)
                if there >= left:
                    return begin + timedelta(minutes=left)
                left -= there
            day += timedelta(days=1)
        raise ValueError("no working time within two years")

    def between(self, start: datetime, end: datetime, calendar: WorkCalendar) -> int:
        """Working minutes in `[start, end)`."""
        if end <= start:
            return 0
        window, total = TimeSpan(start, end), 0
        for day in window.days():
            for span in self.on(day, calendar):
                part = span.intersection(window)
                total += part.minutes if part else 0
        return total


# --- codes of categories ---------------------------------------------------------------------------------------------


def category_level(code: str) -> int:
    """1 to 3: how many pairs of digits of a category's code say something."""
    return 1 if code.endswith("0000") else 2 if code.endswith("00") else 3


def category_parent(code: str) -> str | None:
    """The code one level up; None at the top."""
    return {1: None, 2: code[:2] + "0000", 3: code[:4] + "00"}[category_level(code)]


def category_stem(code: str) -> str:
    """What the codes of a category and of all below it begin with."""
    return code[: 2 * category_level(code)]
