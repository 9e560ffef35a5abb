"""The API of bookings: what CONTRACT section 4 promises of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sharing.booking.queries.tables import BOOKING
from sharing.kernel.db import db
from sharing.people import service as people
from sharing.people.models import User
from tests import cast


@dataclass
class World:
    """A house, a self-service instrument in it, and a caller for each of its people."""

    house: cast.House
    laser: Any
    client: FlaskClient
    tokens: dict[str, str]

    def call(self, who: User | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if who is not None:
            if who.username not in self.tokens:
                self.tokens[who.username] = people.create_token(
                    who.id, label="test", ends_at=None, by=None, now=cast.NOW
                )
            headers["Authorization"] = f"Bearer {self.tokens[who.username]}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body)
        return self.client.open(
            f"/api/v1{path}", method=method, data=data, headers=named, content_type="application/json"
        )

    def wish(self, start: str = "09:00", end: str = "10:00", on: Any = None, **more: Any) -> dict[str, Any]:
        return {
            "instrument_id": str((on or self.laser).id),
            "start": f"2026-03-03T{start}:00+08:00",
            "end": f"2026-03-03T{end}:00+08:00",
            "purpose": "测试样品",
        } | more


@pytest.fixture
def world(app: Flask, client: FlaskClient) -> Iterator[World]:
    house = cast.house()
    laser = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    with time_machine.travel(cast.NOW, tick=False):
        yield World(house, laser, client, {})


def test_a_booking_is_201_with_its_location_and_reads_back(world: World) -> None:
    made = world.call(world.house.researcher, "POST", "/bookings", world.wish())
    assert made.status_code == 201
    shown = made.get_json()
    assert made.headers["Location"] == f"/api/v1/bookings/{shown['id']}"
    assert shown["status"] == "approved"
    assert shown["start"] == "2026-03-03T09:00:00+08:00"
    assert shown["quote"]["amount_fen"] == 10_000
    again = world.call(world.house.researcher, "GET", f"/bookings/{shown['id']}")
    assert again.get_json() == shown
    assert world.call(world.house.colleague, "GET", f"/bookings/{shown['id']}").status_code == 404
    assert world.call(world.house.manager, "GET", f"/bookings/{shown['id']}").status_code == 200
    assert world.call(None, "GET", f"/bookings/{shown['id']}").status_code == 401


def test_scenario_23_a_retry_is_one_booking_and_one_answer(world: World) -> None:
    first = world.call(world.house.researcher, "POST", "/bookings", world.wish(), Idempotency_Key="one")
    second = world.call(world.house.researcher, "POST", "/bookings", world.wish(), Idempotency_Key="one")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert db.session.scalar(select(func.count()).select_from(BOOKING)) == 1
    other = world.call(
        world.house.researcher, "POST", "/bookings", world.wish("11:00", "12:00"), Idempotency_Key="one"
    )
    assert other.status_code == 422
    assert other.get_json()["type"] == "/problems/idempotency-mismatch"
    elsewhere = world.call(
        world.house.colleague, "POST", "/bookings", world.wish("11:00", "12:00"), Idempotency_Key="one"
    )
    assert elsewhere.status_code == 201  # keys belong to one person


def test_a_refusal_is_judged_anew_under_the_same_key(world: World) -> None:
    house = world.house
    taken = world.call(house.colleague, "POST", "/bookings", world.wish()).get_json()
    no = world.call(house.researcher, "POST", "/bookings", world.wish(), Idempotency_Key="k")
    assert no.status_code == 409
    world.call(house.colleague, "POST", f"/bookings/{taken['id']}/cancel")
    yes = world.call(house.researcher, "POST", "/bookings", world.wish(), Idempotency_Key="k")
    assert yes.status_code == 201


def test_a_conflict_says_what_is_in_the_way_and_what_is_free(world: World) -> None:
    world.call(world.house.colleague, "POST", "/bookings", world.wish())
    for key in ({}, {"Idempotency_Key": "k"}):
        no = world.call(world.house.researcher, "POST", "/bookings", world.wish(), **key)
        told = no.get_json()
        assert no.status_code == 409
        assert no.mimetype == "application/problem+json"
        assert told["type"] == "/problems/booking-conflict"
        assert told["conflicts"] == [
            {"start": "2026-03-03T09:00:00+08:00", "end": "2026-03-03T10:00:00+08:00"}
        ]
        first = told["alternatives"][0]
        assert first["instrument_id"] == str(world.laser.id)
        assert first["start"] == "2026-03-03T08:30:00+08:00" or first["start"].startswith("2026-03-02")


def test_every_broken_rule_is_named_in_both_languages(world: World) -> None:
    cast.policy(world.laser, lead_minutes=60, longest_minutes=60, shortest_minutes=30)
    wish = world.wish("06:10", "09:00")
    for language, word in (("zh-CN", "分钟"), ("en", "minutes")):
        no = world.call(world.house.researcher, "POST", "/bookings", wish, Accept_Language=language)
        assert no.status_code == 422
        told = {one["rule"]: one for one in no.get_json()["violations"]}
        assert set(told) == {"granularity_minutes", "longest_minutes", "opening_hours"}
        assert told["longest_minutes"]["limit"] == 60
        assert told["longest_minutes"]["actual"] == 170
        assert all(one["message"] for one in told.values())
        assert word in told["granularity_minutes"]["message"] or language == "en"


def test_bad_fields_are_told_at_once(world: World) -> None:
    wish = {"instrument_id": "x", "start": "2026-03-03T09:00:00", "end": 5, "purpose": "", "colour": "red"}
    no = world.call(world.house.researcher, "POST", "/bookings", wish)
    assert no.status_code == 422
    assert {one["field"] for one in no.get_json()["fields"]} == {
        "instrument_id",
        "start",
        "end",
        "purpose",
        "colour",
    }
    assert world.call(world.house.researcher, "POST", "/bookings", ["list"]).status_code == 422


def test_approval_by_both_and_who_may_not(world: World) -> None:
    house = world.house
    made = world.call(house.researcher, "POST", "/bookings", world.wish(on=house.instrument)).get_json()
    path = f"/bookings/{made['id']}"
    assert [one["step"] for one in made["approvals"]] == ["payer", "manager"]
    assert world.call(house.stranger, "POST", f"{path}/approve").status_code == 404
    assert world.call(house.researcher, "POST", f"{path}/approve").status_code == 403
    assert world.call(house.auditor, "POST", f"{path}/approve").status_code == 403
    assert world.call(house.head, "POST", f"{path}/approve", {"note": "同意"}).status_code == 200
    done = world.call(house.manager, "POST", f"{path}/approve").get_json()
    assert done["status"] == "approved"
    assert [(one["step"], one["decision"], one["by"]["name"]) for one in done["approvals"]] == [
        ("payer", "approve", house.head.name),
        ("manager", "approve", house.manager.name),
    ]
    again = world.call(house.manager, "POST", f"{path}/approve")
    assert again.status_code == 409
    assert again.get_json()["type"] == "/problems/invalid-transition"
    assert again.get_json()["status"] == "approved"
    assert "cancel" in again.get_json()["allowed"]


def test_a_change_that_needs_approval_is_202_and_keeps_the_booking(world: World) -> None:
    house = world.house
    made = world.call(house.researcher, "POST", "/bookings", world.wish(on=house.instrument)).get_json()
    path = f"/bookings/{made['id']}"
    for who in (house.head, house.manager):
        world.call(who, "POST", f"{path}/approve")
    longer = {"start": "2026-03-03T09:00:00+08:00", "end": "2026-03-03T11:00:00+08:00"}
    asked = world.call(house.researcher, "PATCH", path, longer)
    assert asked.status_code == 202
    shown = asked.get_json()
    assert (shown["status"], shown["end"]) == ("approved", "2026-03-03T10:00:00+08:00")
    assert shown["pending_change"]["end"] == "2026-03-03T11:00:00+08:00"
    assert shown["pending_change"]["instrument_id"] == str(house.instrument.id)
    assert len(shown["pending_change"]["approvals"]) == 2
    calendar = world.call(
        None,
        "GET",
        f"/instruments/{house.instrument.id}/calendar?start=2026-03-03T08:00:00%2B08:00&end=2026-03-03T12:00:00%2B08:00",
    ).get_json()
    kinds = [
        (one["kind"], one["start"][11:16], one["end"][11:16])
        for one in calendar["items"]
        if one["kind"] in {"booking", "hold"}
    ]
    assert kinds == [("booking", "09:00", "10:00"), ("hold", "10:00", "11:00")]
    for who in (house.head, house.manager):
        done = world.call(who, "POST", f"{path}/approve").get_json()
    assert (done["end"], done["pending_change"]) == ("2026-03-03T11:00:00+08:00", None)
    shorter = {"start": "2026-03-03T09:00:00+08:00", "end": "2026-03-03T10:30:00+08:00"}
    kept = world.call(house.researcher, "PATCH", path, shorter)
    assert (kept.status_code, kept.get_json()["status"]) == (200, "approved")


def test_a_calendar_has_an_etag_and_hides_whose_booking_it_is(world: World) -> None:
    house = world.house
    made = world.call(house.researcher, "POST", "/bookings", world.wish(purpose="秘密样品")).get_json()
    path = f"/instruments/{world.laser.id}/calendar?start=2026-03-03T00:00:00%2B08:00&end=2026-03-04T00:00:00%2B08:00"
    seen = world.call(house.colleague, "GET", path)
    assert "秘密样品" not in seen.text
    assert made["id"] not in seen.text
    assert world.call(house.colleague, "GET", path, If_None_Match=seen.headers["ETag"]).status_code == 304
    mine = world.call(house.researcher, "GET", path)
    assert made["id"] in mine.text
    world.call(house.researcher, "POST", f"/bookings/{made['id']}/cancel")
    fresh = world.call(house.colleague, "GET", path, If_None_Match=seen.headers["ETag"])
    assert fresh.status_code == 200
    assert not [one for one in fresh.get_json()["items"] if one["kind"] == "booking"]


def test_a_quote_writes_nothing_and_names_what_stands_against_it(world: World) -> None:
    wish = {key: value for key, value in world.wish("08:00", "12:00").items() if key != "purpose"}
    told = world.call(world.house.researcher, "POST", "/quotes", wish)
    assert told.status_code == 200
    shown = told.get_json()
    assert shown["amount_fen"] == 40_000
    assert shown["lines"][0]["quantity"] == "4.00"
    assert [one["rule"] for one in shown["violations"]] == ["opening_hours"]
    assert db.session.scalar(select(func.count()).select_from(BOOKING)) == 0


def test_lists_are_bounded_and_only_of_what_one_may_know(world: World) -> None:
    house = world.house
    for hour in ("09", "11", "13"):
        world.call(house.researcher, "POST", "/bookings", world.wish(f"{hour}:00", f"{hour}:30"))
    world.call(house.colleague, "POST", "/bookings", world.wish("15:00", "15:30"))
    page = world.call(house.researcher, "GET", "/bookings?per_page=2&page=2").get_json()
    assert (page["total"], page["page"], page["per_page"], len(page["items"])) == (3, 2, 2, 1)
    all_of = world.call(house.manager, "GET", f"/bookings?instrument={world.laser.id}&status=approved")
    assert all_of.get_json()["total"] == 4
    part = world.call(
        house.manager, "GET", "/bookings?from=2026-03-03T11:15:00%2B08:00&to=2026-03-03T13:00:00%2B08:00"
    )
    assert part.get_json()["total"] == 1
    assert world.call(house.manager, "GET", "/bookings?status=late").status_code == 422


def test_availability_across_a_category(world: World) -> None:
    world.call(world.house.colleague, "POST", "/bookings", world.wish("08:30", "17:30"))
    found = world.call(
        world.house.researcher,
        "GET",
        "/availability?category=040000&duration=PT2H&from=2026-03-03T00:00:00%2B08:00&limit=3",
    )
    assert found.status_code == 200
    items = found.get_json()["items"]
    assert items[0]["instrument_id"] == str(world.house.instrument.id)
    assert items[0]["start"] == "2026-03-03T08:30:00+08:00"
    assert items[0]["amount_fen"] == 20_000


def test_use_by_api(world: World) -> None:
    house = world.house
    made = world.call(house.researcher, "POST", "/bookings", world.wish("10:30", "12:00") | {
        "start": "2026-03-02T10:30:00+08:00", "end": "2026-03-02T12:00:00+08:00"}).get_json()  # fmt: skip
    path = f"/bookings/{made['id']}"
    early = world.call(house.researcher, "POST", f"{path}/check-in")
    assert early.status_code == 422
    assert early.get_json()["violations"][0]["rule"] == "check_in_early_minutes"
    with time_machine.travel(cast.clock(0, "10:20"), tick=False):
        assert world.call(house.researcher, "POST", f"{path}/check-in").get_json()["status"] == "in_use"
    assert world.call(house.researcher, "POST", f"{path}/cancel").status_code == 409
    with time_machine.travel(cast.clock(0, "11:00"), tick=False):
        out = world.call(house.researcher, "POST", f"{path}/check-out").get_json()
        assert (out["status"], out["checked_out_at"]) == ("completed", "2026-03-02T11:00:00+08:00")
        freed = world.call(house.colleague, "POST", "/bookings", world.wish() | {
            "start": "2026-03-02T11:00:00+08:00", "end": "2026-03-02T12:00:00+08:00"})  # fmt: skip
        assert freed.status_code == 201


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_instants_at_the_end_of_the_calendar_are_wrong_input_not_a_fault(world: World, year: str) -> None:
    day = f"{year}-12-31" if year == "9999" else f"{year}-01-01"
    wish = world.wish() | {"start": f"{day}T09:00:00+08:00", "end": f"{day}T10:00:00+08:00"}
    who, on = world.house.researcher, world.laser.id
    window = f"start={day}T00:00:00%2B08:00&end={day}T23:00:00%2B08:00"
    assert world.call(who, "POST", "/bookings", wish).status_code == 422
    quoted = {name: wish[name] for name in ("instrument_id", "start", "end")}
    assert world.call(who, "POST", "/quotes", quoted).status_code == 422
    assert world.call(who, "GET", f"/instruments/{on}/calendar?{window}").status_code == 422
    page = f"/instruments/{on}?tab=book&start={day}T09:00&end={day}T10:00"
    assert world.client.get(page).status_code == 200
    assert world.client.get(f"/instruments/{on}/week?start={day}&end=9999-12-31").status_code == 400


def test_a_nul_is_wrong_input_on_every_database(world: World) -> None:
    who = world.house.researcher
    no = world.call(who, "POST", "/bookings", world.wish(purpose="a\0b"))
    assert (no.status_code, no.get_json()["fields"][0]["field"]) == (422, "purpose")
    assert world.call(who, "POST", "/bookings", world.wish(answers={"x": "a\0"})).status_code == 422
    assert world.call(who, "GET", "/instruments?q=%00").status_code == 400
    assert world.client.get("/instruments?q=%00").status_code == 400
    assert world.client.post("/sign-in", data={"username": "a\0"}).status_code == 400


def test_a_span_that_ends_before_it_starts_is_said_at_its_end_in_both_languages(world: World) -> None:
    for language, words in (("zh-CN", "结束时间须晚于开始时间"), ("en", "must come after the start")):
        no = world.call(
            world.house.researcher,
            "POST",
            "/bookings",
            world.wish("10:00", "09:00"),
            Accept_Language=language,
        )
        (field,) = no.get_json()["fields"]
        assert (no.status_code, field["field"]) == (422, "end")
        assert words in field["message"]
