"""The register as a file: who gets what, in which layout, and that nothing in it runs."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from sharing.kernel.db import db
from sharing.kernel.tables import read_rows
from sharing.registry import cli
from tests import cast
from tests.harness.browser import KEPT, Browser

Rows = list[dict[str, str]]


@pytest.fixture
def house(app: Flask) -> cast.House:
    made = cast.house()
    for person in made.people().values():
        person.password_hash = KEPT
    db.session.commit()
    made.instrument.name, made.instrument.asset_no = "=HYPERLINK(1)", "0012"
    made.instrument.original_value_fen = 123_456_789
    cast.instrument(made.elsewhere, code="HH1", name="红河的")
    cast.instrument(made.university, code="KM0", name="退役的", status="retired", status_reason="旧")
    return made


def rows_of(data: bytes) -> Rows:
    return [row for _line, row in read_rows(data, name="export")]


@pytest.fixture
def taken(app: Flask, house: cast.House) -> Callable[..., Rows]:
    def take(who: str, query: str = "") -> Rows:
        browser = Browser(app).sign_in(getattr(house, who))
        answer = browser.get(f"/records/export?{query}")
        assert answer.status_code == 200, answer.text
        assert "attachment" in answer.headers["Content-Disposition"]
        return rows_of(answer.data)

    return take


@pytest.mark.parametrize(
    ("who", "count"),
    [("manager", 1), ("deputy", 1), ("admin", 2), ("zone_admin", 2), ("province_admin", 3), ("auditor", 3)],
)
def test_everybody_gets_what_she_may_read_inside(taken: Callable[..., Rows], who: str, count: int) -> None:
    assert len(taken(who)) == count


@pytest.mark.parametrize("who", ["researcher", "enterprise", "stranger"])
def test_others_get_none(app: Flask, house: cast.House, who: str) -> None:
    assert Browser(app).sign_in(getattr(house, who)).get("/records/export").status_code == 403


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_both_kinds_of_file_say_the_same(taken: Callable[..., Rows], house: cast.House, kind: str) -> None:
    row = next(one for one in taken("admin", f"format={kind}") if one["资产编号"])
    assert (row["仪器编号"], row["仪器名称"]) == (house.instrument.code, "=HYPERLINK(1)")
    assert (row["管理单位代码"], row["状态"], row["资产编号"]) == ("uni", "在用", "0012")
    assert float(row["原值（元）"]) == 1234567.89


def test_in_csv_no_text_begins_a_formula(app: Flask, house: cast.House) -> None:
    text = Browser(app).sign_in(house.admin).get("/records/export").text
    assert "'=HYPERLINK(1)" in text
    assert ",=" not in text
    assert ",1234567.89," in text


@pytest.mark.parametrize("layout", ["national", "finance"])
def test_the_registers_are_not_told_of_what_is_retired(taken: Callable[..., Rows], layout: str) -> None:
    rows = taken("admin", f"layout={layout}")
    assert [row.get("仪器编号") or row.get("资产编号") for row in rows] == ["0012"]


def test_it_is_narrowed_by_zone_and_institution(taken: Callable[..., Rows]) -> None:
    assert len(taken("province_admin", "zone=honghe")) == 1
    assert len(taken("province_admin", "institution=uni")) == 2
    assert taken("admin", "zone=honghe") == []


def test_headings_are_in_the_readers_language(app: Flask, house: cast.House) -> None:
    browser = Browser(app).sign_in(house.admin)
    browser.client.set_cookie("language", "en")
    row = rows_of(browser.get("/records/export").data)[0]
    assert row["Institution code"] == "uni"
    assert row["Name"] == "退役的"


def test_what_cannot_be_asked_is_refused(app: Flask, house: cast.House) -> None:
    browser = Browser(app).sign_in(house.admin)
    assert browser.get("/records/export?layout=mine").status_code == 422
    assert browser.get("/records/export?zone=nowhere").status_code == 404


def test_the_command_writes_a_file_or_its_output(app: Flask, house: cast.House, tmp_path: Path) -> None:
    command = cli.registry.commands["export"]
    done = CliRunner().invoke(command, ["--zone", "honghe"])
    assert (done.exit_code, len(rows_of(done.stdout_bytes))) == (0, 1)
    out = tmp_path / "all.xlsx"
    done = CliRunner().invoke(command, ["--format", "finance", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert len(rows_of(io.BytesIO(out.read_bytes()).read())) == 2
    assert CliRunner().invoke(command, ["--zone", "nowhere"]).exit_code == 1
    assert CliRunner().invoke(command, ["--out", "x.pdf"]).exit_code == 2
