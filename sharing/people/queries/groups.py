"""Research groups, their members and heads."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select, union

from sharing.kernel.db import db, table_of
from sharing.people.models import Grant as GrantTable
from sharing.people.models import Membership, ResearchGroup, User
from sharing.people.queries.persons import PersonRow, holders
from sharing.people.rules import Role, ScopeKind

_group, _membership, _user = table_of(ResearchGroup), table_of(Membership), table_of(User)
_grant = table_of(GrantTable)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A research group of an institution."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    institution_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A person in a group, from when until when; `head` when she heads it on the day asked."""

    membership_id: uuid.UUID
    user_id: uuid.UUID
    name: str
    name_en: str
    username: str
    email: str
    staff_no: str | None
    starts_on: date
    ends_on: date | None
    head: bool


_COLUMNS = tuple(_group.c[name] for name in GroupRow.__dataclass_fields__)


def group(group_id: uuid.UUID) -> GroupRow | None:
    row = db.session.execute(select(*_COLUMNS).where(_group.c.id == group_id)).first()
    return GroupRow(*row) if row else None


def group_by_code(code: str) -> GroupRow | None:
    row = db.session.execute(select(*_COLUMNS).where(_group.c.code == code)).first()
    return GroupRow(*row) if row else None


def groups(institution_id: uuid.UUID | None = None) -> list[GroupRow]:
    """Groups that are not retired, by name; of one institution when asked."""
    ask = select(*_COLUMNS).where(_group.c.retired_at.is_(None)).order_by(_group.c.name, _group.c.code)
    if institution_id is not None:
        ask = ask.where(_group.c.institution_id == institution_id)
    return [GroupRow(*row) for row in db.session.execute(ask)]


def groups_of(user_id: uuid.UUID, on: date) -> list[GroupRow]:
    """The groups that a person is a member or head of on a day, by name."""
    mine = union(
        select(_membership.c.group_id).where(_membership.c.user_id == user_id, _holds(_membership.c, on)),
        select(_grant.c.scope_id).where(
            _grant.c.user_id == user_id, _grant.c.role == Role.HEAD.value, _holds(_grant.c, on)
        ),
    )
    ask = select(*_COLUMNS).where(_group.c.id.in_(mine), _group.c.retired_at.is_(None))
    return [GroupRow(*row) for row in db.session.execute(ask.order_by(_group.c.name, _group.c.code))]


def group_members(group_id: uuid.UUID, on: date) -> list[MemberRow]:
    """Who belongs to a group on a day and has not left; heads first, then by name."""
    heading = {row.id for row in heads(group_id, on)}
    m, u = _membership.c, _user.c
    ask = (
        select(m.id, u.id, u.name, u.name_en, u.username, u.email, u.staff_no, m.starts_on, m.ends_on)
        .join_from(_membership, _user, u.id == m.user_id)
        .where(m.group_id == group_id, _holds(m, on), u.left_at.is_(None))
        .order_by(u.name, u.id)
    )
    rows = [MemberRow(*row, head=row[1] in heading) for row in db.session.execute(ask)]
    return sorted(rows, key=lambda row: not row.head)


def heads(group_id: uuid.UUID, on: date) -> list[PersonRow]:
    """Who pays for a group on a day."""
    return holders(Role.HEAD, ScopeKind.GROUP, group_id, on)


def _holds(columns: Any, on: date) -> ColumnElement[bool]:
    held: ColumnElement[bool] = (columns.starts_on <= on) & or_(
        columns.ends_on.is_(None), columns.ends_on > on
    )
    return held
