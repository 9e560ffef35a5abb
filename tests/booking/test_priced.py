"""The facet "price for me" against the price that each line of the list shows."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask

from sharing.booking.pages.catalogue import find, lines, searched
from sharing.kernel.money import Money
from sharing.people.rules import Actor
from sharing.pricing.rules import HourBand
from sharing.registry import forms, queries
from tests import cast

EDGES = {  # fen: the band that an hour of it lies in
    0: "free", 1: "under-50", 49_99: "under-50", 50_00: "50-100", 99_99: "50-100", 100_00: "100-200",
    199_99: "100-200", 200_00: "200-500", 499_99: "200-500", 500_00: "from-500", 2_000_00: "from-500",
}  # fmt: skip


@pytest.fixture
def house(app: Flask) -> cast.House:
    """Prices at every width, some that may not be bought, one handed back, one without any."""
    made = cast.house()
    houses = (made.university, made.elsewhere)
    cast.price(made.elsewhere, price_group="academic", hour_fen=80_00)
    cast.price(made.zones["honghe"], price_group="enterprise", may_buy=False)
    for number, fen in enumerate(EDGES):
        row = cast.instrument(houses[number % 2], group_id=made.group.id if number % 3 == 0 else None)
        cast.price(row, price_group="academic", hour_fen=fen)
        if number % 2:
            cast.price(row, price_group="institution", hour_fen=fen // 2)
        if number % 3 == 0:
            cast.price(row, price_group="group", hour_fen=0)
        if number % 4 == 0:
            cast.price(row, price_group="academic", valid_from=cast.TODAY, inherit=True)
    return made


def reader(house: cast.House, who: str) -> Actor | None:
    return cast.actor(getattr(house, who)) if who else None


def band(hour: Money | None) -> str:
    if hour is None:
        return "unpublished"
    return EDGES[max(edge for edge in EDGES if edge <= hour.fen)]


READERS = ("", "researcher", "colleague", "stranger", "enterprise", "province_admin")


@pytest.mark.parametrize("who", READERS)
def test_bands_count_what_the_list_shows(house: cast.House, who: str) -> None:
    by = reader(house, who)
    found = searched(forms.SearchIn(per_page=100), by, cast.NOW)
    terms = queries.terms_of([row.id for row in found.page.items])
    shown = lines(found.page.items, terms, by, cast.NOW)
    wanted = Counter(band(line.hour) for line in shown)
    assert {one.value: one.count for one in found.facets["price"] if one.count} == dict(wanted)
    assert len(wanted) > 1
    for code in HourBand:
        kept = find(forms.SearchIn(per_page=100, price=[code.value]), by, cast.NOW)
        assert {line.row.id for line in kept.page.items} == {
            line.row.id for line in shown if band(line.hour) == code
        }


def test_several_bands_mean_any_of_them_and_an_unknown_one_none(house: cast.House) -> None:
    def total(*bands: str) -> int:
        return searched(forms.SearchIn(price=list(bands)), None, cast.NOW, facets=False).page.total

    assert total("free", "from-500") == total("free") + total("from-500") > 0
    assert total("cheap") == 0


def test_other_facets_count_under_the_price_asked_for(house: cast.House) -> None:
    found = searched(forms.SearchIn(price=["from-500"], per_page=100), None, cast.NOW)
    assert sum(one.count for one in found.facets["zone"]) == found.page.total > 0
