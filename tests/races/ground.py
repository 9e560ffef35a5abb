"""The ground that rivals meet on: people with tokens and sessions, instruments that are always open, and the truth by
SQL afterwards."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import text

from sharing.booking.models import Booking, Slot
from sharing.kernel.db import db, new_id, table_of, transaction
from sharing.kernel.timespan import SHANGHAI, TimeSpan, at_shanghai, shanghai_day
from sharing.orders.models import Order
from sharing.people import service as people
from sharing.people.models import SignIn, User
from sharing.people.rules import secret_hash
from sharing.registry.models import Instrument
from tests import cast

ALL_DAY = {kind: [[0, 1440]] for kind in ("workday", "weekend", "holiday")}
FIRST_DAY = 7  # days ahead of the slots that rivals want


@dataclass(frozen=True)
class Ground:
    """What a race needs of the house.

    tokens  by the name of the person
    cookie  of the researcher's browser, with the token its forms carry
    """

    house: cast.House
    laser: Instrument  # self-service
    sem: Instrument  # by approval: payer, manager
    tokens: dict[str, str]
    cookie: str
    csrf: str
    day: datetime

    def slot(self, number: int, *, hours: int = 1) -> TimeSpan:
        """The wanted slot of a round: an hour each, day after day."""
        start = self.day + timedelta(hours=2 * number)
        return TimeSpan(start, start + timedelta(hours=hours))


def ground(app: Flask) -> Ground:
    """Build it; times are of the real clock, since the server reads that."""
    house = cast.house()
    laser = cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
    for one in (laser, house.instrument):
        cast.timetable(one, days=ALL_DAY)
    now = datetime.now(UTC)
    tokens = {
        name: people.create_token(who.id, label="race", ends_at=None, by=None, now=now)
        for name, who in {
            "researcher": house.researcher,
            "head": house.head,
            "manager": house.manager,
        }.items()
    }
    cookie, csrf = _browser(app, house.researcher, now)
    day = at_shanghai(shanghai_day(now) + timedelta(days=FIRST_DAY))
    return Ground(house, laser, house.instrument, tokens, cookie, csrf, day)


def _browser(app: Flask, who: User, now: datetime) -> tuple[str, str]:
    """A session cookie and the token of its forms, as signing in would give them."""
    secret = secrets.token_urlsafe(32)
    cast.keep(
        SignIn(
            secret_hash=secret_hash(secret),
            user_id=who.id,
            created_at=now,
            seen_at=now,
            ends_at=now + timedelta(days=1),
            address="127.0.0.1",
            browser="race",
        )
    )
    with app.test_request_context("/"):
        session["_user_id"] = secret
        session["_fresh"] = True
        csrf = generate_csrf()
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(dict(session))}", csrf


def wish(on: Instrument, span: TimeSpan) -> dict[str, Any]:
    return {
        "instrument_id": str(on.id),
        "start": span.start.astimezone(SHANGHAI).isoformat(),
        "end": span.end.astimezone(SHANGHAI).isoformat(),
        "purpose": "同时来抢",
    }


def scattered(on: Instrument, who: User, group_id: Any, spans: list[TimeSpan]) -> list[Any]:
    """Approved bookings with their slots, written at once."""
    ids = [new_id() for _span in spans]
    common = {
        "zone_code": "kunming", "instrument_id": on.id, "institution_id": on.institution_id, "requester_id": who.id,
        "requester_institution_id": who.institution_id, "group_id": group_id, "status": "approved", "purpose": "先到",
        "amount_fen": 0, "quote": {"lines": []}, "created_at": cast.NOW, "changed_at": cast.NOW, "end_note": "",
        "setup_minutes": 0, "cleanup_minutes": 0, "position": 1, "attendees": [], "exempt_from": [], "sequence": 0,
        "revision": 1,
    }  # fmt: skip
    rows = [
        common | {"id": key, "number": f"R-{key.hex[-12:]}", "starts_at": s.start, "ends_at": s.end}
        for key, s in zip(ids, spans, strict=True)
    ]
    slots = [
        {"id": new_id(), "instrument_id": on.id, "position": 1, "starts_at": s.start, "ends_at": s.end,
         "kind": "booking", "source_id": key}
        for key, s in zip(ids, spans, strict=True)
    ]  # fmt: skip
    with transaction():
        db.session.execute(table_of(Booking).insert(), rows)
        db.session.execute(table_of(Slot).insert(), slots)
    return ids


def accepted(on: Instrument, who: User, group_id: Any, number: int) -> list[Any]:
    """Service orders of the house whose quote was accepted, written at once."""
    ids = [new_id() for _number in range(number)]
    common = {
        "zone_code": "kunming", "instrument_id": on.id, "institution_id": on.institution_id, "customer_id": who.id,
        "customer_institution_id": who.institution_id, "group_id": group_id, "external": False, "what": "同时来排",
        "samples": 1, "nature": "粉末", "after": "dispose", "status": "accepted", "quote_version": 1,
        "accepted_version": 1, "created_at": cast.NOW, "changed_at": cast.NOW,
    }  # fmt: skip
    rows = [common | {"id": key, "number": f"O-{key.hex[-12:]}"} for key in ids]
    with transaction():  # a snapshot that is still open would be behind the server's writes
        db.session.execute(table_of(Order).insert(), rows)
    return ids


# --- the truth -------------------------------------------------------------------------------------------------------

OVERLAPS = {
    "slots": """
        SELECT count(*) FROM booking_slot a JOIN booking_slot b
        ON a.instrument_id = b.instrument_id AND a.position = b.position AND a.id < b.id
        AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at""",
    "bookings": """
        SELECT count(*) FROM booking_booking a JOIN booking_booking b
        ON a.instrument_id = b.instrument_id AND a.position = b.position AND a.id < b.id
        AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
        WHERE a.status IN ('requested','approved','in_use') AND b.status IN ('requested','approved','in_use')""",
}


def overlaps() -> dict[str, int]:
    """Pairs that meet on one place, among slots and among live bookings."""
    db.session.rollback()
    return {name: int(db.session.execute(text(sql)).scalar_one()) for name, sql in OVERLAPS.items()}


def deadlocks() -> int:
    """As the database server counts them and as its log tells them; SQLite has none to tell."""
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        return 0
    asked = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    db.session.execute(text("SELECT pg_stat_clear_snapshot()"))
    log = db.session.execute(text("SELECT pg_read_file(current_setting('data_directory') || '/../log')"))
    return int(db.session.execute(asked).scalar_one()) + str(log.scalar_one()).count("deadlock detected")


def drop_the_guard() -> None:
    """Take the overlap rule out of the schema; the clone is not used again by anybody."""
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text("DROP TRIGGER booking_slot_overlap"))
    else:
        db.session.execute(text("ALTER TABLE booking_slot DROP CONSTRAINT ex_booking_slot_overlap"))
    db.session.commit()


def put_the_guard_back() -> None:
    """For PostgreSQL, whose database other tests use after this one; SQLite's file is copied anew."""
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("DELETE FROM booking_slot"))
        db.session.execute(
            text(
                "ALTER TABLE booking_slot ADD CONSTRAINT ex_booking_slot_overlap EXCLUDE USING gist"
                " (instrument_id WITH =, position WITH =, tstzrange(starts_at, ends_at) WITH &&)"
            )
        )
        db.session.commit()
