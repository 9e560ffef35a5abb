"""Asking for time: the slot, the quote, the approval, the refusals."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from sharing.audit import queries as audit
from sharing.booking import queries
from sharing.booking.formats import booking_json
from sharing.booking.rules import Status
from sharing.kernel.db import db
from sharing.kernel.language import speaking
from sharing.kernel.timespan import TimeSpan
from sharing.notify.models import Message
from tests import cast
from tests.booking.asking import decide, refusal, rules_broken, submit
from tests.booking.test_api import World, world
from tests.harness.browser import KEPT, Browser

__all__ = ["world"]

SPAN = cast.span(1, "09:00", "10:00")


def test_a_request_holds_its_slot_and_both_steps_make_it_a_booking(app: Flask) -> None:
    house = cast.house()
    row = submit(house.researcher, house.instrument, cast.span(1, "09:00", "11:00"))
    assert row.status is Status.REQUESTED
    assert row.amount.fen == 20_000
    assert row.number.startswith("KM-2026-")
    taken = queries.taken([house.instrument.id], row.span)[house.instrument.id]
    assert [one.span for one in taken] == [row.span]
    row = decide(row.id, house.head)
    assert row.status is Status.REQUESTED
    row = decide(row.id, house.manager)
    assert row.status is Status.APPROVED


def test_self_service_stands_approved_at_once(app: Flask) -> None:
    house = cast.house()
    laser = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    row = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    assert row.status is Status.APPROVED
    assert queries.approval_of(row) is None


def test_every_broken_rule_is_told_at_once(app: Flask) -> None:
    house = cast.house()
    cast.policy(house.instrument, lead_minutes=120, longest_minutes=60, audience="group")
    no = refusal(house.enterprise, house.instrument, TimeSpan(cast.clock(0, "10:50"), cast.clock(0, "20:10")))
    assert set(rules_broken(no)) == {
        "lead_minutes",
        "longest_minutes",
        "granularity_minutes",
        "opening_hours",
        "audience",
    }


def test_scenario_14_half_open_spans_and_dead_bookings(app: Flask) -> None:
    house = cast.house()
    laser = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    cast.timetable(laser, days={"workday": [[0, 1440]]})
    cast.booking(laser, house.colleague, cast.span(1, "14:00", "16:00"))
    for hours in (("13:00", "15:00"), ("13:00", "17:00"), ("14:00", "16:00"), ("15:00", "17:00")):
        assert refusal(house.researcher, laser, cast.span(1, *hours)).kind == "booking-conflict"
    for hours in (("13:00", "14:00"), ("16:00", "17:00")):
        assert submit(house.researcher, laser, cast.span(1, *hours)).status is Status.APPROVED
    for day, status in ((2, "cancelled"), (3, "expired")):
        cast.booking(laser, house.colleague, cast.span(day, "14:00", "16:00"), status=status)
        assert submit(house.researcher, laser, cast.span(day, "14:00", "16:00")).status is Status.APPROVED


def test_scenario_15_buffer_after_use_is_shown_and_not_charged(app: Flask) -> None:
    house = cast.house()
    laser = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    cast.policy(laser, cleanup_minutes=15, granularity_minutes=15)
    first = submit(house.researcher, laser, cast.span(1, "10:00", "11:00"))
    assert first.amount.fen == 10_000
    assert refusal(house.colleague, laser, cast.span(1, "11:00", "12:00")).kind == "booking-conflict"
    assert submit(house.colleague, laser, cast.span(1, "11:15", "12:15")).status is Status.APPROVED
    lin = cast.actor(house.researcher)
    week = queries.week(queries.calendar(laser.id, lin, cast.NOW), cast.span(1, "08:00", "18:00"), lin)
    buffers = [item.span for item in week.items if item.kind == "buffer"]
    assert buffers == [cast.span(1, "11:00", "11:15"), cast.span(1, "12:15", "12:30")]


def test_a_conflict_names_the_time_in_the_way_and_what_is_free_instead(app: Flask) -> None:
    house = cast.house()
    laser = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    submit(house.colleague, laser, cast.span(1, "10:00", "12:00"))
    no = refusal(house.researcher, laser, cast.span(1, "11:00", "12:00"))
    assert no.facts["conflicts"] == [cast.span(1, "10:00", "12:00")]
    here = [free.span for free in no.facts["alternatives"] if free.instrument_id == laser.id]
    assert here == [cast.span(1, "09:00", "10:00"), cast.span(1, "12:00", "13:00")]
    other = [free for free in no.facts["alternatives"] if free.instrument_id == house.instrument.id]
    assert [free.span for free in other] == [cast.span(1, "11:00", "12:00")]


def test_scenario_17_lead_time_and_the_managers_exemption(app: Flask) -> None:
    house = cast.house()
    laser = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    cast.policy(laser, lead_minutes=120)
    no = refusal(house.researcher, laser, cast.span(0, "11:00", "12:00"))
    assert rules_broken(no) == ["lead_minutes"]
    assert (no.facts["violations"][0].limit, no.facts["violations"][0].actual) == (120, 60)
    assert submit(house.researcher, laser, cast.span(0, "13:00", "14:00")).exempt_from == ()
    assert submit(house.manager, laser, cast.span(0, "11:00", "12:00")).exempt_from == ("lead_minutes",)


def test_scenario_25_two_pending_for_one_place_cannot_be(app: Flask) -> None:
    house = cast.house()
    first = submit(house.researcher, house.instrument, cast.span(1, "09:00", "12:00"))
    assert first.status is Status.REQUESTED
    no = refusal(house.colleague, house.instrument, cast.span(1, "09:00", "12:00"))
    assert no.kind == "booking-conflict"


def test_time_that_is_her_own_says_so_and_opens_the_booking(world: World) -> None:
    house, app = world.house, world.client.application
    mine = submit(house.researcher, house.instrument, SPAN)
    no = refusal(house.researcher, house.instrument, SPAN)
    assert [(one["id"], one["number"]) for one in no.facts["own"]] == [(str(mine.id), mine.number)]
    assert refusal(house.colleague, house.instrument, SPAN).facts["own"] == []
    house.researcher.password_hash = KEPT
    db.session.commit()
    lin = Browser(app).sign_in(house.researcher)
    typed = {"start": "2026-03-03T09:00", "end": "2026-03-03T10:00", "purpose": "又点了一次"}
    again = lin.post(f"/instruments/{house.instrument.id}/bookings", typed)
    assert again.status_code == 409
    assert mine.number in again.text
    assert f'href="/bookings/{mine.id}"' in again.text


def test_every_yes_is_in_the_history_and_names_follow_the_language(app: Flask) -> None:
    house = cast.house()
    mine = submit(house.researcher, house.instrument, SPAN)
    decide(mine.id, house.head)
    decide(mine.id, house.manager)
    done = [(event.action, event.actor_id) for event in audit.history("booking", mine.id)]
    assert done == [
        ("booking.submit", house.researcher.id),
        ("booking.agree", house.head.id),
        ("booking.approve", house.manager.id),
    ]
    approval = queries.approval_of(mine)
    with speaking("en"):
        names = [step["by"]["name"] for step in booking_json(mine, approval)["approvals"]]
    assert names == [house.head.name_en, house.manager.name_en]
    told = db.session.scalars(
        select(Message.facts).where(Message.recipient_id == house.researcher.id).order_by(Message.id)
    ).all()[-1]
    assert (told["requester_en"], told["person_en"]) == (house.researcher.name_en, house.manager.name_en)
