"""Orders as JSON: what a program relies on."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from sharing.orders.cli import order
from sharing.people import service as people
from sharing.people.models import User
from tests import cast
from tests.orders.world import PDF, World, world

LINE = {"item": "机时", "quantity": "1.5", "unit": "小时", "unit_price_fen": 12_001}


@pytest.fixture
def at(app: Flask) -> Iterator[World]:
    with time_machine.travel(cast.NOW, tick=False):
        yield world()


@pytest.fixture
def call(app: Flask, at: World) -> Any:
    client, tokens = app.test_client(), {}

    def ask(who: User, method: str, path: str, body: Any = None, *, form: Any = None, key: str = "") -> Any:
        if who.username not in tokens:
            tokens[who.username] = people.create_token(who.id, label="t", ends_at=None, by=None, now=cast.NOW)
        headers = {"Authorization": f"Bearer {tokens[who.username]}"} | (
            {"Idempotency-Key": key} if key else {}
        )
        if form is not None:
            return client.open(f"/api/v1{path}", method=method, data=form, headers=headers)
        data = None if body is None else json.dumps(body)
        return client.open(
            f"/api/v1{path}", method=method, data=data, headers=headers, content_type="application/json"
        )

    return ask


def asked(at: World) -> dict[str, Any]:
    return {
        "instrument_id": str(at.lab.id),
        "what": "粒度分布",
        "samples": 5,
        "nature": "粉末",
        "hazards": ["toxic"],
        "wanted_on": "2026-04-01",
        "after": "return",
        "return_to": "昆明",
    }


def test_an_order_by_the_api_from_asking_to_the_accepted_result(at: World, call: Any) -> None:
    firm, manager = at.customer, at.house.manager
    made = call(firm, "POST", "/orders", asked(at), key="one")
    assert made.status_code == 201, made.text
    order = made.json
    assert made.headers["Location"] == f"/api/v1/orders/{order['id']}"
    assert (order["status"], order["turn"], order["external"]) == ("asked", "house", True)
    assert call(firm, "POST", "/orders", asked(at), key="one").data == made.data
    path = f"/orders/{order['id']}"
    quote = {
        "revision": 1,
        "lines": [LINE],
        "valid_until": "2026-03-20T17:00:00+08:00",
        "result_on": "2026-03-27",
    }
    quoted = call(manager, "POST", f"{path}/quote", quote).json
    assert (quoted["amount_fen"], quoted["quotes"][0]["lines"][0]["quantity"]) == (18_002, "1.5")
    late = call(manager, "POST", f"{path}/quote", quote)
    assert (late.status_code, late.json["type"], late.json["revision"]) == (409, "/problems/edit-conflict", 2)
    stale = call(firm, "POST", f"{path}/accept", {"version": 7})
    assert (stale.status_code, stale.json["version"], stale.json["changed"]) == (409, 1, [])
    assert call(firm, "POST", f"{path}/accept", {"version": 1}).json["status"] == "accepted"
    slot = {
        "start": "2026-03-05T09:00:00+08:00",
        "end": "2026-03-05T11:00:00+08:00",
        "operator_id": str(manager.id),
    }
    missing = call(manager, "POST", f"{path}/schedule", slot)
    assert (missing.status_code, missing.json["missing"]) == (409, ["contract"])
    form = {"kind": "service", "file": (io.BytesIO(PDF), "合同.pdf")}
    assert call(firm, "POST", f"{path}/contract", form=form).json["contract"]["registered"] is False
    laid = call(manager, "POST", f"{path}/schedule", slot).json
    assert (laid["slot"], laid["operator"]["id"]) == (
        {"start": slot["start"], "end": slot["end"]}, str(manager.id),
    )  # fmt: skip
    assert call(manager, "POST", f"{path}/receive").json["status"] == "received"
    form = {"note": "已平行测定", "files": [(io.BytesIO(PDF), "甲.pdf"), (io.BytesIO(b"a,b\n"), "乙.csv")]}
    delivered = call(manager, "POST", f"{path}/results", form=form).json
    results = [one for one in delivered["files"] if one["kind"] == "result"]
    assert sorted(one["name"] for one in results) == ["乙.csv", "甲.pdf"]
    assert call(firm, "GET", results[0]["url"].removeprefix("/api/v1")).status_code == 200
    assert call(at.house.zone_admin, "GET", results[0]["url"].removeprefix("/api/v1")).status_code == 404
    done = call(firm, "POST", f"{path}/accept-result", {"note": "谢谢"}).json
    assert (done["status"], done["turn"], done["allowed"]) == ("done", None, [])


def test_a_taken_slot_is_a_conflict_and_rules_are_named(at: World, call: Any) -> None:
    first, second = at.scheduled(), at.accepted()
    body = {"start": "2026-03-05T10:00:00+08:00", "end": "2026-03-05T12:00:00+08:00"}
    body["operator_id"] = str(at.house.manager.id)
    taken = call(at.house.manager, "POST", f"/orders/{second.id}/schedule", body)
    assert (taken.status_code, taken.json["type"]) == (409, "/problems/booking-conflict")
    assert taken.json["conflicts"][0]["start"] == "2026-03-05T09:00:00+08:00"
    night = body | {"start": "2026-03-05T22:00:00+08:00", "end": "2026-03-05T23:00:00+08:00"}
    broken = call(at.house.manager, "POST", f"/orders/{second.id}/schedule", night)
    assert [one["rule"] for one in broken.json["violations"]] == ["opening_hours"]
    assert first.slot


def test_bad_bodies_name_every_field(at: World, call: Any) -> None:
    bad = call(at.customer, "POST", "/orders", asked(at) | {"samples": 0, "hazards": ["loud"], "extra": 1})
    assert bad.status_code == 422
    assert {one["field"] for one in bad.json["fields"]} == {"samples", "hazards.0", "extra"}
    row = at.asked()
    quote = {"revision": 1, "lines": [LINE | {"quantity": "1.555"}], "valid_until": "2026-03-20"}
    bad = call(at.house.manager, "POST", f"/orders/{row.id}/quote", quote)
    assert {one["field"] for one in bad.json["fields"]} == {"lines.0.quantity", "valid_until"}


def test_lists_are_filtered_by_side_status_and_words(at: World, call: Any) -> None:
    at.quoted()
    at.asked()
    found = call(at.house.manager, "GET", "/orders?side=house&waiting=true").json
    assert (found["total"], found["items"][0]["status"]) == (1, "asked")
    found = call(at.customer, "GET", "/orders?status=quoted&status=asked&q=钴酸锂&per_page=1").json
    assert (found["total"], len(found["items"])) == (2, 1)
    assert call(at.house.stranger, "GET", "/orders").json["total"] == 0


def test_an_instrument_says_whether_it_takes_orders(at: World, call: Any) -> None:
    shown = call(at.customer, "GET", f"/instruments/{at.lab.id}").json
    assert (shown["booking_mode"], shown["offers_service"]) == ("service_only", False)


def test_the_command_lists_orders_and_shows_one(app: Flask, at: World) -> None:
    row = at.quoted()
    at.asked()
    run = app.test_cli_runner()
    listed = run.invoke(order, ["list", "--status", "quoted", "--instrument", at.lab.code])
    assert listed.exit_code == 0, listed.output
    assert (listed.stdout.count("KM-2026-"), row.number in listed.stdout) == (1, True)
    assert run.invoke(order, ["list", "--overdue"]).stdout.count("KM-2026-") == 0
    shown = json.loads(run.invoke(order, ["show", row.number]).stdout)
    assert (shown["number"], shown["quotes"][0]["amount_fen"]) == (row.number, 46_250)
    assert run.invoke(order, ["show", "KM-2026-999999"]).exit_code == 1
