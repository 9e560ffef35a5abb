"""Dates that repeat: as the standard says, bounded, and by Shanghai's wall clock."""

from __future__ import annotations

import contextlib
import time
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.booking.rules import MOST_DATES, NoRepeatError, repeats
from sharing.kernel.timespan import SHANGHAI, TimeSpan, shanghai_day
from tests.cast import span


def days(first: date, rule: str) -> list[str]:
    return [shanghai_day(one.start).isoformat() for one in repeats(span(first, "09:00", "10:00"), rule)]


def test_a_date_that_does_not_exist_is_skipped() -> None:
    assert days(date(2026, 1, 31), "FREQ=MONTHLY;COUNT=3") == ["2026-01-31", "2026-03-31", "2026-05-31"]
    assert days(date(2024, 2, 29), "RRULE:FREQ=YEARLY;COUNT=2") == ["2024-02-29", "2028-02-29"]


def test_until_counts_its_own_day() -> None:
    assert days(date(2026, 3, 2), "FREQ=DAILY;UNTIL=20260304") == ["2026-03-02", "2026-03-03", "2026-03-04"]
    # 01:00 UTC is nine o'clock in Shanghai
    assert days(date(2026, 3, 2), "FREQ=DAILY;UNTIL=20260303T010000Z") == ["2026-03-02", "2026-03-03"]
    assert days(date(2026, 3, 2), "FREQ=DAILY;UNTIL=20260303T085959") == ["2026-03-02"]


def test_weekdays_and_ordinals() -> None:
    assert days(date(2026, 3, 2), "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3") == [
        "2026-03-02", "2026-03-04", "2026-03-09",
    ]  # fmt: skip
    assert days(date(2026, 3, 6), "FREQ=MONTHLY;BYDAY=1FR;COUNT=2") == ["2026-03-06", "2026-04-03"]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("FREQ=SECONDLY;COUNT=3", "unreadable"),
        ("FREQ=MINUTELY;COUNT=3", "unreadable"),
        ("FREQ=HOURLY;COUNT=3", "unreadable"),
        ("FREQ=DAILY;INTERVAL=0;COUNT=3", "unreadable"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "unreadable"),
        ("FREQ=DAILY;COUNT=3;COUNT=4", "unreadable"),
        ("FREQ=DAILY;BYHOUR=1;COUNT=3", "unreadable"),
        ("FREQ=WEEKLY;BYDAY=2MO;COUNT=3", "unreadable"),
        ("FREQ=DAILY;UNTIL=20261399", "unreadable"),
        ("COUNT=3", "unreadable"),
        ("", "unreadable"),
        ("FREQ=DAILY", "endless"),
        ("FREQ=DAILY;COUNT=367", "too_many"),
        ("FREQ=DAILY;UNTIL=99991231", "too_many"),
        ("FREQ=YEARLY;COUNT=7", "too_many"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1", "no_dates"),
        ("FREQ=DAILY;UNTIL=20260101", "no_dates"),
    ],
)
def test_what_is_refused_says_why_and_at_once(rule: str, reason: str) -> None:
    began = time.perf_counter()
    with pytest.raises(NoRepeatError) as no:
        days(date(2026, 3, 2), rule)
    assert no.value.reason == reason
    assert (
        time.perf_counter() - began < 1
    )  # a rule that can be met in no year is not looked for in all of them


def test_a_span_longer_than_the_step_meets_itself() -> None:
    long = span(date(2026, 3, 2), "09:00", "10:00").widened(timedelta(), timedelta(hours=24))
    with pytest.raises(NoRepeatError, match="meets_itself"):
        repeats(long, "FREQ=DAILY;COUNT=2")


@given(
    often=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    every=st.integers(1, 40),
    count=st.integers(1, 400),
    first=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
)
def test_dates_are_bounded_in_order_and_keep_their_clock(
    often: str, every: int, count: int, first: date
) -> None:
    found: list[TimeSpan] = []
    with contextlib.suppress(NoRepeatError):
        found = repeats(span(first, "22:30", "23:30"), f"FREQ={often};INTERVAL={every};COUNT={count}")
    assert found or count > MOST_DATES or often in {"MONTHLY", "YEARLY"} or every * count > 5 * 52
    if not found:
        return
    assert len(found) == count <= MOST_DATES
    assert shanghai_day(found[0].start) == first
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert {one.start.astimezone(SHANGHAI).strftime("%H:%M") for one in found} == {"22:30"}
    assert {one.minutes for one in found} == {60}


@given(st.text(alphabet="FREQ=DAILYCOUNT;BYMONTHWKS0123456789,-+ \n", max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with contextlib.suppress(NoRepeatError):
        assert len(repeats(span(0, "09:00", "10:00"), text)) <= MOST_DATES
