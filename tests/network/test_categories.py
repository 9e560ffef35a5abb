"""Categories change from a day on, by a document, on the page and by API; nothing is deleted, instruments follow."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from sharing.kernel import clock
from sharing.kernel.db import db
from sharing.network import queries
from sharing.network.queries import EnteredRow
from sharing.people.service import create_token
from sharing.registry import jobs, service
from tests import cast
from tests.harness.browser import KEPT, Browser

SEM, PAGE, API = "040102", "/admin/categories", "/api/v1/categories"
TOMORROW = cast.TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as now:
        yield now


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    found.province_admin.password_hash = KEPT
    db.session.commit()
    return found


def bearer(house: cast.House) -> dict[str, str]:
    made = create_token(house.province_admin.id, label="x", ends_at=None, by=None, now=cast.NOW)
    return {"Authorization": f"Bearer {made}"}


def asked(act: str, code: str, on: date = cast.TODAY, **words: str) -> dict[str, str]:
    return {
        "act": act,
        "code": code,
        "valid_from": on.isoformat(),
        "source_document": "省科技厅通知",
        **words,
    }


def entered(code: str) -> EnteredRow:
    db.session.rollback()
    found = queries.category_entered(cast.CODE_SET, code)
    assert found is not None
    return found


def begins_tomorrow(monday: Any) -> None:
    monday.shift(timedelta(days=1))
    db.session.rollback()
    (job,) = [one for one in jobs.JOBS if one.name == "registry.categories"]
    job.work(clock.now())
    db.session.rollback()


def test_a_name_changes_on_its_day_where_people_look_for_it(
    app: Flask, house: cast.House, monday: Any, client: FlaskClient
) -> None:
    service.reindex()
    province = Browser(app).sign_in(house.province_admin)
    form = asked(
        "rename",
        SEM,
        TOMORROW,
        name="扫描电子显微镜",
        name_en="Scanning electron microscope",
        aliases="场发射",
    )
    looked = province.post(PAGE, form, step="look")
    assert "1 台仪器在这个类别里" in looked.text
    assert house.instrument.code in looked.text
    assert entered(SEM).to_come == ()  # it was only looked at
    assert province.post(PAGE, form, step="save").status_code == 303
    assert "扫描电子显微镜" in province.get(PAGE).text
    assert entered(SEM).name == "扫描电镜"
    found = "/api/v1/instruments?q=场发射"
    assert client.get(found).get_json()["total"] == 0
    begins_tomorrow(monday)
    assert entered(SEM).name == "扫描电子显微镜"
    assert client.get(found).get_json()["items"][0]["category"]["name"] == "扫描电子显微镜"
    told = Browser(app).sign_in(house.province_admin).get(PAGE).text
    assert "省科技厅通知" in told
    assert "<del>扫描电镜</del>" in told


def test_what_has_ended_stays_where_it_is_and_is_not_chosen_any_more(
    app: Flask, house: cast.House, client: FlaskClient
) -> None:
    headers, at = bearer(house), f"/api/v1/instruments/{house.instrument.id}"
    refused = client.post(API, json=asked("end", "040100"), headers=headers)
    assert refused.get_json()["fields"] == [{"field": "code", "message": "请先停用它下面的类别"}]
    seen = client.post(f"{API}/effect", json=asked("end", SEM), headers=headers).get_json()
    assert (seen["count"], seen["instruments"][0]["code"]) == (1, house.instrument.code)
    assert client.post(API, json=asked("end", SEM), headers=headers).status_code == 204
    assert entered(SEM).gone
    shown = client.get(at, headers=headers)
    assert shown.get_json()["category"]["code"] == SEM
    tag = {"If-Match": shown.headers["ETag"]}
    same = client.patch(at, json={"category": SEM, "name": "新名"}, headers=headers | tag)
    assert same.status_code == 200, same.text
    new = {"institution": "uni", "name": "另一台", "category": SEM}
    assert client.post("/api/v1/instruments", json=new, headers=headers).status_code == 422
    again = asked("rename", SEM, TOMORROW, name="扫描电镜", name_en="SEM")
    assert client.post(API, json=again, headers=headers).status_code == 204


def test_one_is_added_below_what_there_is_and_taken_back_before_its_day(
    app: Flask, house: cast.House, client: FlaskClient, monday: Any
) -> None:
    headers = bearer(house)
    form = asked("add", "040103", TOMORROW, name="透射电镜", name_en="TEM")
    for wrong in (
        {"code": "050101"},
        {"name": ""},
        {"valid_from": "2026-03-01"},
        {"code": "04"},
        {"code_set": "x"},
    ):
        status = 404 if "code_set" in wrong else 422
        assert client.post(API, json=form | wrong, headers=headers).status_code == status, wrong
    assert client.post(API, json=form | {"code": SEM}, headers=headers).status_code == 409
    assert client.post(API, json=form, headers=headers).status_code == 204
    assert client.post(API, json=form, headers=headers).status_code == 409
    assert queries.category("040103") is None
    (change,) = entered("040103").to_come
    away = f"/api/v1/category-changes/{change.id}/withdraw"
    assert client.post(away, json={"reason": "重拟"}, headers=headers).status_code == 204
    assert client.post(away, json={"reason": "重拟"}, headers=headers).status_code == 404
    begins_tomorrow(monday)
    assert queries.category("040103") is None
    later = form | {"valid_from": TOMORROW.isoformat(), "name": "透射电子显微镜"}
    assert client.post(API, json=later, headers=headers).status_code == 204
    db.session.rollback()
    found = queries.category("040103")
    assert found is not None
    assert (found.name, found.level, found.parent_code) == ("透射电子显微镜", 3, "040100")
    rows = client.get(f"/api/v1/code-sets/{cast.CODE_SET}/changes", headers=headers).get_json()
    assert [row["withdrawn_at"] is None for row in rows["items"]] == [True, False]
    begun = next(row["id"] for row in rows["items"] if row["applied_at"])
    late = client.post(f"/api/v1/category-changes/{begun}/withdraw", json={"reason": "x"}, headers=headers)
    assert (late.status_code, late.get_json()["type"]) == (409, "/problems/rule-begun")


def test_a_version_begins_on_its_day_and_instruments_keep_theirs(
    app: Flask, house: cast.House, client: FlaskClient, monday: Any
) -> None:
    province, headers = Browser(app).sign_in(house.province_admin), bearer(house)
    form = {"version": "GB/T 32847-2026", "name": "新版", "valid_from": TOMORROW.isoformat()}
    form["source_document"] = "国家标准"
    at = f"{PAGE}/versions/new"
    assert "1 台仪器保留原版本" in province.post(at, form, step="look").text
    assert province.post(at, form, step="save").status_code == 303
    assert "已被使用" in province.post(at, form, step="save").text
    early = form | {"version": "x", "valid_from": cast.TODAY.isoformat()}
    assert "须晚于已有的各个版本" in province.post(at, early, step="look").text
    renamed = asked("rename", SEM, TOMORROW, name="扫描显微镜", name_en="SEM", code_set=form["version"])
    assert client.post(API, json=renamed, headers=headers).status_code == 204
    db.session.rollback()
    assert {row.code_set for row in queries.categories()} == {cast.CODE_SET}
    begins_tomorrow(monday)
    assert {(row.code_set, row.name) for row in queries.categories() if row.code == SEM} == {
        (form["version"], "扫描显微镜")
    }
    shown = client.get(f"/api/v1/instruments/{house.instrument.id}", headers=headers)
    assert shown.get_json()["category"]["name"] == "扫描电镜"
    tag = {"If-Match": shown.headers["ETag"]}
    kept = client.patch(
        f"/api/v1/instruments/{house.instrument.id}",
        json={"category": SEM, "name": "改名"},
        headers=headers | tag,
    )
    assert kept.get_json()["category"]["name"] == "扫描电镜"
    listed = client.get("/api/v1/code-sets", headers=headers).get_json()["items"]
    assert [(row["version"], row["begun"]) for row in listed] == [
        (form["version"], True),
        (cast.CODE_SET, True),
    ]
