"""Spans are half-open, and cutting and merging them keeps every instant."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel.timespan import (
    TimeSpan,
    at_shanghai,
    day_span,
    merged,
    minutes,
    month_span,
    week_span,
    without,
)

START = datetime(2026, 11, 23, tzinfo=UTC)


def hours(a: float, b: float) -> TimeSpan:
    return TimeSpan(START + timedelta(hours=a), START + timedelta(hours=b))


spans = st.tuples(st.integers(0, 600), st.integers(1, 120)).map(
    lambda t: TimeSpan(START + timedelta(minutes=t[0]), START + timedelta(minutes=t[0] + t[1]))
)


def covered(these: list[TimeSpan]) -> set[int]:
    return {m for s in these for m in range(minutes(START, s.start), minutes(START, s.end))}


def test_spans_that_touch_do_not_meet() -> None:
    assert not hours(9, 10).overlaps(hours(10, 11))
    assert hours(9, 10.5).overlaps(hours(10, 11))


def test_a_naive_or_empty_span_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        TimeSpan(datetime(2026, 1, 1), datetime(2026, 1, 2))  # noqa: DTZ001 - naive on purpose
    with pytest.raises(ValueError, match="ends after"):
        TimeSpan(START, START)


def test_march_is_a_shanghai_month() -> None:
    march = month_span(2026, 3)
    assert march.start == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert march.end == at_shanghai(date(2026, 4, 1))
    assert month_span(2026, 12).end == at_shanghai(date(2027, 1, 1))


def test_a_week_begins_on_monday() -> None:
    assert week_span(date(2026, 11, 22)).start == at_shanghai(date(2026, 11, 16))


def test_days_of_a_span_over_midnight() -> None:
    night = TimeSpan(at_shanghai(date(2026, 11, 23), 1380), at_shanghai(date(2026, 11, 24), 60))
    assert list(night.days()) == [date(2026, 11, 23), date(2026, 11, 24)]
    assert list(day_span(date(2026, 11, 23)).days()) == [date(2026, 11, 23)]


@given(st.lists(spans, max_size=8))
def test_merging_keeps_every_minute_and_leaves_gaps(these: list[TimeSpan]) -> None:
    out = merged(these)
    assert covered(out) == covered(these)
    assert all(a.end < b.start for a, b in pairwise(out))


@given(spans, st.lists(spans, max_size=8))
def test_cutting_out_leaves_exactly_the_rest(whole: TimeSpan, taken: list[TimeSpan]) -> None:
    assert covered(without(whole, taken)) == covered([whole]) - covered(taken)
