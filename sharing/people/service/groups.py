"""Research groups and their members: in and out with dates, by the head or the house's administrators."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import select, update

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people import queries
from sharing.people.models import Grant, Membership, ResearchGroup
from sharing.people.rules import Actor, Role, ScopeKind
from sharing.people.service.roles import RIGHT, give, path_of

_grant, _group, _membership = table_of(Grant), table_of(ResearchGroup), table_of(Membership)


@transactional
def add_group(
    *, code: str, name: str, name_en: str = "", institution_id: uuid.UUID, by: Actor | None, now: datetime
) -> uuid.UUID:
    """Enter a research group of an institution. Raises Refused: not-found, forbidden, duplicate."""
    path = path_of(ScopeKind.INSTITUTION, institution_id)
    if path is None:
        raise Refused("not-found")
    if by is not None and not by.may(RIGHT, path):
        raise Refused("forbidden")
    group_id = new_id()
    row = {"id": group_id, "code": code, "name": name, "name_en": name_en, "institution_id": institution_id}
    statement = insert(_group).values(**row, created_at=now).on_conflict_do_nothing(index_elements=["code"])
    if not db.session.execute(statement.returning(_group.c.id)).first():
        raise Refused("duplicate", code=code)
    about = ("group", group_id)
    audit.record("people.group-added", about=about, by=by, now=now, after=row, institution=institution_id)
    return group_id


@transactional
def open_group(
    *,
    code: str,
    name: str,
    name_en: str,
    institution_id: uuid.UUID,
    head_id: uuid.UUID,
    by: Actor | None,
    now: datetime,
) -> uuid.UUID:
    """Enter a group with its head, who runs it from now on. Raises Refused as `add_group`; not-found: no such head."""
    head, today = queries.person(head_id), shanghai_day(now)
    if head is None or head.institution_id != institution_id:
        raise Refused("not-found")
    group_id = add_group(code=code, name=name, name_en=name_en, institution_id=institution_id, by=by, now=now)
    add_member(group_id, head_id, starts_on=today, by=by, now=now)
    give(head_id, Role.HEAD, ScopeKind.GROUP, group_id, starts_on=today, reason=name, by=by, now=now)
    return group_id


@transactional
def add_member(
    group_id: uuid.UUID,
    user_id: uuid.UUID,
    *,
    starts_on: date,
    ends_on: date | None = None,
    by: Actor | None,
    now: datetime,
) -> None:
    """Take a person into a group and let her book for it: its head or the administrators of its institution may.

    Raises Refused: not-found, forbidden, duplicate (she is a member then).
    """
    house = _must_lead(group_id, by)
    person = queries.person(user_id)
    if person is None or person.left:
        raise Refused("not-found")
    if any(row.user_id == user_id for row in queries.group_members(group_id, starts_on)):
        raise Refused("duplicate", name=person.name)
    row = {"group_id": group_id, "user_id": user_id, "starts_on": starts_on, "ends_on": ends_on}
    db.session.execute(_membership.insert().values(id=new_id(), **row))
    mine = (_grant.c.user_id == user_id) & (_grant.c.scope_id == group_id) & _grant.c.ends_on.is_(None)
    if not db.session.execute(select(_grant.c.id).where(mine)).first():
        role = {"role": Role.RESEARCHER.value, "scope_kind": ScopeKind.GROUP.value, "scope_id": group_id}
        given = {"granted_by": by.user_id if by else None, "reason": "", "created_at": now}
        dates = {"user_id": user_id, "starts_on": starts_on, "ends_on": ends_on}
        db.session.execute(_grant.insert().values(id=new_id(), **role, **dates, **given))
    about = ("group", group_id)
    audit.record("people.member-added", about=about, by=by, now=now, after=row, institution=house)


@transactional
def end_member(
    group_id: uuid.UUID, user_id: uuid.UUID, *, reason: str, by: Actor | None, now: datetime
) -> None:
    """A person leaves a group at once, and may no longer book for it. Raises Refused: not-found, forbidden."""
    house = _must_lead(group_id, by)
    today = shanghai_day(now)
    m, g = _membership.c, _grant.c
    here = (m.group_id == group_id) & (m.user_id == user_id) & (m.ends_on.is_(None) | (m.ends_on > today))
    ended = update(_membership).where(here).values(ends_on=today).returning(m.id)
    if not db.session.execute(ended).first():
        raise Refused("not-found")
    booked = (g.user_id == user_id) & (g.scope_id == group_id) & (g.role == Role.RESEARCHER.value)
    still = booked & (g.ends_on.is_(None) | (g.ends_on > today))
    db.session.execute(update(_grant).where(still).values(ends_on=today))
    audit.record(
        "people.member-ended",
        about=("group", group_id),
        by=by,
        now=now,
        after={"user_id": user_id, "ends_on": today},
        note=reason or None,
        institution=house,
    )


def _must_lead(group_id: uuid.UUID, by: Actor | None) -> uuid.UUID | None:
    """Its house, in whose trail its changes stand. Raises Refused: not-found, forbidden."""
    path = path_of(ScopeKind.GROUP, group_id)
    if path is None:
        raise Refused("not-found")
    if by is not None and not (by.may("group.manage", path) or by.may(RIGHT, path)):
        raise Refused("forbidden")
    return path.institution_id
