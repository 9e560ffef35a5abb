"""The page of a research group: who sees what, what its head does there."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask

from sharing.funds import queries
from sharing.funds.models import Authorisation
from sharing.kernel.db import db
from sharing.people import queries as people
from tests import cast
from tests.harness.browser import KEPT, Browser


@pytest.fixture
def house(app: Flask) -> cast.House:
    return cast.house()


def at_desk(app: Flask, house: cast.House, name: str) -> Browser:
    who = house.people()[name]
    who.password_hash = KEPT
    db.session.commit()
    return Browser(app).sign_in(who)


def test_the_head_gives_leave_and_ends_it(app: Flask, house: cast.House) -> None:
    head, page = at_desk(app, house, "head"), f"/groups/{house.group.id}"
    assert "还没有预先授权" in head.get(page).text
    given = {
        "member_id": str(house.researcher.id),
        "card_id": str(house.card.id),
        "month_yuan": "1,500",
        "codes": house.instrument.code,
    }
    assert head.post(f"{page}/authorisations", given).status_code == 303
    shown = head.get(page).text
    assert "¥1,500.00" in shown
    assert house.instrument.name in shown
    [leave] = queries.authorisations(house.group.id)
    assert (leave.month_fen, leave.instruments) == (1500_00, {house.instrument.id})
    assert head.post(f"{page}/authorisations/{leave.id}/end").status_code == 303
    assert "还没有预先授权" in head.get(page).text
    assert "结束预先授权" in head.get(page).text


def test_a_refused_form_keeps_what_was_typed_and_names_each_field(app: Flask, house: cast.House) -> None:
    head, page = at_desk(app, house, "head"), f"/groups/{house.group.id}"
    given = {"member_id": str(house.researcher.id), "month_yuan": "1000", "codes": "NO-SUCH"}
    answer = head.post(f"{page}/authorisations", given)
    assert answer.status_code == 422
    assert "没有编号为 NO-SUCH 的仪器" in answer.text
    assert 'value="1000"' in answer.text
    answer = head.post(f"{page}/authorisations", given | {"month_yuan": "viel"})
    assert (answer.status_code, "is-wrong" in answer.text) == (422, True)
    assert db.session.query(Authorisation).count() == 0


def test_cards_and_members_come_and_go(app: Flask, house: cast.House) -> None:
    head, page = at_desk(app, house, "head"), f"/groups/{house.group.id}"
    assert head.post(f"{page}/cards", number="NSFC-1", name="面上项目").status_code == 303
    assert head.post(f"{page}/cards", number="NSFC-1", name="面上项目").status_code == 409
    card = next(one for one in queries.all_cards(house.group.id) if one.number == "NSFC-1")
    assert head.post(f"{page}/cards/{card.id}/retire").status_code == 303
    assert "已停用" in head.get(page).text
    assert head.post(f"{page}/members", who=house.colleague.staff_no).status_code == 303
    assert head.post(f"{page}/members", who=house.stranger.username).status_code == 422
    assert house.colleague.id in members(house)
    assert head.post(f"{page}/members/{house.colleague.id}/end").status_code == 303
    assert house.colleague.id not in members(house)


def members(house: cast.House) -> set[uuid.UUID]:
    db.session.rollback()  # another snapshot than the one read before
    return {row.user_id for row in people.group_members(house.group.id, cast.TODAY.replace(year=2027))}


@pytest.mark.parametrize(
    ("who", "status", "forms"),
    [
        ("head", 200, True),
        ("researcher", 200, False),
        ("admin", 200, False),
        ("finance", 200, False),
        ("auditor", 200, False),
        ("colleague", 404, False),
        ("manager", 404, False),
        ("stranger", 404, False),
        ("enterprise", 404, False),
    ],
)
def test_who_sees_the_group(app: Flask, house: cast.House, who: str, status: int, forms: bool) -> None:
    answer = at_desk(app, house, who).get(f"/groups/{house.group.id}")
    assert answer.status_code == status
    assert ("添加经费卡" in answer.text) == forms
    assert ("本月费用" in answer.text) == (status == 200 and who != "researcher")


def test_a_member_sees_her_own_leave_and_nobody_elses(app: Flask, house: cast.House) -> None:
    other = cast.user("other", role="researcher", at=house.university)
    cast.authorisation(house.group, house.researcher, by=house.head, month_fen=111_00)
    cast.authorisation(house.group, other, by=house.head, month_fen=222_00)
    page = at_desk(app, house, "researcher").get(f"/groups/{house.group.id}").text
    assert "¥111.00" in page
    assert "¥222.00" not in page


def test_the_page_in_english(app: Flask, house: cast.House) -> None:
    house.head.language = "en"
    cast.authorisation(house.group, house.researcher, by=house.head)
    page = at_desk(app, house, "head").get(f"/groups/{house.group.id}").text
    assert "Advance authorisations" in page
    assert "¥0.00 this month" in page
