"""An order from the wish to the accepted result, and every way it is refused; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sharing.audit import queries as audit
from sharing.booking import queries as bookings
from sharing.booking import service as booking
from sharing.booking.rules import Held
from sharing.kernel.db import db
from sharing.kernel.money import Money
from sharing.notify.models import Message
from sharing.orders import queries, service
from sharing.orders.jobs import JOBS
from sharing.orders.rules import Contract, ContractKind, Side, Status, chargeable
from sharing.registry.queries import booking_terms
from tests import cast
from tests.cast import NOW, span
from tests.orders.world import LATER, PDF, SLOT, TERMS, World, refused, world

SENT = [service.Sent("粒度报告.pdf", PDF)]


@pytest.fixture
def at(app: Flask) -> World:
    return world()


def run_jobs(now: Any) -> int:
    return sum(job.work(now) for job in JOBS)


def told(who: Any, topic: str) -> int:
    db.session.rollback()
    return len(
        db.session.scalars(
            select(Message.id).where(Message.recipient_id == who.id, Message.topic == topic)
        ).all()
    )


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_an_order_goes_from_the_wish_to_the_accepted_result(at: World) -> None:
    row = at.delivered()
    assert (row.status, row.turn, row.external) == (Status.DELIVERED, Side.CUSTOMER, True)
    assert row.number.startswith("KM-2026-")
    assert row.amount == Money(46_250)
    assert not chargeable(row, queries.contract(row.id), queries.files(row.id))
    row = service.accept_result(row.id, by=at.by("enterprise"), now=LATER)
    assert (row.status, row.turn, row.due_at) == (Status.DONE, None, None)
    assert chargeable(row, queries.contract(row.id), queries.files(row.id))
    done = [event.action.split(".")[1] for event in audit.history("order", row.id)]
    assert done == [
        "submit", "quote", "accept", "file", "contract", "schedule", "receive", "file", "deliver", "accept-result",
    ]  # fmt: skip
    manager, firm = at.house.manager, at.house.enterprise
    assert [told(manager, f"order.{one}") for one in ("asked", "accepted", "done")] == [1, 1, 1]
    assert [told(firm, f"order.{one}") for one in ("quoted", "scheduled", "received", "delivered")] == [1] * 4


def test_the_slot_is_a_booking_of_the_operator_that_asks_nobody_and_costs_nothing(at: World) -> None:
    row = at.scheduled()
    assert (row.slot, row.operator_id, row.due_at) == (SLOT, at.house.manager.id, SLOT.start)
    laid = bookings.booking(row.booking_id) if row.booking_id else None
    assert laid is not None
    assert (laid.status.value, laid.service, laid.amount, laid.group_id) == ("approved", True, Money(0), None)
    assert row.number in laid.purpose


def test_inside_the_house_no_contract_is_needed_and_her_group_pays(at: World) -> None:
    row = at.scheduled("researcher")
    assert (row.status, row.external, row.group_id) == (Status.SCHEDULED, False, at.house.group.id)


def test_every_deadline_counts_the_offices_hours(at: World) -> None:
    row = at.asked()
    assert row.due_at is not None
    assert row.due_at > NOW + timedelta(days=1)
    assert at.quoted().due_at == TERMS.valid_until
    delivered = at.delivered("researcher")
    assert delivered.due_at is not None
    assert delivered.due_at >= LATER + timedelta(days=10)


# --- asking ----------------------------------------------------------------------------------------------------------


def test_an_instrument_that_does_not_offer_it_takes_no_order(at: World) -> None:
    ask = at.ask(instrument_id=at.house.instrument.id)
    refused("no-service-orders", service.submit, ask, by=at.by("enterprise"), now=NOW)
    at.house.instrument.offers_service = True
    at.house.instrument.revision += 1
    db.session.commit()
    assert service.submit(ask, by=at.by("enterprise"), now=NOW).status is Status.ASKED


def test_an_instrument_out_of_service_and_one_for_the_house_take_no_order_from_outside(at: World) -> None:
    at.lab.status, at.lab.status_reason, at.lab.revision = "maintenance", "换灯丝", 2
    db.session.commit()
    no = refused("policy-violation", at.asked)
    assert [one.rule for one in no.facts["violations"]] == ["instrument_status"]
    at.lab.status, at.lab.revision = "in_service", 3
    cast.policy(at.lab, audience="institution")
    db.session.commit()
    no = refused("policy-violation", at.asked)
    assert [one.rule for one in no.facts["violations"]] == ["audience"]
    assert at.asked("researcher").status is Status.ASKED


def test_who_may_not_ask_and_an_unknown_instrument(at: World) -> None:
    refused("forbidden", at.asked, "auditor")
    refused("not-found", at.asked, instrument_id=at.house.group.id)


# --- quoting and accepting -------------------------------------------------------------------------------------------


def test_two_managers_who_quote_at_once_the_second_sees_that_the_first_did(at: World) -> None:
    row = at.asked()
    service.quote(row.id, TERMS, revision=row.revision, by=at.by("manager"), now=NOW)
    no = refused(
        "edit-conflict", service.quote, row.id, TERMS, revision=row.revision, by=at.by("deputy"), now=NOW
    )
    assert no.facts == {"revision": 2}
    assert [one.version for one in queries.quotes(row.id)] == [1]


def test_an_outdated_quote_is_not_accepted_and_what_changed_is_said(at: World) -> None:
    row = at.quoted()
    dearer = replace(TERMS, lines=TERMS.lines[:1], note="不含制样")
    row = service.quote(row.id, dearer, revision=row.revision, by=at.by("manager"), now=NOW)
    no = refused("quote-changed", service.accept, row.id, version=1, by=at.by("enterprise"), now=NOW)
    assert no.facts == {"version": 2, "changed": ["lines", "amount", "note"]}
    row = service.accept(row.id, version=2, by=at.by("enterprise"), now=NOW)
    assert (row.accepted_version, row.amount) == (2, Money(36_000))
    refused(
        "invalid-transition",
        service.quote,
        row.id,
        TERMS,
        revision=row.revision,
        by=at.by("manager"),
        now=NOW,
    )


def test_a_quote_lapses_and_can_be_asked_for_again(at: World) -> None:
    row, late = at.quoted(), TERMS.valid_until
    no = refused("invalid-transition", service.accept, row.id, version=1, by=at.by("enterprise"), now=late)
    assert no.facts["status"] == "lapsed"
    assert run_jobs(late) == 1
    assert run_jobs(late) == 0
    assert (at.now(row).status, told(at.customer, "order.lapsed")) == (Status.LAPSED, 1)
    row = service.ask_change(row.id, note="请延长有效期", by=at.by("enterprise"), now=late)
    assert row.status is Status.ASKED
    refused(
        "invalid-input", service.quote, row.id, TERMS, revision=row.revision, by=at.by("manager"), now=late
    )


@pytest.mark.parametrize(
    "who", ["researcher", "stranger", "zone_admin", "admin", "auditor", "deputy", "manager"]
)
def test_only_the_customer_accepts(at: World, who: str) -> None:
    row = at.quoted()
    kind = "not-found" if who in {"researcher", "stranger"} else "forbidden"
    refused(kind, service.accept, row.id, version=1, by=at.by(who), now=NOW)


@pytest.mark.parametrize("who", ["enterprise", "admin", "zone_admin", "auditor"])
def test_only_the_managers_quote(at: World, who: str) -> None:
    row = at.asked()
    refused("forbidden", service.quote, row.id, TERMS, revision=1, by=at.by(who), now=NOW)


def test_declining_and_asking_for_a_change_say_why(at: World) -> None:
    row = at.quoted()
    refused("invalid-input", service.ask_change, row.id, note=" ", by=at.by("enterprise"), now=NOW)
    refused("invalid-input", service.decline, row.id, note="", by=at.by("manager"), now=NOW)
    row = service.decline(row.id, note="超出本机能力", by=at.by("manager"), now=NOW)
    assert (row.status, row.end_note, row.closed_at) == (Status.DECLINED, "超出本机能力", NOW)
    assert (
        service.refuse(at.quoted().id, note="太贵", by=at.by("enterprise"), now=NOW).status is Status.REFUSED
    )


# --- contract and slot -----------------------------------------------------------------------------------------------


def test_an_outside_order_waits_for_its_written_contract(at: World) -> None:
    row = at.accepted(contract=False)
    operator = at.house.manager.id
    no = refused("order-incomplete", service.schedule, row.id, SLOT, operator, by=at.by("manager"), now=NOW)
    assert no.facts == {"missing": ["contract"]}
    at.signed(row)
    kept = queries.contract(row.id)
    assert kept is not None
    assert (kept.version, kept.registered) == (1, False)
    assert service.schedule(row.id, SLOT, operator, by=at.by("manager"), now=NOW).slot == SLOT
    at.signed(row, registration_no="2026530100000123", registered_on=NOW.date())
    kept = queries.contract(row.id)
    assert kept is not None
    assert (kept.version, kept.registered) == (2, True)


def test_a_contract_needs_its_file_first_and_nobody_else_records_one(at: World) -> None:
    row, contract = at.accepted(contract=False), Contract(ContractKind.SERVICE)
    refused("invalid-input", service.record_contract, row.id, contract, None, by=at.by("manager"), now=NOW)
    refused("forbidden", service.record_contract, row.id, contract, SENT[0], by=at.by("admin"), now=NOW)
    refused("not-found", service.record_contract, row.id, contract, SENT[0], by=at.by("stranger"), now=NOW)


def test_the_slot_keeps_to_hours_and_to_what_is_taken(at: World) -> None:
    first, second = at.scheduled(), at.accepted()
    operator, by = at.house.manager.id, at.by("manager")
    no = refused(
        "booking-conflict", service.schedule, second.id, span(3, "10:00", "12:00"), operator, by=by, now=NOW
    )
    assert no.facts["conflicts"] == [SLOT]
    night = span(3, "22:00", "23:00")
    no = refused("policy-violation", service.schedule, second.id, night, operator, by=by, now=NOW)
    assert [one.rule for one in no.facts["violations"]] == ["opening_hours"]
    stranger = at.house.stranger.id
    no = refused(
        "invalid-input", service.schedule, second.id, span(4, "09:00", "10:00"), stranger, by=by, now=NOW
    )
    assert no.facts["fields"][0]["field"] == "operator_id"
    assert at.now(second).status is Status.ACCEPTED
    assert at.now(first).slot == SLOT


def test_a_slot_is_moved_and_given_to_another_operator(at: World) -> None:
    row, by = at.scheduled(), at.by("manager")
    when = span(4, "14:00", "16:00")
    row = service.schedule(row.id, when, at.house.deputy.id, by=by, now=NOW)
    assert (row.status, row.slot, row.operator_id) == (Status.SCHEDULED, when, at.house.deputy.id)
    assert told(at.customer, "order.scheduled") == 2
    other = at.scheduled(when=SLOT)  # the time it left is free
    no = refused("booking-conflict", service.schedule, other.id, when, by.user_id, by=by, now=NOW)
    assert no.facts["conflicts"] == [when]
    assert at.now(other).slot == SLOT  # the old time stays


def test_a_booking_that_was_moved_by_its_own_door_is_told_of(at: World) -> None:
    row = at.scheduled()
    assert row.booking_id
    when = span(4, "09:00", "11:00")
    booking.reschedule(row.booking_id, when, by=at.by("manager"), now=NOW)
    assert run_jobs(NOW) == 1
    assert run_jobs(NOW) == 0
    row = at.now(row)
    assert (row.slot, row.told, row.due_at) == (when, when, when.start)
    assert told(at.customer, "order.scheduled") == 2


def test_an_order_whose_booking_is_cancelled_waits_for_a_new_slot(at: World) -> None:
    row = at.scheduled()
    assert row.booking_id
    booking.cancel(row.booking_id, note="停电", by=at.by("manager"), now=NOW)
    assert at.now(row).slot_gone
    assert run_jobs(NOW) == 1
    row = at.now(row)
    assert (row.status, row.turn, row.slot, row.booking_id) == (Status.ACCEPTED, Side.HOUSE, None, None)
    assert [told(who, "order.slot-lost") for who in (at.customer, at.house.manager)] == [1, 1]
    assert service.schedule(row.id, SLOT, at.house.manager.id, by=at.by("manager"), now=NOW).slot == SLOT


def test_an_instrument_that_closes_after_the_acceptance_takes_no_slot_and_the_house_may_stop(
    at: World,
) -> None:
    row = at.accepted()
    at.lab.status, at.lab.status_reason, at.lab.revision = "suspended", "待修", 2
    db.session.commit()
    by = at.by("manager")
    no = refused("policy-violation", service.schedule, row.id, SLOT, by.user_id, by=by, now=NOW)
    assert [one.rule for one in no.facts["violations"]] == ["instrument_status"]
    row = service.stop(row.id, note="仪器待修，两个月内无法测试", by=by, now=NOW)
    assert (row.status, told(at.customer, "order.ended")) == (Status.STOPPED, 1)


def test_withdrawing_gives_the_time_back_until_the_samples_are_here(at: World) -> None:
    row = at.scheduled()
    row = service.withdraw(row.id, note="不做了", by=at.by("enterprise"), now=NOW)
    assert (row.status, row.slot) == (Status.WITHDRAWN, None)
    other = at.scheduled()
    assert other.slot == SLOT
    service.receive(other.id, by=at.by("manager"), now=NOW)
    refused("invalid-transition", service.withdraw, other.id, by=at.by("enterprise"), now=NOW)


def test_a_run_is_bound_by_no_rule_that_shares_time_among_users_and_counts_in_no_quota(at: World) -> None:
    row = at.accepted()
    cast.policy(
        at.lab,
        longest_minutes=60,
        person_day_minutes=60,
        most_open_bookings=1,
        lead_minutes=30_000,
        audience="group",
        licence_level="advanced",
    )
    by, operator = at.by("manager"), at.house.manager.id
    row = service.schedule(row.id, SLOT, operator, by=by, now=NOW)
    assert row.slot == SLOT
    terms = booking_terms(at.lab.id)
    assert terms is not None
    wish = bookings.Wish(terms, span(3, "14:00", "14:30"), by, manager=True, group_id=None)
    assert bookings.case(wish, NOW).held == Held()


def test_no_clock_calls_a_run_of_the_house_a_no_show(at: World) -> None:
    cast.policy(at.lab, check_in_required=True, no_show_minutes=30)
    row = at.scheduled()
    now = SLOT.start + timedelta(minutes=45)
    assert bookings.late(now) == []
    assert at.now(row).slot == SLOT


# --- result ----------------------------------------------------------------------------------------------------------


def test_an_objection_says_why_and_is_answered_by_another_delivery(at: World) -> None:
    row = at.delivered()
    refused("invalid-input", service.object_to, row.id, note="", by=at.by("enterprise"), now=LATER)
    row = service.object_to(row.id, note="缺第 3 号样品", by=at.by("enterprise"), now=LATER)
    assert (row.status, row.turn) == (Status.OBJECTED, Side.HOUSE)
    again = span(7, "09:00", "10:00")
    row = service.schedule(row.id, again, at.house.manager.id, by=at.by("manager"), now=LATER)
    assert (row.status, row.slot) == (Status.OBJECTED, again)
    row = service.deliver(row.id, SENT, note="已补", by=at.by("manager"), now=LATER)
    assert (row.status, {one.delivery for one in queries.files(row.id)}) == (Status.DELIVERED, {0, 1, 2})


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("结果.exe", b"MZ\x90", "invalid-input"),
        ("结果.pdf", b"<html>", "invalid-input"),
        ("结果.csv", b"a\0b", "invalid-input"),
        ("结果.zip", b"PK\x03\x04" + b"0" * service.MOST_BYTES, "too-large"),
    ],
)
def test_a_result_is_looked_at_and_bounded(at: World, name: str, data: bytes, kind: str) -> None:
    row = at.received()
    refused(kind, service.deliver, row.id, [service.Sent(name, data)], by=at.by("manager"), now=LATER)
    refused("invalid-input", service.deliver, row.id, [], by=at.by("manager"), now=LATER)
    refused("invalid-input", service.deliver, row.id, SENT * 11, by=at.by("manager"), now=LATER)
    db.session.rollback()
    assert (at.now(row).status, [f for f in queries.files(row.id) if f.delivery]) == (Status.RECEIVED, [])


def test_deadlines_that_passed_are_told_of_once(at: World) -> None:
    row = at.asked()
    assert row.due_at
    before = told(at.house.manager, "order.overdue")
    assert run_jobs(row.due_at) == 1
    assert run_jobs(row.due_at + timedelta(days=1)) == 0
    assert told(at.house.manager, "order.overdue") - before == 1
