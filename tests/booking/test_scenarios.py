"""Numbered behaviours that any serious system passes: quotas, opening hours, moves, rivals, retries, chains."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from sharing.approval import queries as approvals
from sharing.booking import jobs, queries, service
from sharing.booking.queries.tables import BOOKING
from sharing.booking.rules import Status, Submit
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.network import service as network
from sharing.network.models import CalendarDay, Setting
from sharing.notify.models import Message
from sharing.people import service as people
from sharing.people.models import User
from tests import cast
from tests.booking.asking import decide, refusal, rules_broken, submit

ALL_DAY = {"workday": [[0, 1440]], "weekend": [[0, 1440]], "holiday": [[0, 1440]]}


def self_service(house: cast.House, **columns: Any) -> Any:
    row = cast.instrument(
        house.university, manager=house.manager, **{"booking_mode": "self_service"} | columns
    )
    cast.timetable(row, days=ALL_DAY)
    return row


def inbox_topics(who: User) -> list[str]:
    """The topics of her messages, in order."""
    return list(
        db.session.scalars(select(Message.topic).where(Message.recipient_id == who.id).order_by(Message.id))
    )


def at_once(app: Flask, number: int, work: Any) -> list[Any]:
    """Run `work(n)` in as many threads, each with an application context of its own."""

    def one(n: int) -> Any:
        with app.app_context():
            try:
                return work(n)
            except Refused as no:
                return no
            finally:
                db.session.remove()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(lambda n: contextvars.Context().run(one, n), range(number)))


def test_scenario_16_two_places_are_re_packed(app: Flask) -> None:
    house = cast.house()
    pair = self_service(house, capacity=2)
    for hours in (("10:00", "12:00"), ("10:00", "11:00"), ("11:00", "12:00")):
        submit(house.researcher, pair, cast.span(1, *hours))
    assert refusal(house.colleague, pair, cast.span(1, "10:00", "12:00")).kind == "booking-conflict"
    # 14-15 on place 1, 15-16 on place 2 leave no single place for 14-16, though the peak allows it
    submit(house.researcher, pair, cast.span(1, "14:00", "15:00"), position=1)
    late = submit(house.researcher, pair, cast.span(1, "15:00", "16:00"), position=2)
    long = submit(house.colleague, pair, cast.span(1, "14:00", "16:00"))
    rows = queries.bookings([late.id, long.id])
    assert {rows[late.id].position, rows[long.id].position} == {1, 2}


def list_of_2026() -> None:
    """As much of the State Council's list of 2026 as is asked here, and the statutory days of every year."""
    for day in (*(date(2026, 10, n) for n in range(1, 8)), date(2026, 1, 1)):
        cast.keep(
            CalendarDay(day=day, kind="holiday", name="国庆节", name_en="", source_document=cast.SOURCE)
        )
    cast.keep(
        CalendarDay(
            day=date(2026, 10, 10), kind="workday", name="国庆节调休", name_en="", source_document=cast.SOURCE
        )
    )
    fixed = [[10, 1, "国庆节", "National Day"], [10, 2, "国庆节", ""], [10, 3, "国庆节", ""]]
    cast.keep(Setting(key="fixed_days", valid_from=cast.LONG_AGO, value=fixed, source_document=cast.SOURCE))
    cast.policy(valid_from=date(2026, 1, 1))  # a rule changed: caches of the calendar are old


def test_scenario_18_shifted_workday_and_statutory_holiday(app: Flask) -> None:
    house = cast.house()
    laser = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    list_of_2026()
    now = cast.clock(date(2026, 9, 21), "10:00")
    worked, holiday = date(2026, 10, 10), date(2026, 10, 5)
    assert submit(house.researcher, laser, cast.span(worked, "09:00", "11:00"), now=now)
    no = refusal(house.researcher, laser, cast.span(holiday, "09:00", "11:00"), now=now)
    assert rules_broken(no) == ["opening_hours"]
    unpublished = date(2028, 10, 2)
    no = refusal(house.researcher, laser, cast.span(unpublished, "09:00", "11:00"), now=now)
    assert rules_broken(no) == ["opening_hours"]  # a fixed statutory day, of a year not yet published
    assert no.facts["violations"][0].facts["provisional"] is True
    accepted = submit(house.researcher, laser, cast.span(date(2028, 10, 9), "09:00", "11:00"), now=now)
    assert accepted.status is Status.APPROVED


def test_scenario_18_bookings_that_the_published_list_breaks_are_reported_once(app: Flask) -> None:
    house = cast.house()
    laser = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    list_of_2026()
    now = cast.clock(date(2026, 9, 21), "10:00")
    kept = submit(house.researcher, laser, cast.span(date(2028, 10, 10), "09:00", "11:00"), now=now)
    broken = submit(house.researcher, laser, cast.span(date(2028, 10, 9), "09:00", "11:00"), now=now)
    assert jobs.shut_out(now) == 0
    lead = cast.actor(cast.user(role="province_admin"))
    entered = [network.DayChange(date(2028, 10, 9), "holiday", "国庆", "National Day")]
    network.edit_calendar(entered, source_document="国办 2027", by=lead, now=now)
    assert jobs.shut_out(now) == 1
    told = inbox_topics(house.researcher)
    assert told.count("booking.shut-out") == 1
    assert "booking.shut-out" in inbox_topics(house.manager)
    jobs.shut_out(now)
    assert inbox_topics(house.researcher) == told
    assert queries.booking(broken.id).status is queries.booking(kept.id).status is Status.APPROVED


def test_scenario_19_quota_of_a_day_with_limit_and_actual(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    cast.policy(laser, person_day_minutes=240, granularity_minutes=15)
    submit(house.researcher, laser, cast.span(1, "09:00", "12:00"))
    no = refusal(house.researcher, laser, cast.span(1, "13:00", "14:15"))
    assert rules_broken(no) == ["person_day_minutes"]
    assert (no.facts["violations"][0].limit, no.facts["violations"][0].actual) == (240, 255)
    assert submit(house.researcher, laser, cast.span(1, "13:00", "14:00"))


def test_scenario_19_two_rivals_cannot_both_take_the_last_hour(app: Flask) -> None:
    """Two instruments under one policy of the institution: no instrument's lock keeps the two apart."""
    house = cast.house()
    cast.policy(house.university, person_day_minutes=240, granularity_minutes=15)
    pair = [self_service(house), self_service(house)]
    submit(house.researcher, pair[0], cast.span(1, "09:00", "12:00"))
    by = cast.actor(house.researcher)
    ids = [one.id for one in pair]

    def ask(n: int) -> Any:
        span = cast.span(1, f"{13 + n}:00", f"{14 + n}:00")
        return service.submit(Submit(ids[n % 2], span, "最后一小时"), by=by, now=cast.NOW)

    outcomes = at_once(app, 6, ask)
    won = [one for one in outcomes if not isinstance(one, Refused)]
    assert len(won) == 1
    assert {no.kind for no in outcomes if isinstance(no, Refused)} == {"policy-violation"}


def test_a_span_over_midnight_counts_to_each_day(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    cast.policy(laser, person_day_minutes=240)
    submit(house.researcher, laser, TimeSpan(cast.clock(1, "22:00"), cast.clock(2, "02:00")))
    assert submit(house.researcher, laser, cast.span(1, "09:00", "11:00"))
    no = refusal(house.researcher, laser, cast.span(2, "09:00", "11:30"))
    assert no.facts["violations"][0].facts == {"held": 120, "asked": 150, "on": "2026-03-04"}


def test_scenario_21_a_move_onto_a_taken_slot_changes_nothing(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    submit(house.colleague, laser, cast.span(1, "14:00", "15:00"))
    with pytest.raises(Refused) as no:
        service.reschedule(
            mine.id, cast.span(1, "14:30", "15:30"), by=cast.actor(house.researcher), now=cast.NOW
        )
    assert no.value.kind == "booking-conflict"
    assert no.value.facts["alternatives"]
    after = queries.booking(mine.id)
    assert after is not None
    assert (after.span, after.revision, after.status) == (mine.span, mine.revision, Status.APPROVED)
    taken = queries.taken([laser.id], cast.span(1, "08:00", "18:00"))[laser.id]
    assert [one.span for one in taken] == [cast.span(1, "09:00", "10:00"), cast.span(1, "14:00", "15:00")]


def test_scenario_22_rivals_for_one_slot(app: Flask) -> None:
    """32 rivals in one process; the race through every door, over HTTP, stands in tests/races."""
    house = cast.house()
    laser = self_service(house)
    by, instrument_id = cast.actor(house.researcher), laser.id

    def ask(_n: int) -> Any:
        return service.submit(
            Submit(instrument_id, cast.span(1, "09:00", "10:00"), "抢时段"), by=by, now=cast.NOW
        )

    outcomes = at_once(app, 32, ask)
    lost = [one for one in outcomes if isinstance(one, Refused)]
    assert len(lost) == 31
    assert {no.kind for no in lost} == {"booking-conflict"}
    assert all(no.facts["alternatives"] for no in lost)


def test_scenario_24_payer_manager_and_over_eight_hours_the_institution(app: Flask) -> None:
    house = cast.house()
    sem = cast.instrument(house.university, manager=house.manager)
    cast.timetable(sem, days=ALL_DAY)
    cast.chain("payer", "manager", {"role": "institution", "needed_when": [{"minutes_over": 480}]}, at=sem)
    eight = submit(house.researcher, sem, cast.span(1, "08:00", "16:00"))
    assert _roles(eight.id) == ["payer", "manager"]
    nine = submit(house.researcher, sem, cast.span(2, "08:00", "17:00"))
    assert _roles(nine.id) == ["payer", "manager", "institution"]

    own = submit(house.head, sem, cast.span(3, "08:00", "09:00"))  # a head booking on her own group's account
    approval = approvals.of("booking", own.id)
    assert approval is not None
    assert approval.steps[0].last is not None
    assert approval.steps[0].last.rule == "own-group"
    with pytest.raises(Refused) as no:
        decide(own.id, house.head)
    assert no.value.kind == "not-your-decision"

    week = {"starts_on": cast.TODAY, "ends_on": cast.TODAY + timedelta(days=7)}
    people.add_deputy(house.colleague.id, **week, by=cast.actor(house.head), now=cast.NOW)
    decide(eight.id, house.colleague)
    said = approvals.of("booking", eight.id)
    assert said is not None
    assert said.steps[0].last is not None
    assert (said.steps[0].last.by_name, said.steps[0].last.for_name) == (
        house.colleague.name,
        house.head.name,
    )


def _roles(booking_id: Any) -> list[str]:
    found = approvals.of("booking", booking_id)
    return [step.role.value for step in found.steps] if found else []


def test_scenario_27_check_in_opens_fifteen_minutes_early_for_user_and_manager(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    other = submit(house.researcher, laser, cast.span(1, "10:00", "11:00"))
    for who, row, start in ((house.researcher, mine, "08:44"), (house.manager, other, "09:44")):
        with pytest.raises(Refused) as no:
            service.check_in(row.id, by=cast.actor(who), now=cast.clock(1, start))
        assert rules_broken(no.value) == ["check_in_early_minutes"]
    assert service.check_in(mine.id, by=cast.actor(house.researcher), now=cast.clock(1, "08:45"))
    assert service.check_in(other.id, by=cast.actor(house.manager), now=cast.clock(1, "09:45"))
    with pytest.raises(Refused) as no:
        service.check_in(mine.id, by=cast.actor(house.colleague), now=cast.clock(1, "08:45"))
    assert no.value.kind == "not-found"
    count = db.session.scalar(select(func.count()).select_from(BOOKING).where(BOOKING.c.status == "in_use"))
    assert count == 2
