"""The pages of orders: plain forms that keep what was typed, and never show one company another's order."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from sharing.kernel.db import db
from sharing.orders import queries, service
from sharing.orders.rules import Status
from sharing.people.models import User
from tests import cast
from tests.harness.browser import KEPT, Browser
from tests.harness.statements import statements
from tests.orders.world import PDF, TERMS, World, world

ASK = {"what": "钴酸锂形貌", "samples": "3", "nature": "粉末", "after": "dispose"}
LINES = {"item": ["机时", "制样", ""], "quantity": ["3", "5", ""], "unit": ["小时", "个", ""]}
QUOTE = LINES | {"price": ["120", "20.5", ""], "valid_on": "2026-03-20", "result_on": "2026-03-27"}


@pytest.fixture
def at(app: Flask) -> Iterator[World]:
    with time_machine.travel(cast.NOW, tick=False):
        yield world()


def browser(app: Flask, who: User) -> Browser:
    who.password_hash = KEPT
    db.session.commit()
    return Browser(app).sign_in(who)


def upload(name: str = "报告.pdf", data: bytes = PDF) -> Any:
    return io.BytesIO(data), name


def the_order() -> Any:
    db.session.rollback()
    return queries.search(queries.Search(), cast.actor(cast.user(role="province_admin"))).items[0]


def test_a_company_and_a_manager_bring_an_order_to_its_end(app: Flask, at: World) -> None:
    firm, house = browser(app, at.customer), browser(app, at.house.manager)
    page = firm.get(f"/instruments/{at.lab.id}")
    assert f"/instruments/{at.lab.id}/order" in page.text
    sent = firm.post(f"/instruments/{at.lab.id}/order", {**ASK, "files": upload("结构.pdf")})
    assert sent.status_code == 303, sent.text
    order = sent.location
    assert "轮到机主" in firm.get(order).text
    assert "钴酸锂形貌" in house.get("/manage").text
    assert house.post(f"{order}/quote", {**QUOTE, "revision": "1"}).status_code == 303
    page = firm.get(order)
    assert "轮到您" in page.text
    assert "¥462.50" in page.text
    assert "钴酸锂形貌" in firm.get("/desk").text
    assert firm.post(f"{order}/accept", version="1").status_code == 303
    assert "校外委托须先有双方签章的书面合同" in house.get(order).text
    slot = {"start": "2026-03-05T09:00", "end": "2026-03-05T11:00", "operator_id": str(at.house.manager.id)}
    refused = house.post(f"{order}/schedule", slot)
    assert refused.status_code == 409
    assert "书面合同" in refused.text
    contract = {"kind": "service", "file": upload("合同.pdf")}
    assert house.post(f"{order}/contract", contract).status_code == 303
    assert "未登记" in house.get(order).text
    assert house.post(f"{order}/schedule", slot).status_code == 303
    assert "3月5日" in firm.get(order).text
    assert house.post(f"{order}/receive").status_code == 303
    assert house.post(f"{order}/results", files=upload()).status_code == 303
    page = firm.get(order)
    [path] = re.findall(
        rf"{order}/files/[0-9a-f-]+(?=\">[^<]*<svg[^>]*>.*?报告\.pdf)", page.text.replace("\n", "")
    )[:1]
    got = firm.get(path)
    assert (got.status_code, got.data) == (200, PDF)
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert firm.post(f"{order}/accept-result").status_code == 303
    assert the_order().status is Status.DONE
    assert "已验收" in house.get("/manage/orders?show=over").text


def test_a_form_that_is_refused_keeps_what_was_typed_and_says_why(app: Flask, at: World) -> None:
    firm, house = browser(app, at.customer), browser(app, at.house.manager)
    wrong = firm.post(f"/instruments/{at.lab.id}/order", {**ASK, "samples": "0", "after": "return"})
    assert wrong.status_code == 422
    assert "钴酸锂形貌" in wrong.text
    assert "不能小于 1" in wrong.text
    away = firm.post(f"/instruments/{at.lab.id}/order", {**ASK, "after": "return"})
    assert "请写明退回的地址和收件人" in away.text
    row = at.asked()
    bad = house.post(f"/orders/{row.id}/quote", {**QUOTE, "price": ["一百", "20.5", ""], "revision": "1"})
    assert bad.status_code == 422
    assert "第 1 行看不懂" in bad.text
    assert 'value="一百"' in bad.text


def test_an_outdated_page_cannot_accept_a_quote_that_changed(app: Flask, at: World) -> None:
    row = at.quoted()
    firm = browser(app, at.customer)
    service.quote(
        row.id,
        TERMS.__class__(TERMS.lines[:1], TERMS.valid_until),
        revision=2,
        by=at.by("manager"),
        now=cast.NOW,
    )
    answer = firm.post(f"/orders/{row.id}/accept", version="1")
    assert answer.status_code == 409
    assert "变了的是：收费项目、总价、交付日期、附言" in answer.text
    assert the_order().status is Status.QUOTED


def test_another_company_is_told_there_is_nothing(app: Flask, at: World) -> None:
    rival_firm = cast.institution("rival-firm", kind="enterprise")
    rival = browser(app, cast.user("rival-buyer", role="enterprise", at=rival_firm, kind="enterprise"))
    row = at.delivered()
    found = queries.files_for(row, at.by("enterprise"))[0]
    for path in (f"/orders/{row.id}", f"/orders/{row.id}/files/{found.id}"):
        assert rival.get(path).status_code == 404
    assert row.what not in rival.get("/desk/orders?show=all").text
    assert rival.post(f"/orders/{row.id}/accept-result").status_code == 404


def test_who_oversees_sees_the_order_and_not_its_files(app: Flask, at: World) -> None:
    row = at.delivered()
    zone = browser(app, at.house.zone_admin)
    page = zone.get(f"/orders/{row.id}")
    assert page.status_code == 200
    assert "粒度报告.pdf" not in page.text
    found = queries.files_for(row, at.by("enterprise"))[0]
    assert zone.get(f"/orders/{row.id}/files/{found.id}").status_code == 404


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_state_has_its_page_in_both_languages(app: Flask, at: World, language: str) -> None:
    for status in Status:
        cast.order(at.lab, at.customer, status.value)
    firm, house = browser(app, at.customer), browser(app, at.house.manager)
    for one in (firm, house):
        one.client.set_cookie("language", language)
        for row in queries.search(queries.Search(), at.by("manager")).items:
            page = one.get(f"/orders/{row.id}")
            assert page.status_code == 200, row.status
            if language == "en":
                assert "委托" not in page.text, row.status
    for path in ("/desk/orders?show=all", "/desk/orders?show=waiting"):
        assert firm.get(path).status_code == 200
    for path in ("/manage/orders?show=all&q=没有", "/manage/orders?show=waiting", "/manage/orders"):
        assert house.get(path).status_code == 200


def test_the_list_can_be_taken_to_a_spreadsheet(app: Flask, at: World) -> None:
    at.quoted()
    sheet = browser(app, at.house.manager).get("/manage/orders.csv?show=all")
    head, line = sheet.data.decode("utf-8-sig").splitlines()
    assert head.startswith("编号,状态,仪器,客户")
    assert "462.50" in line


def test_a_list_costs_the_same_however_long_it_is(app: Flask, at: World) -> None:
    house = browser(app, at.house.manager)

    def cost(path: str) -> int:
        sent: list[str] = []
        with statements(sent):
            assert house.get(path).status_code == 200
        return len(sent)

    number = at.quoted().number
    for _number in range(8):
        at.asked()
    cost("/manage/orders?show=all")
    assert cost("/manage/orders?show=all") == cost(f"/manage/orders?show=all&q={number}")
