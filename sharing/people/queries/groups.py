"""Research groups, their members and heads."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true, union

from sharing.kernel.db import db, table_of
from sharing.kernel.paging import PER_PAGE, Page
from sharing.network.models import Institution
from sharing.people.models import Grant as GrantTable
from sharing.people.models import Membership, ResearchGroup, User
from sharing.people.queries.persons import PersonRow, holders
from sharing.people.rules import Role, ScopeFilter, ScopeKind

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


def groups_named(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, GroupRow]:
    """These groups by id, in one statement; those that ended too, for history names them."""
    wanted = set(ids)
    rows = db.session.execute(select(*_COLUMNS).where(_group.c.id.in_(wanted))) if wanted else ()
    return {row.id: GroupRow(*row) for row in rows}


def group_by_code(code: str) -> GroupRow | None:
    row = db.session.execute(select(*_COLUMNS).where(_group.c.code == code)).first()
    return GroupRow(*row) if row else None


def groups(institution_id: uuid.UUID | None = None) -> list[GroupRow]:
    """Groups that are not retired, by name; of one institution when asked."""
    ask = select(*_COLUMNS).where(_group.c.retired_at.is_(None)).order_by(_group.c.name, _group.c.code)
    if institution_id is not None:
        ask = ask.where(_group.c.institution_id == institution_id)
    return [GroupRow(*row) for row in db.session.execute(ask)]


def groups_within(
    within: ScopeFilter, on: date, *, page: int = 1, per_page: int = PER_PAGE
) -> Page[tuple[GroupRow, str, str, int]]:
    """Groups of the houses where the reader may look: each with house, heads' names and size."""
    house = table_of(Institution)
    seen = (
        true()
        if within.everything
        else or_(house.c.zone_id.in_(within.zones), house.c.id.in_(within.institutions))
    )
    where = (_group.c.retired_at.is_(None), seen)
    joined = _group.join(house, house.c.id == _group.c.institution_id)
    total = db.session.scalar(select(func.count()).select_from(joined).where(*where)) or 0
    m = _membership.c
    size = (
        select(func.count())
        .select_from(_membership.join(_user, _user.c.id == m.user_id))
        .where(m.group_id == _group.c.id, _holds(m, on), _user.c.left_at.is_(None))
    )
    ask = select(*_COLUMNS, house.c.code, size.scalar_subquery()).select_from(joined).where(*where)
    ask = ask.order_by(house.c.code, _group.c.name, _group.c.id).limit(per_page).offset((page - 1) * per_page)
    rows = db.session.execute(ask).all()
    named = _heads_named([row[0] for row in rows], on)
    width = len(_COLUMNS)
    items = [(GroupRow(*row[:width]), row[width], named.get(row[0], ""), row[width + 1]) for row in rows]
    return Page(items, total, page, per_page)


def _heads_named(group_ids: list[uuid.UUID], on: date) -> dict[uuid.UUID, str]:
    g = _grant.c
    ask = select(g.scope_id, _user.c.name).join_from(_grant, _user, _user.c.id == g.user_id)
    ask = ask.where(
        g.role == Role.HEAD.value, g.scope_id.in_(group_ids), _holds(g, on), _user.c.left_at.is_(None)
    )
    found: dict[uuid.UUID, list[str]] = {}
    for group_id, name in db.session.execute(ask.order_by(_user.c.name)) if group_ids else ():
        found.setdefault(group_id, []).append(name)
    return {group_id: "、".join(names) for group_id, names in found.items()}


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
