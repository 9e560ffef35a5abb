"""What a span costs: examples that name the case, then the laws."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel.money import ZERO, Money
from sharing.kernel.timespan import MINUTE, TimeSpan, at_shanghai
from sharing.network.rules import WorkCalendar
from sharing.pricing.rules import (
    Band,
    Days,
    LineKind,
    NewPrice,
    PriceGroup,
    PriceRow,
    Quote,
    QuoteState,
    bands_from,
    best,
    hourly,
    offer,
    plain_bands,
    price_groups,
    quote,
    recomputed,
    wrong_fields,
)

MONDAY = date(2026, 3, 2)
SATURDAY = date(2026, 3, 7)
CALENDAR = WorkCalendar(
    listed={date(2026, 10, 5): ("holiday", "国庆节", ""), date(2026, 10, 10): ("workday", "调休上班", "")},
    published=frozenset({2026}),
)
NIGHT = Band("夜间", "Night", Days.ALL, 22 * 60, 8 * 60, 50)
WEEKEND = Band("周末", "Weekend", Days.RESTDAY, 0, 1440, 80)
EVENING = Band("晚间", "Evening", Days.ALL, 17 * 60, 24 * 60, 80)


def price(hour: int, *bands: Band, minimum: int = 0, group: PriceGroup = PriceGroup.INSTITUTION) -> PriceRow:
    """A row of `hour` yuan."""
    return PriceRow(
        id=uuid.uuid4(),
        scope_key="network",
        valid_from=date(2024, 1, 1),
        inherit=False,
        source_document="收费办法（2024）",
        price_group=group,
        hour=Money(hour * 100),
        minimum=Money(minimum * 100),
        bands=bands,
    )


def span(day: date, start: float, end: float) -> TimeSpan:
    return TimeSpan(at_shanghai(day, int(start * 60)), at_shanghai(day, int(end * 60)))


def lines(found: Quote) -> list[tuple[str, int, int]]:
    return [(line.name, line.minutes, line.amount.fen) for line in found.lines]


def test_scenario_01_an_hour_at_the_hourly_price() -> None:
    assert quote(span(MONDAY, 15, 16), price(60), CALENDAR).amount == Money(60_00)


def test_scenario_02_a_fifth_off_from_five() -> None:
    found = quote(span(MONDAY, 16, 18), price(60, EVENING), CALENDAR)
    assert found.amount == Money(108_00)
    assert lines(found) == [("机时", 60, 60_00), ("晚间", 60, 48_00)]
    assert [line.unit_price for line in found.lines] == [Money(60_00), Money(48_00)]


def test_scenario_03_the_minimum_is_a_floor_added_once() -> None:
    one_hour = quote(span(MONDAY, 15, 16), price(60, minimum=100), CALENDAR)
    assert one_hour.amount == Money(100_00)
    assert [line.kind for line in one_hour.lines] == [LineKind.HOURS, LineKind.MINIMUM]
    assert one_hour.lines[-1].amount == Money(40_00)
    two_hours = quote(span(MONDAY, 15, 17), price(60, minimum=100), CALENDAR)
    assert two_hours.amount == Money(120_00)
    assert [line.kind for line in two_hours.lines] == [LineKind.HOURS]


def test_night_wraps_midnight_and_a_run_over_two_days_counts_every_minute() -> None:
    run = TimeSpan(at_shanghai(MONDAY, 20 * 60), at_shanghai(MONDAY + timedelta(days=1), 10 * 60))
    assert lines(quote(run, price(120, NIGHT), CALENDAR)) == [("机时", 240, 480_00), ("夜间", 600, 600_00)]


def test_the_first_band_that_matches_wins() -> None:
    late = span(SATURDAY, 21, 23)
    assert lines(quote(late, price(100, NIGHT, WEEKEND), CALENDAR)) == [
        ("周末", 60, 80_00),
        ("夜间", 60, 50_00),
    ]
    assert lines(quote(late, price(100, WEEKEND, NIGHT), CALENDAR)) == [("周末", 120, 160_00)]


def test_rest_days_follow_the_statutory_calendar() -> None:
    row = price(100, WEEKEND)
    assert quote(span(date(2026, 10, 5), 9, 10), row, CALENDAR).amount == Money(80_00)
    assert quote(span(date(2026, 10, 10), 9, 10), row, CALENDAR).amount == Money(100_00)


def test_a_workday_band_looks_at_the_day_a_minute_lies_on() -> None:
    row = price(100, Band("工作日夜间", "", Days.WORKDAY, 22 * 60, 8 * 60, 50))
    friday_night = TimeSpan(at_shanghai(SATURDAY, -60), at_shanghai(SATURDAY, 60))
    assert lines(quote(friday_night, row, CALENDAR)) == [("工作日夜间", 60, 50_00), ("机时", 60, 100_00)]


def test_free_time_costs_nothing_and_still_says_its_minutes() -> None:
    free = Band("免费时段", "Free", Days.ALL, 0, 1440, 0)
    assert lines(quote(span(MONDAY, 9, 11), price(100, free), CALENDAR)) == [("免费时段", 120, 0)]


# --- who pays which price -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Somebody:
    kind: str
    institution_id: uuid.UUID | None
    groups: tuple[uuid.UUID, ...]


@dataclass(frozen=True)
class Something:
    institution_id: uuid.UUID
    group_id: uuid.UUID | None


HOUSE, OTHER, GROUP = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
THING = Something(HOUSE, GROUP)


@pytest.mark.parametrize(
    ("who", "fits"),
    [
        (Somebody("member", HOUSE, (GROUP,)), ["group", "institution", "academic"]),
        (Somebody("member", HOUSE, ()), ["institution", "academic"]),
        (Somebody("member", OTHER, ()), ["academic"]),
        (Somebody("enterprise", OTHER, ()), ["enterprise"]),
        (None, ["academic"]),
    ],
)
def test_the_price_groups_that_a_person_fits(who: Somebody | None, fits: list[str]) -> None:
    assert price_groups(who, THING) == fits


def test_the_own_price_is_for_what_the_own_group_pays() -> None:
    member = Somebody("member", HOUSE, (GROUP, OTHER))
    assert price_groups(member, THING, paying_group=OTHER) == ["institution", "academic"]
    assert price_groups(member, THING, paying_group=GROUP)[0] == "group"


def test_the_lowest_total_wins_not_the_lowest_hour() -> None:
    wish = span(MONDAY, 9, 10)
    dear_hour = price(100, group=PriceGroup.INSTITUTION)
    cheap_hour = price(60, minimum=200, group=PriceGroup.ACADEMIC)
    found = offer(wish, [dear_hour, cheap_hour], [PriceGroup.INSTITUTION, PriceGroup.ACADEMIC], CALENDAR)
    assert (found.price_group, found.amount) == (PriceGroup.INSTITUTION, Money(100_00))


def test_on_a_tie_the_group_listed_first_wins() -> None:
    wish = span(MONDAY, 9, 10)
    same = [quote(wish, price(60, group=g), CALENDAR) for g in (PriceGroup.ACADEMIC, PriceGroup.INSTITUTION)]
    found = best(same)
    assert found is not None
    assert found.price_group is PriceGroup.INSTITUTION
    found = best(same, (PriceGroup.ACADEMIC, PriceGroup.INSTITUTION))
    assert found is not None
    assert found.price_group is PriceGroup.ACADEMIC


def test_a_group_that_may_not_buy_never_wins() -> None:
    barred = replace(price(0, group=PriceGroup.INSTITUTION), may_buy=False)
    both = [PriceGroup.INSTITUTION, PriceGroup.ACADEMIC]
    found = offer(span(MONDAY, 9, 10), [barred, price(90, group=PriceGroup.ACADEMIC)], both, CALENDAR)
    assert found.amount == Money(90_00)
    assert hourly([barred], both) is None
    assert offer(span(MONDAY, 9, 10), [barred], both, CALENDAR).state is QuoteState.BARRED


def test_without_a_published_price_nothing_is_charged_and_it_is_said() -> None:
    company = price(500, group=PriceGroup.ENTERPRISE)
    found = offer(span(MONDAY, 9, 10), [company], [PriceGroup.ACADEMIC], CALENDAR)
    assert (found.state, found.amount, found.lines) == (QuoteState.UNPUBLISHED, ZERO, ())


def test_a_price_row_is_refused_with_every_wrong_field() -> None:
    bad = NewPrice(
        PriceGroup.ACADEMIC,
        hour=Money(-1),
        minimum=Money(-1),
        bands=(NIGHT, Band("", "", Days.ALL, 0, 0, 5000)),
    )
    assert wrong_fields(bad) == ["hour_fen", "minimum_fen", "bands.1"]
    assert wrong_fields(NewPrice(PriceGroup.ACADEMIC)) == []


# --- laws -----------------------------------------------------------------------------------------------------------

edges = st.integers(0, 1440)
band_rows = st.builds(
    Band,
    st.just("时段"),
    st.just("Band"),
    st.sampled_from(Days),
    st.integers(0, 1439),
    edges,
    st.integers(0, 200),
).filter(lambda band: band.start != band.end)
rows = st.builds(
    lambda fen, bands: replace(price(0, *bands), hour=Money(fen)),
    st.integers(0, 1_000_000),
    st.lists(band_rows, max_size=4),
)
minutes_in = st.integers(-60 * 24 * 5, 60 * 24 * 5)
spans = st.tuples(minutes_in, st.integers(1, 60 * 24 * 3)).map(
    lambda pair: TimeSpan(at_shanghai(MONDAY, pair[0]), at_shanghai(MONDAY, pair[0] + pair[1]))
)


@given(rows, spans)
def test_lines_sum_to_the_total_and_minutes_to_the_span(row: PriceRow, wish: TimeSpan) -> None:
    found = quote(wish, row, CALENDAR)
    assert sum((line.amount for line in found.lines), ZERO) == found.amount
    assert sum(line.minutes for line in found.lines) == wish.minutes


@given(rows, spans, st.data())
def test_splitting_a_span_at_any_minute_changes_at_most_a_fen(
    row: PriceRow, wish: TimeSpan, data: st.DataObject
) -> None:
    if wish.minutes < 2:
        return
    cut = wish.start + data.draw(st.integers(1, wish.minutes - 1)) * MINUTE
    whole = quote(wish, row, CALENDAR).amount
    parts = [
        quote(part, row, CALENDAR).amount for part in (TimeSpan(wish.start, cut), TimeSpan(cut, wish.end))
    ]
    assert abs((parts[0] + parts[1] - whole).fen) <= 1


@given(rows, spans, st.integers(-8, 8))
def test_moving_by_whole_weeks_changes_nothing_without_holidays(
    row: PriceRow, wish: TimeSpan, weeks: int
) -> None:
    plain = WorkCalendar(published=frozenset(range(2025, 2028)))
    moved = quote(wish.moved(timedelta(weeks=weeks)), row, plain)
    assert moved.amount == quote(wish, row, plain).amount


@given(rows, spans, band_rows)
def test_a_band_behind_one_of_the_whole_day_never_matters(
    row: PriceRow, wish: TimeSpan, behind: Band
) -> None:
    always = replace(row, bands=(Band("全天", "", Days.ALL, 0, 1440, 70),))
    shadowed = replace(always, bands=(*always.bands, behind))
    assert lines(quote(wish, always, CALENDAR)) == lines(quote(wish, shadowed, CALENDAR))


@given(rows, spans, st.integers(0, 10_000_00))
def test_the_minimum_is_a_floor_and_nothing_more(row: PriceRow, wish: TimeSpan, least: int) -> None:
    free = quote(wish, row, CALENDAR).amount
    assert quote(wish, replace(row, minimum=Money(least)), CALENDAR).amount == max(free, Money(least))


@given(rows, spans)
def test_a_longer_span_never_costs_less(row: PriceRow, wish: TimeSpan) -> None:
    longer = TimeSpan(wish.start, wish.end + 17 * MINUTE)
    assert quote(longer, row, CALENDAR).amount >= quote(wish, row, CALENDAR).amount


@given(rows, spans)
def test_a_quote_is_computed_again_from_what_it_froze(row: PriceRow, wish: TimeSpan) -> None:
    found = quote(wish, row, CALENDAR)
    assert recomputed(found) == found
    assert bands_from(plain_bands(row.bands)) == row.bands
