"""The people of a house: who sees them, a way back in given by hand, and leaving for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from sharing.audit.models import AuditEvent
from sharing.booking import jobs
from sharing.booking.models import Booking
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.notify.models import Outgoing
from sharing.people import cli, queries, service
from sharing.people.models import User
from tests import cast
from tests.harness.browser import KEPT, Browser

NEW = "滇池的水很清，也很深很蓝"


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


def mails(to: User) -> list[Outgoing]:
    db.session.rollback()
    return list(db.session.scalars(select(Outgoing).where(Outgoing.address == to.email)))


def token_of(user: User) -> str:
    by = cast.actor(user)
    return service.create_token(by.user_id, label="t", ends_at=None, by=by, now=cast.NOW)


# --- who sees whom -------------------------------------------------------------------------------------------


def test_an_administrator_sees_the_people_of_the_house_and_nobody_elses(
    app: Flask, house: cast.House
) -> None:
    admin = Browser(app).sign_in(house.admin)
    page = admin.get("/people/persons").text
    assert house.researcher.name in page
    assert house.stranger.name not in page
    assert house.researcher.name not in admin.get("/people/persons?q=stranger").text
    assert admin.get(f"/people/persons/{house.researcher.id}").status_code == 200
    assert admin.get(f"/people/persons/{house.stranger.id}").status_code == 404


def test_the_list_is_paged_and_a_page_costs_the_same_for_one_and_for_many(
    app: Flask, house: cast.House
) -> None:
    within = cast.actor(house.admin).scopes("people.read-all")
    before = queries.people("", within).total
    for number in range(12):
        cast.user(f"many{number}", institution=house.university)
    found = queries.people("", within, per_page=5, page=2)
    assert (found.total, len(found.items)) == (before + 12, 5)


# --- a way back in -------------------------------------------------------------------------------------------


def test_a_link_is_mailed_works_once_and_is_audited_with_both_names(app: Flask, house: cast.House) -> None:
    admin = Browser(app).sign_in(house.admin)
    assert admin.post(f"/people/persons/{house.researcher.id}/reset").status_code == 303
    url = mails(house.researcher)[-1].facts["url"]
    row = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "people.reset-given")).one()
    assert (row.actor_id, row.about_id) == (house.admin.id, house.researcher.id)
    other = Browser(app)
    assert other.post(url, password=NEW, again=NEW).status_code == 303
    assert other.get(url).status_code == 410
    assert other.post("/sign-in", username=house.researcher.username, password=NEW).status_code == 303


def test_who_has_no_address_is_handed_a_link_that_is_shown_once(app: Flask, house: cast.House) -> None:
    newcomer = cast.user(institution=house.university, email="", staff_no="20269999")
    admin = Browser(app).sign_in(house.admin)
    page = admin.post(f"/people/persons/{newcomer.id}/reset")
    assert page.headers["Cache-Control"] == "no-store"
    url = "/reset/" + page.text.split("/reset/")[1].split('"')[0].split("<")[0]
    assert "/reset/" not in admin.get(f"/people/persons/{newcomer.id}").text
    other = Browser(app)
    assert other.post(url, password=NEW, again=NEW).status_code == 303
    assert other.post("/sign-in", username="20269999", password=NEW).status_code == 303


def test_nobody_helps_himself_to_a_role_that_is_not_his_to_give(app: Flask, house: cast.House) -> None:
    boss = cast.user("boss", role="province_admin", institution=house.university, email="")
    for who in (boss, house.admin, house.stranger):
        with pytest.raises(Refused, match="forbidden"):
            service.help_in(who.id, link=str, by=cast.actor(house.admin), now=cast.NOW)
    gone = cast.user(institution=house.university, left_at=cast.NOW)
    with pytest.raises(Refused, match="not-found"):
        service.help_in(gone.id, link=str, by=cast.actor(house.admin), now=cast.NOW)


# --- leaving -------------------------------------------------------------------------------------------------


def test_leaving_ends_everything_at_once_and_keeps_the_history(app: Flask, house: cast.House) -> None:
    """SCENARIOS 28."""
    lin, token = Browser(app).sign_in(house.researcher), token_of(house.researcher)
    past = cast.booking(
        house.instrument, house.researcher, cast.span(-7, "09:00", "10:00"), status="completed"
    )
    coming = cast.booking(house.instrument, house.researcher, cast.span(2, "09:00", "10:00"))
    running = cast.booking(
        house.instrument, house.researcher, cast.span(0, "08:00", "12:00"), status="in_use"
    )
    admin = Browser(app).sign_in(house.admin)
    page = f"/people/persons/{house.researcher.id}"
    assert admin.post(f"{page}/leave", reason="").status_code == 422
    assert admin.post(f"{page}/leave", reason="毕业").status_code == 303
    assert lin.get("/desk").status_code != 200
    header = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/me", headers=header).status_code == 401
    db.session.rollback()
    assert queries.actor(house.researcher.id, cast.NOW) is None
    assert jobs.left(cast.NOW + timedelta(minutes=1)) == 1
    assert jobs.left(cast.NOW + timedelta(minutes=2)) == 0
    db.session.expire_all()
    states = [db.session.get_one(Booking, one.id).status for one in (past, coming, running)]
    assert states == ["completed", "cancelled", "in_use"]
    assert db.session.get_one(Booking, coming.id).free_cancel
    assert "booking.cancelled" in {row.topic for row in mails(house.manager)}
    admin.get(page)  # says that it is done
    shown = admin.get(page).text
    assert "毕业" in shown
    assert "办理离开" not in shown
    assert house.researcher.name in admin.get("/people/persons?state=left").text
    assert queries.persons([house.researcher.id])[house.researcher.id].name == house.researcher.name


def test_the_api_and_the_command_do_the_same(app: Flask, house: cast.House) -> None:
    other = cast.user("by-command", institution=house.university, email="")
    client, header = app.test_client(), {"Authorization": f"Bearer {token_of(house.admin)}"}
    found = client.get("/api/v1/people?q=researcher", headers=header).get_json()
    assert str(house.researcher.id) in {one["id"] for one in found["items"]}
    path = f"/api/v1/people/{house.researcher.id}"
    assert client.post(f"{path}/reset", headers=header).get_json() == {"url": None}
    assert client.post(f"{path}/leave", headers=header, json={"reason": "毕业"}).status_code == 204
    assert client.post(f"{path}/leave", headers=header, json={"reason": "毕业"}).status_code == 404
    db.session.rollback()
    run = CliRunner().invoke(cli.user, ["reset", "by-command"])
    assert (run.exit_code, run.output[:7]) == (0, "/reset/")
    assert CliRunner().invoke(cli.user, ["leave", "by-command", "--reason", "x"]).exit_code == 0
    assert CliRunner().invoke(cli.user, ["leave", "by-command", "--reason", "x"]).exit_code == 1
    db.session.rollback()
    gone = queries.person(other.id)
    assert gone is not None
    assert gone.left


# --- groups --------------------------------------------------------------------------------------------------


def test_a_group_is_entered_with_its_head_who_runs_it(app: Flask, house: cast.House) -> None:
    head = cast.user("new-head", institution=house.university, password_hash=KEPT, staff_no="T88")
    admin = Browser(app).sign_in(house.admin)
    form = {"institution": house.university.code, "code": "uni-optics", "name": "光学组", "head": "T88"}
    assert admin.post("/people/groups", form | {"head": "nobody"}).status_code == 422
    assert admin.post("/people/groups", form).status_code == 303
    assert admin.post("/people/groups", form).status_code == 409
    assert "光学组" in admin.get("/people/groups").text
    db.session.rollback()
    group = queries.group_by_code("uni-optics")
    assert group is not None
    client, header = app.test_client(), {"Authorization": f"Bearer {token_of(head)}"}
    path = f"/api/v1/groups/{group.id}/members"
    who = {"who": house.researcher.staff_no}
    assert client.post(path, headers=header, json=who).status_code == 204
    assert client.post(path, headers=header, json=who).status_code == 409
    assert client.post(f"{path}/{house.researcher.id}/end", headers=header).status_code == 204
    stranger = {"Authorization": f"Bearer {token_of(house.head)}"}
    assert client.post(path, headers=stranger, json=who).status_code == 404


def test_the_command_enters_groups_and_their_members(app: Flask, house: cast.House) -> None:
    number, code, head = str(house.researcher.staff_no), house.university.code, house.admin.username
    db.session.rollback()
    run = CliRunner().invoke
    made = run(cli.group, ["add", "g-1", "--name", "组", "--institution", code, "--head", head])
    assert made.exit_code == 0
    assert run(cli.group, ["join", "g-1", number]).exit_code == 0
    assert run(cli.group, ["part", "g-1", number, "--reason", "毕业"]).exit_code == 0
    assert run(cli.group, ["join", "g-2", number]).exit_code == 1


def test_a_head_of_another_house_heads_nothing_here(app: Flask, house: cast.House) -> None:
    with pytest.raises(Refused, match="not-found"):
        service.open_group(
            code="x1", name="x", name_en="", institution_id=house.university.id, head_id=house.stranger.id,
            by=cast.actor(house.admin), now=cast.NOW,
        )  # fmt: skip
    assert queries.group_by_code("x1") is None
