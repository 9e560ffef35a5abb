"""Opening hours: dated timetables over the calendar of working days."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.kernel.timespan import SHANGHAI, TimeSpan, day_span, shanghai_day
from sharing.network.rules import WorkCalendar
from sharing.registry.rules import (
    InstrumentRow,
    Terms,
    TimetableRow,
    open_spans,
    spans_from_text,
    spans_in_text,
    spans_on,
    timetable_faults,
)
from sharing.registry.rules.hours import DAY_KINDS, WEEKDAYS
from tests.registry import rows

HOURS = {"workday": [[510, 720], [840, 1050]]}
CALENDAR_2026 = WorkCalendar(
    listed={
        date(2026, 10, 5): ("holiday", "国庆节", "National Day"),
        date(2026, 10, 10): ("workday", "国庆节调休", "National Day, shifted"),
    },
    published=frozenset({2026}),
    fixed={(10, 1): ("国庆节", "National Day")},
)


def clocks(spans: list[TimeSpan]) -> list[str]:
    return [
        f"{one.start.astimezone(SHANGHAI):%m-%d %H:%M} {one.end.astimezone(SHANGHAI):%m-%d %H:%M}"
        for one in spans
    ]


def test_two_spans_a_day_on_working_days_only() -> None:
    terms = rows.terms(timetables=[rows.timetable(days=HOURS)])
    friday, saturday = date(2026, 3, 6), date(2026, 3, 7)
    assert clocks(open_spans(terms, day_span(friday), CALENDAR_2026)) == [
        "03-06 08:30 03-06 12:00",
        "03-06 14:00 03-06 17:30",
    ]
    assert open_spans(terms, day_span(saturday), CALENDAR_2026) == []


def test_scenario_18_a_worked_saturday_is_open_and_a_holiday_monday_is_not() -> None:
    terms = rows.terms(timetables=[rows.timetable(days={"workday": [[510, 1050]]})])
    assert clocks(open_spans(terms, day_span(date(2026, 10, 10)), CALENDAR_2026)) == [
        "10-10 08:30 10-10 17:30"
    ]
    assert open_spans(terms, day_span(date(2026, 10, 5)), CALENDAR_2026) == []


def test_scenario_18_a_year_not_published_counts_monday_to_friday_without_the_fixed_days() -> None:
    terms = rows.terms(timetables=[rows.timetable(days={"workday": [[510, 1050]]})])
    assert open_spans(terms, day_span(date(2027, 10, 1)), CALENDAR_2026) == []  # a Friday, but National Day
    assert len(open_spans(terms, day_span(date(2027, 10, 8)), CALENDAR_2026)) == 1


def test_a_named_weekday_stands_above_its_kind_but_not_on_a_shifted_day() -> None:
    days = {"workday": [[540, 600]], "weekend": [[660, 720]], "sat": [[0, 60]], "fri": [[60, 120]]}
    assert spans_on(days, date(2026, 3, 6), CALENDAR_2026) == [[60, 120]]
    assert spans_on(days, date(2026, 3, 7), CALENDAR_2026) == [[0, 60]]
    assert spans_on(days, date(2026, 3, 8), CALENDAR_2026) == [[660, 720]]
    assert spans_on(days, date(2026, 10, 10), CALENDAR_2026) == [[540, 600]]  # a Saturday that is worked
    assert spans_on(days, date(2026, 10, 5), CALENDAR_2026) == ()  # a Monday that is a holiday


def test_a_night_span_reaches_into_the_next_day_and_the_evening_before_counts() -> None:
    terms = rows.terms(timetables=[rows.timetable(days={"workday": [[1320, 1800]]})])  # 22:00-06:00
    tuesday = day_span(date(2026, 3, 3))
    assert clocks(open_spans(terms, tuesday, CALENDAR_2026)) == [
        "03-03 00:00 03-03 06:00",
        "03-03 22:00 03-04 00:00",
    ]


def test_round_the_clock_is_one_span() -> None:
    days = {key: [[0, 1440]] for key in DAY_KINDS}
    terms = rows.terms(timetables=[rows.timetable(days=days)])
    window = TimeSpan(datetime(2026, 10, 3, tzinfo=UTC), datetime(2026, 10, 13, tzinfo=UTC))
    assert open_spans(terms, window, CALENDAR_2026) == [window]


def test_summer_hours_begin_and_end_on_their_days_and_vacation_closes() -> None:
    table = [
        rows.timetable(days={"workday": [[510, 1050]]}),
        rows.timetable(days={"workday": [[480, 720]]}, valid_from=date(2026, 7, 1)),
        rows.timetable(days={}, valid_from=date(2026, 8, 1)),
        rows.timetable(days={"workday": [[510, 1050]]}, valid_from=date(2026, 9, 1)),
    ]
    terms = rows.terms(timetables=table)
    opened = {
        day: clocks(open_spans(terms, day_span(day), CALENDAR_2026))
        for day in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 8, 3), date(2026, 9, 1))
    }
    assert [len(one) for one in opened.values()] == [1, 1, 0, 1]
    assert opened[date(2026, 7, 1)] == ["07-01 08:00 07-01 12:00"]


def test_an_instrument_that_inherits_goes_back_to_the_hours_of_its_house() -> None:
    row = rows.instrument()
    own, house = row.scope_keys[0], row.scope_keys[2]
    table = [
        rows.timetable(days={"workday": [[600, 660]]}, scope_key=house),
        rows.timetable(days={"workday": [[0, 60]]}, scope_key=own, valid_from=date(2026, 3, 2)),
        rows.timetable(days={}, scope_key=own, valid_from=date(2026, 3, 4), inherit=True),
    ]
    terms = Terms(row, (), tuple(table), ())
    window = TimeSpan(day_span(date(2026, 3, 3)).start, day_span(date(2026, 3, 4)).end)
    assert clocks(open_spans(terms, window, CALENDAR_2026)) == [
        "03-03 00:00 03-03 01:00",
        "03-04 10:00 03-04 11:00",
    ]


def test_no_timetable_at_all_is_closed() -> None:
    assert open_spans(rows.terms(), day_span(date(2026, 3, 3)), CALENDAR_2026) == []


# --- the law, against counting every quarter of an hour --------------------------------------------------------------


def _laid(drawn: list[tuple[int, int]]) -> list[list[int]]:
    out: list[list[int]] = []
    at = 0
    for start, length in sorted(drawn):
        begin = max(start, at)
        if begin >= 96:
            break
        out.append([begin * 15, (begin + length) * 15])
        at = begin + length
    return out


spans_of_a_day = st.lists(st.tuples(st.integers(0, 95), st.integers(1, 96)), max_size=3).map(_laid)
timetables = st.dictionaries(st.sampled_from(DAY_KINDS + WEEKDAYS), spans_of_a_day, max_size=5)
dated_tables = st.lists(
    st.tuples(timetables, st.integers(0, 20), st.booleans(), st.integers(0, 4)),
    max_size=5,
    unique_by=lambda one: (one[1], one[3]),
)
listed_days = st.dictionaries(
    st.integers(0, 20).map(lambda n: date(2026, 9, 28) + timedelta(days=n)),
    st.sampled_from(["holiday", "workday"]).map(lambda kind: (kind, "", "")),
    max_size=6,
)


def _open_at(terms: Terms, instant: datetime, calendar: WorkCalendar) -> bool:
    """The plain question, asked of one instant: is it inside a span of today or of yesterday's night?"""
    for back in (0, 1):
        day = shanghai_day(instant) - timedelta(days=back)
        table = terms.timetable(day)
        local = instant.astimezone(SHANGHAI)
        minute = local.hour * 60 + local.minute + back * 1440
        if table and any(a <= minute < b for a, b in spans_on(table.days, day, calendar)):
            return True
    return False


@settings(max_examples=60, deadline=None)
@given(tables=dated_tables, listed=listed_days, start=st.integers(0, 18 * 96), length=st.integers(1, 3 * 96))
def test_open_time_is_what_a_scan_of_every_quarter_hour_finds(
    tables: list[Any], listed: dict[date, Any], start: int, length: int
) -> None:
    calendar = WorkCalendar(listed=listed, published=frozenset({2026}))
    row = rows.instrument()
    made = tuple(
        rows.timetable(
            days=days,
            valid_from=date(2026, 9, 26) + timedelta(days=begins),
            inherit=inherit,
            scope_key=row.scope_keys[scope],
        )
        for days, begins, inherit, scope in tables
    )
    terms = Terms(row, (), made, ())
    begin = datetime(2026, 9, 28, tzinfo=SHANGHAI).astimezone(UTC) + timedelta(minutes=15 * start)
    window = TimeSpan(begin, begin + timedelta(minutes=15 * length))
    found = open_spans(terms, window, calendar)
    assert all(one.end < two.start for one, two in itertools.pairwise(found))
    step = timedelta(minutes=15)
    quarters = [begin + step * n for n in range(length)]
    assert [any(s.start <= at < s.end for s in found) for at in quarters] == [
        _open_at(terms, at, calendar) for at in quarters
    ]


# --- reading and checking what is typed ------------------------------------------------------------------------------


def test_spans_are_read_as_people_write_them() -> None:
    assert spans_from_text("08:30-12:00, 14:00–17:30") == [[510, 720], [840, 1050]]
    assert spans_from_text("22：00－06：00") == [[1320, 1800]]
    assert spans_from_text("0:00-24:00") == [[0, 1440]]
    assert spans_from_text("  ") == []


def test_what_cannot_be_read_is_named() -> None:
    for text in ("8.30-12", "09:00", "25:00-26:00", "09:70-10:00", "a:b-c:d"):
        try:
            spans_from_text(text)
        except ValueError as error:
            assert str(error) == text  # noqa: PT017 - the piece itself is the message
        else:
            raise AssertionError(text)


@given(spans=spans_of_a_day)
def test_spans_come_back_from_their_text(spans: list[list[int]]) -> None:
    assert spans_from_text(spans_in_text(spans)) == spans


def test_faults_of_a_timetable_are_named_by_their_day() -> None:
    good: dict[str, Any] = {"workday": [[510, 720], [720, 1050]], "sat": [[1320, 1800]]}
    assert timetable_faults(good) == []
    bad: dict[str, Any] = {
        "workday": [[510, 720], [700, 800]],
        "weekend": [[600, 500]],
        "holiday": [[1440, 1500]],
        "mon": [[0, 2000]],
        "tue": [[0, 10, 20]],
        "someday": [],
    }
    assert timetable_faults(bad) == list(bad)


def test_the_policy_before_the_first_row_is_the_first_of_the_widest_scope() -> None:
    row: InstrumentRow = rows.instrument()
    network = rows.policy(scope_key="network", valid_from=date(2024, 1, 1))
    own = rows.policy(scope_key=row.scope_keys[0], valid_from=date(2023, 1, 1), inherit=True)
    terms = Terms(row, (own, network), (), ())
    assert terms.policy(date(2020, 1, 1)) is network
    assert terms.policy(date(2026, 1, 1)) is network


def test_a_timetable_row_has_its_own_key() -> None:
    table: TimetableRow = rows.timetable(days=HOURS)
    assert isinstance(table.id, uuid.UUID)
