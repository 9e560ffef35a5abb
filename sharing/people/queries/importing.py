"""What an import of people is held against, many at once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select

from sharing.kernel.db import db, table_of
from sharing.people.models import Grant, Membership, User
from sharing.people.rules import Role, ScopeKind

_u, _grant, _membership = table_of(User), table_of(Grant), table_of(Membership)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A person of a house as an import compares her."""

    id: uuid.UUID
    staff_no: str
    name: str
    name_en: str
    department: str | None
    email: str
    phone: str | None
    standing: str | None
    left: bool


def numbered(institution_id: uuid.UUID, numbers: Collection[str]) -> dict[str, Numbered]:
    """The house's people by staff number, those who left too."""
    u = _u.c
    columns = (u.id, u.staff_no, u.name, u.name_en, u.department, u.email, u.phone, u.standing)
    ask = select(*columns, u.left_at.is_not(None))
    ask = ask.where(u.institution_id == institution_id, u.staff_no.in_(set(numbers)))
    return {row.staff_no: Numbered(*row) for row in db.session.execute(ask)} if numbers else {}


def emails_known(emails: Collection[str]) -> set[str]:
    """Those of these addresses, in small letters, that somebody has who has not left."""
    lower = func.lower(_u.c.email)
    ask = select(lower).where(lower.in_({one.lower() for one in emails}), _u.c.left_at.is_(None))
    return set(db.session.scalars(ask)) if emails else set()


def usernames_known(names: Collection[str]) -> set[str]:
    ask = select(_u.c.username).where(_u.c.username.in_(set(names)))
    return set(db.session.scalars(ask)) if names else set()


def reaching_beyond(institution_id: uuid.UUID, user_ids: Collection[uuid.UUID], on: date) -> set[uuid.UUID]:
    """Those of these people who hold a role for the network, a zone or another house."""
    g = _grant.c
    wide = or_(
        g.scope_kind.in_([ScopeKind.NETWORK.value, ScopeKind.ZONE.value]),
        (g.scope_kind == ScopeKind.INSTITUTION.value) & (g.scope_id != institution_id),
    )
    ask = select(g.user_id).where(
        g.user_id.in_(set(user_ids)), wide, or_(g.ends_on.is_(None), g.ends_on > on)
    )
    return set(db.session.scalars(ask)) if user_ids else set()


def groups_by_person(user_ids: Collection[uuid.UUID], on: date) -> dict[uuid.UUID, set[uuid.UUID]]:
    """The groups that these people are members of on a day."""
    m = _membership.c
    ask = select(m.user_id, m.group_id).where(
        m.user_id.in_(set(user_ids)), m.starts_on <= on, or_(m.ends_on.is_(None), m.ends_on > on)
    )
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for user_id, group_id in db.session.execute(ask) if user_ids else ():
        found[user_id].add(group_id)
    return found


def booking_for(user_ids: Collection[uuid.UUID], on: date) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """(person, group) for each group that these people may book for on a day and after it."""
    g = _grant.c
    ask = select(g.user_id, g.scope_id).where(
        g.user_id.in_(set(user_ids)),
        g.role == Role.RESEARCHER.value,
        g.scope_kind == ScopeKind.GROUP.value,
        g.starts_on <= on,
        g.ends_on.is_(None),
    )
    return {(row[0], row[1]) for row in db.session.execute(ask)} if user_ids else set()
