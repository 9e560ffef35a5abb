"""Booking for somebody else: who may for whom, rules judged for the person, both names kept, the person told."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sharing.audit import queries as audit
from sharing.booking import calendar_feed, queries, service
from sharing.booking.rules import BookingRow, Status, Submit, accounts, stands_for
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.notify.models import Outgoing
from sharing.people.models import User
from sharing.registry.models import Instrument
from sharing.registry.queries import booking_terms
from tests import cast
from tests.booking.asking import decide, rules_broken
from tests.booking.test_api import World, world
from tests.booking.test_scenarios import inbox_topics, self_service
from tests.harness.browser import KEPT, Browser

__all__ = ["world"]

SPAN = cast.span(1, "09:00", "10:00")


def submit_for(booker: User, person: User, on: Instrument, **more: Any) -> BookingRow:
    ask = Submit(on.id, more.pop("span", SPAN), "测试样品", **more)
    by = cast.actor(person)
    return service.submit(ask, by=by, now=cast.NOW, booker=cast.actor(booker)).booking


def test_who_may_book_for_whom(app: Flask) -> None:
    house = cast.house()
    terms = booking_terms(house.instrument.id)
    assert terms is not None
    place = terms.instrument.path
    cast.grant(house.zone_admin, "booking_agent", house.firm)
    may = {
        (booker.username, person.username)
        for booker in house.people().values()
        for person in (house.researcher, house.colleague, house.stranger, house.enterprise)
        if stands_for(cast.actor(booker), cast.actor(person), place)
    }
    everybody = {"researcher", "colleague", "stranger", "enterprise"}
    assert may == {(runs, one) for runs in ("manager", "deputy") for one in everybody} | {
        ("head", "researcher"),
        ("admin", "researcher"),
        ("admin", "colleague"),
        ("zone", "enterprise"),  # for that company named it
    }


def test_rules_are_judged_for_the_person_and_both_names_stay(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    cast.policy(laser, person_day_minutes=60, lead_minutes=120)
    soon = cast.span(0, "11:00", "12:00")
    with pytest.raises(Refused) as no:
        submit_for(house.manager, house.researcher, laser, span=soon)
    assert rules_broken(no.value) == ["lead_minutes"]  # the manager is exempt for herself alone
    row = submit_for(house.manager, house.researcher, laser)
    assert (row.status, row.requester_id, row.booked_by_id, row.group_id) == (
        Status.APPROVED,
        house.researcher.id,
        house.manager.id,
        house.group.id,
    )
    again = queries.booking(row.id)
    assert again is not None
    assert (again.booked_by_name, again.booked_by_name_en) == (house.manager.name, house.manager.name_en)
    assert (row.booked_by_name, row.booked_by_name_en) == (house.manager.name, house.manager.name_en)
    with pytest.raises(Refused) as no:
        submit_for(house.manager, house.researcher, laser, span=cast.span(1, "10:00", "11:00"))
    assert rules_broken(no.value) == ["person_day_minutes"]
    assert inbox_topics(house.researcher) == ["booking.on-behalf"]
    mail = db.session.scalars(select(Outgoing).where(Outgoing.recipient_id == house.researcher.id)).one()
    assert mail.facts["booked_by"] == house.manager.name
    assert mail.invitation is not None
    event = audit.history("booking", row.id)[0]
    assert (event.actor_id, event.for_id) == (house.manager.id, house.researcher.id)
    _number, entry = calendar_feed.single(row.id, reader=cast.actor(house.researcher))
    assert house.manager.name in entry.decode().replace("\r\n ", "")


def test_the_payer_is_asked_as_usual_and_a_heads_own_word_is_given(app: Flask) -> None:
    house = cast.house()
    row = submit_for(house.manager, house.researcher, house.instrument)
    assert row.status is Status.REQUESTED
    assert inbox_topics(house.head) == ["approval.waiting"]
    decide(row.id, house.head)
    assert decide(row.id, house.manager).status is Status.APPROVED
    by_head = submit_for(house.head, house.researcher, house.instrument, span=cast.span(2, "09:00", "10:00"))
    assert decide(by_head.id, house.manager).status is Status.APPROVED
    assert inbox_topics(house.head) == ["approval.waiting"]  # not asked for what he asked for himself


def test_a_head_makes_his_own_group_pay_and_no_other(app: Flask) -> None:
    house = cast.house()
    other = cast.group(house.university, members=[house.researcher])
    laser = self_service(house)
    person, head = cast.actor(house.researcher), cast.actor(house.head)
    terms = booking_terms(laser.id)
    assert terms is not None
    assert accounts(head, person, terms.instrument.path) == (house.group.id,)
    assert submit_for(house.head, house.researcher, laser).group_id == house.group.id
    with pytest.raises(Refused) as no:
        submit_for(
            house.head, house.researcher, laser, group_id=other.id, span=cast.span(1, "10:00", "11:00")
        )
    assert no.value.kind == "not-on-behalf"


def test_who_asked_may_read_it_and_finds_it_among_her_bookings(app: Flask) -> None:
    house = cast.house()
    far = cast.instrument(house.elsewhere, manager=house.stranger)
    row = submit_for(house.admin, house.researcher, far)
    admin = cast.actor(house.admin)
    assert queries.readable_booking(row.id, admin, cast.NOW).id == row.id
    assert [one.id for one in queries.search(queries.Search(), admin).items] == [row.id]
    with pytest.raises(Refused):
        queries.readable_booking(row.id, cast.actor(house.colleague), cast.NOW)


def test_the_api_books_for_somebody_and_hides_who_may_not_be_booked_for(world: World) -> None:
    house = world.house
    wish = world.wish() | {"person": house.researcher.staff_no}
    made = world.call(house.manager, "POST", "/bookings/on-behalf", wish)
    assert made.status_code == 201
    assert made.json["requester"]["id"] == str(house.researcher.id)
    assert made.json["booked_by"]["id"] == str(house.manager.id)
    refused = [
        world.call(who, "POST", "/bookings/on-behalf", wish | {"person": person})
        for who, person in (
            (house.head, house.colleague.username),
            (house.head, "nobody"),
            (house.manager, house.manager.username),
        )
    ]
    assert [one.status_code for one in refused] == [403, 403, 403]
    assert len({one.json["detail"] for one in refused}) == 1
    assert world.call(house.researcher, "POST", "/bookings/on-behalf", wish).status_code == 403


def test_the_panel_is_filled_for_the_person(world: World) -> None:
    house, app = world.house, world.client.application
    house.manager.password_hash = KEPT
    db.session.commit()
    wang = Browser(app).sign_in(house.manager)
    here = f"/instruments/{house.instrument.id}"
    shown = wang.get(f"{here}?tab=book&for={house.researcher.username}").text
    assert f"替{house.researcher.name}预约" in shown
    assert house.group.name in shown
    nobody = wang.get(f"{here}?tab=book&for=nobody").text
    assert "没有这个人" in nobody
    typed = {
        "for": house.researcher.username,
        "start": "2026-03-03T09:00",
        "end": "2026-03-03T10:00",
        "purpose": "代约",
    }
    sent = wang.post(f"{here}/bookings/on-behalf", typed)
    assert sent.status_code == 302
    page = wang.get(sent.location).text
    assert f"由{house.manager.name}代约" in page
    assert f"{house.manager.name}（代{house.researcher.name}）" in page
