"""Joining: requests of persons, invitations, companies; what nobody is told, and what each refusal leaves behind."""

from __future__ import annotations

import io
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from PIL import Image
from sqlalchemy import select

from sharing.kernel import files
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import SHANGHAI
from sharing.network import queries as network
from sharing.people import queries, service
from sharing.people.models import Enterprise, Invitation, SignUp, User
from sharing.people.rules import Role, ScopeKind
from tests import cast
from tests.harness.browser import KEPT, Browser
from tests.people.joining import asking, invited, mails

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


# --- persons -------------------------------------------------------------------------------------------------


def test_a_person_asks_is_accepted_and_sets_her_password_by_mail(app: Flask, house: cast.House) -> None:
    asked = Browser(app).post("/sign-up", asking(house, message="张慧老师的学生"))
    assert (asked.status_code, "已收到" in asked.text) == (200, True)
    assert [row.topic for row in mails("li.jingyi@uni.example")] == ["people.sign-up-received"]
    assert [row.topic for row in mails("admin@example.test")] == ["people.sign-up-waiting"]
    admin = Browser(app).sign_in(house.admin)
    assert "张慧老师的学生" in admin.get("/people/requests").text
    row = db.session.scalars(select(SignUp)).one()
    assert admin.post(f"/people/requests/{row.id}/accept").status_code == 303
    welcome = mails("li.jingyi@uni.example")[-1]
    assert welcome.topic == "people.welcome"
    newcomer = Browser(app)
    assert newcomer.post(welcome.facts["url"], password=NEW, again=NEW).status_code == 303
    db.session.rollback()  # what was asked meanwhile is written
    person = queries.person_by_username("li.jingyi")
    assert person is not None
    assert person.institution_id == house.university.id
    assert newcomer.post("/sign-in", username="li.jingyi", password=NEW).status_code == 303
    actor = queries.actor(person.id, cast.NOW)
    assert actor is not None
    assert actor.has("booking.submit")
    with pytest.raises(Refused, match="invalid-transition"):
        service.refuse_sign_up(row.id, reason="x", by=cast.actor(house.admin), now=cast.NOW)


def test_a_refusal_says_why_and_leaves_no_account(app: Flask, house: cast.House) -> None:
    row = cast.sign_up(house.university, email="who@else.example")
    admin = Browser(app).sign_in(house.admin)
    assert admin.post(f"/people/requests/{row.id}/refuse", reason="").status_code == 303
    assert mails("who@else.example") == []
    admin.post(f"/people/requests/{row.id}/refuse", reason="不是本校人员")
    assert mails("who@else.example")[-1].facts["note"] == "不是本校人员"
    assert queries.person_by_email("who@else.example") is None
    assert "不是本校人员" in admin.get("/people/requests?state=decided").text


def test_nothing_shown_says_whether_an_address_is_known(app: Flask, house: cast.House) -> None:
    pages = []
    for number, email in enumerate(("researcher@example.test", "nobody-knows@example.test")):
        answer = Browser(app, f"10.0.0.{number}").post("/sign-up", asking(house, email=email))
        assert answer.status_code == 200
        pages.append(answer.text.replace(email, "…").split("<main")[1].split("</main>")[0])
    assert pages[0] == pages[1]
    assert [row.topic for row in mails("researcher@example.test")] == ["people.known"]
    assert [row.email for row in db.session.scalars(select(SignUp))] == ["nobody-knows@example.test"]


def test_one_request_waits_at_a_time_and_an_address_cannot_flood(app: Flask, house: cast.House) -> None:
    browser = Browser(app)
    answers = [browser.post("/sign-up", asking(house)).status_code for _n in range(7)]
    assert answers == [200] * 5 + [429] * 2
    assert len(db.session.scalars(select(SignUp)).all()) == 1
    assert len(mails("admin@example.test")) == 1


def test_a_company_is_not_joined_as_an_institution(app: Flask, house: cast.House) -> None:
    browser = Browser(app)
    assert "滇池制药" not in browser.get("/sign-up").text
    assert browser.post("/sign-up", asking(house, institution="firm")).status_code == 404
    assert browser.post("/sign-up", asking(house, institution="none")).status_code == 422


def test_a_staff_number_that_is_known_is_not_given_twice(app: Flask, house: cast.House) -> None:
    row = cast.sign_up(house.university, staff_no=house.researcher.staff_no)
    with pytest.raises(Refused, match="duplicate"):
        service.accept_sign_up(row.id, link=str, by=cast.actor(house.admin), now=cast.NOW)
    assert queries.sign_up(row.id).state == "waiting"  # type: ignore[union-attr]


# --- invitations ---------------------------------------------------------------------------------------------


NEWCOMER = {"name": "王芳", "username": "Wang.Fang", "password": NEW, "again": NEW}


def test_a_head_invites_a_member_whose_link_works_once(app: Flask, house: cast.House) -> None:
    secret = invited(house, "wang@x.example", Role.RESEARCHER, ScopeKind.GROUP, house.group.id, house.head)
    stored = db.session.scalars(select(Invitation)).one()
    assert secret.encode() not in stored.secret_hash
    browser = Browser(app)
    page = browser.get(f"/invitations/{secret}")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert browser.post(f"/invitations/{secret}", NEWCOMER | {"again": "x"}).status_code == 422
    assert browser.post(f"/invitations/{secret}", NEWCOMER).status_code == 303
    db.session.rollback()  # what was asked meanwhile is written
    person = queries.person_by_username("wang.fang")
    assert person is not None
    assert (person.email, person.institution_id) == ("wang@x.example", house.university.id)
    assert [group.id for group in queries.groups_of(person.id, cast.TODAY)] == [house.group.id]
    assert browser.get(f"/invitations/{secret}").status_code == 410
    assert browser.post(f"/invitations/{secret}", NEWCOMER | {"username": "b2"}).status_code == 410


def test_an_address_fills_the_form_of_an_invitation(app: Flask, house: cast.House) -> None:
    """As the page of an institution without an administrator leads there."""
    page = Browser(app).sign_in(house.province_admin)
    text = page.get("/people/invitations?role=institution_admin&scope=institution:other").text
    assert '<option value="institution_admin" selected>' in text
    assert '<option value="institution:other" selected>' in text


def test_a_link_ends_when_it_is_old_withdrawn_or_its_sender_may_no_longer(
    app: Flask, house: cast.House, monday: Any
) -> None:
    def one(email: str) -> str:
        return invited(house, email, Role.MANAGER, ScopeKind.INSTITUTION, house.university.id, house.admin)

    who = service.Newcomer("someone", "某人", NEW)
    old, taken_back = one("old@x.example"), one("back@x.example")
    row = next(r for r in db.session.scalars(select(Invitation)) if r.email == "back@x.example")
    service.withdraw_invitation(row.id, by=cast.actor(house.admin), now=cast.NOW)
    replaced, again = one("twice@x.example"), one("twice@x.example")
    orphan = one("orphan@x.example")
    cast.user("second", role="institution_admin", at=house.university)
    service.leave(house.admin.id, reason="调离", by=cast.actor(house.zone_admin), now=cast.NOW)
    for secret, at in (
        (old, cast.NOW + timedelta(days=7)),
        (taken_back, cast.NOW),
        (replaced, cast.NOW),
        (again, cast.NOW),
        (orphan, cast.NOW),
    ):
        with pytest.raises(Refused, match="link-expired"):
            service.accept_invitation(secret, who=who, now=at)
    assert queries.person_by_username("someone") is None


def test_whoever_has_an_account_takes_the_role_up_with_it(app: Flask, house: cast.House) -> None:
    secret = invited(
        house, "colleague@example.test", Role.MANAGER, ScopeKind.INSTITUTION, house.university.id, house.admin
    )
    visitor = Browser(app)
    assert "请登录后接受邀请" in visitor.get(f"/invitations/{secret}").text
    assert visitor.post(f"/invitations/{secret}", NEWCOMER).status_code == 409
    stranger = Browser(app).sign_in(house.stranger)
    assert stranger.post(f"/invitations/{secret}/accept").status_code == 403
    lin = Browser(app).sign_in(house.colleague)
    assert lin.post(f"/invitations/{secret}/accept").status_code == 303
    db.session.rollback()  # what was asked meanwhile is written
    assert cast.actor(house.colleague).holds(Role.MANAGER)


def test_nobody_invites_to_what_is_not_hers_to_give(app: Flask, house: cast.House) -> None:
    uni, zone = house.university.id, house.zones["kunming"].id
    for by, role, kind, scope_id, said in (
        (house.head, Role.RESEARCHER, ScopeKind.GROUP, house.rivals.id, "forbidden"),
        (house.head, Role.HEAD, ScopeKind.GROUP, house.group.id, "forbidden"),
        (house.admin, Role.ZONE_ADMIN, ScopeKind.ZONE, zone, "forbidden"),
        (house.admin, Role.AUDITOR, ScopeKind.INSTITUTION, uni, "forbidden"),
        (house.admin, Role.HEAD, ScopeKind.INSTITUTION, uni, "invalid-input"),
        (house.admin, Role.MANAGER, ScopeKind.INSTITUTION, uuid.uuid4(), "not-found"),
    ):
        ask = service.Inviting("x@x.example", role, kind, scope_id)
        with pytest.raises(Refused, match=said):
            service.invite(ask, link=str, by=cast.actor(by), now=cast.NOW)
    assert mails("x@x.example") == []


def test_a_name_that_is_taken_is_said_at_its_field(app: Flask, house: cast.House) -> None:
    secret = invited(house, "w@x.example", Role.RESEARCHER, ScopeKind.GROUP, house.group.id, house.head)
    answer = Browser(app).post(f"/invitations/{secret}", NEWCOMER | {"username": "researcher"})
    assert (answer.status_code, "已有人使用" in answer.text) == (422, True)
    assert Browser(app).get(f"/invitations/{secret}").status_code == 200


# --- companies -----------------------------------------------------------------------------------------------


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 80), "white").save(out, kind)
    return out.getvalue()


def company(**fields: Any) -> dict[str, Any]:
    given = {
        "name": "昆明新材料有限公司", "uscc": "91350100m000100y43", "zone": "kunming", "contact": "王磊",
        "email": "wang@firm.example", "phone": "13800000000",
        "licence": (io.BytesIO(cast.LICENCE), "licence.pdf"),
    }  # fmt: skip
    return given | fields


def test_a_company_gets_prices_at_once_books_when_accepted_and_invites_its_staff(
    app: Flask, house: cast.House
) -> None:
    asked = Browser(app).post("/sign-up/enterprise", company())
    assert asked.status_code == 200, asked.text
    received = mails("wang@firm.example")[-1]
    assert datetime.fromisoformat(received.facts["due"]) == datetime(2026, 3, 3, 10, 0, tzinfo=SHANGHAI)
    assert [row.topic for row in mails("zone@example.test")] == ["people.enterprise-waiting"]
    wang = Browser(app)
    assert wang.post(received.facts["url"], password=NEW, again=NEW).status_code == 303
    assert wang.post("/sign-in", username="wang", password=NEW).status_code == 303
    assert "正在审核" in wang.get("/profile").text
    db.session.rollback()  # what was asked meanwhile is written
    person = queries.person_by_username("wang")
    assert person is not None
    token = service.create_token(person.id, label="x", ends_at=None, by=None, now=cast.NOW)
    bearer = {"Authorization": f"Bearer {token}"}
    when = cast.span(2, "09:00", "10:00")
    body = {
        "instrument_id": str(house.instrument.id),
        "start": when.start.isoformat(),
        "end": when.end.isoformat(),
    }
    client = app.test_client()
    assert client.post("/api/v1/quotes", json=body, headers=bearer).get_json()["amount_fen"] == 10_000
    assert client.post("/api/v1/bookings", json=body | {"purpose": "样品"}, headers=bearer).status_code == 403
    assert network.institution_by_uscc("91350100M000100Y43") is None

    row = db.session.scalars(select(Enterprise)).one()
    zone = Browser(app).sign_in(house.zone_admin)
    licence = zone.get(f"/people/enterprises/{row.id}/licence")
    assert (licence.data, licence.mimetype) == (cast.LICENCE, "application/pdf")
    assert licence.headers["Content-Disposition"].startswith("attachment")
    assert zone.post(f"/people/enterprises/{row.id}/accept").status_code == 303
    booked = client.post("/api/v1/bookings", json=body | {"purpose": "样品"}, headers=bearer)
    assert booked.status_code == 201, booked.text

    db.session.rollback()  # what was asked meanwhile is written
    firm = network.institution_by_uscc("91350100M000100Y43")
    assert firm is not None
    scope = f"institution:{firm.code}"
    invite = {"email": "li@firm.example", "role": "enterprise", "scope": scope, "language": "zh-CN"}
    assert wang.post("/people/invitations", invite).status_code == 303
    link = mails("li@firm.example")[-1].facts["url"]
    assert Browser(app).post(link, NEWCOMER).status_code == 303
    db.session.rollback()  # what was asked meanwhile is written
    staff = queries.person_by_username("wang.fang")
    assert staff is not None
    assert (staff.kind, staff.institution_id) == ("enterprise", firm.id)
    actor = queries.actor(staff.id, cast.NOW)
    assert actor is not None
    assert actor.has("booking.submit")
    assert not actor.has("people.read-all")


def test_other_companies_see_nothing_of_it(app: Flask, house: cast.House) -> None:
    row = cast.company(house.zones["kunming"].id)
    service.accept_enterprise(row.id, by=cast.actor(house.zone_admin), now=cast.NOW)
    boss = cast.user("boss", kind="enterprise", role="enterprise_admin", at=house.firm, password_hash=KEPT)
    rival = Browser(app).sign_in(boss)
    assert rival.get("/people/enterprises").status_code == 403
    theirs = queries.grants_of(row.user_id)[0]
    assert rival.get(f"/people/roles/{theirs.id}/end").status_code == 404
    assert row.name not in rival.get("/people/roles").text + rival.get("/people/invitations").text
    assert row.name not in app.test_client().get("/api/v1/institutions?per_page=200").text
    assert row.name not in rival.get("/sign-up").text


def test_a_company_that_is_refused_is_told_why_and_may_ask_again(app: Flask, house: cast.House) -> None:
    Browser(app).post("/sign-up/enterprise", company())
    row = db.session.scalars(select(Enterprise)).one()
    zone = Browser(app).sign_in(house.zone_admin)
    assert zone.post(f"/people/enterprises/{row.id}/refuse", reason="执照看不清").status_code == 303
    assert mails("wang@firm.example")[-1].facts["note"] == "执照看不清"
    assert queries.person_by_email("wang@firm.example") is None
    Browser(app).post("/sign-up/enterprise", company())
    db.session.rollback()  # what was asked meanwhile is written
    assert len(db.session.scalars(select(Enterprise)).all()) == 2


def test_a_known_code_makes_staff_not_a_second_company(app: Flask, house: cast.House) -> None:
    house.firm.uscc = cast.uscc(7)
    db.session.commit()
    row = cast.company(house.zones["kunming"].id, uscc=cast.uscc(7))
    zone = Browser(app).sign_in(house.zone_admin)
    assert "这个代码已登记为" in zone.get("/people/enterprises").text
    zone.post(f"/people/enterprises/{row.id}/accept")
    user = db.session.get_one(User, row.user_id)
    db.session.refresh(user)
    assert user.institution_id == house.firm.id
    assert [grant.role for grant in queries.grants_of(user.id)] == [Role.ENTERPRISE]


def test_the_code_of_a_public_institution_is_no_company(app: Flask, house: cast.House) -> None:
    house.university.uscc = cast.uscc(8)
    db.session.commit()
    row = cast.company(house.zones["kunming"].id, uscc=cast.uscc(8))
    with pytest.raises(Refused, match="duplicate"):
        service.accept_enterprise(row.id, by=cast.actor(house.zone_admin), now=cast.NOW)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_of_a_licence_is_known_by_its_content(kind: str) -> None:
    assert files.sniffed(picture(kind), most_bytes=9999) == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "file-refused"),
        (b"<html>", "file-refused"),
        (b"PK\x03\x04", "file-refused"),
        (b"%PDF-1.4 cut", "file-refused"),
        (b"\x89PNG\r\n\x1a\n", "file-refused"),
        (b"x" * 10_000, "too-large"),
    ],
)
def test_what_is_no_document_or_too_large_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        files.sniffed(data, most_bytes=9_999)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("uscc", "91350100M000100Y44", "校验位不符"),
        ("zone", "nowhere", "请选择片区"),
        ("licence", (io.BytesIO(b"<script>"), "licence.pdf"), "PDF, JPEG, PNG"),
        ("licence", (io.BytesIO(b""), ""), "请选择文件"),
    ],
)
def test_what_is_wrong_with_a_company_stands_at_its_field(
    app: Flask, house: cast.House, field: str, value: Any, said: str
) -> None:
    if isinstance(value, tuple):
        value = (io.BytesIO(value[0].getvalue()), value[1])
    answer = Browser(app).post("/sign-up/enterprise", company(**{field: value}))
    assert (answer.status_code, said in answer.text) == (422, True), answer.text
    assert db.session.scalars(select(Enterprise)).all() == []


# --- API -----------------------------------------------------------------------------------------------------


def test_requests_are_answered_by_the_api(app: Flask, house: cast.House) -> None:
    by = cast.actor(house.zone_admin)
    token = service.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    client, bearer = app.test_client(), {"Authorization": f"Bearer {token}"}
    one, other = cast.sign_up(house.university), cast.sign_up(house.university)
    firm = cast.company(house.zones["kunming"].id)
    listed = client.get("/api/v1/sign-ups", headers=bearer).get_json()
    assert {row["id"] for row in listed["items"]} == {str(one.id), str(other.id)}
    assert client.post(f"/api/v1/sign-ups/{one.id}/accept", headers=bearer).status_code == 200
    refused = client.post(f"/api/v1/sign-ups/{other.id}/refuse", json={"reason": "不是"}, headers=bearer)
    assert refused.status_code == 204
    waiting = client.get("/api/v1/enterprises", headers=bearer).get_json()["items"]
    assert [(row["id"], row["zone"]) for row in waiting] == [(str(firm.id), "kunming")]
    assert client.post(f"/api/v1/enterprises/{firm.id}/accept", headers=bearer).status_code == 200
    again = client.post(f"/api/v1/enterprises/{firm.id}/accept", headers=bearer)
    assert (again.status_code, again.get_json()["status"]) == (409, "accepted")
    body = {"email": "n@x.example", "role": "manager", "scope": f"institution:{house.university.code}"}
    made = client.post("/api/v1/invitations", json=body, headers=bearer)
    assert made.status_code == 201, made.text
    path = f"/api/v1/invitations/{made.get_json()['id']}/withdraw"
    assert [client.post(path, headers=bearer).status_code for _n in range(2)] == [204, 404]
    states = client.get("/api/v1/invitations", headers=bearer).get_json()["items"]
    assert [row["state"] for row in states] == ["withdrawn"]
