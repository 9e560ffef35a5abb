"""What the process keeps of all instruments is what the database holds, after each kind of change."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import text

from sharing.booking.pages.catalogue import searched
from sharing.kernel.db import db, transactional
from sharing.kernel.money import Money
from sharing.kernel.refusals import Refused
from sharing.pricing import service as pricing
from sharing.pricing.rules import NewPrice, PriceGroup
from sharing.registry import forms, queries, service
from sharing.registry.queries.shelf import CACHE
from sharing.registry.rules import Status
from sharing.registry.rules.search import Catalogue, Search
from tests import cast

POLICY = {"granularity_minutes": 30, "shortest_minutes": 30, "audience": "institution"}


@pytest.fixture
def house(app: Flask) -> cast.House:
    made = cast.house()
    cast.category("040200", "质谱仪器", "Mass spectrometers")
    for name in ("甲", "乙"):
        cast.instrument(made.university, name=name)
    return made


def answer(sort: str = "") -> Catalogue:
    asked = forms.SearchIn(sort=sort, per_page=100)
    return searched(asked, None, cast.NOW)


def fresh() -> Catalogue:
    current_app.extensions.pop(CACHE)
    return answer()


def edited(**changes: object) -> Callable[[cast.House], object]:
    def work(house: cast.House) -> object:
        by = cast.actor(house.admin)
        return service.edit(house.instrument.id, changes, revision=1, by=by, now=cast.NOW)

    return work


def entered(house: cast.House) -> object:
    new = {"institution": "uni", "name": "共聚焦显微镜", "category": "040102", "subjects": ["180"]}
    return service.create(new, by=cast.actor(house.admin), now=cast.NOW)


def retired(house: cast.House) -> object:
    by = cast.actor(house.admin)
    return service.change_status(house.instrument.id, Status.RETIRED, reason="报废", by=by, now=cast.NOW)


def ruled(house: cast.House) -> object:
    dates = service.Dates(cast.TODAY, "管理办法")
    scope = ("institution", house.university.id)
    return service.add_policy(POLICY, dates, scope=scope, by=cast.actor(house.admin), now=cast.NOW)


def priced(house: cast.House) -> object:
    return pricing.add_prices(
        [NewPrice(PriceGroup.ACADEMIC, Money(700_00))],
        service.Dates(cast.TODAY, "收费办法"),
        scope=("instrument", house.instrument.id),
        by=cast.actor(house.admin),
        now=cast.NOW,
    )


def mended_by_hand(house: cast.House) -> None:
    """A row changed past every service, as an import or a repair does."""
    db.session.execute(text("UPDATE registry_instrument SET booking_mode = 'service_only' WHERE name = '甲'"))
    db.session.commit()


def taken_out(house: cast.House) -> None:
    db.session.execute(
        text(
            "DELETE FROM booking_calendar WHERE instrument_id IN (SELECT id FROM registry_instrument WHERE name = '乙')"
        )
    )
    db.session.execute(text("DELETE FROM registry_instrument WHERE name = '乙'"))
    db.session.commit()


CHANGES: dict[str, Callable[[cast.House], object]] = {
    "entered": entered,
    "renamed": edited(name="阿基米德天平"),
    "moved to another zone": edited(zone="honghe"),
    "another category": edited(category="040200"),
    "another mode": edited(booking_mode="self_service"),
    "another value": edited(original_value_fen=60_000_000),
    "other subjects": edited(subjects=["430", "150"]),
    "retired": retired,
    "another policy": ruled,
    "another price": priced,
    "mended by hand": mended_by_hand,
    "taken out": taken_out,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_kept_answers_as_a_fresh_reading_does(
    house: cast.House, change: Callable[[cast.House], object]
) -> None:
    before = answer()
    change(house)
    after = answer()
    assert after != before  # else the test could not see a stale answer
    assert after == fresh()


def test_it_is_read_once_while_nothing_changes(house: cast.House) -> None:
    first = queries.shelf(cast.TODAY)
    assert queries.shelf(cast.TODAY) is first
    service.star(house.instrument.id, True, by=cast.actor(house.researcher), now=cast.NOW)
    assert queries.shelf(cast.TODAY) is first


def test_another_day_has_other_rules_in_force(house: cast.House) -> None:
    cast.policy(house.university, valid_from=cast.TODAY + timedelta(days=1), audience="institution")

    def everyone(days: int) -> int:
        found = queries.catalogue(Search(), on=cast.TODAY + timedelta(days=days)).facets["audience"]
        return next(one.count for one in found if one.value == "everyone")

    assert [everyone(0), everyone(1), everyone(0)] == [3, 0, 3]


def test_what_was_rolled_back_is_not_kept(house: cast.House) -> None:
    before = answer()

    @transactional
    def change_of_mind() -> None:
        edited(name="从未有过")(house)
        assert answer() != before
        raise Refused("forbidden")

    with pytest.raises(Refused):
        change_of_mind()
    assert answer() == before


def test_one_that_was_taken_out_meanwhile_is_left_out(house: cast.House) -> None:
    """The shelf is read, then the rows of the page: a row that is gone by then makes no hole."""
    held = queries.shelf(cast.TODAY)
    stamp = current_app.extensions[CACHE][0]
    ghost = replace(held.rows[0], id=uuid.uuid4())
    haunted = replace(held, rows=[ghost, *held.rows[1:]])
    current_app.extensions[CACHE] = (stamp, haunted)
    assert len(answer().page.items) == len(held.rows) - 1
