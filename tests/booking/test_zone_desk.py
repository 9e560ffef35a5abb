"""A zone's desk: what is late or idle, with whom to call; 催办 told, written down, once a day."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from sharing.booking import queries, service
from sharing.booking.rules import Submit
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.network import queries as network
from sharing.notify.models import Message
from tests import cast
from tests.harness.browser import KEPT, Browser
from tests.harness.statements import statements

LATER = cast.clock(1, "09:30")  # past six of the eight working hours


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    for user in found.people().values():
        user.password_hash = KEPT
    found.head.phone = "0871-1"
    db.session.commit()
    return found


def asked(house: cast.House) -> Any:
    ask = Submit(
        instrument_id=house.instrument.id,
        span=cast.span(3, "09:00", "10:00"),
        purpose="样品",
        group_id=house.group.id,
    )
    return service.submit(ask, by=cast.actor(house.researcher), now=cast.NOW).booking


def desk(now: Any = LATER) -> queries.ZoneDesk:
    zone = network.zone("kunming")
    assert zone
    return queries.zone_desk(zone, now)


def test_a_request_that_waits_too_long_names_whose_turn_it_is(house: cast.House) -> None:
    row = asked(house)
    assert desk(cast.NOW).late == []
    (one,) = desk().late
    assert (one.booking.id, one.late.expired) == (row.id, False)
    assert [(who.id, who.phone) for who in one.deciders] == [(house.head.id, "0871-1")]


def test_a_request_that_ended_without_an_answer_stays_for_a_fortnight(house: cast.House) -> None:
    row = asked(house)
    ended = cast.clock(3, "08:59")
    service.expire(row.id, now=ended)
    (one,) = desk(ended).late
    assert one.late.expired
    assert desk(cast.clock(20, "09:00")).late == []


def test_what_was_never_opened_and_what_lies_idle(house: cast.House) -> None:
    shut = cast.instrument(house.university, booking_mode="closed", created_at=cast.NOW)
    idle = cast.instrument(house.university, created_at=cast.clock(-60, "09:00"))
    used = cast.instrument(house.university, created_at=cast.clock(-60, "09:00"))
    cast.booking(used, house.researcher, cast.span(-3, "09:00", "10:00"))
    fresh = cast.instrument(house.university, created_at=cast.NOW)
    found = desk(cast.NOW)
    assert [row.instrument.id for row in found.unopened] == [shut.id]
    stale = {row.instrument.id for row in found.stale}
    assert idle.id in stale
    assert not stale & {used.id, fresh.id, shut.id}


def test_institutions_without_an_administrator(house: cast.House) -> None:
    bare = cast.institution("bare", name="无人学院", name_en="Bare")
    assert [row.id for row in desk(cast.NOW).bare] == [bare.id]


def test_it_takes_few_statements_however_much_is_late(house: cast.House) -> None:
    asked(house)
    for _n in range(5):
        cast.instrument(house.university, created_at=cast.clock(-60, "09:00"))
    sent: list[str] = []
    with statements(sent):
        assert desk().due >= 6
    assert len(sent) <= 20


def test_asking_is_told_written_down_and_not_twice_a_day(app: Flask, house: cast.House, monday: Any) -> None:
    row = asked(house)
    monday.move_to(LATER)
    browser = Browser(app).sign_in(house.zone_admin)
    page = browser.get("/zones/kunming/desk").text
    assert row.number in page
    assert "0871-1" in page
    path = f"/zones/kunming/nudge/request/{row.id}"
    assert browser.post(path, what="申请等了很久没有答复").status_code == 303
    db.session.rollback()  # what the browser wrote is read
    told = db.session.scalars(select(Message.recipient_id).where(Message.topic == "desk.nudge"))
    assert list(told) == [house.head.id]
    assert "已催" in browser.get("/zones/kunming/desk").text
    with pytest.raises(Refused, match="duplicate"):
        service.nudge_request(row.id, what="再催", by=cast.actor(house.zone_admin), now=LATER)


def test_only_its_keepers_ask(house: cast.House) -> None:
    for who, kind in ((house.admin, "forbidden"), (house.auditor, "forbidden")):
        with pytest.raises(Refused, match=kind):
            service.nudge_instrument(house.instrument.id, what="请开放", by=cast.actor(who), now=cast.NOW)
    assert service.nudge_instrument(
        house.instrument.id, what="请开放", by=cast.actor(house.zone_admin), now=cast.NOW
    )  # its manager


def test_the_desk_is_the_zones_own(app: Flask, house: cast.House) -> None:
    browser = Browser(app).sign_in(house.zone_admin)
    assert browser.get("/zones/honghe/desk").status_code == 403
    assert browser.get("/zones/desk").location.endswith("/zones/kunming/desk")
    assert "子平台工作台" in browser.get("/zones/kunming").text
    assert "子平台工作台" not in Browser(app).get("/zones/kunming").text
    assert house.zone_admin.name_en in Browser(app).get("/zones/kunming").text or (
        house.zone_admin.name in Browser(app).get("/zones/kunming").text
    )


def test_a_company_that_waits_stands_on_the_desk_of_whoever_answers_it(app: Flask, house: cast.House) -> None:
    company = cast.company(house.university.zone_id)
    page = Browser(app).sign_in(house.zone_admin).get("/zones/kunming/desk").text
    assert company.name in page
    assert 'href="/people/enterprises"' in page
    assert company.name not in Browser(app).sign_in(house.auditor).get("/zones/kunming/desk").text
