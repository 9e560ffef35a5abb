"""People as others see them: their names, who holds a role where, who stands in for whom."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from sharing.kernel.db import db, table_of
from sharing.people.models import Deputy, User
from sharing.people.models import Grant as GrantTable
from sharing.people.rules import Role, ScopeKind

_user, _grant, _deputy = table_of(User), table_of(GrantTable), table_of(Deputy)
MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person; `left` is True when she has gone, her name then stands only in history."""

    id: uuid.UUID
    username: str
    name: str
    name_en: str
    email: str
    language: str
    institution_id: uuid.UUID | None
    staff_no: str | None
    phone: str | None
    left: bool
    department: str | None = None
    kind: str = "member"


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A role that a person holds or held at a scope, within `[starts_on, ends_on)`."""

    id: uuid.UUID
    user_id: uuid.UUID
    role: Role
    scope_kind: ScopeKind
    scope_id: uuid.UUID | None
    starts_on: date
    ends_on: date | None
    reason: str
    granted_by: uuid.UUID | None
    created_at: datetime


def _people() -> Select[Any]:
    u = _user.c
    return select(
        u.id,
        u.username,
        u.name,
        u.name_en,
        u.email,
        u.language,
        u.institution_id,
        u.staff_no,
        u.phone,
        u.left_at.is_not(None),
        u.department,
        u.kind,
    )


def _rows(ask: Select[Any]) -> list[PersonRow]:
    return [PersonRow(*row) for row in db.session.execute(ask)]


def _one(ask: Select[Any]) -> PersonRow | None:
    return next(iter(_rows(ask.limit(1))), None)


def person(user_id: uuid.UUID) -> PersonRow | None:
    return _one(_people().where(_user.c.id == user_id))


def person_by_username(username: str) -> PersonRow | None:
    return _one(_people().where(_user.c.username == username.strip().lower()))


def usernames_like(stem: str) -> set[str]:
    """User names that begin so, of whoever has left too."""
    begins = stem.replace("_", r"\_") + "%"
    return set(db.session.scalars(select(_user.c.username).where(_user.c.username.like(begins, escape="\\"))))


def person_by_email(email: str) -> PersonRow | None:
    """The person of that address who has not left; the newest where two share one."""
    ask = _people().where(func.lower(_user.c.email) == email.strip().lower(), _user.c.left_at.is_(None))
    return _one(ask.order_by(_user.c.created_at.desc()))


def persons(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, PersonRow]:
    """These people by id, in one statement; whoever has left too, for history names them."""
    wanted = set(ids)
    return {row.id: row for row in _rows(_people().where(_user.c.id.in_(wanted)))} if wanted else {}


def by_staff_no(institution_id: uuid.UUID, numbers: Collection[str]) -> dict[str, PersonRow]:
    """People of an institution by staff number, of those who have not left."""
    ask = _people().where(
        _user.c.institution_id == institution_id,
        _user.c.staff_no.in_(set(numbers)),
        _user.c.left_at.is_(None),
    )
    return {row.staff_no: row for row in _rows(ask) if row.staff_no} if numbers else {}


def meant(said: str, institution_id: uuid.UUID | None) -> PersonRow | None:
    """Who is meant by a user name, or by a staff number of that institution; nobody who has left."""
    numbered = by_staff_no(institution_id, [said]) if institution_id else {}
    found = numbered.get(said) or person_by_username(said)
    return None if found is None or found.left else found


def search(words: str, institution_id: uuid.UUID | None = None) -> list[PersonRow]:
    """People whose name, username or staff number begins so, who have not left; at most 50."""
    begins = words.strip().lower().replace("\\", "").replace("%", "").replace("_", r"\_") + "%"
    if begins == "%":
        return []
    fields = (_user.c.name, _user.c.name_en, _user.c.username, _user.c.staff_no)
    ask = _people().where(_user.c.left_at.is_(None))
    ask = ask.where(or_(*(func.lower(field).like(begins, escape="\\") for field in fields)))
    if institution_id is not None:
        ask = ask.where(_user.c.institution_id == institution_id)
    return _rows(ask.order_by(_user.c.name, _user.c.username).limit(MOST_FOUND))


# --- roles -------------------------------------------------------------------------------------------------


def _in_force(on: date) -> Any:
    return (_grant.c.starts_on <= on) & or_(_grant.c.ends_on.is_(None), _grant.c.ends_on > on)


def holders(
    role: Role | str, scope_kind: ScopeKind | str, scope_id: uuid.UUID | None, on: date
) -> list[PersonRow]:
    """Who holds a role at exactly this scope on a day and has not left; each once, by name."""
    held = select(_grant.c.user_id).where(
        _grant.c.role == str(role), _grant.c.scope_kind == str(scope_kind), _in_force(on)
    )
    held = held.where(_grant.c.scope_id.is_(None) if scope_id is None else _grant.c.scope_id == scope_id)
    ask = _people().where(_user.c.id.in_(held), _user.c.left_at.is_(None))
    return _rows(ask.order_by(_user.c.name, _user.c.id))


def keepers(scope_kind: ScopeKind | str, role: Role | str, on: date) -> dict[uuid.UUID, list[PersonRow]]:
    """Who holds a role at each scope of a kind on a day, and has not left; one statement for all of them."""
    ask = _people().add_columns(_grant.c.scope_id).join_from(_user, _grant, _grant.c.user_id == _user.c.id)
    held = (_grant.c.role == str(role), _grant.c.scope_kind == str(scope_kind), _in_force(on))
    ask = ask.where(*held, _user.c.left_at.is_(None))
    found: dict[uuid.UUID, list[PersonRow]] = {}
    for row in db.session.execute(ask.order_by(_user.c.name, _user.c.id)):
        found.setdefault(row[-1], []).append(PersonRow(*row[:-1]))
    return found


def grants_of(user_id: uuid.UUID) -> list[GrantRow]:
    """Every role a person holds or held, the newest first."""
    columns = [_grant.c[name] for name in GrantRow.__dataclass_fields__]
    ask = select(*columns).where(_grant.c.user_id == user_id)
    rows = db.session.execute(ask.order_by(_grant.c.starts_on.desc(), _grant.c.id.desc()))
    return [
        GrantRow(**{**row, "role": Role(row["role"]), "scope_kind": ScopeKind(row["scope_kind"])})
        for row in rows.mappings()
    ]


# --- deputies ----------------------------------------------------------------------------------------------


def deputies_for(user_ids: Iterable[uuid.UUID], on: date) -> dict[uuid.UUID, list[PersonRow]]:
    """Who stands in for each of these people on a day; only those that somebody stands in for are named."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    ask = (
        _people().add_columns(_deputy.c.user_id).join_from(_user, _deputy, _deputy.c.deputy_id == _user.c.id)
    )
    ask = ask.where(_deputy.c.user_id.in_(wanted), _stands(on), _user.c.left_at.is_(None))
    found: dict[uuid.UUID, list[PersonRow]] = {}
    for row in db.session.execute(ask.order_by(_deputy.c.starts_on, _deputy.c.id)):
        found.setdefault(row[-1], []).append(PersonRow(*row[:-1]))
    return found


def stands_in_for(user_id: uuid.UUID, on: date) -> list[PersonRow]:
    """The people whom this one stands in for on a day. Whoever has left has no seat to stand in."""
    ask = _people().join_from(_user, _deputy, _deputy.c.user_id == _user.c.id)
    ask = ask.where(_deputy.c.deputy_id == user_id, _stands(on), _user.c.left_at.is_(None))
    return _rows(ask.order_by(_user.c.name, _user.c.id).distinct())


def _stands(on: date) -> Any:
    return (_deputy.c.starts_on <= on) & (_deputy.c.ends_on > on)
