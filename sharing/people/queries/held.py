"""Roles as a list: who holds or held what where, with both names and reasons, bounded by where the reader may look."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true

from sharing.kernel.db import db, table_of
from sharing.kernel.paging import PER_PAGE, Page
from sharing.network import queries as network
from sharing.network.models import Institution, Zone
from sharing.people.models import Grant, ResearchGroup, User
from sharing.people.queries.groups import group_by_code
from sharing.people.rules import Role, ScopeFilter, ScopeKind

_g, _u = table_of(Grant), table_of(User)
_group, _zone, _home = table_of(ResearchGroup), table_of(Zone), table_of(Institution)
_giver, _ender = _u.alias("giver"), _u.alias("ender")

_HOUSE = case(
    (_g.c.scope_kind == "institution", _g.c.scope_id),
    (_g.c.scope_kind == "group", _group.c.institution_id),
    (_g.c.scope_kind == "instrument", _u.c.institution_id),
    (_g.c.role == Role.ENTERPRISE.value, _u.c.institution_id),
)
"""The house a role counts in: an instrument's is known to its registry alone, so its holder's own stands for it."""


_JOINED = (
    _g.join(_u, _u.c.id == _g.c.user_id)
    .outerjoin(_group, and_(_g.c.scope_kind == "group", _group.c.id == _g.c.scope_id))
    .outerjoin(_home, _home.c.id == _HOUSE)
    .outerjoin(_zone, and_(_g.c.scope_kind == "zone", _zone.c.id == _g.c.scope_id))
    .outerjoin(_giver, _giver.c.id == _g.c.granted_by)
    .outerjoin(_ender, _ender.c.id == _g.c.ended_by)
)


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A role that somebody holds or held within `[starts_on, ends_on)`; names of an instrument's scope are empty."""

    id: uuid.UUID
    user_id: uuid.UUID
    username: str
    name: str
    name_en: str
    left: bool
    role: Role
    scope_kind: ScopeKind
    scope_id: uuid.UUID | None
    scope_code: str
    scope_name: str
    scope_name_en: str
    starts_on: date
    ends_on: date | None
    reason: str
    given_by: str | None
    created_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str

    def holds(self, on: date) -> bool:
        """True when it holds on that day."""
        return self.starts_on <= on and (self.ends_on is None or on < self.ends_on)

    def over(self, on: date) -> bool:
        """True when it holds no more."""
        return self.ends_on is not None and self.ends_on <= on


@dataclass(frozen=True, slots=True)
class RolesAsked:
    """Which roles. `past`: those that are over instead of those that hold or will."""

    words: str = ""
    role: Role | None = None
    scope_kind: ScopeKind | None = None
    scope_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    past: bool = False
    page: int = 1
    per_page: int = PER_PAGE


def roles(asked: RolesAsked, within: ScopeFilter, on: date) -> Page[HeldRow]:
    """Roles that lie where the reader may look, by house, role and name; the newest first among those over."""
    where = [_seen(within), *_wanted(asked, on)]
    total = db.session.execute(select(func.count()).select_from(_JOINED).where(*where)).scalar_one()
    order = (_g.c.ends_on.desc(),) if asked.past else (_rank(), _home.c.code, _g.c.role, _u.c.name)
    ask = _columns().select_from(_JOINED).where(*where).order_by(*order, _g.c.id)
    ask = ask.limit(asked.per_page).offset((asked.page - 1) * asked.per_page)
    return Page([_row(row) for row in db.session.execute(ask)], total, asked.page, asked.per_page)


def role_held(grant_id: uuid.UUID, within: ScopeFilter) -> HeldRow | None:
    """One role, whenever it holds or held; None when there is none where the reader may look."""
    ask = _columns().select_from(_JOINED).where(_g.c.id == grant_id, _seen(within))
    row = db.session.execute(ask).first()
    return _row(row) if row else None


def _columns() -> Select[Any]:
    scope = case(
        (_g.c.scope_kind == "zone", _zone.c.code),
        (_g.c.scope_kind == "institution", _home.c.code),
        (_g.c.scope_kind == "group", _group.c.code),
        else_="",
    )

    def named(column: str) -> Any:
        return case(
            (_g.c.scope_kind == "zone", _zone.c[column]),
            (_g.c.scope_kind == "institution", _home.c[column]),
            (_g.c.scope_kind == "group", _group.c[column]),
            else_="",
        )

    return select(
        _g.c.id, _u.c.id, _u.c.username, _u.c.name, _u.c.name_en, _u.c.left_at.is_not(None),
        _g.c.role, _g.c.scope_kind, _g.c.scope_id, scope, named("name"), named("name_en"),
        _g.c.starts_on, _g.c.ends_on, _g.c.reason, _giver.c.name, _g.c.created_at,
        _ender.c.name, _g.c.ended_at, _g.c.end_reason,
    )  # fmt: skip


def _row(row: Any) -> HeldRow:
    values = list(row)
    values[6:8] = Role(row[6]), ScopeKind(row[7])
    values[9:12] = (part or "" for part in row[9:12])
    return HeldRow(*values)


def _rank() -> Any:
    """The network's roles first, then zones, institutions, groups, instruments."""
    order = {kind.value: number for number, kind in enumerate(ScopeKind)}
    return case(order, value=_g.c.scope_kind)


def _seen(within: ScopeFilter) -> ColumnElement[bool]:
    if within.everything:
        return true()
    zone_of = case((_g.c.scope_kind == "zone", _g.c.scope_id), else_=_home.c.zone_id)
    return or_(zone_of.in_(within.zones), _HOUSE.in_(within.institutions))


def _wanted(asked: RolesAsked, on: date) -> list[ColumnElement[bool]]:
    over = and_(_g.c.ends_on.is_not(None), _g.c.ends_on <= on)
    found: list[ColumnElement[bool]] = [
        over if asked.past else or_(_g.c.ends_on.is_(None), _g.c.ends_on > on)
    ]
    if asked.role is not None:
        found.append(_g.c.role == asked.role.value)
    if asked.user_id is not None:
        found.append(_g.c.user_id == asked.user_id)
    if asked.scope_kind is not None:
        found.append(_g.c.scope_kind == asked.scope_kind.value)
    if asked.scope_id is not None:
        found.append(_g.c.scope_id == asked.scope_id)
    if words := asked.words.strip().lower().replace("\\", "").replace("%", "").replace("_", r"\_"):
        fields = (_u.c.name, _u.c.name_en, _u.c.username, _u.c.staff_no, _home.c.name, _group.c.name)
        found.append(or_(*(func.lower(field).like(f"%{words}%", escape="\\") for field in fields)))
    return found


def scope_said(kind: str, of: str) -> uuid.UUID | None:
    """The id of the zone, institution or group of that code; None: no such."""
    if kind == ScopeKind.ZONE:
        found: Any = network.zone(of)
    elif kind == ScopeKind.INSTITUTION:
        found = network.institution_by_code(of)
    else:
        found = group_by_code(of) if kind == ScopeKind.GROUP else None
    return found.id if found else None
