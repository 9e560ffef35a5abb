"""Working days and dated rows, with the vectors of the field (DOMAIN 9, scenarios 18 and 35)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel.timespan import at_shanghai
from sharing.network.rules import DayKind, OfficeHours, WorkCalendar, row_in_force
from sharing.web import places


@cache
def calendar() -> WorkCalendar:
    """2026 by the shipped file, no other year published."""
    listed: dict[date, tuple[str, str, str]] = {}
    year = tomllib.loads((places.CONFIG / "holidays/2026.toml").read_text("utf-8"))
    for holiday in year["holidays"]:
        day = holiday["first"]
        while day <= holiday["last"]:
            listed[day] = ("holiday", holiday["name"], holiday["name_en"])
            day += timedelta(days=1)
    for shifted in year["workdays"]:
        listed[shifted["day"]] = ("workday", shifted["for"], "")
    fixed = tomllib.loads((places.CONFIG / "holidays/statutory.toml").read_text("utf-8"))["days"]
    return WorkCalendar(
        listed, frozenset({2026}), {(d["month"], d["day"]): (d["name"], d["name_en"]) for d in fixed}
    )


def test_scenario_18_a_shifted_saturday_is_worked_and_a_monday_of_the_holiday_is_not() -> None:
    assert calendar().is_workday(date(2026, 10, 10))
    assert not calendar().is_workday(date(2026, 10, 5))
    assert calendar().fact(date(2026, 10, 5)).name == "国庆节"


def test_scenario_18_a_year_not_yet_published_is_provisional() -> None:
    monday, national_day, saturday = date(2027, 3, 1), date(2027, 10, 1), date(2027, 3, 6)
    assert calendar().fact(monday).provisional
    assert calendar().is_workday(monday)
    assert calendar().fact(national_day).kind is DayKind.HOLIDAY
    assert calendar().fact(national_day).provisional
    assert calendar().fact(saturday).kind is DayKind.WEEKEND
    assert not calendar().fact(date(2026, 3, 2)).provisional


def test_2026_has_248_working_days() -> None:
    first = date(2026, 1, 1)
    assert sum(calendar().is_workday(first + timedelta(days=n)) for n in range(365)) == 248


@pytest.mark.parametrize(
    ("accepted", "due"),
    [(date(2026, 1, 26), date(2026, 3, 13)), (date(2026, 9, 14), date(2026, 10, 30))],
)
def test_scenario_35_thirty_working_days_after_acceptance(accepted: date, due: date) -> None:
    assert calendar().workdays_after(accepted, 30) == due


days = st.dates(date(2025, 12, 1), date(2027, 2, 1))


@given(day=days, count=st.integers(0, 60), more=st.integers(0, 60))
def test_counting_on_is_counting_at_once(day: date, count: int, more: int) -> None:
    there = calendar().workdays_after(day, count)
    assert calendar().workdays_after(there, more) == calendar().workdays_after(day, count + more)


@given(day=days, minute=st.integers(0, 1439), working=st.integers(1, 4000))
def test_office_hours_count_back_what_they_counted_on(day: date, minute: int, working: int) -> None:
    start = at_shanghai(day, minute)
    end = OfficeHours().after(start, working, calendar())
    assert OfficeHours().between(start, end, calendar()) == working


def test_eight_working_hours_skip_the_national_holiday_and_count_the_shifted_saturday() -> None:
    """7 working hours a day: one is left of 30 September, seven are done at the end of 8 October."""
    asked = at_shanghai(date(2026, 9, 30), 16 * 60 + 30)
    assert OfficeHours().after(asked, 480, calendar()) == at_shanghai(date(2026, 10, 8), 17 * 60 + 30)
    assert OfficeHours().after(asked, 481, calendar()) == at_shanghai(date(2026, 10, 9), 8 * 60 + 31)


@dataclass(frozen=True)
class Row:
    scope_key: str
    valid_from: date
    inherit: bool = False
    name: str = ""


NETWORK, ZONE, INSTRUMENT = "network", "zone:1", "instrument:1"
CHAIN = [INSTRUMENT, ZONE, NETWORK]


def test_the_most_specific_scope_wins_from_its_first_day() -> None:
    wide, narrow = Row(NETWORK, date(2024, 1, 1)), Row(INSTRUMENT, date(2026, 3, 1))
    assert row_in_force([wide, narrow], CHAIN, date(2026, 2, 28)) == wide
    assert row_in_force([wide, narrow], CHAIN, date(2026, 3, 1)) == narrow


def test_a_row_that_inherits_hands_back_to_the_wider_scope() -> None:
    wide = Row(NETWORK, date(2024, 1, 1))
    rows = [wide, Row(INSTRUMENT, date(2026, 1, 1)), Row(INSTRUMENT, date(2026, 3, 1), inherit=True)]
    assert row_in_force(rows, CHAIN, date(2026, 3, 1)) == wide


def test_other_scopes_and_later_rows_do_not_count() -> None:
    rows = [Row("zone:2", date(2024, 1, 1)), Row(NETWORK, date(2026, 3, 1))]
    assert row_in_force(rows, CHAIN, date(2026, 2, 28)) is None
