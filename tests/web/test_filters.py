"""How money, hours and instants look, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask, g
from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel.money import Money
from sharing.kernel.timespan import SHANGHAI, TimeSpan, at_shanghai, day_span
from sharing.web import filters

MONDAY = date(2026, 11, 23)


def at(clock: str, days: int = 0) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return at_shanghai(MONDAY + timedelta(days=days), hour * 60 + minute)


def span(start: str, end: str, days: int = 0) -> TimeSpan:
    return TimeSpan(at(start), at(end, days))


@pytest.fixture(autouse=True)
def sunday_evening() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 22, 10, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def english() -> Iterator[None]:
    with Flask("t").app_context():
        g.language = "en"
        yield


@pytest.fixture
def page() -> Iterator[None]:
    with Flask("t").test_request_context("/instruments?zone=kunming&zone=honghe&q=%E7%94%B5%E9%95%9C&page=3"):
        yield


def test_money_has_thousands_and_two_places() -> None:
    assert filters.yuan(Money(125_000)) == "¥1,250.00"
    assert filters.yuan(Money(123_456_789_01)) == "¥123,456,789.01"


def test_money_in_a_column_is_bare() -> None:
    assert filters.yuan(Money(5), unit=False) == "0.05"


def test_negative_money_has_its_minus_first() -> None:
    assert filters.yuan(Money(-1250)) == "−¥12.50"


def test_nothing_is_a_dash() -> None:
    assert {filters.yuan(None), filters.hours(None), filters.near(None), filters.local_span(None)} == {"—"}


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_money_reads_back_to_the_fen(fen: int) -> None:
    said = filters.yuan(Money(fen), unit=False).replace(",", "").replace("−", "-").replace(".", "")
    assert int(said) == fen


def test_original_values_are_in_wan() -> None:
    assert filters.wan(Money(245_600_000)) == "245.60 万元"
    assert filters.wan(Money(50_000_000_00)) == "5,000.00 万元"


@pytest.mark.usefixtures("english")
def test_original_values_are_in_yuan_in_english() -> None:
    assert filters.wan(Money(245_600_000)) == "¥2,456,000"


@pytest.mark.parametrize(
    ("minutes", "zh"),
    [(150, "2 小时 30 分"), (120, "2 小时"), (45, "45 分钟"), (0, "0 小时"), (-90, "−1 小时 30 分")],
)
def test_hours_in_words(minutes: int, zh: str) -> None:
    assert filters.hours(minutes) == zh


@pytest.mark.usefixtures("english")
def test_hours_in_english() -> None:
    assert [filters.hours(m) for m in (150, 120, 45)] == ["2 h 30 min", "2 h", "45 min"]


def test_a_span_as_the_interface_writes_it() -> None:
    assert filters.local_span(span("09:00", "11:00")) == "11月23日 周一 09:00–11:00"


@pytest.mark.usefixtures("english")
def test_a_span_in_english() -> None:
    assert filters.local_span(span("09:00", "11:00")) == "Mon 23 Nov, 09:00–11:00"


def test_a_span_to_midnight_stays_on_its_day() -> None:
    assert filters.local_span(span("20:00", "00:00", 1)) == "11月23日 周一 20:00–24:00"


def test_a_span_over_midnight_says_both_days() -> None:
    assert filters.local_span(span("22:00", "02:00", 1)) == "11月23日 周一 22:00 – 11月24日 周二 02:00"


def test_another_year_is_said() -> None:
    assert filters.local_day(date(2027, 1, 4)) == "2027年1月4日 周一"


def test_an_instant_lies_on_its_shanghai_day() -> None:
    assert filters.local_moment(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) == "11月23日 周一 00:30"


@pytest.mark.parametrize(
    ("clock", "days", "said"),
    [
        ("20:00", -1, "今天 20:00"),
        ("09:00", -2, "昨天 09:00"),
        ("13:30", 0, "明天 13:30"),
        ("08:00", 1, "后天 08:00"),
        ("09:00", 3, "周四 09:00"),
        ("09:00", 6, "11月29日 周日 09:00"),
    ],
)
def test_near_instants_as_people_say_them(clock: str, days: int, said: str) -> None:
    assert filters.near(at(clock, days)) == said


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(minutes=20), "20 分钟后"),
        (timedelta(minutes=-90), "1 小时前"),
        (timedelta(hours=30), "30 小时后"),
        (timedelta(days=-3), "3 天前"),
        (timedelta(seconds=20), "刚刚"),
    ],
)
def test_how_far_away(away: timedelta, said: str) -> None:
    assert filters.distance(datetime.now(UTC) + away) == said


def test_form_values_are_shanghai_wall_time() -> None:
    assert filters.datetime_local(at("09:00")) == "2026-11-23T09:00"
    assert filters.iso(at("09:00")) == "2026-11-23T09:00:00+08:00"


@pytest.mark.parametrize(
    ("name", "sign"), [("李静怡", "静怡"), ("赵磊", "赵磊"), ("Jane Ann Doe", "JD"), ("Li", "L"), ("", "?")]
)
def test_the_sign_of_a_person(name: str, sign: str) -> None:
    assert filters.initials(name) == sign


def test_a_thing_is_named_in_chinese_where_english_is_missing() -> None:
    @dataclass
    class Thing:
        name: str = "仪器"
        name_en: str | None = None

    assert filters.named_thing(Thing()) == "仪器"


def test_shares_are_clipped_to_the_span() -> None:
    day = day_span(MONDAY)
    assert filters.share_of(at("12:00"), day) == 50
    assert filters.share_of(at("12:00", -3), day) == 0
    assert filters.share_of(at("12:00", 3), day) == 100


def test_hour_marks_stand_on_full_shanghai_hours() -> None:
    marks = filters.hour_marks(span("08:30", "14:00"), 2)
    assert [m.astimezone(SHANGHAI).hour for m in marks] == [10, 12]


@pytest.mark.usefixtures("page")
def test_an_address_keeps_the_other_arguments_and_goes_to_page_one() -> None:
    assert (
        filters.here(sort="price") == "/instruments?zone=kunming&zone=honghe&q=%E7%94%B5%E9%95%9C&sort=price"
    )
    assert filters.here(page=4).endswith("page=4")
    assert filters.here(zone=None, q=None) == "/instruments"


@pytest.mark.usefixtures("page")
def test_one_value_of_a_repeated_argument_is_added_and_taken() -> None:
    assert "zone=honghe" not in filters.here_toggle("zone", "honghe")
    assert filters.here_toggle("zone", "dehong").count("zone=") == 3


@pytest.mark.parametrize(
    ("category", "shape"),
    [
        ("010101", "instrument-010101"),  # has a drawing of its own
        ("010102", "instrument-0101"),  # that of its second level
        ("030499", "instrument-03"),  # that of its class
        ("990000", "instrument"),  # nobody has drawn it
        ("", "instrument"),
    ],
)
def test_an_instrument_without_a_picture_is_drawn_by_its_class(category: str, shape: str) -> None:
    assert filters.instrument_shape(category) == shape
