"""Closed time through the API and the pages: what outsiders may rely on, and a plain form without scripts."""

from __future__ import annotations

from typing import Any

import time_machine
from flask import Flask

from sharing.booking import queries
from sharing.booking.rules import Status
from sharing.kernel.db import db
from sharing.people.models import User
from tests import cast
from tests.booking.asking import submit
from tests.booking.test_api import World, world
from tests.booking.test_scenarios import self_service
from tests.harness.browser import KEPT, Browser

__all__ = ["world"]


def closed(on: Any, start: str = "08:00", end: str = "12:00", **more: Any) -> dict[str, Any]:
    return {
        "instrument_id": str(on.id),
        "start": f"2026-03-03T{start}:00+08:00",
        "end": f"2026-03-03T{end}:00+08:00",
        "reason": "更换灯丝",
    } | more


def signed_in(app: Flask, who: User) -> Browser:
    who.password_hash = KEPT
    db.session.commit()
    return Browser(app).sign_in(who)


def test_a_block_by_the_api_from_laying_to_lifting(world: World) -> None:
    manager = world.house.manager
    made = world.call(manager, "POST", "/blocks", closed(world.laser))
    assert made.status_code == 201
    block = made.json
    assert made.headers["Location"] == f"/api/v1/blocks/{block['id']}"
    assert (block["start"], block["kind"]) == ("2026-03-03T08:00:00+08:00", "maintenance")
    taken = world.call(world.house.researcher, "POST", "/bookings", world.wish())
    assert taken.status_code == 409
    listed = world.call(world.house.researcher, "GET", f"/blocks?instrument={world.laser.id}").json
    assert (listed["total"], listed["items"][0]["id"]) == (1, block["id"])
    week = world.call(
        None, "GET", f"/instruments/{world.laser.id}/calendar?start=2026-03-03T00:00:00%2B08:00"
    ).json
    assert [one["title"] for one in week["items"] if one["kind"] == "block"] == ["更换灯丝"]
    longer = {
        "start": block["start"],
        "end": "2026-03-03T13:00:00+08:00",
        "reason": "还没好",
        "kind": "closure",
    }
    assert world.call(manager, "PATCH", f"/blocks/{block['id']}", longer).json["reason"] == "还没好"
    assert world.call(manager, "DELETE", f"/blocks/{block['id']}").status_code == 204
    assert world.call(manager, "DELETE", f"/blocks/{block['id']}").status_code == 409
    assert world.call(manager, "GET", f"/blocks/{block['id']}").status_code == 404
    assert world.call(world.house.researcher, "POST", "/bookings", world.wish()).status_code == 201


def test_the_api_names_whom_it_hits_and_takes_a_choice_for_each(world: World) -> None:
    mine = world.call(world.house.researcher, "POST", "/bookings", world.wish()).json
    no = world.call(world.house.manager, "POST", "/blocks", closed(world.laser))
    assert (no.status_code, no.json["type"]) == (409, "/problems/block-hits")
    [hit] = no.json["bookings"]
    assert (hit["id"], hit["actions"]) == (mine["id"], ["move", "cancel", "keep"])
    assert hit["proposed"]["start"] == "2026-03-03T12:00:00+08:00"
    choice = [{"id": mine["id"], "action": "move", "start": hit["proposed"]["start"]}]
    made = world.call(world.house.manager, "POST", "/blocks", closed(world.laser, bookings=choice))
    assert made.status_code == 201
    after = world.call(world.house.researcher, "GET", f"/bookings/{mine['id']}").json
    assert (after["start"], after["status"], after["free_cancel"]) == (
        hit["proposed"]["start"],
        "approved",
        True,
    )


def test_the_api_refuses_what_is_wrong_with_it(world: World) -> None:
    manager, laser = world.house.manager, world.laser
    for wrong, field in (
        ({"repeat": "FREQ=MINUTELY;COUNT=2"}, "repeat"),
        ({"end": "2026-03-03T07:00:00+08:00"}, ""),
        ({"reason": ""}, "reason"),
        ({"kind": "party"}, "kind"),
        ({"bookings": [{"id": str(laser.id), "action": "move"}]}, "bookings.0"),
    ):
        no = world.call(manager, "POST", "/blocks", closed(laser) | wrong)
        assert no.status_code == 422, wrong
        assert field in {one["field"] for one in no.json["fields"]}, no.json
    series = world.call(manager, "POST", "/blocks", closed(laser, repeat="FREQ=WEEKLY;COUNT=3")).json
    assert len(series["dates"]) == 3
    assert series["series_id"]


def test_the_form_asks_about_each_booking_and_then_closes(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    with time_machine.travel(cast.NOW, tick=False):
        moved = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
        dropped = submit(house.colleague, laser, cast.span(1, "10:00", "11:00"))
        browser = signed_in(app, house.manager)
        address = f"/instruments/{laser.id}/blocks"
        fields = {"start": "2026-03-03T08:00", "end": "2026-03-03T12:00", "kind": "closure", "reason": "停电"}
        asked = browser.post(address, fields)
        assert asked.status_code == 409
        for text in (moved.number, dropped.number, "停电", "2026-03-03T12:00"):
            assert text in asked.text
        choices = {
            f"choice-{moved.id}": "move", f"start-{moved.id}": "2026-03-03T14:00",
            f"choice-{dropped.id}": "cancel", f"start-{dropped.id}": "2026-03-03T15:00",
        }  # fmt: skip
        done = browser.post(address, fields | choices)
        assert (done.status_code, done.location) == (302, address)
        db.session.rollback()  # what was done over HTTP is read anew
        rows = queries.bookings([moved.id, dropped.id])
        assert rows[moved.id].span == cast.span(1, "14:00", "15:00")
        assert rows[dropped.id].status is Status.CANCELLED
        [block] = queries.standing(laser.id, cast.NOW)
        assert "停电" in browser.get(f"{address}?edit={block.id}").text
        seen = browser.get("/manage/weeks.json?start=2026-03-02&end=2026-03-09").json["items"]
        assert [one["title"] for one in seen if one["kind"] == "block"] == ["停电"]
        assert browser.post(f"/blocks/{block.id}/reopen").status_code == 302
        db.session.rollback()
        assert queries.standing(laser.id, cast.NOW) == []


def test_why_not_names_the_closed_time_and_its_reason(world: World) -> None:
    world.call(world.house.manager, "POST", "/blocks", closed(world.laser))
    asked = {key: value for key, value in world.wish().items() if key != "purpose"}
    said = world.call(world.house.researcher, "POST", "/quotes", asked).json
    assert [one["reason"] for one in said["closed"]] == ["更换灯丝"]
    browser = signed_in(world.client.application, world.house.researcher)
    span = {"start": "2026-03-03T09:00", "end": "2026-03-03T10:00"}
    shown = browser.post(f"/instruments/{world.laser.id}/check", span).text
    assert "仪器停用至 03-03 12:00：更换灯丝" in shown
    assert "这个时段已被占用" not in shown
    world.call(world.house.colleague, "POST", "/bookings", world.wish("14:00", "15:00"))
    later = {"start": "2026-03-03T14:00", "end": "2026-03-03T15:00"}
    assert "这个时段已被占用" in browser.post(f"/instruments/{world.laser.id}/check", later).text


def test_what_runs_now_shows_on_the_instruments_page(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    cast.block(laser, cast.span(0, "09:00", "12:00"), by=house.manager, reason="正在换灯丝")
    with time_machine.travel(cast.NOW, tick=False):
        shown = Browser(app).get(f"/instruments/{laser.id}").text
    assert "正在换灯丝" in shown
    assert "维护中，至" in shown
    with time_machine.travel(cast.clock(0, "12:00"), tick=False):
        assert "维护中，至" not in Browser(app).get(f"/instruments/{laser.id}").text


def test_a_form_that_is_wrong_comes_back_as_typed(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    with time_machine.travel(cast.NOW, tick=False):
        browser = signed_in(app, house.manager)
        fields = {
            "start": "2026-03-03T12:00",
            "end": "2026-03-03T08:00",
            "reason": "写反了",
            "repeat": "DAILY",
        }
        shown = browser.post(f"/instruments/{laser.id}/blocks", fields)
        assert shown.status_code == 422
        assert "写反了" in shown.text
        assert "结束时间须晚于开始时间" in shown.text
        endless = browser.post(f"/instruments/{laser.id}/blocks", fields | {"end": "2026-03-03T13:00"})
        assert "请写明重复到哪天" in endless.text
