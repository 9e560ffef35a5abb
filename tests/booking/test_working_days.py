"""The statutory calendar as administration: which days and bookings entries would change, the page, API, command."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask

from sharing.booking import cli, queries
from sharing.booking.forms.days import DaysForm
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.network import queries as network
from sharing.network.models import CalendarDay, Setting
from sharing.network.service import DayChange
from sharing.people import service as people
from tests import cast
from tests.harness.browser import KEPT, Browser

PAGE = "/admin/working-days"
TUESDAY = cast.TODAY + timedelta(days=8)


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    cast.keep(CalendarDay(day=date(2026, 1, 1), kind="holiday", name="元旦", source_document="国办"))
    for user in found.people().values():
        user.password_hash = KEPT
    db.session.commit()
    return found


def test_a_new_holiday_names_the_bookings_that_fall_outside_opening_hours(house: cast.House) -> None:
    booking = cast.booking(house.instrument, house.researcher, cast.span(8, "09:00", "10:00"))
    cast.booking(house.instrument, house.researcher, cast.span(9, "09:00", "10:00"))
    cast.booking(house.instrument, house.researcher, cast.span(8, "20:00", "21:00"))  # outside already
    found = queries.calendar_effect([DayChange(TUESDAY, "holiday", "庆典")], cast.NOW)
    assert [(one.day, one.before.kind, one.after.kind, one.bookings) for one in found.days] == [
        (TUESDAY, "workday", "holiday", 2)
    ]
    assert (found.bookings, found.outside, [row.id for row in found.shown]) == (2, 1, [booking.id])
    assert found.published == ()


def test_what_stays_as_it_is_changes_nothing(house: cast.House) -> None:
    assert queries.calendar_effect([DayChange(TUESDAY, "workday", "补班")], cast.NOW).days == ()


def test_the_first_day_of_a_year_makes_it_published_and_frees_its_fixed_days(house: cast.House) -> None:
    fixed = [[10, 1, "国庆节", "National Day"]]
    cast.keep(Setting(key="fixed_days", valid_from=cast.LONG_AGO, value=fixed, source_document=cast.SOURCE))
    network_day = date(2027, 10, 1)
    assert network.work_calendar().fact(network_day).kind == "holiday"
    found = queries.calendar_effect([DayChange(date(2027, 1, 1), "holiday", "元旦")], cast.NOW)
    assert found.published == (2027,)
    assert {one.day for one in found.days} == {date(2027, 1, 1), network_day}


def test_the_list_is_read_as_people_write_it() -> None:
    text = "2027-2-5 至 2027-2-7 休 春节 Spring Festival\n\n2027-02-20 班 春节\n2027-03-01 去掉"
    changes = DaysForm(source_document="国办", days=text).entered().changes()
    assert [(one.day.isoformat(), one.kind, one.name, one.name_en) for one in changes] == [
        ("2027-02-05", "holiday", "春节", "Spring Festival"),
        ("2027-02-06", "holiday", "春节", "Spring Festival"),
        ("2027-02-07", "holiday", "春节", "Spring Festival"),
        ("2027-02-20", "workday", "春节", ""),
        ("2027-03-01", None, "", ""),
    ]


@pytest.mark.parametrize(
    "text",
    ["", "明天 休", "2027-02-05 party", "2027-02-30 休", "2027-02-07 至 2027-02-05 休", "2027-01-01 休\n2027-01-01 班",
     "2027-01-01 至 2099-01-01 休"],
)  # fmt: skip
def test_a_list_that_cannot_be_meant_is_refused(app: Flask, text: str) -> None:
    with app.test_request_context(), pytest.raises(Refused, match="invalid-input"):
        DaysForm(source_document="国办", days=text).entered().changes()


def test_the_list_is_looked_at_then_saved_and_stands_in_the_history(app: Flask, house: cast.House) -> None:
    booking = cast.booking(house.instrument, house.researcher, cast.span(8, "09:00", "10:00"))
    lead = Browser(app).sign_in(house.province_admin)
    form = {"days": f"{TUESDAY} 休 庆典", "source_document": "国办发明电"}
    look = lead.post(PAGE, form, step="look")
    assert look.status_code == 200, look.text
    assert booking.number in look.text
    db.session.rollback()
    assert len(network.listed_days()) == 1
    seen = re.search(r'name="revision" value="(\d+)"', look.text)
    assert seen
    assert lead.post(PAGE, form, step="save", revision=seen[1]).status_code == 303
    db.session.rollback()
    assert not network.work_calendar().is_workday(TUESDAY)
    late = lead.post(PAGE, form, step="save", revision=seen[1])
    assert late.status_code == 409
    assert "有人改过工作日历" in late.text
    page = lead.get(PAGE).text
    assert "国办发明电" in page
    assert lead.post(PAGE, form, days="2026-03-01 休").status_code == 422


def test_others_read_and_do_not_change(app: Flask, house: cast.House) -> None:
    for who in ("admin", "auditor", "zone_admin"):
        browser = Browser(app).sign_in(house.people()[who])
        assert "看看影响" not in browser.get(PAGE).text
        assert browser.post(PAGE, {"days": f"{TUESDAY} 休", "source_document": "文"}).status_code == 403


def test_a_program_and_the_command_look_and_enter(app: Flask, house: cast.House, tmp_path: Path) -> None:
    by = cast.actor(house.province_admin)
    token = people.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    client, mine = app.test_client(), {"Authorization": f"Bearer {token}"}
    body = {"source_document": "国办", "stretches": [{"first_on": TUESDAY.isoformat(), "kind": "holiday"}]}
    look = client.post("/api/v1/working-days/preview", json=body, headers=mine)
    assert [one["after"] for one in look.json["days"]] == ["holiday"], look.text
    tag = client.get("/api/v1/working-days?year=2026").headers["ETag"]
    assert client.post("/api/v1/working-days", json=body, headers=mine | {"If-Match": tag}).status_code == 204
    assert client.post("/api/v1/working-days", json=body, headers=mine | {"If-Match": tag}).status_code == 412
    file, run = tmp_path / "days.txt", CliRunner().invoke
    file.write_text(f"{TUESDAY} none\n2026-10-01 .. 2026-10-07 holiday 国庆节\n", "utf-8")
    with app.app_context():
        told = run(cli.working_days, ["enter", str(file), "--document", "国办", "--dry-run"])
        assert told.exit_code == 0, told.output
        assert json.loads(told.stdout)["days"][0]["after"] == "workday"
        assert run(cli.working_days, ["enter", str(file), "--document", "国办"]).exit_code == 0
        lines = run(cli.working_days, ["list", "--year", "2026"]).stdout.splitlines()
    assert len(lines) == 8
