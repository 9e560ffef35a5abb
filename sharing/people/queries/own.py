"""What one person has of her own: signed-in browsers, tokens, calendar addresses, deputies."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from sharing.kernel.db import db, table_of
from sharing.people.models import CalendarKey, Deputy, SignIn, Token, User
from sharing.people.rules import secret_hash

_session, _token, _key = table_of(SignIn), table_of(Token), table_of(CalendarKey)
_deputy, _user = table_of(Deputy), table_of(User)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A signed-in browser; `here` marks the one that asks."""

    id: uuid.UUID
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    browser: str
    here: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token that is not ended; its secret was shown once and is not known here."""

    id: uuid.UUID
    label: str
    created_at: datetime
    ends_at: datetime | None
    used_at: datetime | None
    lapsed: bool


@dataclass(frozen=True, slots=True)
class CalendarKeyRow:
    """A calendar address that is in force: whose, and of what (`about_id` names the instrument)."""

    id: uuid.UUID
    user_id: uuid.UUID
    kind: str
    about_id: uuid.UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeputyRow:
    """Who stands in for a person within `[starts_on, ends_on)`."""

    id: uuid.UUID
    deputy_id: uuid.UUID
    name: str
    name_en: str
    username: str
    starts_on: date
    ends_on: date

    @property
    def last_on(self) -> date:
        """The last day that counts."""
        return self.ends_on - timedelta(days=1)


def sessions(user_id: uuid.UUID, now: datetime, *, idle: timedelta, secret: str = "") -> list[SessionRow]:
    """The browsers in which a person is signed in now, the last seen first."""
    c = _session.c
    mine = secret_hash(secret)
    ask = (
        select(c.id, c.created_at, c.seen_at, c.ends_at, c.address, c.browser, c.secret_hash)
        .where(c.user_id == user_id, c.ended_at.is_(None), c.ends_at > now, c.seen_at > now - idle)
        .order_by(c.seen_at.desc(), c.id)
    )
    return [SessionRow(*row[:6], here=bytes(row[6]) == mine) for row in db.session.execute(ask)]


def tokens(user_id: uuid.UUID, now: datetime) -> list[TokenRow]:
    """A person's tokens that were not revoked, the newest first; lapsed ones are marked."""
    c = _token.c
    ask = select(c.id, c.label, c.created_at, c.ends_at, c.used_at)
    ask = ask.where(c.user_id == user_id, c.ended_at.is_(None)).order_by(c.created_at.desc(), c.id.desc())
    return [
        TokenRow(*row, lapsed=row.ends_at is not None and row.ends_at <= now)
        for row in db.session.execute(ask)
    ]


_KEY_COLUMNS = tuple(_key.c[name] for name in CalendarKeyRow.__dataclass_fields__)


def calendar_key(secret: str) -> CalendarKeyRow | None:
    """What a calendar address opens; None when it was revoked, never was, or its owner has left."""
    ask = select(*_KEY_COLUMNS).join_from(_key, _user, _user.c.id == _key.c.user_id)
    ask = ask.where(
        _key.c.secret_hash == secret_hash(secret), _key.c.ended_at.is_(None), _user.c.left_at.is_(None)
    )
    row = db.session.execute(ask).first()
    return CalendarKeyRow(*row) if row else None


def calendar_keys(user_id: uuid.UUID) -> list[CalendarKeyRow]:
    """A person's calendar addresses that are in force, the oldest first."""
    ask = select(*_KEY_COLUMNS).where(_key.c.user_id == user_id, _key.c.ended_at.is_(None))
    return [CalendarKeyRow(*row) for row in db.session.execute(ask.order_by(_key.c.created_at, _key.c.id))]


def deputies(user_id: uuid.UUID, on: date) -> list[DeputyRow]:
    """Who stands in for a person now or later; past ones are left out."""
    d, u = _deputy.c, _user.c
    ask = (
        select(d.id, d.deputy_id, u.name, u.name_en, u.username, d.starts_on, d.ends_on)
        .join_from(_deputy, _user, u.id == d.deputy_id)
        .where(d.user_id == user_id, d.ends_on > on, u.left_at.is_(None))
        .order_by(d.starts_on, d.id)
    )
    return [DeputyRow(*row) for row in db.session.execute(ask)]
