"""Who asks: one statement a request, built once. Nobody is found whose session or token ended, or who has left."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    bindparam,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)

from sharing.kernel.db import Key, UtcDateTime, table_of
from sharing.kernel.quick import Quick
from sharing.kernel.timespan import shanghai_day
from sharing.network.models import Institution
from sharing.people.models import Grant as GrantTable
from sharing.people.models import Membership, SignIn, Token, User
from sharing.people.rules import Actor, Grant, Role, ScopeKind, secret_hash

_user, _institution = table_of(User), table_of(Institution)
_session, _token = table_of(SignIn), table_of(Token)
_grant, _membership = table_of(GrantTable), table_of(Membership)

MEMBER: Final = "member"
_NOW: Final = bindparam("now", type_=UtcDateTime)
_ON: Final = bindparam("on", type_=Date)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that is signed in now."""

    id: uuid.UUID
    seen_at: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class OpenToken:
    """A token that opens the API now; `used_at` is None until its first use."""

    id: uuid.UUID
    used_at: datetime | None
    actor: Actor


_with_institution = _user.outerjoin(_institution, _institution.c.id == _user.c.institution_id)


def _person(*first: ColumnElement[Any]) -> Select[Any]:
    u = _user.c
    return select(
        *first,
        u.id.label("user_id"),
        u.username,
        u.name,
        u.name_en,
        u.language,
        u.email,
        u.kind,
        u.institution_id,
        u.staff_no,
        _institution.c.zone_id,
    ).where(or_(u.left_at.is_(None), u.left_at > _NOW))


def _with_held(who: Select[Any]) -> CompoundSelect[Any]:
    """The person once by herself and once more beside each grant and each membership in force."""
    person, g, m = who.cte("person"), _grant.c, _membership.c
    return union_all(
        select(
            person,
            null().label("role"),
            null().label("scope_kind"),
            type_coerce(null(), Key).label("scope_id"),
        ),
        select(person, g.role, g.scope_kind, g.scope_id).where(
            g.user_id == person.c.user_id, g.starts_on <= _ON, or_(g.ends_on.is_(None), g.ends_on > _ON)
        ),
        select(person, literal(MEMBER), null(), m.group_id).where(
            m.user_id == person.c.user_id, m.starts_on <= _ON, or_(m.ends_on.is_(None), m.ends_on > _ON)
        ),
    )


_BY_ID: Final = Quick(
    _with_held(_person().select_from(_with_institution).where(_user.c.id == bindparam("user_id", type_=Key)))
)
_BY_SESSION: Final = Quick(
    _with_held(
        _person(_session.c.id, _session.c.seen_at)
        .select_from(_session.join(_with_institution, _user.c.id == _session.c.user_id))
        .where(
            _session.c.secret_hash == bindparam("hash"),
            _session.c.ended_at.is_(None),
            _session.c.ends_at > _NOW,
            _session.c.seen_at > bindparam("idle_since", type_=UtcDateTime),
        )
    )
)
_BY_TOKEN: Final = Quick(
    _with_held(
        _person(_token.c.id, _token.c.used_at)
        .select_from(_token.join(_with_institution, _user.c.id == _token.c.user_id))
        .where(
            _token.c.secret_hash == bindparam("hash"),
            _token.c.ended_at.is_(None),
            or_(_token.c.ends_at.is_(None), _token.c.ends_at > _NOW),
        )
    )
)


def _rows(asked: Quick, now: datetime, **facts: Any) -> Sequence[Any]:
    return asked.rows(facts | {"now": now, "on": shanghai_day(now)})


def _actor(rows: Sequence[Any]) -> Actor:
    grants = tuple(
        Grant(Role(row.role), ScopeKind(row.scope_kind), row.scope_id)
        for row in rows
        if row.role is not None and row.role != MEMBER
    )
    member_of = {row.scope_id for row in rows if row.role == MEMBER}
    heads = {grant.scope_id for grant in grants if grant.role is Role.HEAD}
    row = rows[0]
    return Actor(
        user_id=row.user_id,
        username=row.username,
        name=row.name,
        name_en=row.name_en,
        language=row.language,
        email=row.email,
        kind=row.kind,
        institution_id=row.institution_id,
        zone_id=row.zone_id,
        staff_no=row.staff_no,
        groups=tuple(sorted(one for one in member_of | heads if one is not None)),
        grants=grants,
    )


def actor(user_id: uuid.UUID, now: datetime) -> Actor | None:
    """The person with the grants in force now; None when unknown or gone."""
    rows = _rows(_BY_ID, now, user_id=user_id)
    return _actor(rows) if rows else None


def session_of(secret: str, now: datetime, idle: timedelta) -> OpenSession | None:
    """The session that a cookie's secret opens; None when it ended, lay idle for longer than `idle`, or was never."""
    rows = _rows(_BY_SESSION, now, hash=secret_hash(secret), idle_since=now - idle)
    return OpenSession(rows[0].id, rows[0].seen_at, _actor(rows)) if rows else None


def token_of(secret: str, now: datetime) -> OpenToken | None:
    """The token that a bearer's secret is; None when it ended or was never."""
    rows = _rows(_BY_TOKEN, now, hash=secret_hash(secret))
    return OpenToken(rows[0].id, rows[0].used_at, _actor(rows)) if rows else None
