"""Signing in and out. The throttle is asked before anything is hashed; unknown people cost the same time."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import update

from sharing.audit import service as audit
from sharing.kernel.db import db, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.people import passwords, queries
from sharing.people.models import SignIn, User
from sharing.people.rules import Actor, Device, account_meant, secret_hash
from sharing.people.service.throttle import Guess, forgive, guessing

log = structlog.get_logger("sharing.sign_in")
_user, _session = table_of(User), table_of(SignIn)
SECRET_BYTES: Final = 32
LONGEST_SAID: Final = 60
_OURS: Final = "#?"  # what the throttle marks its own keys with


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just begun; the secret goes into the cookie and is nowhere else."""

    secret: str
    actor: Actor


def sign_in(
    *,
    username: str,
    password: str,
    address: str,
    browser: str,
    device: Device | None,
    lasts: timedelta,
    now: datetime,
) -> Opened:
    """Begin a session. Raises Refused: sign-in-failed, sign-in-throttled (retry_after), busy.

    username  or a staff number, or a mobile number; guesses count against whom they mean, however she is named
    """
    said = username.strip().lstrip(_OURS)[:LONGEST_SAID]
    account: Any = account_meant(said, queries.accounts(said, now))
    username = account.username if account else said.lower()
    known = bool(account and device and account.id in device.people)
    key = f"{username}#{device.id}" if known and device else username
    with guessing(Guess(key, address, known), now) as attempt:
        if not passwords.matches(password, account.password_hash if account else None):
            attempt.failed = True
            log.info("sign-in failed", username=username, address=address)
            if account:
                tell_failure(account.id, address, now)
            raise Refused("sign-in-failed")
    newer = passwords.hashed(password) if passwords.outdated(account.password_hash) else None
    return _open(account.id, key, address, browser, newer, now=now, ends_at=now + lasts)


@transactional
def tell_failure(user_id: uuid.UUID, address: str, now: datetime) -> None:
    """Write down that somebody could not come in as her."""
    audit.record(
        "people.sign-in-failed", about=("user", user_id), by=None, now=now, after={"address": address}
    )


@transactional
def _open(
    user_id: uuid.UUID,
    key: str,
    address: str,
    browser: str,
    newer: str | None,
    *,
    now: datetime,
    ends_at: datetime,
) -> Opened:
    if newer:
        db.session.execute(update(_user).where(_user.c.id == user_id).values(password_hash=newer))
    forgive(key, address)
    return begin_session(user_id, address, browser, way="password", now=now, ends_at=ends_at)


@transactional
def begin_session(
    user_id: uuid.UUID, address: str, browser: str, *, way: str, now: datetime, ends_at: datetime
) -> Opened:
    """Open a browser's session for a person who has proved who she is, in one way or the other.

    Raises Refused: sign-in-failed (she may not sign in any more).
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = {
        "id": new_id(),
        "secret_hash": secret_hash(secret),
        "user_id": user_id,
        "created_at": now,
        "seen_at": now,
        "ends_at": ends_at,
        "address": address[:60],
        "browser": browser[:200],
    }
    db.session.execute(_session.insert().values(**row))
    actor = queries.actor(user_id, now)
    if actor is None:
        raise Refused("sign-in-failed")
    about, after = ("user", user_id), {"address": address}
    if way != "password":
        after["way"] = way
    audit.record("people.sign-in", about=about, by=actor, now=now, after=after)
    return Opened(secret, actor)


@transactional
def sign_out(secret: str, *, by: Actor, now: datetime) -> None:
    """End the session of this browser; a second time changes nothing."""
    _end(_session.c.secret_hash == secret_hash(secret), by=by, now=now, action="people.sign-out")


@transactional
def sign_out_everywhere(*, by: Actor, now: datetime) -> None:
    """End every session of the person, this one too."""
    _end(_session.c.user_id == by.user_id, by=by, now=now, action="people.sign-out-everywhere")


@transactional
def end_session(session_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """End one session of one's own. Raises Refused: not-found."""
    mine = (_session.c.id == session_id) & (_session.c.user_id == by.user_id)
    if not _end(mine, by=by, now=now, action="people.session-ended"):
        raise Refused("not-found")


def _end(which: Any, *, by: Actor, now: datetime, action: str) -> int:
    statement = update(_session).where(which, _session.c.ended_at.is_(None)).values(ended_at=now)
    ended = db.session.execute(statement.returning(_session.c.id)).all()
    if ended:
        audit.record(action, about=("user", by.user_id), by=by, now=now, after={"sessions": len(ended)})
    return len(ended)


def end_sessions(user_id: uuid.UUID, now: datetime, *, but: str = "") -> None:
    """End a person's sessions, all but the one of the secret `but`. Call inside a transaction."""
    statement = update(_session).where(_session.c.user_id == user_id, _session.c.ended_at.is_(None))
    if but:
        statement = statement.where(_session.c.secret_hash != secret_hash(but))
    db.session.execute(statement.values(ended_at=now))
