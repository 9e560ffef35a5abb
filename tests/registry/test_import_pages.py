"""Bringing a file by the page: upload, what it would do, writing it; mapping columns once; what became of a file."""

from __future__ import annotations

import io
import os
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from sharing.kernel.db import db
from sharing.people.models import User
from sharing.registry import queries, service
from sharing.registry.jobs import imports_due
from sharing.registry.models import ImportRun, Instrument
from sharing.registry.pages import imports
from sharing.registry.rules.records import RunRow, State
from tests import cast
from tests.harness.browser import KEPT, Browser
from tests.registry.importing import csv_of, found

HEAD = "资产编号,仪器名称,分类编码,规格型号"
GOOD = csv_of("管理单位代码," + HEAD, "uni,A1,共聚焦,040102,X", "uni,0012,改名了,,")
MIXED = GOOD + b"uni,A2,,040102,Y\n"


@pytest.fixture
def house(app: Flask) -> cast.House:
    made = cast.house()
    for person in made.people().values():
        person.password_hash = KEPT
    made.instrument.asset_no = "0012"
    db.session.commit()
    service.reindex()
    return made


@pytest.fixture
def admin(app: Flask, house: cast.House) -> Browser:
    return Browser(app).sign_in(house.admin)


def sent(browser: Browser, data: bytes, house: cast.House, **fields: str) -> TestResponse:
    form = {"institution": str(house.university.id), "file": (io.BytesIO(data), "登记表.csv"), **fields}
    return browser.post("/records/imports", form)


def latest(by: User) -> RunRow:
    db.session.rollback()
    return queries.import_runs(cast.actor(by)).items[0]


def names() -> set[str]:
    db.session.rollback()
    return {row.name for row in db.session.query(Instrument.name)}


def test_a_file_is_looked_at_shown_and_written(admin: Browser, house: cast.House) -> None:
    answer = sent(admin, GOOD, house)
    assert answer.status_code == 303
    page = admin.get(answer.location).text
    assert house.instrument.name in page
    assert "改名了" in page
    assert "改名了" not in names()
    assert "共聚焦" in admin.get(f"{answer.location}?show=added").text
    done = admin.post(f"{answer.location}/apply", mode="all")
    assert "写入 2 条" in admin.get(done.location).text
    assert {"共聚焦", "改名了"} <= names()
    page = admin.get(sent(admin, GOOD, house).location).text
    assert "2 行都和登记一致" in page
    assert "/apply" not in page
    assert "登记表.csv" in admin.get("/records").text


def test_bad_rows_are_listed_and_downloaded_to_mend(admin: Browser, house: cast.House) -> None:
    where = sent(admin, MIXED, house).location
    page = admin.get(where).text
    assert "请填写此项" in page
    assert 'value="good"' in page
    text = admin.get(f"{where}/bad.csv").text
    assert text.splitlines() == [
        "\ufeff原文件行号,问题说明,管理单位代码,资产编号,仪器名称,分类编码,规格型号",
        "4,仪器名称：请填写此项,uni,A2,,040102,Y",
    ]
    admin.post(f"{where}/apply", mode="good")
    assert {"共聚焦", "改名了"} <= names()
    mended = text.replace("A2,,", "A2,补上,").encode()
    where = sent(admin, mended, house).location
    assert latest(house.admin).counts.added == 1
    admin.post(f"{where}/apply", mode="all")
    assert "补上" in names()


def test_in_english_too(admin: Browser, house: cast.House) -> None:
    admin.client.set_cookie("language", "en")
    page = admin.get(sent(admin, MIXED, house).location).text
    assert "Please fill this in" in page
    assert "Write the 2 good ones" in page


def test_columns_are_mapped_once_and_the_mapping_kept(admin: Browser, house: cast.House) -> None:
    data = csv_of("设备代号,设备叫什么,放在哪", "0012,改名了,楼上")
    where = sent(admin, data, house).location
    page = admin.get(where).text
    assert "说明每列对应哪个字段" in page
    refused = admin.post(f"{where}/mapping", {"column-1": "name"})
    assert "至少要有一列" in admin.get(refused.location).text
    answer = admin.post(
        f"{where}/mapping",
        {"column-0": "asset_no", "column-1": "name", "column-2": "location", "name": "设备处"},
    )
    assert "改名了" in admin.get(answer.location).text
    assert latest(house.admin).counts.changed == 1
    saved = queries.mappings(house.university.id)
    assert [(row.name, row.targets["放在哪"]) for row in saved] == [("设备处", "location")]
    assert "设备处" in admin.get("/records").text
    sent(admin, data, house, mapping=str(saved[0].id))
    assert latest(house.admin).counts.changed == 1


def test_a_hostile_file_gets_a_clear_answer(admin: Browser, house: cast.House) -> None:
    page = admin.get(sent(admin, b"PK\x03\x04" + b"\0" * 99, house).location).text
    assert "文件不完整" in page
    assert latest(house.admin).state is State.REFUSED


def test_nothing_is_asked_of_no_file(admin: Browser, house: cast.House) -> None:
    answer = admin.post("/records/imports", institution=str(house.university.id))
    assert (answer.status_code, "请选择文件" in answer.text) == (422, True)


def test_a_large_file_waits_for_the_timer_and_the_page_asks_again(
    admin: Browser, house: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "SMALL_BYTES", 10)
    where = sent(admin, GOOD, house).location
    assert 'hx-trigger="every 2s"' in admin.get(where).text
    assert imports_due(cast.NOW) == 1
    assert "改名了" in admin.get(where).text
    admin.post(f"{where}/apply", mode="all")
    assert latest(house.admin).state is State.ASKED
    assert imports_due(cast.NOW) == 1
    assert imports_due(cast.NOW) == 0
    assert latest(house.admin).state is State.DONE


def test_more_than_other_forms_may_carry_is_taken_here_alone(admin: Browser, house: cast.House) -> None:
    beyond = b"x" * (9 * 1024 * 1024)
    assert admin.post("/profile", email=beyond.decode()).status_code == 413
    parts = {
        "csrf_token": admin.token(),
        "institution": str(house.university.id),
        'file"; filename="x.csv': "甲\n",
    }
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    ).encode()
    body = body[:-2] + b"1\n" * (len(beyond) // 2) + b"\r\n--x--\r\n"
    answer = admin.client.post("/records/imports", data=body, content_type="multipart/form-data; boundary=x")
    assert admin.get(answer.location).status_code == 200
    assert latest(house.admin).state is State.WAITING


@pytest.mark.parametrize(
    ("mode", "sentence"), [("all", "一行也没有写入"), ("good", "到第 1001 行为止的 1000 条")]
)
def test_a_run_whose_process_was_killed_says_what_is_there(
    admin: Browser, house: cast.House, mode: str, sentence: str
) -> None:
    """As `test_import_killed` leaves it; here what its page says, and that it can be finished."""
    where = sent(admin, GOOD, house).location
    run = latest(house.admin)
    values = {"state": "applying", "mode": mode, "started_at": cast.NOW - timedelta(hours=1)}
    values |= {"written": 1000, "line": 1001} if mode == "good" else {}
    db.session.execute(update(ImportRun).where(ImportRun.id == run.id).values(**values))
    db.session.commit()
    progress = imports.storage() / "imports" / str(run.id) / "progress"
    os.utime(progress, (0, 0))
    page = admin.get(where).text
    assert sentence in page
    assert "已中断" in page
    admin.post(f"{where}/apply", mode=mode)
    assert found(run.id).state is State.DONE
    assert "改名了" in names()


def test_a_file_of_another_house_is_not_known(app: Flask, admin: Browser, house: cast.House) -> None:
    where = sent(admin, GOOD, house).location
    other = cast.user("other_admin", role="institution_admin", at=house.elsewhere, password_hash=KEPT)
    browser = Browser(app).sign_in(other)
    assert browser.get(where).status_code == 404
    assert "登记表.csv" not in browser.get("/records").text
    zone = Browser(app).sign_in(house.zone_admin)
    assert zone.get(where).status_code == 200


def test_a_zone_chooses_among_the_houses_that_let_it(app: Flask, house: cast.House) -> None:
    zone = Browser(app).sign_in(house.zone_admin)
    assert house.university.name not in zone.get("/records").text
    answer = sent(zone, GOOD, house)
    assert (answer.status_code, "该单位没有授权代办" in answer.text) == (403, True)
    cast.mandate(house.university)
    assert house.university.name in zone.get("/records").text
    assert sent(zone, GOOD, house).status_code == 303


def test_administration_leads_there(admin: Browser) -> None:
    assert re.search(r'href="/records"[^>]*>[^<]*(<[^>]*>)?登记数据', admin.get("/admin").text)
