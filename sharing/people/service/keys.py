"""Secrets that open something: the session of a cookie, API tokens, calendar addresses. Kept only as hashes."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Table, update

from sharing.audit import service as audit
from sharing.kernel.db import db, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.people import queries
from sharing.people.models import CalendarKey, SignIn, Token
from sharing.people.rules import Actor, secret_hash

_session, _token, _key = table_of(SignIn), table_of(Token), table_of(CalendarKey)
SECRET_BYTES: Final = 32
MARK: Final = "sharing_"  # what a token begins with lets secret scanners know one that was left in a script
SEEN_EVERY: Final = timedelta(minutes=1)
IDLE: Final = timedelta(hours=12)
KINDS: Final = frozenset({"person", "instrument", "desk"})


# --- who asks: a read, and at most once a minute a note that she was here ----------------------------------


def actor_by_session(secret: str, *, now: datetime, idle: timedelta = IDLE) -> Actor | None:
    """Who is signed in with this cookie's secret, or None."""
    found = queries.session_of(secret, now, idle)
    if found is None:
        return None
    if now - found.seen_at >= SEEN_EVERY:
        _note(_session, "seen_at", found.id, now)
    return found.actor


def actor_by_token(secret: str, *, now: datetime) -> Actor | None:
    """Whose token this is, or None."""
    found = queries.token_of(secret, now)
    if found is None:
        return None
    if found.used_at is None or now - found.used_at >= SEEN_EVERY:
        _note(_token, "used_at", found.id, now)
    return found.actor


@transactional
def _note(table: Table, column: str, row_id: uuid.UUID, now: datetime) -> None:
    db.session.execute(update(table).where(table.c.id == row_id).values({column: now}))


# --- tokens ------------------------------------------------------------------------------------------------


@transactional
def create_token(
    user_id: uuid.UUID, *, label: str, ends_at: datetime | None, by: Actor | None, now: datetime
) -> str:
    """A new token for the API; this is the only time that it is seen.

    by  its owner, or None for the command line of the server
    """
    secret = MARK + secrets.token_urlsafe(SECRET_BYTES)
    row = {"id": new_id(), "user_id": user_id, "label": label, "created_at": now, "ends_at": ends_at}
    db.session.execute(_token.insert().values(secret_hash=secret_hash(secret), **row))
    audit.record("people.token-created", about=("user", user_id), by=by, now=now, after=row)
    return secret


@transactional
def revoke_token(token_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """End one of one's own tokens at once. Raises Refused: not-found."""
    _end_own(_token, token_id, by, now)
    audit.record(
        "people.token-revoked", about=("user", by.user_id), by=by, now=now, after={"token": token_id}
    )


def _end_own(table: Table, row_id: uuid.UUID, by: Actor, now: datetime) -> None:
    mine = (table.c.id == row_id) & (table.c.user_id == by.user_id) & table.c.ended_at.is_(None)
    if not db.session.execute(update(table).where(mine).values(ended_at=now).returning(table.c.id)).first():
        raise Refused("not-found")


# --- calendar addresses --------------------------------------------------------------------------------------


@transactional
def create_calendar_key(*, kind: str, about_id: uuid.UUID | None, by: Actor, now: datetime) -> str:
    """The secret of a new calendar address; this is the only time that it is seen.

    kind      person (her bookings), desk (what she manages), instrument
    about_id  the instrument, which the caller has found that she may see; None for the others
    Raises Refused: forbidden, for a desk without an instrument to manage.
    """
    if kind not in KINDS or (kind == "instrument") != (about_id is not None):
        raise ValueError("a calendar address is a person's, a desk's or an instrument's")
    if kind == "desk" and not by.has("booking.manage"):
        raise Refused("forbidden")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = {"id": new_id(), "user_id": by.user_id, "kind": kind, "about_id": about_id, "created_at": now}
    db.session.execute(_key.insert().values(secret_hash=secret_hash(secret), **row))
    audit.record("people.calendar-key-created", about=("user", by.user_id), by=by, now=now, after=row)
    return secret


@transactional
def revoke_calendar_key(key_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """Close one of one's own calendar addresses at once. Raises Refused: not-found."""
    _end_own(_key, key_id, by, now)
    about = ("user", by.user_id)
    audit.record("people.calendar-key-revoked", about=about, by=by, now=now, after={"key": key_id})


@transactional
def renew_calendar_key(key_id: uuid.UUID, *, by: Actor, now: datetime) -> str:
    """Close an address and open another of the same thing. Raises Refused: not-found, forbidden."""
    old = next((row for row in queries.calendar_keys(by.user_id) if row.id == key_id), None)
    if old is None:
        raise Refused("not-found")
    revoke_calendar_key(key_id, by=by, now=now)
    return create_calendar_key(kind=old.kind, about_id=old.about_id, by=by, now=now)
