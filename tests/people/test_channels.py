"""Robots of chat programs by API and by command: what the page does, an institution can automate."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from sharing.people import service
from sharing.people.cli import channel
from sharing.people.models import User
from tests import cast

WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1234abcd"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False):
        yield


def bearer(who: User) -> dict[str, str]:
    made = service.create_token(who.id, label="x", ends_at=None, by=None, now=cast.NOW)
    return {"Authorization": f"Bearer {made}"}


def test_a_robot_by_api_is_entered_listed_tried_and_removed(app: Flask, client: FlaskClient) -> None:
    house = cast.house()
    admin, stranger = bearer(house.admin), bearer(house.stranger)
    ask = {"kind": "wecom", "address": WECOM, "groups": ["approval"], "institution": str(house.university.id)}
    made = client.post("/api/v1/channels", json=ask, headers=admin)
    assert made.status_code == 201
    path = f"/api/v1/channels/{made.get_json()['id']}"
    (row,) = client.get("/api/v1/channels", headers=admin).get_json()["items"]
    assert (row["hint"], row["groups"], row["error"]) == ("…abcd", ["approval"], None)
    assert "1234abcd" not in client.get("/api/v1/channels", headers=admin).text
    for method, at in (("POST", f"{path}/try"), ("DELETE", path)):
        assert client.open(at, method=method, headers=stranger).status_code == 404
    assert client.post(f"{path}/try", headers=admin).status_code == 202
    assert client.delete(path, headers=admin).status_code == 204
    assert client.get("/api/v1/channels", headers=admin).get_json()["total"] == 0


def test_what_is_no_robot_or_not_ones_own_house_is_refused(app: Flask, client: FlaskClient) -> None:
    house = cast.house()
    ask = {"kind": "wecom", "address": WECOM}
    mine = bearer(house.researcher)
    for wrong in (
        {"address": "https://evil.example/?key=1"},
        {"kind": "sms"},
        {"groups": "approval"},
        {"groups": ["all"]},
        {"more": 1},
    ):
        assert client.post("/api/v1/channels", json=ask | wrong, headers=mine).status_code == 422, wrong
    assert client.post("/api/v1/channels", json=[ask], headers=mine).status_code == 422
    other = ask | {"institution": str(house.university.id)}
    assert client.post("/api/v1/channels", json=other, headers=mine).status_code == 403
    assert client.post("/api/v1/channels", json=ask).status_code == 401


def test_the_same_by_command(app: Flask) -> None:
    cast.house()
    run = app.test_cli_runner()
    made = run.invoke(
        channel,
        ["set", "--as", "admin", "--kind", "wecom", "--institution", "uni", "--groups", "approval,desk"],
        input=f"{WECOM}\n",
    )
    assert made.exit_code == 0, made.output
    key = made.output.strip()
    listed = run.invoke(channel, ["list", "--as", "admin"]).output
    assert listed.startswith(f"{key}\twecom\t")
    assert WECOM not in listed
    assert run.invoke(channel, ["remove", "--as", "stranger", key]).exit_code == 1
    assert run.invoke(channel, ["try", "--as", "admin", key]).exit_code == 0
    assert run.invoke(channel, ["remove", "--as", "admin", key]).exit_code == 0
    assert run.invoke(channel, ["list", "--as", "admin"]).output == ""
    assert run.invoke(channel, ["set", "--as", "admin", "--kind", "wecom"], input="nonsense\n").exit_code == 1
