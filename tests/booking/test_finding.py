"""Free time across instruments: what is offered is what booking gives, and nothing that it gives is left out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from sharing.booking import queries
from sharing.booking.models import Outside
from sharing.booking.rules import Submit
from sharing.booking.rules.finding import Earliest, Look
from sharing.booking.service.slots import place_for, take
from sharing.kernel.db import new_id, transaction
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import SHANGHAI, TimeSpan
from sharing.people.models import User
from sharing.pricing.rules import QuoteState
from sharing.registry import queries as registry
from sharing.registry.models import Instrument
from sharing.registry.rules.search import Search
from tests import cast
from tests.cast import NOW, TODAY, House
from tests.harness.statements import statements

WINDOW = TimeSpan(NOW, cast.clock(8, "00:00"))  # Monday 10:00 to the Tuesday after next

DAY = (8, 18)  # hours in which every instrument opens but these
OPEN_AT_NIGHT = {"nights", "long runs"}


class Given(Exception):
    """The slot was taken; roll back."""


@dataclass
class Lab:
    """A house with instruments of every kind, by name; half hours on working days from 8:30 to 17:30."""

    house: House
    made: dict[str, Instrument]

    def name_of(self, key: uuid.UUID) -> str:
        return next(name for name, row in self.made.items() if row.id == key)


def _rows(house: House) -> dict[str, Instrument]:
    uni, clock = house.university, cast.clock
    made: dict[str, Instrument] = {}

    def one(name: str, **columns: Any) -> Instrument:
        made[name] = cast.instrument(
            uni, manager=house.manager, booking_mode="self_service", name=name, **columns
        )
        return made[name]

    one("plain")
    busy = one("busy")
    for day, start, end in ((0, "08:30", "15:00"), (1, "09:00", "16:00"), (2, "12:00", "13:00")):
        cast.booking(busy, house.colleague, cast.span(day, start, end))
    blocked = one("blocked")
    cast.block(blocked, TimeSpan(clock(0, "00:00"), clock(3, "12:00")), by=house.manager)
    cast.policy(one("buffers"), setup_minutes=30, cleanup_minutes=45)
    cast.booking(made["buffers"], house.colleague, cast.span(0, "13:00", "14:00"))
    cast.policy(one("hours"), granularity_minutes=60, lead_minutes=26 * 60, horizon_days=3)
    two = one("two places", capacity=2)
    cast.slot(two, cast.span(0, "10:00", "14:00"), source_id=uuid.uuid4())
    cast.slot(two, cast.span(0, "12:00", "17:30"), position=2, source_id=uuid.uuid4())
    pinned = one("pinned", capacity=2)
    cast.slot(pinned, cast.span(0, "10:00", "12:00"), source_id=uuid.uuid4())
    cast.slot(pinned, cast.span(0, "12:00", "17:30"), position=2, source_id=uuid.uuid4())
    movable = one("movable", capacity=2)
    cast.booking(movable, house.colleague, cast.span(0, "10:00", "12:00"))
    cast.booking(movable, house.colleague, cast.span(0, "12:00", "17:30"), position=2)
    cast.policy(one("long runs"), runs_through_closed=True, granularity_minutes=30)
    cast.policy(one("changing"))
    cast.policy(made["changing"], valid_from=TODAY + timedelta(days=2), granularity_minutes=120)
    cast.policy(one("lapsing"), licence_level="independent")
    cast.licence(made["lapsing"], house.researcher, by=house.manager, ends_on=TODAY + timedelta(days=2))
    cast.policy(one("quota"), person_day_minutes=180, person_week_minutes=300)
    cast.booking(made["quota"], house.researcher, cast.span(1, "09:00", "10:30"))
    run = cast.span(2, "09:00", "11:00")
    cast.booking(made["quota"], house.researcher, run, service=True)  # of the house, counted to nobody
    cast.policy(one("untrained"), licence_level="independent")
    cast.policy(one("house group"), audience="group")
    cast.policy(one("short only"), longest_minutes=60)
    cast.policy(one("full hands"), most_open_bookings=1)
    cast.booking(made["full hands"], house.researcher, cast.span(4, "09:00", "10:30"))
    cast.timetable(one("nights"), days={"workday": [[22 * 60, 30 * 60]]})
    for name, days, used in (("used", 400, 5), ("nearly idle", 28, None), ("idle", 400, 40)):
        cast.policy(one(name), licence_level="independent", licence_idle_days=30)
        cast.licence(made[name], house.researcher, by=house.manager, starts_on=TODAY - timedelta(days=days))
        if used:
            cast.booking(made[name], house.researcher, cast.span(-used, "09:00", "10:00"), status="completed")
    for name, minutes in (("campus", 60), ("campus unread", 61)):
        cast.keep(
            Outside(
                instrument_id=one(name).id,
                kind="file",
                link="https://campus.example",
                limit_minutes=60,
                read_at=NOW - timedelta(minutes=minutes),
                set_by=house.manager.id,
                created_at=NOW,
            )
        )
    one("not sold")
    for group in ("group", "institution", "academic"):
        cast.price(made["not sold"], price_group=group, may_buy=False)
    return made


@pytest.fixture
def lab(app: Flask) -> Lab:
    house = cast.house()
    return Lab(house, _rows(house))


def earliest(lab: Lab, who: User | None, minutes: int | None = 120, **more: Any) -> Earliest:
    ids = [row.id for row in lab.made.values()]
    by = cast.actor(who) if who else None
    return queries.earliest(ids, Look(WINDOW, minutes), by, NOW, **{"limit": 100} | more)


def offered(lab: Lab, found: Earliest) -> dict[str, list[TimeSpan]]:
    return {lab.name_of(one.instrument.id): [span for span, _quote in one.times] for one in found.offers}


def by_force(row: Instrument, who: User, minutes: int, *, at_night: bool) -> list[TimeSpan]:
    """Every half hour of the window asked of the rules and of the very function that gives a booking its place; of the
    nights, of which there are most, only where the instrument is open then."""
    by, found, length = cast.actor(who), [], timedelta(minutes=minutes)
    start = WINDOW.start
    while start + length <= WINDOW.end:
        span = TimeSpan(start, start + length)
        asked = at_night or DAY[0] <= start.astimezone(SHANGHAI).hour < DAY[1]
        if asked and (not found or start >= found[-1].end) and _would_be_given(row, span, by):
            found.append(span)
        start += timedelta(minutes=30)
    return found


def _would_be_given(row: Instrument, span: TimeSpan, by: Any) -> bool:
    terms = registry.booking_terms(row.id)
    assert terms is not None
    ask = Submit(row.id, span, "测试样品")
    known = queries.case(queries.checking.wish_of(ask, terms, by), NOW)
    broken, _exempt = queries.checking.judged(known)
    if broken:
        return False
    slot = queries.checking.slot_span(known)
    try:
        with transaction():  # the database decides, and what it gave is given back
            take(row.id, slot, place_for(row.id, slot, row.capacity), kind="booking", source_id=new_id())
            raise Given
    except Refused:
        return False
    except Given:
        return True


@pytest.mark.parametrize(("who", "minutes"), [("researcher", 120), ("manager", 120), ("colleague", 60)])
def test_what_is_offered_is_what_booking_gives(lab: Lab, who: str, minutes: int) -> None:
    person = getattr(lab.house, who)
    spans = {
        name: by_force(row, person, minutes, at_night=name in OPEN_AT_NIGHT) for name, row in lab.made.items()
    }
    expected = {name: some for name, some in spans.items() if some}
    assert offered(lab, earliest(lab, person, minutes)) == expected


def test_each_day_gives_the_first_of_each_day(lab: Lab) -> None:
    every = offered(lab, earliest(lab, lab.house.researcher))
    each = offered(lab, earliest(lab, lab.house.researcher, each_day=True))
    assert each["plain"] == [cast.span(0, "10:00", "12:00")] + [
        cast.span(day, "08:30", "10:30") for day in (1, 2, 3, 4, 7)
    ]
    assert {name: spans[0] for name, spans in each.items()} == {
        name: spans[0] for name, spans in every.items()
    }


def why(found: Earliest, lab: Lab) -> dict[str, list[str]]:
    return {lab.name_of(one.instrument.id): [broken.rule for broken in one.broken] for one in found.barred}


def test_what_stands_in_the_way_is_said(lab: Lab) -> None:
    found = earliest(lab, lab.house.colleague)
    assert why(found, lab) == {
        "lapsing": ["licence_level"],
        "untrained": ["licence_level"],
        "house group": ["audience"],
        "short only": ["longest_minutes"],
        "campus unread": ["outside_stale"],
        "used": ["licence_level"],
        "nearly idle": ["licence_level"],
        "idle": ["licence_level"],
        "not sold": ["price"],
    }
    assert why(earliest(lab, lab.house.researcher), lab) == {
        "untrained": ["licence_level"],
        "house group": ["audience"],
        "short only": ["longest_minutes"],
        "full hands": ["most_open_bookings"],
        "campus unread": ["outside_stale"],
        "idle": ["licence_idle_days"],
        "not sold": ["price"],
    }


def test_a_missing_licence_names_who_grants_one(lab: Lab) -> None:
    found = earliest(lab, lab.house.researcher)
    missing = {lab.made[name].id for name in ("untrained", "idle")}
    told = queries.with_names([one for one in found.barred if one.instrument.id in missing], NOW)
    assert [one.broken[0].facts["ask"] for one in told] == [[lab.house.manager.name]] * 2


def test_nobody_signed_in_is_judged_as_a_member_of_the_network(lab: Lab) -> None:
    found = earliest(lab, None)
    trained = {"lapsing", "untrained", "used", "nearly idle", "idle"}
    assert set(why(found, lab)) == trained | {"house group", "short only", "campus unread", "not sold"}
    assert offered(lab, found)["plain"][0] == cast.span(0, "10:00", "12:00")


def test_without_a_length_each_policy_gives_its_shortest(lab: Lab) -> None:
    spans = offered(lab, earliest(lab, lab.house.researcher, None))
    assert spans["plain"][0].minutes == 30
    assert spans["hours"][0].minutes == 60


def test_a_person_without_a_group_that_pays_is_told_so(lab: Lab) -> None:
    lonely = cast.user("lonely", role="researcher", at=lab.house.university)
    found = earliest(lab, lonely)
    assert found.offers == []
    assert {rule for rules in why(found, lab).values() for rule in rules} >= {"payer"}


def test_the_nearest_in_time_come_first_then_those_of_the_house(lab: Lab) -> None:
    away = cast.instrument(lab.house.elsewhere, booking_mode="self_service", code="A0")
    ids = [away.id, lab.made["busy"].id, lab.made["plain"].id]
    found = queries.earliest(ids, Look(WINDOW, 60), cast.actor(lab.house.researcher), NOW, limit=2)
    assert [one.instrument.id for one in found.offers] == [lab.made["plain"].id, away.id]
    assert [len(one.times) for one in found.offers] == [2, 2]


def test_the_price_is_what_a_quote_says(lab: Lab) -> None:
    cast.price(lab.made["plain"], hour_fen=4_000, minimum_fen=9_000)
    found = {lab.name_of(one.instrument.id): one for one in earliest(lab, lab.house.researcher).offers}
    span, quote = found["plain"].times[0]
    asked = queries.check(
        Submit(lab.made["plain"].id, span, "x"), by=cast.actor(lab.house.researcher), now=NOW
    ).quote
    assert (quote.state, quote.amount.fen) == (QuoteState.PRICED, 9_000)
    assert quote == asked


def test_the_number_of_statements_does_not_grow_with_the_instruments(lab: Lab) -> None:
    by, ids = cast.actor(lab.house.researcher), [row.id for row in lab.made.values()]

    def sent(some: list[uuid.UUID]) -> int:
        queries.earliest(some, Look(WINDOW, 120), by, NOW, limit=100)  # terms and prices are kept
        found: list[str] = []
        with statements(found):
            queries.earliest(some, Look(WINDOW, 120), by, NOW, limit=100)
        return len(found)

    some = ("plain", "two places", "quota", "untrained", "hours", "idle", "campus")
    few = sent([lab.made[name].id for name in some])
    assert sent(ids) <= few <= 16


def test_a_search_narrows_by_category_zone_institution_and_words(lab: Lab) -> None:
    away = cast.instrument(lab.house.elsewhere, booking_mode="self_service")
    shut = cast.instrument(lab.house.university, status="maintenance")
    by = cast.actor(lab.house.researcher)

    def ids(search: Search) -> set[uuid.UUID]:
        return set(queries.to_look_at(search, by, NOW)[0])

    assert ids(Search(zones=("honghe",))) == {away.id}
    assert ids(Search(institutions=("other",))) == {away.id}
    assert shut.id not in ids(Search(categories=("040000",)))
    assert len(ids(Search(categories=("040000",)))) == len(lab.made) + 2  # and the house's own
    assert ids(Search(categories=("010000",))) == set()
    assert ids(Search(zones=("nowhere",))) == set()


def test_beyond_its_bound_it_looks_at_what_is_near(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    away = cast.instrument(lab.house.elsewhere, booking_mode="self_service", name="00")
    monkeypatch.setattr(queries.finding, "MOST", 3)
    ids, beyond = queries.to_look_at(Search(), cast.actor(lab.house.stranger), NOW)
    assert (ids[0], len(ids), beyond) == (away.id, 3, len(lab.made) + 2 - 3)
