"""The catalogue, an instrument's page and its settings, as a browser gets them."""

from __future__ import annotations

import io
import re
import uuid

import pytest
from flask import Flask
from PIL import Image

from sharing.kernel.db import db
from sharing.people.models import User
from sharing.registry import queries, service
from sharing.registry.rules import Status
from tests import cast
from tests.harness.browser import KEPT, Browser

TABS = ("book", "about", "prices", "rules", "files")
PARTS = ("record", "status", "pictures", "policy", "timetable", "questions", "licences", "managers")


@pytest.fixture
def house(app: Flask) -> cast.House:
    made = cast.house()
    for person in made.people().values():
        person.password_hash = KEPT
    db.session.commit()
    service.reindex()
    return made


def signed(app: Flask, user: User) -> Browser:
    return Browser(app).sign_in(user)


# --- the catalogue ----------------------------------------------------------------------------------------------------


def test_a_visitor_finds_and_opens_an_instrument(app: Flask, house: cast.House) -> None:
    browser = Browser(app)
    page = browser.get("/instruments?q=zeiss")
    assert page.status_code == 200
    assert house.instrument.name in page.text
    href = re.search(r'class="row-link" href="([^"]+)"', page.text)
    assert href
    assert browser.get(href[1]).status_code == 200


def test_htmx_gets_the_part_that_changes_and_a_restored_page_the_whole(app: Flask, house: cast.House) -> None:
    client = Browser(app).client
    part = client.get("/instruments?q=x", headers={"HX-Request": "true", "HX-Target": "catalogue"}).text
    assert "<html" not in part
    assert 'class="finding"' in part
    back = {"HX-Request": "true", "HX-Target": "catalogue", "HX-History-Restore-Request": "true"}
    assert "<html" in client.get("/instruments?q=x", headers=back).text


def test_the_list_offers_a_box_for_each_and_a_form_that_works_alone(app: Flask, house: cast.House) -> None:
    text = Browser(app).get("/instruments").text
    assert f'<input type="checkbox" name="id" value="{house.instrument.id}" form="compare">' in text
    assert 'id="compare" action="/instruments/compare" method="get"' in text


def compared(app: Flask, *keys: object, who: User | None = None) -> str:
    browser = Browser(app).sign_in(who) if who else Browser(app)
    page = browser.get("/instruments/compare?" + "&".join(f"id={key}" for key in keys))
    assert page.status_code == 200
    return page.text


def test_instruments_stand_side_by_side_in_the_order_asked_for(app: Flask, house: cast.House) -> None:
    cast.price(house.instrument, price_group="academic", hour_fen=432_10)
    other = cast.instrument(
        house.university, name="另一台", model="X-9", technical="分辨率 0.8 nm", functions="看形貌"
    )
    text = compared(app, other.id, house.instrument.id, other.id, "x", uuid.uuid4())
    assert text.index("另一台") < text.index(house.instrument.name)
    assert text.count('<th scope="col">') == 2
    for said in ("X-9", "分辨率 0.8 nm", "看形貌", "432.10", "云岭大学", "不要求", "需审批", "蔡司"):
        assert said in text
    assert "一次最多比较" not in text


def test_more_than_four_are_said_to_be_left_out(app: Flask, house: cast.House) -> None:
    keys = [cast.instrument(house.university, name=f"第{n}台").id for n in range(6)]
    text = compared(app, *keys)
    assert "一次最多比较 4 台：另外 2 台没有列出" in text
    assert [f"第{n}台" in text for n in range(6)] == [True] * 4 + [False] * 2
    assert text.count('<th scope="col">') == 4


def test_nothing_chosen_says_how_to_choose(app: Flask, house: cast.House) -> None:
    assert "还没有选仪器" in compared(app)
    assert "还没有选仪器" in compared(app, "nonsense")


def test_each_can_be_taken_away_by_its_address(app: Flask, house: cast.House) -> None:
    other = cast.instrument(house.university, name="另一台")
    text = compared(app, house.instrument.id, other.id)
    assert f'href="/instruments/compare?id={other.id}"' in text
    assert f'href="/instruments/compare?id={house.instrument.id}"' in text


def test_subject_and_price_are_chips_that_can_be_taken_away(app: Flask, house: cast.House) -> None:
    house.instrument.subjects = ["430"]
    db.session.commit()
    text = Browser(app).get("/instruments?subject=430&price=100-200&price=free").text
    assert house.instrument.name in text
    for said in ("适用学科：材料科学", "我的机时价：100–200 元", "我的机时价：免费"):
        assert said in text
    assert 'href="/instruments?price=100-200&amp;price=free"' in text
    english = (
        Browser(app).get("/instruments?subject=430&price=100-200", headers={"Accept-Language": "en"}).text
    )
    assert "Materials science" in english
    assert "¥100–200" in english


def test_what_cannot_be_read_in_an_address_is_left_out(app: Flask, house: cast.House) -> None:
    browser = Browser(app)
    for query in (
        "page=x&q=扫描",
        "status=gone",
        "free_from=2026",
        "min_value_fen=lots",
        "sort=up",
        "per_page=9999",
    ):
        page = browser.get(f"/instruments?{query}")
        assert (page.status_code, house.instrument.name in page.text) == (200, True), query


def test_each_filter_in_force_has_a_chip_that_takes_it_away(app: Flask, house: cast.House) -> None:
    page = (
        Browser(app)
        .get("/instruments?zone=kunming&mode=approval&min_value_fen=20000000&audience=network")
        .text
    )
    chips = re.findall(r'class="chip is-on" href="([^"]+)"', page)
    assert len(chips) == 4
    assert all(chip.count("=") == 3 for chip in chips)


def test_nothing_found_says_what_to_try(app: Flask, house: cast.House) -> None:
    browser = Browser(app)
    assert "没有找到" in browser.get("/instruments?q=没有这样的").text
    assert "没有同时符合" in browser.get("/instruments?zone=dehong").text
    assert "回到第一页" in browser.get("/instruments?page=99").text


def test_words_typed_are_shown_as_words(app: Flask, house: cast.House) -> None:
    page = Browser(app).get("/instruments?q=<script>alert(1)</script>&zone=<b>").text
    assert "<script>alert(1)" not in page
    assert "<b>" not in page


# --- an instrument ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_tab_opens_for_visitor_and_manager(
    app: Flask, house: cast.House, tab: str, language: str
) -> None:
    for browser in (Browser(app), signed(app, house.manager)):
        page = browser.get(
            f"/instruments/{house.instrument.id}?tab={tab}", headers={"Accept-Language": language}
        )
        assert page.status_code == 200
        assert house.instrument.model in page.text


def test_an_unknown_one_is_404_and_a_retired_one_says_so(app: Flask, house: cast.House) -> None:
    assert Browser(app).get(f"/instruments/{uuid.uuid4()}").status_code == 404
    by = cast.actor(house.manager)
    facts = {"reason": "报废于 2026 年", "by": by, "now": cast.NOW}
    service.change_status(house.instrument.id, Status.RETIRED, **facts)
    page = Browser(app).get(f"/instruments/{house.instrument.id}")
    assert page.status_code == 200
    assert "已退役" in page.text
    assert "报废于 2026 年" in page.text


def test_settings_are_for_those_who_run_it(app: Flask, house: cast.House) -> None:
    path = f"/instruments/{house.instrument.id}/settings"
    assert Browser(app).get(path).status_code == 302
    assert signed(app, house.researcher).get(path).status_code == 403
    other = cast.user("far", role="manager", at=house.elsewhere, password_hash=KEPT)
    assert signed(app, other).get(path).status_code == 403
    for who in (house.manager, house.deputy, house.admin, house.auditor):
        assert signed(app, who).get(path).status_code == 200
    assert (
        signed(app, house.manager).get(f"/instruments/{house.instrument.id}?tab=settings").status_code == 302
    )


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_the_settings_opens(app: Flask, house: cast.House, part: str) -> None:
    browser = signed(app, house.admin)
    cast.licence(house.instrument, house.researcher, by=house.manager)
    page = browser.get(f"/instruments/{house.instrument.id}/settings?part={part}")
    assert page.status_code == 200
    assert 'aria-current="page"' in page.text


def test_the_auditor_reads_and_changes_nothing(app: Flask, house: cast.House) -> None:
    browser = signed(app, house.auditor)
    answer = browser.post(
        f"/instruments/{house.instrument.id}/status", status="maintenance", status_reason="x"
    )
    assert answer.status_code == 403


# --- settings, changed ------------------------------------------------------------------------------------------------


def send(app: Flask, house: cast.House, path: str, by: User | None = None, **fields: object) -> int:
    browser = signed(app, by or house.manager)
    answer = browser.post(f"/instruments/{house.instrument.id}/{path}", **fields)
    db.session.rollback()  # what is read next is what stands now
    return answer.status_code


RECORD = {
    "name": "新名字", "category": "040102", "booking_mode": "self_service", "capacity": "2", "zone": "kunming",
    "source": "购置", "kind": "通用", "carrier_kind": "无", "carrier_name": "无", "share_mode": "外部共享",
    "usual_state": "正常", "original_value_fen": "285.6", "subjects": "430 150", "code": "UNI-7",
}  # fmt: skip


def test_the_record_is_edited_from_the_form(app: Flask, house: cast.House) -> None:
    assert send(app, house, "edit", revision="1", funds=["其他资金", "地方财政资金"], **RECORD) == 302
    row = queries.instrument(house.instrument.id)
    assert row
    assert (row.name, row.capacity, row.original_value_fen) == ("新名字", 2, 285_600_000)
    assert (row.subjects, row.funds) == (("430", "150"), ("其他资金", "地方财政资金"))


def test_a_bad_form_keeps_what_was_typed_and_names_the_field(app: Flask, house: cast.House) -> None:
    browser = signed(app, house.manager)
    fields = {
        **RECORD,
        "revision": "1",
        "capacity": "0",
        "original_value_fen": "lots",
        "name": "打了很久的名字",
    }
    page = browser.post(f"/instruments/{house.instrument.id}/edit", fields)
    assert page.status_code == 422
    assert 'value="打了很久的名字"' in page.text
    assert page.text.count('class="field__error"') == 2


def test_a_lost_race_on_the_page_says_so_and_keeps_the_words(app: Flask, house: cast.House) -> None:
    assert send(app, house, "edit", revision="1", **RECORD) == 302
    page = signed(app, house.manager).post(
        f"/instruments/{house.instrument.id}/edit", {**RECORD, "revision": "1", "name": "另一个"}
    )
    assert page.status_code == 409
    assert "有人改过这台仪器" in page.text
    assert 'value="另一个"' in page.text
    assert 'name="revision" value="2"' in page.text


def test_timetable_and_questions_from_their_forms(app: Flask, house: cast.House) -> None:
    dated = {"valid_from": "2099-01-01", "source_document": "办法"}
    assert (
        send(app, house, "timetable", **dated, day_workday="08:30-12:00, 22:00-06:00", closed=["fri"]) == 302
    )
    assert send(app, house, "timetable", **{**dated, "valid_from": "2099-02-01"}, day_workday="noon") == 422
    [table] = queries.timetables_at("instrument", house.instrument.id)
    assert table.days == {"workday": [[510, 720], [1320, 1800]], "weekend": [], "holiday": [], "fri": []}
    question = {"key": "hazard", "kind": "choice", "label": "危险性", "choices": "none|无|None\n有毒"}
    assert send(app, house, "questions", **question, required="1") == 302
    [asked] = queries.questions_at("instrument", house.instrument.id)
    assert [one["value"] for one in asked.choices] == ["none", "c2"]
    assert send(app, house, f"questions/{asked.id}/retire") == 302
    assert queries.questions_at("instrument", house.instrument.id) == []


def test_licences_managers_pictures_and_the_star_from_their_forms(app: Flask, house: cast.House) -> None:
    who = house.researcher.staff_no
    assert (
        send(app, house, "licences", who=who, level="independent", starts_on="2026-01-01", until="2099-01-01")
        == 302
    )
    assert send(app, house, "licences", who="NOBODY", level="independent", starts_on="2026-01-01") == 422
    assert (
        send(app, house, "licences/paste", text=f"{house.colleague.staff_no}\tadvanced\nNOBODY\tadvanced")
        == 422
    )
    text = f"{house.colleague.staff_no}\tadvanced\nNOBODY\tadvanced"
    assert send(app, house, "licences/paste", text=text, partly="1") == 302
    rows = queries.licences(house.instrument.id)
    assert len(rows) == 2
    assert send(app, house, f"licences/{rows[0].licence.id}/end", reason="换人") == 302
    assert send(app, house, "managers", managers="colleague") == 403
    assert send(app, house, "managers", house.admin, managers="colleague", deputies="NOBODY") == 422
    assert send(app, house, "managers", house.admin, managers=house.colleague.staff_no) == 302
    out = io.BytesIO()
    Image.new("RGB", (100, 100)).save(out, "PNG")
    out.seek(0)
    assert send(app, house, "pictures", house.admin, picture=(out, "x.exe"), caption="正面") == 302
    [picture] = queries.pictures(house.instrument.id)
    assert send(app, house, f"pictures/{picture.id}/retire", house.admin) == 302
    assert send(app, house, "star", house.researcher, on="1") == 302
    assert queries.starred(house.researcher.id, house.instrument.id)


def test_a_new_one_from_the_form(app: Flask, house: cast.House) -> None:
    browser = signed(app, house.admin)
    page = browser.get("/instruments/new").text
    assert 'value="uni"' in page
    assert 'value="other"' not in page
    assert browser.post("/instruments/new", {**RECORD, "institution": "uni", "name": ""}).status_code == 422
    assert browser.post("/instruments/new", {**RECORD, "institution": "uni"}).status_code == 302
    bare = {
        **RECORD,
        "institution": "uni",
        "code": "",
        "asset_no": "",
    }  # as a browser sends what was left empty
    answer = browser.post("/instruments/new", bare)
    assert answer.status_code == 302, answer.text
    row = queries.instrument(uuid.UUID(answer.location.split("/")[2]))
    assert row
    assert row.code.startswith("uni-2026-")
    assert signed(app, house.manager).get("/instruments/new").status_code == 403
