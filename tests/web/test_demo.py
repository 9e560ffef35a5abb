"""The demo network keeps what CONTRACT section 3 promises, and its bookings keep the product's own rules."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select, text

from sharing.approval.models import Approval, Decision, Step
from sharing.booking.models import Answer, Booking, Slot
from sharing.booking.rules import answers, limits
from sharing.booking.rules.leave import of_audience, of_instrument
from sharing.funds.models import Authorisation
from sharing.kernel.db import db, forget_connections, table_of, transaction
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, day_span, shanghai_day
from sharing.network import queries as network
from sharing.network.models import Institution, Zone
from sharing.orders.models import Order
from sharing.people import queries as people
from sharing.people.models import User
from sharing.people.passwords import matches
from sharing.pricing.formats import thawed
from sharing.pricing.rules import recomputed
from sharing.registry.models import Instrument
from sharing.registry.queries import terms_of
from sharing.registry.rules import open_spans
from sharing.web import demo
from sharing.web.app import create_app
from sharing.web.demo.batch import Batch, Keys
from sharing.web.demo.cli import load_command
from sharing.web.demo.house import Builder
from sharing.web.demo.source import source
from sharing.web.demo.texts import Rows, unguarded
from sharing.web.settings import Settings
from tests.harness.databases import KINDS, Clone

NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)  # Monday, 10:20 in Shanghai
BOOKING, INSTRUMENT, USER, SLOT = table_of(Booking), table_of(Instrument), table_of(User), table_of(Slot)
HOME = select(table_of(Institution).c.id).where(table_of(Institution).c.code == "YLU").scalar_subquery()


class Undone(Exception):
    """Ends a transaction whose writes were only for the test."""


@contextmanager
def undone() -> Iterator[None]:
    with contextlib.suppress(Undone), transaction():
        yield
        raise Undone


POSTGRESQL_ALONE = pytest.mark.parametrize(
    "network_loaded", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture(
    scope="module", params=[pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in KINDS]
)
def network_loaded(
    request: pytest.FixtureRequest, templates: None
) -> Iterator[tuple[Flask, str, demo.Loaded]]:
    """The small demo, loaded once for all tests of this file; they leave it as it was."""
    clone = Clone(request.param)
    app = create_app(
        Settings(database_url=clone.url, secret_key="only for these tests", synchronous="NORMAL")
    )
    with app.app_context():
        found = demo.load(seed=1, now=NOW)
        db.session.remove()
    yield app, clone.kind, found
    with app.app_context():
        forget_connections()
    clone.remove()


@pytest.fixture
def loaded(network_loaded: tuple[Flask, str, demo.Loaded]) -> Iterator[demo.Loaded]:
    app, _kind, found = network_loaded
    with app.app_context():
        yield found


def rows(statement: Any) -> list[Any]:
    return list(db.session.execute(statement))


def of(username: str) -> Any:
    return select(USER.c.id).where(USER.c.username == username).scalar_subquery()


# --- what CONTRACT promises -----------------------------------------------------------------------------------------


def test_the_demo_is_as_the_contract_says(loaded: demo.Loaded) -> None:
    assert loaded.instruments == 120
    zone, institution = table_of(Zone), table_of(Institution)
    owners = rows(
        select(zone.c.code, func.count())
        .join_from(institution, zone)
        .where(institution.c.kind != "enterprise")
        .group_by(zone.c.code)
    )
    assert {code for code, _n in owners} == {"kunming", "honghe", "xishuangbanna", "dehong", "province"}
    assert sum(n for _code, n in owners) >= 13
    assert all(n >= 2 for _code, n in owners)
    categories = rows(select(INSTRUMENT.c.category_code).distinct())
    assert len(categories) >= 12
    first, last = rows(select(func.min(BOOKING.c.starts_at), func.max(BOOKING.c.starts_at)))[0]
    assert timedelta(days=58) < NOW - first < timedelta(days=62)
    assert timedelta(days=28) < last - NOW < timedelta(days=32)
    for table in (USER, INSTRUMENT, institution):
        assert not rows(select(table.c.id).where(table.c.is_sample.is_(False)))


def test_the_house_has_the_instruments_that_the_contract_names(loaded: demo.Loaded) -> None:
    house = rows(
        select(INSTRUMENT).where(INSTRUMENT.c.institution_id == HOME, INSTRUMENT.c.status == "in_service")
    )
    modes = Counter(row.booking_mode for row in house)
    assert len(house) >= 20
    assert modes["approval"] >= 3
    assert modes["self_service"] >= 3
    assert modes["service_only"] >= 1
    assert any(row.capacity == 2 for row in house)
    terms = terms_of([row.id for row in house if row.booking_mode in {"approval", "self_service"}])
    day = shanghai_day(NOW)
    for one in terms.values():
        policy, table = one.policy(day), one.timetable(day)
        assert (policy.granularity_minutes, policy.shortest_minutes, policy.longest_minutes) == (30, 30, 240)
        assert (policy.lead_minutes, policy.horizon_days, policy.most_open_bookings) == (120, 60, None)
        assert table is not None
        assert table.days == {"workday": [[510, 1050]]}
        assert not any(question.required for question in one.questions)


def test_every_account_can_sign_in_and_nobody_else(loaded: demo.Loaded) -> None:
    kept = dict(rows(select(USER.c.username, USER.c.password_hash)))
    accounts = {account["username"] for account in source().people["accounts"]}
    assert len(accounts) == 10
    assert {name for name, one in kept.items() if one} == accounts
    assert matches(demo.PASSWORD, kept["researcher"])


def test_without_the_demo_setting_nobody_can_sign_in(loaded: demo.Loaded) -> None:
    batch, zones = Batch(), {zone.code: zone.id for zone in network.zones()}
    Builder(source(), batch, Keys(1), random.Random(1), NOW).build(zones, password_hash=None)
    assert all(user["password_hash"] is None for user in batch.rows(User))


def test_researcher_has_no_advance_authorisation_and_researcher2_has_one(loaded: demo.Loaded) -> None:
    given = table_of(Authorisation)
    assert not rows(select(given.c.id).where(given.c.member_id == of("researcher")))
    mine = rows(select(given).where(given.c.member_id == of("researcher2")))
    assert [row.given_by for row in mine] == [rows(select(of("pi")))[0][0]]


def test_each_account_has_its_part_in_the_weeks(loaded: demo.Loaded) -> None:
    mine = Counter(
        (username, status)
        for username, status in rows(
            select(USER.c.username, BOOKING.c.status).join_from(
                BOOKING, USER, USER.c.id == BOOKING.c.requester_id
            )
        )
        if username in {"researcher", "researcher2", "pi", "enterprise"}
    )
    assert mine["researcher", "completed"] >= 6
    assert mine["researcher", "approved"] >= 1
    assert mine["researcher", "requested"] >= 1
    assert mine["researcher", "approved"] + mine["researcher", "requested"] <= 6
    assert mine["researcher2", "requested"] >= 1
    assert mine["enterprise", "completed"] >= 1
    assert mine["pi", "completed"] >= 1


# --- once, into an empty database -----------------------------------------------------------------------------------


def test_loading_twice_writes_once(loaded: demo.Loaded) -> None:
    again = demo.load(seed=1, now=NOW + timedelta(days=1))
    assert again.rows == 0
    assert (again.people, again.instruments, again.bookings) == (
        loaded.people,
        loaded.instruments,
        loaded.bookings,
    )


def test_a_database_that_holds_real_data_is_refused(loaded: demo.Loaded) -> None:
    with undone():
        db.session.execute(USER.update().where(USER.c.username == "finance").values(is_sample=False))
        with pytest.raises(Refused) as no:
            demo.load(seed=1, now=NOW)
        assert no.value.kind == "in-use"


_seen: list[Any] = []


def test_the_same_seed_makes_the_same_data_on_either_database(loaded: demo.Loaded) -> None:
    """Each database is held against the one before; a run of one database alone has nothing to hold against."""
    asked = select(BOOKING.c.id, BOOKING.c.number, BOOKING.c.starts_at, BOOKING.c.status, BOOKING.c.purpose)
    people_there = select(USER.c.id, USER.c.username, USER.c.name, USER.c.staff_no).order_by(USER.c.username)
    mine = [tuple(row) for row in (*rows(asked.order_by(BOOKING.c.number)), *rows(people_there))]
    _seen.append(mine)
    assert all(one == mine for one in _seen)


def test_another_seed_makes_other_data() -> None:
    one, other = Keys(1), Keys(2)
    assert Keys(1).at(NOW) == one.at(NOW) != other.at(NOW)


# --- the bookings keep the product's rules --------------------------------------------------------------------------


def test_live_bookings_break_no_rule_of_time_or_leave(loaded: demo.Loaded) -> None:
    live = rows(
        select(BOOKING).where(
            BOOKING.c.status.in_(["approved", "requested"]), BOOKING.c.starts_at > NOW, ~BOOKING.c.service
        )
    )
    assert len(live) > 200
    terms, calendar = terms_of({row.instrument_id for row in live}), network.work_calendar()
    broken = [
        (row.number, one.rule, one.limit, one.actual)
        for row in random.Random(1).sample(live, 200)
        for one in _violations(row, terms[row.instrument_id], calendar)
    ]
    assert broken == []


def _violations(row: Any, terms: Any, calendar: Any) -> Iterator[Any]:
    span = TimeSpan(row.starts_at, row.ends_at)
    day = shanghai_day(span.start)
    policy = terms.policy(day)
    around = day_span(day)
    window = TimeSpan(around.start - timedelta(days=8), around.end + timedelta(days=8))
    yield from limits.of_length(span, policy)
    yield from limits.of_hours(span, policy, open_spans(terms, window, calendar))
    yield from limits.of_distance(span, policy, row.created_at)
    actor = people.actor(row.requester_id, NOW)
    assert actor is not None
    yield from of_instrument(terms.instrument, actor, day)
    yield from of_audience(policy.audience, terms.instrument, actor)
    given = {
        one.key: one.value
        for one in rows(select(table_of(Answer)).where(table_of(Answer).c.booking_id == row.id))
    }
    yield from answers.of_answers(terms.questions, given)


def test_whatever_holds_time_has_its_slot_and_nothing_else_has(loaded: demo.Loaded) -> None:
    holding = {"requested", "approved", "in_use", "completed"}
    taken = {row.source_id for row in rows(select(SLOT.c.source_id))}
    status = dict(rows(select(BOOKING.c.id, BOOKING.c.status)))
    assert {key for key, one in status.items() if one in holding} == taken


def test_nobody_sits_at_two_instruments_at_once(loaded: demo.Loaded) -> None:
    spans: dict[Any, list[tuple[datetime, datetime]]] = {}
    asked = select(BOOKING.c.requester_id, BOOKING.c.starts_at, BOOKING.c.ends_at).where(
        BOOKING.c.status.in_(["approved", "completed", "in_use"])
    )
    for person, start, end in rows(asked):
        spans.setdefault(person, []).append((start, end))
    for mine in spans.values():
        mine.sort()
        assert all(one[1] <= after[0] for one, after in pairwise(mine))


def test_quotes_can_be_computed_again(loaded: demo.Loaded) -> None:
    kept = [thawed(row.quote) for row in rows(select(BOOKING.c.quote).limit(300))]
    assert all(recomputed(quote) == quote for quote in kept)


def test_requests_wait_with_time_left_to_decide(loaded: demo.Loaded) -> None:
    step, approval = table_of(Step), table_of(Approval)
    waiting = rows(
        select(step.c.role, step.c.due_at, BOOKING.c.status)
        .join_from(step, approval)
        .join(BOOKING, BOOKING.c.id == approval.c.subject_id)
        .where(step.c.state.in_(["open", "returned"]))
    )
    assert {row.role for row in waiting} >= {"payer", "manager"}
    assert {row.status for row in waiting} == {"requested"}
    assert all(row.due_at > NOW for row in waiting)
    requested = rows(select(func.count()).select_from(BOOKING).where(BOOKING.c.status == "requested"))
    assert requested[0][0] == len(waiting)


def test_nobody_decided_on_her_own_request(loaded: demo.Loaded) -> None:
    decision, approval = table_of(Decision), table_of(Approval)
    own = (
        select(decision.c.id).join_from(decision, approval).where(decision.c.by_id == approval.c.requester_id)
    )
    assert rows(own) == []


def test_there_are_service_orders_in_every_state_that_matters(loaded: demo.Loaded) -> None:
    order = table_of(Order)
    states = {row.status for row in rows(select(order.c.status))}
    assert states >= {"asked", "quoted", "accepted", "scheduled", "received", "delivered", "objected", "done"}
    slots = rows(
        select(order.c.slot_starts_at, BOOKING.c.starts_at, BOOKING.c.service).join_from(
            order, BOOKING, BOOKING.c.id == order.c.booking_id
        )
    )
    assert len(slots) >= 4
    assert all(told == starts and service for told, starts, service in slots)


# --- the large scale ------------------------------------------------------------------------------------------------


@POSTGRESQL_ALONE  # SQLite keeps its guards all the while
def test_tables_are_guarded_again_after_a_bulk_load(loaded: demo.Loaded) -> None:
    asked = text(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'booking_slot'::regclass"
        " UNION SELECT indexname FROM pg_indexes WHERE tablename = 'booking_slot'"
    )
    with undone():
        before = {row[0] for row in rows(asked)}
        with unguarded("booking_slot"):
            assert "ex_booking_slot_overlap" in before - {row[0] for row in rows(asked)}
        assert {row[0] for row in rows(asked)} == before


def test_rows_written_as_text_read_back_equal(loaded: demo.Loaded) -> None:
    old = rows(select(SLOT).order_by(SLOT.c.id).limit(1))[0]
    start = old.starts_at - timedelta(days=900)
    stored = [instant.strftime("%Y-%m-%d %H:%M:%S.%f") for instant in (start, start + timedelta(hours=1))]
    with undone():
        db.session.execute(SLOT.delete().where(SLOT.c.id == old.id))
        written = Rows(Slot, ("id", "instrument_id", "position", "starts_at", "ends_at", "kind", "source_id"))
        written.add((old.id.hex, old.instrument_id.hex, "1", *stored, "booking", old.source_id.hex))
        written.flush()
        back = rows(select(SLOT).where(SLOT.c.id == old.id))[0]
        assert (back.starts_at, back.instrument_id, back.source_id) == (
            start,
            old.instrument_id,
            old.source_id,
        )


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_says_what_stands_and_refuses_real_data(loaded: demo.Loaded) -> None:
    runner = current_app.test_cli_runner()
    again = runner.invoke(load_command, [])
    assert again.exit_code == 0
    assert "rows 0\n" in again.output
    assert "instruments 120\n" in again.output
    with undone():
        db.session.execute(USER.update().where(USER.c.username == "finance").values(is_sample=False))
        refused = runner.invoke(load_command, [])
        assert refused.exit_code == 1
        assert "real data" in refused.output


def test_the_greeting_names_every_account() -> None:
    said = demo.greeting("http://127.0.0.1:8000")
    assert said.startswith("http://127.0.0.1:8000\n")
    assert all(account["username"] in said for account in source().people["accounts"])
