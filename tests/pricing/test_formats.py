"""Quotes as JSON, as a booking keeps them, and as a page prints them."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel.money import ZERO, Money
from sharing.kernel.timespan import TimeSpan
from sharing.pricing.formats import (
    band_clock,
    decimal_hours,
    frozen,
    line_json,
    quote_json,
    shown_lines,
    thawed,
)
from sharing.pricing.rules import PriceRow, Quote, QuoteState, quote, recomputed
from tests.pricing.test_rules import CALENDAR, EVENING, MONDAY, price, rows, span, spans


@given(rows, spans)
def test_a_frozen_quote_thaws_equal_and_can_be_computed_again(row: PriceRow, wish: TimeSpan) -> None:
    found = quote(wish, row, CALENDAR)
    back = thawed(json.loads(json.dumps(frozen(found))))
    assert back == found
    assert recomputed(back).amount == found.amount


def test_a_quote_without_a_price_is_kept_too() -> None:
    found = Quote(span(MONDAY, 9, 10), ZERO, state=QuoteState.UNPUBLISHED)
    assert thawed(frozen(found)) == found
    assert recomputed(found) == found
    assert quote_json(found) == {
        "amount_fen": 0,
        "state": "unpublished",
        "lines": [],
        "price_group": None,
        "price_id": None,
        "source_document": None,
    }


def test_lines_as_the_contract_names_them() -> None:
    found = quote(span(MONDAY, 16.5, 18), price(60, EVENING, minimum=100), CALENDAR)
    assert [line_json(line) for line in found.lines] == [
        {"item": "机时", "quantity": "0.50", "unit": "hour", "unit_price_fen": 6000, "amount_fen": 3000, "minutes": 30},
        {"item": "晚间", "quantity": "1.00", "unit": "hour", "unit_price_fen": 4800, "amount_fen": 4800, "minutes": 60},
        {
            "item": "补足最低收费",
            "quantity": "1.00",
            "unit": "minimum",
            "unit_price_fen": 10000,
            "amount_fen": 2200,
            "minutes": 0,
        },
    ]  # fmt: skip


def test_lines_as_a_page_prints_them() -> None:
    found = quote(span(MONDAY, 15, 18.5), price(60, EVENING, minimum=1000), CALENDAR)
    assert [(line["quantity"], line["unit_price"]) for line in shown_lines(found.lines)] == [
        ("2 小时", Money(6000)),
        ("1 小时 30 分", Money(4800)),
        ("", None),
    ]


@given(st.integers(0, 100_000))
def test_hours_are_shown_with_two_places_from_whole_minutes(minutes: int) -> None:
    shown = decimal_hours(minutes)
    whole, places = shown.split(".")
    assert len(places) == 2
    assert abs(int(whole) * 6000 + int(places) * 60 - minutes * 100) <= 30


def test_a_band_by_the_clock() -> None:
    assert band_clock(1320, 480) == "22:00–08:00"
    assert band_clock(0, 1440) == "00:00–24:00"
