"""Approval chains as administration: what a new one would reach, the page, the API, the command."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from werkzeug.datastructures import MultiDict

from sharing.approval import queries as approvals
from sharing.approval.forms import ChainIn, from_page, to_page
from sharing.approval.rules import StepRole
from sharing.booking import cli, queries
from sharing.kernel.db import db
from sharing.people import service as people
from sharing.registry import queries as registry
from tests import cast
from tests.harness.browser import KEPT, Browser

TOMORROW = cast.TODAY + timedelta(days=1)
DATED = {"valid_from": TOMORROW.isoformat(), "source_document": "校发〔2026〕9 号"}
TWO = {
    "name": "大型仪器",
    "step.0.role": "manager",
    "step.1.role": "institution",
    "step.1.hours": "16",
    "step.1.external": "true",
    "step.1.over_hours": "8",
    "step.1.over_yuan": "5000",
    "step.1.answer": "hazard",
    "step.1.equals": "toxic",
}
CONDITIONS = (
    {"external": True},
    {"minutes_over": 480},
    {"amount_over_fen": 500_000},
    {"answer": "hazard", "equals": "toxic"},
)


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    cast.user("second", role="institution_admin", at=found.university)
    for user in found.people().values():
        user.password_hash = KEPT
    db.session.commit()
    return found


def own(house: cast.House) -> str:
    return f"instrument:{house.instrument.id}"


def effect(said: str, *roles: str, inherit: bool = False) -> queries.ChainEffect:
    asked = ChainIn.model_validate(DATED | {"scope": said, "steps": [{"role": one} for one in roles]})
    scope = registry.scope_said(said)
    return queries.chain_effect(asked.chain(), scope, valid_from=TOMORROW, inherit=inherit, now=cast.NOW)


def test_it_says_the_steps_before_and_after_and_who_would_decide(house: cast.House) -> None:
    found = effect(own(house), "payer", "manager", "institution")
    assert found.before
    assert found.after
    assert [step.role for step in found.before.steps] == ["payer", "manager"]
    assert [step.role for step in found.after.steps] == ["payer", "manager", "institution"]
    assert [(one.role, set(one.names), one.by_payer) for one in found.deciders] == [
        (StepRole.PAYER, set(), True),
        (StepRole.MANAGER, {house.manager.name, house.deputy.name}, False),
        (StepRole.INSTITUTION, {house.admin.name, "人员 second"}, False),
    ]


def test_requests_under_way_are_named_for_they_keep_their_chain(house: cast.House) -> None:
    asked = cast.booking(
        house.instrument, house.researcher, cast.span(3, "09:00", "10:00"), status="requested"
    )
    cast.booking(house.instrument, house.researcher, cast.span(3, "10:00", "11:00"))
    special = cast.instrument(house.university)
    cast.chain("manager", at=special)
    cast.booking(special, house.researcher, cast.span(3, "09:00", "10:00"), status="requested")
    found = effect("institution:uni", "manager")
    assert (found.instruments, found.kept, found.pending) == (1, 1, 1)
    assert [row.id for row in found.shown] == [asked.id]


def test_handing_back_shows_the_wider_chain(house: cast.House) -> None:
    cast.chain("manager", at=house.instrument)
    found = effect(own(house), inherit=True)
    assert found.after
    assert [step.role for step in found.after.steps] == ["payer", "manager"]


def test_a_chain_goes_to_the_page_and_back_unchanged(house: cast.House) -> None:
    asked = from_page(MultiDict(DATED | TWO), "network")
    steps = asked.chain().steps
    assert [(step.role, step.working_hours, step.needed_when) for step in steps] == [
        ("manager", 8, ()),
        ("institution", 16, CONDITIONS),
    ]
    cast.chain(
        "manager",
        {"role": "institution", "working_hours": 16, "needed_when": list(CONDITIONS)},
        at=house.instrument,
    )
    [mine] = approvals.chains([f"instrument:{house.instrument.id}"])
    assert from_page(MultiDict(DATED | to_page(mine)), "network").steps == asked.steps


def test_a_chain_is_looked_at_saved_and_stands_in_the_history(app: Flask, house: cast.House) -> None:
    where = f"/admin/chains/{own(house)}"
    admin = Browser(app).sign_in(house.admin)
    look = admin.post(where, DATED | TWO, step="look")
    assert look.status_code == 200, look.text
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", look.text))
    assert "机主 → 管理单位（外单位用户或超过 8 小时或费用超过 ¥5,000.00或“hazard”答为“toxic”）" in text
    assert (
        f"管理单位 {house.admin.name}、人员 second" in text
        or f"管理单位 人员 second、{house.admin.name}" in text
    )
    assert admin.post(where, DATED | TWO, step="save").status_code == 303
    page = admin.get(where).text
    assert "校发〔2026〕9 号" in page
    db.session.rollback()
    [entry] = approvals.chain_entries(registry.scope_said(own(house)), cast.TODAY)
    assert [step.role for step in entry.row.steps] == ["manager", "institution"]
    assert admin.post(f"/admin/chains/rows/{entry.row.id}/withdraw", reason="重拟").status_code == 303
    assert "重拟" in admin.get(where).text


def test_a_chain_without_anybody_to_decide_is_refused_before_it_is_looked_at(
    app: Flask, house: cast.House
) -> None:
    alone = cast.institution("alone")
    admin = cast.user("alone-admin", role="institution_admin", at=alone, password_hash=KEPT)
    answer = (
        Browser(app)
        .sign_in(admin)
        .post("/admin/chains/institution:alone", DATED | {"step.0.role": "manager"}, step="look")
    )
    assert answer.status_code == 422
    assert "审批人" in answer.text


def test_what_is_wrong_stands_at_its_step(app: Flask, house: cast.House) -> None:
    admin = Browser(app).sign_in(house.admin)
    where = f"/admin/chains/{own(house)}"
    bad = admin.post(where, DATED | TWO | {"step.0.hours": "9999", "step.1.over_hours": "8"}, step="look")
    assert bad.status_code == 422
    assert 'id="step.0.hours-error"' in bad.text
    odd = admin.post(where, DATED | TWO | {"step.1.over_hours": "lang", "step.0.hours": "x"}, step="look")
    assert odd.text.count('class="field__error"') == 2
    none = admin.post(where, DATED, step="save")
    assert none.status_code == 422
    assert "步骤须有 1 至 10 步" in none.text


def test_a_program_looks_enters_and_withdraws(app: Flask, house: cast.House) -> None:
    by = cast.actor(house.admin)
    token = people.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    client, mine = app.test_client(), {"Authorization": f"Bearer {token}"}
    body = DATED | {
        "scope": own(house),
        "steps": [{"role": "manager"}, {"role": "institution", "needed_when": [{"external": True}]}],
    }
    look = client.post("/api/v1/chains/preview", json=body, headers=mine)
    assert look.status_code == 200, look.text
    assert [one["role"] for one in look.json["after"]] == ["manager", "institution"]
    made = client.post("/api/v1/chains", json=body, headers=mine | {"If-Match": '"0"'})
    assert made.status_code == 201, made.text
    assert client.post("/api/v1/chains", json=body, headers=mine | {"If-Match": '"0"'}).status_code == 412
    [row] = client.get(f"/api/v1/chains?scope={own(house)}", headers=mine).json["items"]
    assert row["steps"][1] == {"role": "institution", "working_hours": 8, "needed_when": [{"external": True}]}
    nonsense = body | {"steps": [{"role": "manager", "needed_when": [{"minutes_over": "long"}]}]}
    assert client.post("/api/v1/chains/preview", json=nonsense, headers=mine).status_code == 422
    assert (
        client.post(f"/api/v1/chains/{row['id']}/withdraw", json={"reason": "x"}, headers=mine).status_code
        == 204
    )


def test_the_command_enters_what_a_file_says(app: Flask, house: cast.House, tmp_path: Path) -> None:
    file, run = tmp_path / "chain.json", CliRunner().invoke
    file.write_text(json.dumps(DATED | {"steps": [{"role": "institution"}]}), "utf-8")
    with app.app_context():
        look = run(cli.chain, ["enter", "--at", "institution:uni", str(file), "--dry-run"])
        assert look.exit_code == 0, look.output
        assert json.loads(look.stdout)["instruments"] == 1
        made = run(cli.chain, ["enter", "--at", "institution:uni", str(file)])
        assert made.exit_code == 0, made.output
        assert run(cli.chain, ["withdraw", made.stdout.strip(), "--reason", "重拟"]).exit_code == 0
        [row] = run(cli.chain, ["list", "--at", "institution:uni"]).stdout.splitlines()
        assert json.loads(row)["standing"] == "withdrawn"
