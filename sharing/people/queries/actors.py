"""Who asks: two statements a request, built once. Nobody is found whose session or token ended, or who has left."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Select, bindparam, literal, null, or_, select, union_all

from sharing.kernel.db import Key, UtcDateTime, db, table_of
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


_with_institution = _user.outerjoin(_institution, _institution.c.id == _user.c.institution_id)
_BY_ID: Final = _person().select_from(_with_institution).where(_user.c.id == bindparam("user_id", type_=Key))
_BY_SESSION: Final = (
    _person(_session.c.id, _session.c.seen_at)
    .select_from(_session.join(_with_institution, _user.c.id == _session.c.user_id))
    .where(
        _session.c.secret_hash == bindparam("hash"),
        _session.c.ended_at.is_(None),
        _session.c.ends_at > _NOW,
        _session.c.seen_at > bindparam("idle_since", type_=UtcDateTime),
    )
)
_BY_TOKEN: Final = (
    _person(_token.c.id, _token.c.used_at)
    .select_from(_token.join(_with_institution, _user.c.id == _token.c.user_id))
    .where(
        _token.c.secret_hash == bindparam("hash"),
        _token.c.ended_at.is_(None),
        or_(_token.c.ends_at.is_(None), _token.c.ends_at > _NOW),
    )
)
_HELD: Final = union_all(
    select(_grant.c.role, _grant.c.scope_kind, _grant.c.scope_id).where(
        _grant.c.user_id == bindparam("user_id", type_=Key),
        _grant.c.starts_on <= _ON,
        or_(_grant.c.ends_on.is_(None), _grant.c.ends_on > _ON),
    ),
    select(literal(MEMBER), null(), _membership.c.group_id).where(
        _membership.c.user_id == bindparam("user_id", type_=Key),
        _membership.c.starts_on <= _ON,
        or_(_membership.c.ends_on.is_(None), _membership.c.ends_on > _ON),
    ),
)


def _actor(row: Mapping[str, Any], now: datetime) -> Actor:
    held = db.session.execute(_HELD, {"user_id": row["user_id"], "on": shanghai_day(now)}).all()
    grants = tuple(
        Grant(Role(role), ScopeKind(kind), scope_id) for role, kind, scope_id in held if role != MEMBER
    )
    member_of = {scope_id for role, _kind, scope_id in held if role == MEMBER}
    heads = {grant.scope_id for grant in grants if grant.role is Role.HEAD}
    return Actor(
        user_id=row["user_id"],
        username=row["username"],
        name=row["name"],
        name_en=row["name_en"],
        language=row["language"],
        email=row["email"],
        kind=row["kind"],
        institution_id=row["institution_id"],
        zone_id=row["zone_id"],
        staff_no=row["staff_no"],
        groups=tuple(sorted(one for one in member_of | heads if one is not None)),
        grants=grants,
    )


def actor(user_id: uuid.UUID, now: datetime) -> Actor | None:
    """The person with the grants in force now; None when unknown or gone."""
    row = db.session.execute(_BY_ID, {"user_id": user_id, "now": now}).mappings().first()
    return _actor(row, now) if row else None  # type: ignore[arg-type]


def session_of(secret: str, now: datetime, idle: timedelta) -> OpenSession | None:
    """The session that a cookie's secret opens; None when it ended, lay idle for longer than `idle`, or was never."""
    facts = {"hash": secret_hash(secret), "now": now, "idle_since": now - idle}
    row = db.session.execute(_BY_SESSION, facts).mappings().first()
    return OpenSession(row["id"], row["seen_at"], _actor(row, now)) if row else None  # type: ignore[arg-type]


def token_of(secret: str, now: datetime) -> OpenToken | None:
    """The token that a bearer's secret is; None when it ended or was never."""
    row = db.session.execute(_BY_TOKEN, {"hash": secret_hash(secret), "now": now}).mappings().first()
    return OpenToken(row["id"], row["used_at"], _actor(row, now)) if row else None  # type: ignore[arg-type]
