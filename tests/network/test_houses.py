"""Zones and institutions: added and used at once, changed, moved, closed; by page, API and command; who may."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from sharing.audit import queries as audit
from sharing.booking import jobs, queries, service
from sharing.booking.rules import Status, Submit
from sharing.kernel.db import db, table_of
from sharing.kernel.refusals import Refused
from sharing.network import queries as network
from sharing.network import service as network_service
from sharing.network.models import Institution
from sharing.notify.models import Message
from sharing.people import service as people
from sharing.people.models import Grant, User
from sharing.people.rules import Role, ScopeKind
from sharing.registry import queries as registry
from sharing.registry import service as registry_service
from sharing.registry.models import Instrument
from sharing.registry.rules.search import Search
from sharing.web import network_command as command
from tests import cast
from tests.harness.browser import KEPT, Browser

DALI = {
    "code": "dali",
    "name": "大理",
    "name_en": "Dali",
    "number_prefix": "DL",
    "position": 5,
    "places": ["532900"],
    "source_document": "云科规〔2026〕9号",
}
JOINS = {
    "code": "DLU",
    "name": "苍山大学",
    "name_en": "Cangshan University",
    "kind": "university",
    "uscc": "125300004312345678",
    "address": "大理市",
    "phone": "0872-1",
    "joined_on": cast.TODAY,
    "source_document": "入网协议 12 号",
}


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


def province(house: cast.House) -> Any:
    return cast.actor(house.province_admin)


def joined(house: cast.House, zone: str = "kunming", **values: Any) -> Any:
    found = network.zone(zone)
    assert found
    return network_service.add_institution(
        JOINS | {"zone_id": found.id} | values, by=province(house), now=cast.NOW
    )


# --- a fifth zone ----------------------------------------------------------------------------------------------


def test_a_new_zone_is_used_at_once(app: Flask, house: cast.House) -> None:
    """Top bar, home, catalogue, numbers: in a process that has shown all of them before."""
    visitor, admin = Browser(app), Browser(app).sign_in(house.province_admin)
    assert "大理" not in visitor.get("/").text
    made = admin.post("/admin/zones/new", **DALI)
    assert made.status_code == 303, made.text
    assert visitor.get("/").text.count("大理") >= 2  # the switch in the bar, the card
    assert visitor.get("/zones/dali").status_code == 200

    uni = db.session.get_one(Institution, joined(house, "dali"))
    row = registry_service.create(
        {"institution": "DLU", "name": "大理电镜", "category": "040102", "zone": "dali", "code": "DLU-1"},
        by=province(house),
        now=cast.NOW,
    )
    found = registry.catalogue(Search(zones=("dali",)), on=cast.TODAY)
    assert [one.id for one in found.page.items] == [row.id]
    assert "dali" in [value.value for value in found.facets["zone"]]
    assert "大理电镜" in visitor.get("/instruments?zone=dali").text
    head, person = (cast.user(name, role="researcher", at=uni) for name in ("dl_head", "dl_person"))
    group = cast.group(uni, head=head, members=[person])
    cast.user("dl_manager", role="manager", at=db.session.get_one(Instrument, row.id), institution=uni)
    ask = Submit(instrument_id=row.id, span=cast.span(1, "09:00", "10:00"), purpose="样品", group_id=group.id)
    assert service.submit(ask, by=cast.actor(person), now=cast.NOW).booking.number == "DL-2026-000001"


def test_a_prefecture_belongs_to_one_zone(house: cast.House) -> None:
    network_service.add_zone(DALI, by=province(house), now=cast.NOW)
    again = DALI | {"code": "north", "number_prefix": "NN", "places": ["532900", "533300"]}
    network_service.add_zone(again, by=province(house), now=cast.NOW)
    places = {row.code: list(row.places) for row in network.zones()}
    assert places["dali"] == []
    assert places["north"] == ["532900", "533300"]


@pytest.mark.parametrize(("field", "other"), [("code", "number_prefix"), ("number_prefix", "code")])
def test_code_and_prefix_are_given_once(house: cast.House, field: str, other: str) -> None:
    network_service.add_zone(DALI, by=province(house), now=cast.NOW)
    fresh = {"code": "elsewhere", "number_prefix": "EW"}[other]
    with pytest.raises(Refused) as no:
        network_service.add_zone(DALI | {other: fresh}, by=province(house), now=cast.NOW)
    assert (no.value.kind, no.value.facts["field"]) == ("duplicate", field)


def test_only_the_province_adds_and_changes_zones(house: cast.House) -> None:
    zone = network.zone("kunming")
    assert zone
    for act in (
        lambda by: network_service.add_zone(DALI, by=by, now=cast.NOW),
        lambda by: network_service.edit_zone(zone.id, {"name": "春城"}, by=by, now=cast.NOW),
    ):
        with pytest.raises(Refused, match="forbidden"):
            act(cast.actor(house.zone_admin))


def test_a_zone_is_renamed_with_its_history(app: Flask, house: cast.House) -> None:
    admin = Browser(app).sign_in(house.province_admin)
    form = {"name": "春城", "name_en": "Kunming", "position": "1", "source_document": "更名通知"}
    assert admin.post("/admin/zones/kunming", **form).status_code == 303
    page = admin.get("/admin/zones/kunming").text
    assert "<del>昆明</del> → <ins>春城</ins>" in page
    assert "春城" in Browser(app).get("/").text


def test_a_form_that_is_wrong_keeps_what_was_typed(app: Flask, house: cast.House) -> None:
    answer = Browser(app).sign_in(house.province_admin).post(
        "/admin/zones/new", **DALI | {"number_prefix": "dl"}
    )  # fmt: skip
    assert answer.status_code == 422
    assert 'value="大理"' in answer.text
    assert "格式不对" in answer.text


# --- an institution --------------------------------------------------------------------------------------------


def test_an_institution_joins_and_names_its_administrator(app: Flask, house: cast.House) -> None:
    admin = Browser(app).sign_in(house.zone_admin)
    form = {**JOINS, "zone": "kunming", "joined_on": "2026-03-02"}
    made = admin.post("/admin/institutions/new", form)
    assert made.status_code == 303, made.text
    page = admin.get(made.location)
    assert "还没有管理员" in page.text
    row = network.institution_by_code("DLU")
    assert row
    chief = cast.user("chief", institution=db.session.get(Institution, row.id), password_hash=KEPT)
    people.grant(
        chief.id, role=Role.INSTITUTION_ADMIN, scope_kind=ScopeKind.INSTITUTION, scope_id=row.id,
        starts_on=cast.TODAY, reason="加入", by=cast.actor(house.zone_admin), now=cast.NOW,
    )  # fmt: skip
    assert "还没有管理员" not in admin.get(made.location).text
    own = Browser(app).sign_in(chief)
    assert own.get("/admin/institutions").status_code == 302
    changed = {"name": "苍山大学", "name_en": "Cangshan University", "kind": "university", "phone": "0872-2"}
    assert own.post(f"/admin/institutions/{row.id}", **changed).status_code == 303
    db.session.rollback()  # what the browser wrote meanwhile is read
    assert [one.action for one in audit.history("institution", row.id)] == [
        "network.institution-added",
        "network.institution",
    ]


def test_a_house_does_not_place_itself(house: cast.House) -> None:
    with pytest.raises(Refused, match="forbidden"):
        network_service.edit_institution(
            house.university.id, {"kind": "agency"}, by=cast.actor(house.admin), now=cast.NOW
        )


def test_a_zone_takes_none_that_is_not_its_own(house: cast.House) -> None:
    other = network.zone("honghe")
    assert other
    with pytest.raises(Refused, match="forbidden"):
        network_service.add_institution(
            JOINS | {"zone_id": other.id}, by=cast.actor(house.zone_admin), now=cast.NOW
        )
    with pytest.raises(Refused, match="forbidden"):
        service.move_house(
            house.university.id,
            out_of=house.university.zone_id,
            into=other.id,
            by=cast.actor(house.zone_admin),
            now=cast.NOW,
        )


def test_code_and_credit_code_are_given_once(house: cast.House) -> None:
    joined(house)
    for change, field in (({"uscc": None}, "code"), ({"code": "OTHER"}, "uscc")):
        with pytest.raises(Refused) as no:
            joined(house, **change)
        assert (no.value.kind, no.value.facts["field"]) == ("duplicate", field)


def test_its_instruments_move_with_it_and_those_elsewhere_stay(house: cast.House) -> None:
    honghe = network.zone("honghe")
    assert honghe
    away = cast.instrument(house.university, zone_id=network.zone("dehong").id)  # type: ignore[union-attr]
    here = house.instrument.id
    service.move_house(
        house.university.id, out_of=house.university.zone_id, into=honghe.id, by=province(house), now=cast.NOW
    )
    rows = registry.instruments([here, away.id])
    assert (rows[here].zone_code, rows[away.id].zone_code) == ("honghe", "dehong")
    assert network.institution(house.university.id).zone_code == "honghe"  # type: ignore[union-attr]


# --- leaving ---------------------------------------------------------------------------------------------------


def close(house: cast.House, institution_id: Any, by: Any = None) -> None:
    service.close_house(
        institution_id, reason="并入他校", source_document="批文", by=by or province(house), now=cast.NOW
    )


def test_leaving_ends_rights_retires_instruments_and_cancels_bookings(house: cast.House) -> None:
    here = cast.booking(house.instrument, house.stranger, cast.span(2, "09:00", "10:00"))
    asked = Submit(
        instrument_id=house.instrument.id,
        span=cast.span(3, "09:00", "10:00"),
        purpose="样品",
        group_id=house.group.id,
    )
    waiting = service.submit(asked, by=cast.actor(house.researcher), now=cast.NOW).booking
    elsewhere = cast.instrument(house.elsewhere, manager=cast.user("om", institution=house.elsewhere))
    away = cast.booking(elsewhere, house.researcher, cast.span(2, "09:00", "10:00"))
    running = cast.booking(house.instrument, house.stranger, cast.span(0, "09:00", "11:00"), status="in_use")
    foretold = queries.hanging_on(house.university.id, cast.NOW)
    assert (foretold.here, foretold.away, foretold.instruments) == (2, 1, 1)
    close(house, house.university.id)
    assert jobs.left_behind(cast.NOW) == 3
    found = queries.bookings([here.id, waiting.id, away.id, running.id])
    assert [found[one.id].status for one in (here, waiting, away)] == [Status.CANCELLED] * 3
    assert found[here.id].free_cancel
    assert found[running.id].status is Status.IN_USE
    assert jobs.left_behind(cast.NOW) == 0
    assert registry.instruments([house.instrument.id])[house.instrument.id].status == "retired"
    told = db.session.scalars(select(Message.recipient_id).where(Message.topic == "booking.house-closed"))
    assert house.stranger.id in set(told)
    user, grant = table_of(User), table_of(Grant)
    left = select(user.c.id).where(user.c.institution_id == house.university.id, user.c.left_at.is_(None))
    assert db.session.execute(left).all() == []
    held = select(grant.c.id).where(grant.c.scope_id == house.university.id, grant.c.ends_on.is_(None))
    assert db.session.execute(held).all() == []


def test_whoever_was_of_it_is_signed_out(app: Flask, house: cast.House) -> None:
    browser = Browser(app).sign_in(house.researcher)
    close(house, house.university.id)
    assert not browser.signed_in()


def test_it_is_all_or_nothing_and_only_its_keepers_do_it(house: cast.House) -> None:
    with pytest.raises(Refused, match="forbidden"):
        close(house, house.university.id, cast.actor(house.admin))
    assert network.institution(house.university.id) is not None
    assert registry.instruments([house.instrument.id])[house.instrument.id].status == "in_service"
    close(house, house.university.id, cast.actor(house.zone_admin))
    with pytest.raises(Refused, match="not-found"):
        close(house, house.university.id)


def test_the_page_says_before_what_ends_and_history_stays(app: Flask, house: cast.House) -> None:
    row = cast.booking(house.instrument, house.stranger, cast.span(2, "09:00", "10:00"))
    admin = Browser(app).sign_in(house.province_admin)
    path = f"/admin/institutions/{house.university.id}"
    page = admin.get(f"{path}/close").text
    assert "1 台仪器退役" in page
    assert house.stranger.name_en in page or house.stranger.name in page
    assert admin.post(f"{path}/close", reason="", source_document="批文").status_code == 422
    assert admin.post(f"{path}/close", reason="并入他校", source_document="批文").status_code == 303
    assert queries.bookings([row.id])[row.id].status is Status.CANCELLED
    after = admin.get(path).text
    assert "并入他校" in after
    assert "单位退出" in after
    assert "云岭大学" in admin.get("/admin/institutions?state=closed").text
    assert "云岭大学" not in Browser(app).get("/zones/kunming").text


# --- by API and command ----------------------------------------------------------------------------------------


def test_the_same_by_the_api(app: Flask, house: cast.House) -> None:
    by = province(house)
    token = people.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    client, bearer = app.test_client(), {"Authorization": f"Bearer {token}"}
    assert client.post("/api/v1/zones", json=DALI, headers=bearer).status_code == 201
    twice = client.post("/api/v1/zones", json=DALI, headers=bearer)
    assert (twice.status_code, twice.json["type"]) == (409, "/problems/duplicate")
    body = {**JOINS, "zone": "dali", "joined_on": "2026-03-02"}
    made = client.post("/api/v1/institutions", json=body, headers=bearer)
    assert made.status_code == 201, made.json
    path = f"/api/v1/institutions/{made.json['id']}"
    assert client.get(path, headers=bearer).json["zone_code"] == "dali"
    assert client.post(f"{path}/move", json={"zone": "kunming"}, headers=bearer).status_code == 204
    assert client.get(f"{path}/closing", headers=bearer).json["instruments"] == 0
    closed = {"reason": "停办", "source_document": "批文"}
    assert client.post(f"{path}/close", json=closed, headers=bearer).status_code == 204
    assert client.get(path, headers=bearer).json["close_reason"] == "停办"


def test_the_same_by_command(house: cast.House) -> None:
    run = CliRunner()

    def done(group: Any, *words: str) -> str:
        found = run.invoke(group, words, catch_exceptions=False)
        assert found.exit_code == 0, found.output
        return found.output

    done(
        command.zone,
        "add",
        "dali",
        "--prefix",
        "DL",
        "--name",
        "大理",
        "--name-en",
        "Dali",
        "--source",
        "文件",
    )
    done(command.zone, "edit", "dali", "--name", "大理州")
    assert "dali\tDL\t大理州\tDali" in done(command.zone, "list")
    done(
        command.institution, "add", "DLU", "--zone", "dali", "--name", "苍山大学", "--name-en", "Cangshan",
        "--kind", "university", "--source", "协议",
    )  # fmt: skip
    done(command.institution, "edit", "DLU", "--phone", "0872-3")
    done(command.institution, "move", "DLU", "--zone", "kunming")
    assert "DLU\tkunming" in done(command.institution, "list")
    assert "people 0" in done(command.institution, "close", "DLU", "--dry-run")
    done(command.institution, "close", "DLU", "--reason", "停办", "--source", "批文")
    assert "DLU" in done(command.institution, "list", "--closed")
