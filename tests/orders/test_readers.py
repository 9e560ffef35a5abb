"""Who may know of an order, what waits for whom, and how orders are found."""

from __future__ import annotations

import pytest
from flask import Flask

from sharing.kernel.refusals import Refused
from sharing.orders import queries, service
from sharing.orders.rules import OrderRow, Side, Status
from tests import cast
from tests.orders.world import LATER, World, refused, world


@pytest.fixture
def at(app: Flask) -> World:
    return world()


def test_another_company_sees_nothing_of_an_order(at: World) -> None:
    rival_firm = cast.institution("rival-firm", kind="enterprise")
    rival = cast.actor(cast.user("rival-buyer", role="enterprise", at=rival_firm, kind="enterprise"))
    boss = cast.actor(cast.user("rival-boss", role="enterprise_admin", at=rival_firm, kind="enterprise"))
    row = at.delivered()
    for other in (rival, boss, at.by("stranger"), at.by("colleague")):
        refused("not-found", queries.readable_order, row.id, other)
        assert queries.search(queries.Search(), other).total == 0
        assert queries.files_for(row, other) == []
        for work in (service.accept_result, service.withdraw):
            refused("not-found", work, row.id, by=other, now=LATER)


def test_a_companys_administrator_acts_for_its_people_and_overseers_read_without_the_files(at: World) -> None:
    boss = cast.actor(cast.user("boss", role="enterprise_admin", at=at.house.firm, kind="enterprise"))
    row = at.delivered()
    assert queries.readable_order(row.id, boss).id == row.id
    assert len(queries.files_for(row, boss)) == 2
    for who in ("admin", "zone_admin", "province_admin", "auditor", "finance"):
        assert queries.search(queries.Search(), at.by(who)).total == 1, who
    assert [one.kind.value for one in queries.files_for(row, at.by("finance"))] == ["contract"]
    assert queries.files_for(row, at.by("zone_admin")) == []
    assert service.accept_result(row.id, by=boss, now=LATER).status is Status.DONE


@pytest.mark.parametrize(
    "who", ["researcher", "manager", "deputy", "enterprise", "head", "stranger", "auditor"]
)
def test_a_list_and_a_look_at_one_agree(at: World, who: str) -> None:
    cast.group(at.house.elsewhere, members=[at.house.stranger])
    rows: list[OrderRow] = [at.asked(), at.asked("researcher"), at.quoted("stranger")]
    by = at.by(who)
    listed = {row.id for row in queries.search(queries.Search(), by).items}
    seen = set()
    for row in rows:
        try:
            seen.add(queries.readable_order(row.id, by).id)
        except Refused:
            continue
    assert listed == seen


def test_what_waits_for_whom(at: World) -> None:
    at.asked()
    at.quoted()
    at.delivered("researcher")
    waits = {
        who: queries.search(queries.Search(side=side, waiting=True), at.by(who)).total
        for who, side in (
            ("manager", Side.HOUSE),
            ("enterprise", Side.CUSTOMER),
            ("researcher", Side.CUSTOMER),
        )
    }
    assert waits == {"manager": 1, "enterprise": 1, "researcher": 1}
    assert queries.counts(Side.HOUSE, at.by("manager")) == {
        Status.ASKED: 1, Status.QUOTED: 1, Status.DELIVERED: 1,
    }  # fmt: skip


def test_search_is_bounded_and_finds_words_and_statuses(at: World) -> None:
    for _number in range(3):
        at.asked()
    by = at.by("manager")
    page = queries.search(queries.Search(per_page=2, page=2), by)
    assert (len(page.items), page.total) == (1, 3)
    found = queries.search(queries.Search(words="钴酸锂", statuses=(Status.ASKED,)), by)
    assert (found.total, queries.search(queries.Search(words="没有的词"), by).total) == (3, 0)
    assert queries.search(queries.Search(instrument_id=at.house.instrument.id), by).total == 0
