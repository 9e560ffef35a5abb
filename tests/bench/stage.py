"""The stage of a benchmark: the large network in PostgreSQL, people with tokens, instruments always open."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import insert, select

from sharing.kernel.db import db, new_id, table_of, transactional
from sharing.kernel.timespan import at_shanghai, shanghai_day
from sharing.network.service import raise_epoch
from sharing.people.models import Grant, Membership, ResearchGroup, Token, User
from sharing.people.rules import secret_hash
from sharing.pricing.models import Price
from sharing.registry.models import Instrument, Policy, Question, Timetable
from sharing.web import demo, schema
from tests.bench.measures import CLIENTS, Desk

EACH = 60  # instruments a client books in turn


def note(text: str) -> None:
    print(f"bench: {text}", flush=True)


def load(app: Flask, url: str) -> None:
    """Migrate and fill; the figures of the load itself are told."""
    began = time.perf_counter()
    schema.upgrade(url)
    with app.app_context():
        loaded = demo.load(scale="large", seed=1, now=datetime.now(UTC))
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    note(f"{loaded} in {time.perf_counter() - began:.0f} s")


@transactional
def desks() -> list[Desk]:
    """For each client a person with a token, and instruments that are always open and free in two years."""
    now = datetime.now(UTC)
    instrument = table_of(Instrument)
    wanted = select(instrument.c.id).where(instrument.c.status == "in_service", instrument.c.capacity == 1)
    ids = list(db.session.execute(wanted.order_by(instrument.c.code).limit(CLIENTS * EACH)).scalars())
    db.session.execute(
        instrument.update()
        .where(instrument.c.id.in_(ids))
        .values(booking_mode="self_service", customs_supervised=False)
    )
    db.session.execute(table_of(Question).update().values(required=False))
    _open_always(ids, now)
    found = []
    for n in range(CLIENTS):
        secret = secrets.token_urlsafe(32)
        user = db.session.execute(select(table_of(User)).where(table_of(User).c.username == "manager")).one()
        person = {
            **user._asdict(),
            "id": new_id(),
            "username": f"bench-{n}",
            "email": f"bench-{n}@sample.invalid",
        }
        person |= {"staff_no": None, "password_hash": None, "created_at": now}
        db.session.execute(insert(table_of(User)).values(person))
        _researcher(person["id"], now)
        db.session.execute(insert(table_of(Token)).values(_token(person["id"], secret, now)))
        found.append(Desk(secret, tuple(ids[n * EACH : (n + 1) * EACH])))
    raise_epoch()
    return found


def _researcher(user_id: UUID, now: datetime) -> None:
    """Her role and her paying group; quota and lead do not matter here, the policy below sets none."""
    since = date(2020, 1, 1)
    row = {
        "id": new_id(),
        "user_id": user_id,
        "role": "researcher",
        "scope_kind": "network",
        "scope_id": None,
    }
    row |= {"starts_on": since, "ends_on": None, "reason": "bench", "granted_by": None, "created_at": now}
    db.session.execute(insert(table_of(Grant)).values(row))
    group = db.session.execute(select(table_of(ResearchGroup).c.id).limit(1)).scalar_one()
    member = {"id": new_id(), "group_id": group, "user_id": user_id, "starts_on": since, "ends_on": None}
    db.session.execute(insert(table_of(Membership)).values(member))


def _token(user_id: UUID, secret: str, now: datetime) -> Mapping[str, object]:
    return {
        "id": new_id(),
        "secret_hash": secret_hash(secret),
        "user_id": user_id,
        "label": "bench",
        "created_at": now,
        "ends_at": None,
        "ended_at": None,
        "used_at": None,
    }


def _open_always(ids: list[UUID], now: datetime) -> None:
    """Rules of their own for these instruments, from the days on which they are booked."""
    asked = {"valid_from": shanghai_day(now) - timedelta(days=1)}  # a price holds on the day of asking
    for one in ids:
        common = {
            "scope_kind": "instrument", "scope_id": one, "scope_key": f"instrument:{one}",
            "valid_from": far_future().date() - timedelta(days=7), "inherit": False, "source_document": "bench",
            "created_at": now,
        }  # fmt: skip
        limits = {
            "granularity_minutes": 30,
            "shortest_minutes": 30,
            "longest_minutes": None,
            "lead_minutes": 0,
        }
        free = {"audience": "everyone", "setup_minutes": 0, "cleanup_minutes": 0, "cancel_notice_minutes": 0}
        rest = {"runs_through_closed": False, "check_in_required": False, "check_in_early_minutes": 15}
        policy = common | limits | free | rest | {"id": new_id()}
        db.session.execute(insert(table_of(Policy)).values(policy))
        days = {kind: [[0, 1440]] for kind in ("workday", "weekend", "holiday")}
        table = {"id": new_id(), "name": "", "name_en": "", "days": days}
        db.session.execute(insert(table_of(Timetable)).values(common | table))
        for group in ("institution", "academic"):
            price = {
                "id": new_id(),
                "price_group": group,
                "hour_fen": 18000,
                "minimum_fen": 0,
                "may_buy": True,
            }
            db.session.execute(insert(table_of(Price)).values(common | asked | price | {"bands": []}))


def category_of(least: int) -> tuple[str, int]:
    """The smallest category of any level with at least so many instruments that can be booked, and how many it has."""
    c = table_of(Instrument).c
    bookable = (c.status == "in_service") & c.booking_mode.in_(["self_service", "approval"])
    counts: Counter[str] = Counter()
    for code in db.session.scalars(select(c.category_code).where(bookable)):
        counts.update({code, f"{code[:4]}00", f"{code[:2]}0000"})
    return min(((code, n) for code, n in counts.items() if n >= least), key=lambda one: (one[1], one[0]))


def far_future() -> datetime:
    """Where no loaded booking lies."""
    return at_shanghai(date(datetime.now(UTC).year + 2, 1, 4))
