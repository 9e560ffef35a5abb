"""Dated prices in the database: which row holds, who may enter one, what the price table shows."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from sharing.audit import queries as audit
from sharing.kernel.money import Money
from sharing.kernel.refusals import Refused
from sharing.network.rules import scope_key
from sharing.people.models import User
from sharing.pricing import queries, service
from sharing.pricing.rules import Band, Days, NewPrice, PriceGroup
from sharing.registry.service import Dates
from tests import cast
from tests.harness.statements import statements

TOMORROW = cast.TODAY + timedelta(days=1)
NIGHT = Band("夜间", "Night", Days.ALL, 1320, 480, 50)


@pytest.fixture
def house(app: Flask) -> cast.House:
    return cast.house()


def keys(house: cast.House) -> list[str]:
    return [
        scope_key("instrument", house.instrument.id),
        scope_key("institution", house.university.id),
        "network",
    ]


def add(house: cast.House, by: User, *, scope_kind: str = "instrument", **more: Any) -> uuid.UUID:
    dates = Dates(more.pop("valid_from", TOMORROW), "收费办法（2026）", revision=more.pop("revision", None))
    new = NewPrice(**{"price_group": PriceGroup.INSTITUTION, "hour": Money(150_00)} | more)
    scope = ("network", None) if scope_kind == "network" else (scope_kind, house.instrument.id)
    [made] = service.add_prices([new], dates, scope=scope, by=cast.actor(by), now=cast.NOW)
    return made


def hours(house: cast.House, on: date) -> dict[str, int]:
    return {row.price_group.value: row.hour.fen for row in queries.prices(keys(house), on)}


def test_scenario_07_a_new_price_ends_the_old_one_by_itself(house: cast.House) -> None:
    add(house, house.finance, bands=(NIGHT,), minimum=Money(50_00))
    assert hours(house, cast.TODAY)["institution"] == 100_00
    assert hours(house, TOMORROW)["institution"] == 150_00
    [row] = [r for r in queries.prices(keys(house), TOMORROW) if r.price_group is PriceGroup.INSTITUTION]
    assert (row.bands, row.minimum, row.source_document) == ((NIGHT,), Money(50_00), "收费办法（2026）")
    other = [scope_key("instrument", uuid.uuid4()), *keys(house)[1:]]
    assert {r.hour.fen for r in queries.prices(other, TOMORROW)} == {100_00}


def test_a_row_hands_back_to_the_wider_scope(house: cast.House) -> None:
    add(house, house.finance)
    later = cast.TODAY + timedelta(days=30)
    add(house, house.finance, valid_from=later, inherit=True)
    assert hours(house, later)["institution"] == 100_00


def test_the_price_table_shows_today_and_what_is_announced(house: cast.House) -> None:
    add(house, house.finance)
    add(house, house.finance, valid_from=TOMORROW + timedelta(days=9), inherit=True)
    table = {row.price_group: row for row in queries.price_table(keys(house), cast.TODAY)}
    inside = table[PriceGroup.INSTITUTION]
    assert inside.now is not None
    assert (inside.now.hour, [row.hour for row in inside.announced]) == (
        Money(100_00),
        [Money(150_00), Money(100_00)],
    )
    assert table[PriceGroup.ENTERPRISE].announced == ()
    assert PriceGroup.OVERSEAS not in table


def test_prices_of_many_instruments_take_one_statement(house: cast.House) -> None:
    things = [cast.instrument(house.university) for _number in range(5)]
    cast.price(things[3], hour_fen=1)
    chains = {thing.id: [scope_key("instrument", thing.id), *keys(house)[1:]] for thing in things}
    seen: list[str] = []
    with statements(seen):
        found = queries.prices_of(chains, cast.TODAY)
    assert len([one for one in seen if "pricing_price" in one]) == 1
    assert [found[thing.id] == queries.prices(chains[thing.id], cast.TODAY) for thing in things] == [True] * 5
    assert {row.hour.fen for row in found[things[3].id]} == {1, 100_00}


def test_a_price_is_audited(house: cast.House) -> None:
    add(house, house.finance)
    [row] = audit.history("instrument", house.instrument.id, actions=["pricing.price"])
    assert row.after is not None
    assert (row.actor_id, row.after["hour_fen"]) == (house.finance.id, 150_00)


@pytest.mark.parametrize("who", ["researcher", "manager", "zone_admin", "auditor", "stranger", "enterprise"])
def test_who_may_not_set_a_price(house: cast.House, who: str) -> None:
    with pytest.raises(Refused, match="forbidden"):
        add(house, house.people()[who])


def test_a_house_sets_no_price_of_the_network(house: cast.House) -> None:
    with pytest.raises(Refused, match="forbidden"):
        add(house, house.finance, scope_kind="network")
    assert add(house, house.province_admin, scope_kind="network")


def test_the_past_is_not_rewritten_and_a_day_is_not_priced_twice(house: cast.House) -> None:
    with pytest.raises(Refused) as no:
        add(house, house.finance, valid_from=date(2026, 3, 1), hour=Money(-1))
    assert [one["field"] for one in no.value.facts["fields"]] == ["valid_from", "institution.hour_fen"]
    add(house, house.finance)
    with pytest.raises(Refused, match="duplicate"):
        add(house, house.finance, hour=Money(1))


def test_the_order_that_settles_a_tie_is_a_setting(house: cast.House) -> None:
    assert queries.group_order(cast.TODAY)[0] is PriceGroup.GROUP
