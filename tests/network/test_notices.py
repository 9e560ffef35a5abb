"""Notices and mandates: whose, when and where they show, who gives and withdraws them; leave to register."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask

from sharing.audit import queries as audit
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.network import queries, service
from sharing.people import service as people
from sharing.registry import service as registry
from sharing.web import network_command, telling_command
from tests import cast
from tests.harness.browser import KEPT, Browser

DAY = cast.TODAY


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    for user in found.people().values():
        user.password_hash = KEPT
    db.session.commit()
    return found


def give(house: cast.House, by: Any, zone: str = "kunming", institution: Any = None, **more: Any) -> Any:
    node = queries.zone(zone)
    assert node
    values = {
        "zone_id": node.id, "institution_id": institution, "title": f"通知-{zone}-{institution is not None}",
        "title_en": "", "body": "正文", "body_en": "", "starts_on": DAY, "ends_on": None,
    }  # fmt: skip
    return service.add_notice(values | more, by=cast.actor(by), now=cast.NOW)


def test_each_shows_where_it_should(app: Flask, house: cast.House) -> None:
    give(house, house.province_admin, "province")
    give(house, house.zone_admin)
    give(house, house.admin, institution=house.university.id)
    visitor, ours, theirs = (
        Browser(app),
        Browser(app).sign_in(house.researcher),
        Browser(app).sign_in(house.stranger),
    )

    def shown(browser: Browser, path: str) -> list[str]:
        text = browser.get(path).text
        return [t for t in ("通知-province-False", "通知-kunming-False", "通知-kunming-True") if t in text]

    everybody = ["通知-province-False", "通知-kunming-False"]
    assert shown(visitor, "/") == shown(theirs, "/") == everybody
    assert shown(ours, "/") == [*everybody, "通知-kunming-True"]
    assert shown(visitor, "/zones/kunming") == ["通知-kunming-False", "通知-kunming-True"]
    assert shown(visitor, "/zones/honghe") == []


def test_it_shows_within_its_days_until_withdrawn(house: cast.House) -> None:
    key = give(house, house.zone_admin, starts_on=date(2026, 3, 3), ends_on=date(2026, 3, 5))

    def stands(day: int) -> bool:
        return key in {row.id for row in queries.notices(None, date(2026, 3, day))}

    assert [stands(day) for day in (2, 3, 4, 5)] == [False, True, True, False]
    service.withdraw_notice(key, by=cast.actor(house.zone_admin), now=cast.NOW)
    assert not stands(3)
    assert [one.action for one in audit.history("notice", key)] == [
        "network.notice",
        "network.notice-withdrawn",
    ]
    with pytest.raises(Refused, match="not-found"):
        service.withdraw_notice(key, by=cast.actor(house.zone_admin), now=cast.NOW)


@pytest.mark.parametrize(
    ("who", "zone", "own"),
    [("zone_admin", "province", False), ("admin", "kunming", False), ("zone_admin", "honghe", False)],
)
def test_nobody_speaks_for_more_than_is_hers(house: cast.House, who: str, zone: str, own: bool) -> None:
    with pytest.raises(Refused, match="forbidden"):
        give(house, getattr(house, who), zone)


def test_it_ends_after_it_begins(house: cast.House) -> None:
    with pytest.raises(Refused, match="invalid-input"):
        give(house, house.zone_admin, ends_on=DAY)


def test_by_page_and_api(app: Flask, house: cast.House) -> None:
    browser = Browser(app).sign_in(house.admin)
    form = {"title": "停电", "body": "周六停电", "starts_on": "2026-03-02", "last_on": "2026-03-07"}
    assert browser.post("/admin/notices/new", form | {"scope": "network"}).status_code == 403
    assert browser.post("/admin/notices/new", form | {"scope": "zone:nowhere"}).status_code == 422
    assert browser.post("/admin/notices/new", form | {"scope": "institution:uni"}).status_code == 303
    assert "停电" in browser.get("/admin/notices").text
    (row,) = queries.all_notices(None, ()).items
    assert row.ends_on == date(2026, 3, 8)
    assert browser.post(f"/admin/notices/{row.id}", form | {"title": "不停电"}).status_code == 303
    assert "<del>停电</del> → <ins>不停电</ins>" in browser.get(f"/admin/notices/{row.id}").text
    by = cast.actor(house.admin)
    token = people.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    client, bearer = app.test_client(), {"Authorization": f"Bearer {token}"}
    found = client.get("/api/v1/notices", headers=bearer).json["items"]
    assert [(one["title"], one["last_on"]) for one in found] == [("不停电", "2026-03-07")]
    assert client.delete(f"/api/v1/notices/{row.id}", headers=bearer).status_code == 204
    assert client.get("/api/v1/notices", headers=bearer).json["items"] == []


def test_the_same_by_command(house: cast.House) -> None:
    run = CliRunner()
    words = ["add", "--for", "zone:kunming", "--title", "停电", "--body", "周六停电"]
    made = run.invoke(telling_command.notice, words, catch_exceptions=False)
    assert made.exit_code == 0, made.output
    listed = run.invoke(telling_command.notice, ["list"], catch_exceptions=False).output
    assert listed.split("\t")[1:] == ["kunming", "2026-03-02", "停电\n"]
    run.invoke(telling_command.notice, ["withdraw", made.output.strip()], catch_exceptions=False)
    assert run.invoke(telling_command.notice, ["list"]).output == ""
    entered = [
        "enter",
        "uni",
        "booking.approved",
        "--title",
        "约好了",
        "--said",
        "{number}",
        "--source",
        "通知",
    ]
    done = run.invoke(telling_command.mail_text, entered, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "约好了" in run.invoke(telling_command.mail_text, ["list", "uni"], catch_exceptions=False).output
    given = ["mandate", "uni", "--source", "授权书"]
    assert run.invoke(network_command.institution, given, catch_exceptions=False).exit_code == 0
    assert house.university.id in queries.mandated(DAY)


# --- leave to register in an institution's stead ---------------------------------------------------------------

NEW = {"institution": "uni", "name": "新仪器", "category": "040102", "zone": "kunming"}


def leave(house: cast.House, by: Any = None, **days: Any) -> Any:
    given = {"starts_on": DAY, "ends_on": None} | days
    return service.give_mandate(
        house.university.id, **given, source_document="授权书", by=cast.actor(by or house.admin), now=cast.NOW
    )


def test_a_zone_registers_for_whoever_lets_it_and_both_names_stay(house: cast.House) -> None:
    zone = cast.actor(house.zone_admin)
    with pytest.raises(Refused, match="no-mandate"):
        registry.create(NEW, by=zone, now=cast.NOW)
    key = leave(house)
    row = registry.create(NEW, by=zone, now=cast.NOW)
    (event,) = audit.history("instrument", row.id)
    assert event.actor_name == house.zone_admin.name
    assert event.note == "代云岭大学登记，依据：授权书"
    service.end_mandate(key, institution_id=house.university.id, by=cast.actor(house.admin), now=cast.NOW)
    with pytest.raises(Refused, match="no-mandate"):
        registry.create(NEW, by=zone, now=cast.NOW)


def test_leave_holds_from_its_day_on(house: cast.House) -> None:
    leave(house, starts_on=date(2026, 3, 4), ends_on=date(2026, 3, 6))
    assert [house.university.id in queries.mandated(date(2026, 3, day)) for day in (3, 4, 5, 6)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_leave_is_the_houses_own_to_give(app: Flask, house: cast.House) -> None:
    with pytest.raises(Refused, match="forbidden"):
        leave(house, house.zone_admin)
    for wrong in ({"ends_on": DAY}, {"starts_on": date(2026, 3, 1)}):
        with pytest.raises(Refused, match="invalid-input"):
            leave(house, **wrong)
    browser = Browser(app).sign_in(house.admin)
    path = f"/admin/institutions/{house.university.id}"
    form = {"starts_on": "2026-03-02", "source_document": "授权书 1 号"}
    assert browser.post(f"{path}/mandates", form).status_code == 303
    assert "授权书 1 号" in browser.get(path).text


def test_its_own_administrator_needs_no_leave(house: cast.House) -> None:
    assert registry.create(NEW, by=cast.actor(house.admin), now=cast.NOW).name == "新仪器"
