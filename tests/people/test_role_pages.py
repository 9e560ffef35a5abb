"""Roles on the page, by the API and the command: who may give and end what, the last administrator, history."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.notify.models import Message
from sharing.people import cli, queries, service
from sharing.people.rules import (
    GIVES,
    RIGHTS,
    Actor,
    Grant,
    Role,
    ScopeFilter,
    ScopeKind,
    ScopePath,
    may_give,
)
from tests import cast
from tests.harness.browser import KEPT, Browser

EVERYWHERE = ScopeFilter(everything=True)


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


def held(house: cast.House, **asked: Any) -> list[queries.HeldRow]:
    return list(queries.roles(queries.RolesAsked(per_page=200, **asked), EVERYWHERE, cast.TODAY).items)


# --- the rule ------------------------------------------------------------------------------------------------

KEYS = [uuid.UUID(int=n) for n in range(1, 4)]
SCOPES = st.sampled_from(
    [(kind, None if kind is ScopeKind.NETWORK else key) for kind in ScopeKind for key in KEYS]
)
PATHS = st.builds(ScopePath, *(st.sampled_from([None, *KEYS]) for _part in range(4)))
ADMINISTRATIVE = {role for role in Role if role in RIGHTS["people.manage"]}


@given(role=st.sampled_from(Role), scope=SCOPES, given_role=st.sampled_from(Role), path=PATHS)
def test_nobody_gives_outside_her_scope_or_above_her_rank(
    role: Role, scope: tuple[ScopeKind, Any], given_role: Role, path: ScopePath
) -> None:
    by = Actor(KEYS[0], "a", "A", grants=(Grant(role, *scope),))
    if may_give(by, given_role, path):
        assert path.within(*scope)
        assert by.may("people.manage", path)
        assert GIVES[given_role] <= GIVES[role] if given_role in GIVES else given_role in GIVES[role]


def test_only_administrators_give_and_only_the_province_names_auditors() -> None:
    assert set(GIVES) == ADMINISTRATIVE
    assert [role for role, gives in GIVES.items() if Role.AUDITOR in gives] == [Role.PROVINCE_ADMIN]


# --- the service ---------------------------------------------------------------------------------------------


def grant_id(house: cast.House, who: Any, role: str) -> uuid.UUID:
    return next(row.id for row in held(house, user_id=who.id) if row.role == role)


def test_the_last_administrator_of_a_house_is_not_lost_unnoticed(app: Flask, house: cast.House) -> None:
    only = grant_id(house, house.admin, "institution_admin")
    by = cast.actor(house.zone_admin)
    with pytest.raises(Refused, match="last-administrator") as no:
        service.end_grant(only, reason="调离", by=by, now=cast.NOW)
    assert no.value.facts == {"can_go_on": True}
    with pytest.raises(Refused, match="last-administrator"):
        service.leave(house.admin.id, reason="调离", by=by, now=cast.NOW)
    service.end_grant(only, reason="调离", by=by, now=cast.NOW, even_last=True)
    told = db.session.scalars(select(Message).where(Message.topic == "people.without-admin")).all()
    assert [row.recipient_id for row in told] == [house.zone_admin.id]
    assert told[0].facts["place"] == "云岭大学"


def test_one_of_two_administrators_goes_quietly(app: Flask, house: cast.House) -> None:
    second = cast.user("second", role="institution_admin", at=house.university)
    service.end_grant(
        grant_id(house, house.admin, "institution_admin"), reason="换届", by=cast.actor(second), now=cast.NOW
    )
    assert db.session.scalars(select(Message).where(Message.topic == "people.without-admin")).all() == []


def test_the_network_always_has_an_administrator(app: Flask, house: cast.House) -> None:
    only = grant_id(house, house.province_admin, "province_admin")
    with pytest.raises(Refused, match="last-administrator") as no:
        service.end_grant(only, reason="x", by=cast.actor(house.province_admin), now=cast.NOW, even_last=True)
    assert no.value.facts == {"can_go_on": False}


def test_a_house_cannot_dismiss_its_auditor_or_whoever_stands_above(app: Flask, house: cast.House) -> None:
    auditor = cast.user("auditor2", role="auditor", at=house.university)
    cast.grant(house.colleague, "zone_admin", house.zones["kunming"])
    by = cast.actor(house.admin)
    with pytest.raises(Refused, match="forbidden"):
        service.end_grant(grant_id(house, auditor, "auditor"), reason="x", by=by, now=cast.NOW)
    for who in (auditor, house.colleague):
        with pytest.raises(Refused, match="forbidden"):
            service.leave(who.id, reason="x", by=by, now=cast.NOW)


def test_the_same_role_is_not_held_twice(app: Flask, house: cast.House) -> None:
    with pytest.raises(Refused, match="duplicate"):
        service.grant(
            house.researcher.id,
            role=Role.RESEARCHER,
            scope_kind=ScopeKind.INSTITUTION,
            scope_id=house.university.id,
            starts_on=cast.TODAY,
            by=cast.actor(house.admin),
            now=cast.NOW,
        )


def test_each_sees_the_roles_of_her_own_scope(app: Flask, house: cast.House) -> None:
    def seen(who: Any) -> set[str]:
        within = cast.actor(who).scopes("people.read-all")
        found = queries.roles(queries.RolesAsked(per_page=200), within, cast.TODAY).items
        return {row.username for row in found}

    assert "stranger" not in seen(house.admin)
    assert {"researcher", "deputy", "admin"} <= seen(house.admin)
    assert "zone" not in seen(house.admin)
    assert {"zone", "admin", "enterprise"} <= seen(house.zone_admin)
    assert "stranger" not in seen(house.zone_admin)
    assert {"stranger", "province", "auditor"} <= seen(house.province_admin)
    assert seen(house.researcher) == set()


# --- the page ------------------------------------------------------------------------------------------------


def test_a_role_is_given_and_ended_on_the_page_and_stays_in_the_history(
    app: Flask, house: cast.House
) -> None:
    admin = Browser(app).sign_in(house.admin)
    scope = f"institution:{house.university.code}"
    form = {"who": house.colleague.staff_no, "role": "manager", "scope": scope, "reason": "任命书 12 号"}
    answer = admin.post("/people/roles", form)
    assert answer.status_code == 303, answer.text
    assert "任命书 12 号" in admin.get("/people/roles?q=colleague").text
    given_id = grant_id(house, house.colleague, "manager")
    page = admin.get(f"/people/roles/{given_id}/end")
    assert "任命书 12 号" in page.text
    assert admin.post(f"/people/roles/{given_id}/end", reason="").status_code == 422
    assert admin.post(f"/people/roles/{given_id}/end", reason="调岗").status_code == 303
    over = admin.get("/people/roles?state=over").text
    assert "调岗" in over
    assert re.search(r"结束：调岗 <span class=\"faint\">人员 admin", over)
    assert admin.post(f"/people/roles/{given_id}/end", reason="再来").status_code == 404


def test_what_is_wrong_stands_at_its_field(app: Flask, house: cast.House) -> None:
    admin = Browser(app).sign_in(house.admin)
    scope = f"institution:{house.university.code}"
    for form, said in (
        ({"who": "nobody", "role": "manager", "scope": scope, "reason": "x"}, "没有这个用户名或工号"),
        ({"who": "colleague", "role": "head", "scope": scope, "reason": "x"}, "这个角色不能授予在这个范围"),
        ({"who": "colleague", "role": "manager", "scope": "zone:nowhere", "reason": "x"}, "没有这个范围"),
        ({"who": "colleague", "role": "manager", "scope": scope, "reason": ""}, "至少 1 个字"),
        (
            {"who": "colleague", "role": "manager", "scope": scope, "reason": "x", "last_on": "2026-03-01"},
            "结束日期不能早于开始日期",
        ),
    ):
        answer = admin.post("/people/roles", form)
        assert (answer.status_code, said in answer.text) == (422, True), said
    refused = admin.post(
        "/people/roles", {"who": "colleague", "role": "zone_admin", "scope": "zone:kunming", "reason": "x"}
    )
    assert refused.status_code == 403


def test_the_last_one_is_asked_about_before_she_goes(app: Flask, house: cast.House) -> None:
    zone = Browser(app).sign_in(house.zone_admin)
    path = f"/people/roles/{grant_id(house, house.admin, 'institution_admin')}/end"
    asked = zone.post(path, reason="调离")
    assert asked.status_code == 409
    assert 'name="even_last"' in asked.text
    assert zone.post(path, reason="调离", even_last="1").status_code == 303


# --- API and command -----------------------------------------------------------------------------------------


def test_roles_by_the_api(app: Flask, house: cast.House) -> None:
    by = cast.actor(house.admin)
    token = service.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    client, bearer = app.test_client(), {"Authorization": f"Bearer {token}"}
    body = {
        "who": "colleague",
        "role": "manager",
        "scope": f"institution:{house.university.code}",
        "reason": "任命",
    }
    made = client.post("/api/v1/roles", json=body, headers=bearer)
    assert made.status_code == 201, made.text
    listed = client.get("/api/v1/roles?role=manager&q=colleague", headers=bearer).get_json()
    assert [(row["id"], row["scope"], row["given_by"]) for row in listed["items"]] == [
        (made.get_json()["id"], f"institution:{house.university.code}", "人员 admin")
    ]
    ended = client.post(f"/api/v1/roles/{made.get_json()['id']}/end", json={"reason": "调岗"}, headers=bearer)
    assert ended.status_code == 204
    over = client.get("/api/v1/roles?state=over", headers=bearer).get_json()["items"]
    assert [(row["end_reason"], row["ended_by"]) for row in over] == [("调岗", "人员 admin")]
    last = grant_id(house, house.admin, "institution_admin")
    no = client.post(f"/api/v1/roles/{last}/end", json={"reason": "走"}, headers=bearer)
    assert (no.status_code, no.get_json()["type"]) == (409, "/problems/last-administrator")


def test_roles_by_the_command(app: Flask, house: cast.House) -> None:
    run = CliRunner().invoke
    at = f"institution:{house.university.code}"
    made = run(cli.role, ["grant", "colleague", "--role", "manager", "--at", at, "--reason", "任命"])
    assert made.exit_code == 0, made.output
    listed = run(cli.role, ["list", "--at", at, "--role", "manager"])
    assert [line.split("\t")[1:4] for line in listed.stdout.splitlines()] == [["colleague", "manager", at]]
    assert run(cli.role, ["end", made.stdout.strip(), "--reason", "调岗"]).exit_code == 0
    assert run(cli.role, ["list", "--at", at, "--role", "manager"]).stdout == ""
    assert "调岗" not in run(cli.role, ["list", "--over"]).stdout.splitlines()[0].split("\t")[2]
    wrong = run(cli.role, ["grant", "colleague", "--role", "head", "--at", at, "--reason", "x"])
    assert (wrong.exit_code, "group" in wrong.output) == (2, True)
