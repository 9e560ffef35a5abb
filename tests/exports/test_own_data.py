"""A person's own data: all of hers, nothing of others, no secret; page, API and command give the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask

from sharing.exports import cli
from sharing.kernel.db import db
from sharing.people import service
from tests import cast
from tests.harness.browser import KEPT, Browser


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    found.researcher.password_hash = KEPT
    db.session.commit()
    return found


def test_everything_of_hers_and_nothing_of_anybody_elses(app: Flask, house: cast.House) -> None:
    mine = cast.booking(house.instrument, house.researcher, cast.span(2, "09:00", "10:00"))
    theirs = cast.booking(house.instrument, house.head, cast.span(3, "09:00", "10:00"))
    answer = Browser(app).sign_in(house.researcher).get("/profile/data")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    data = json.loads(answer.text)
    assert [row["email"] for row in data["person"]] == [house.researcher.email]
    assert [row["number"] for row in data["bookings"]] == [mine.number]
    assert theirs.number not in answer.text
    assert data["roles"]
    assert data["sessions"]
    assert "people.sign-in" in {row["action"] for row in data["actions"]}
    assert "secret_hash" not in answer.text
    assert "argon2" not in answer.text


def test_the_api_and_the_command_give_the_same(app: Flask, house: cast.House, tmp_path: Path) -> None:
    by = cast.actor(house.researcher)
    token = service.create_token(by.user_id, label="t", ends_at=None, by=by, now=cast.NOW)
    answer = app.test_client().get("/api/v1/me/data", headers={"Authorization": f"Bearer {token}"})
    out = tmp_path / "data.json"
    run = CliRunner().invoke(cli.own_data, [house.researcher.username, "--out", str(out)])
    assert run.exit_code == 0
    assert CliRunner().invoke(cli.own_data, ["nobody"]).exit_code == 1
    told, kept = answer.get_json(), json.loads(out.read_text("utf-8"))
    assert told["person"] == kept["person"]
    assert token not in out.read_text("utf-8")
