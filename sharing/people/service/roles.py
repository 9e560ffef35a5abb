"""Roles at a scope, research groups and their members, deputies: given and ended with dates, never deleted."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from sqlalchemy import select, update

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people import queries
from sharing.people.models import Deputy, Grant, Membership, ResearchGroup
from sharing.people.rules import ROLE_SCOPES, Actor, Role, ScopeKind, ScopePath

_grant, _group = table_of(Grant), table_of(ResearchGroup)
_membership, _deputy = table_of(Membership), table_of(Deputy)
RIGHT: Final = "people.manage"


def path_of(kind: ScopeKind, scope_id: uuid.UUID | None) -> ScopePath | None:
    """Where a scope lies; None when there is no such thing. An instrument's path is its registry's to tell."""
    if kind is ScopeKind.NETWORK:
        return ScopePath()
    if scope_id is None:
        return None
    if kind is ScopeKind.ZONE:
        return ScopePath(zone_id=scope_id) if network.zone_by_id(scope_id) else None
    if kind is ScopeKind.GROUP:
        group = queries.group(scope_id)
        inside = path_of(ScopeKind.INSTITUTION, group.institution_id) if group else None
        return replace(inside, group_id=scope_id) if inside else None
    institution = network.institution(scope_id) if kind is ScopeKind.INSTITUTION else None
    return ScopePath(institution.zone_id, institution.id) if institution else None


@transactional
def grant(
    user_id: uuid.UUID,
    *,
    role: Role,
    scope_kind: ScopeKind,
    scope_id: uuid.UUID | None,
    starts_on: date,
    ends_on: date | None = None,
    reason: str = "",
    by: Actor | None,
    now: datetime,
    path: ScopePath | None = None,
) -> uuid.UUID:
    """Give a role at a scope from a day on. `by` None is the command line of the server.

    path  where an instrument lies, which only its registry knows; found here for every other scope
    Raises Refused: invalid-input (the role is not given at such a scope, or ends before it begins), not-found,
    forbidden (not his to give; nobody gives a role to herself).
    """
    if scope_kind not in ROLE_SCOPES[role] or (ends_on is not None and ends_on <= starts_on):
        raise Refused("invalid-input", fields=[{"field": "role", "message": f"{role} {scope_kind}"}])
    path = path or path_of(scope_kind, scope_id)
    person = queries.person(user_id)
    if path is None or person is None or person.left:
        raise Refused("not-found")
    if by is not None and (by.user_id == user_id or not by.may(RIGHT, path)):
        raise Refused("forbidden")
    grant_id = new_id()
    row = {
        "id": grant_id,
        "user_id": user_id,
        "role": role.value,
        "scope_kind": scope_kind.value,
        "scope_id": scope_id,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "reason": reason,
        "granted_by": by.user_id if by else None,
    }
    db.session.execute(_grant.insert().values(**row, created_at=now))
    audit.record("people.grant", about=("user", user_id), by=by, now=now, after=row, note=reason or None)
    return grant_id


@transactional
def end_grant(
    grant_id: uuid.UUID, *, reason: str, by: Actor, now: datetime, path: ScopePath | None = None
) -> None:
    """Take a role back at once: it does not hold today any more. Raises Refused: not-found, forbidden."""
    found = db.session.execute(select(_grant).where(_grant.c.id == grant_id)).mappings().first()
    today = shanghai_day(now)
    if found is None or (found["ends_on"] is not None and found["ends_on"] <= today):
        raise Refused("not-found")
    path = path or path_of(ScopeKind(found["scope_kind"]), found["scope_id"])
    if path is None or not by.may(RIGHT, path):
        raise Refused("forbidden")
    db.session.execute(update(_grant).where(_grant.c.id == grant_id).values(ends_on=today))
    audit.record(
        "people.grant-ended",
        about=("user", found["user_id"]),
        by=by,
        now=now,
        before={"grant": grant_id, "role": found["role"], "ends_on": found["ends_on"]},
        after={"ends_on": today},
        note=reason or None,
    )


# --- research groups ---------------------------------------------------------------------------------------


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
    audit.record("people.group-added", about=("group", group_id), by=by, now=now, after=row)
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
    _must_lead(group_id, by)
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
    audit.record("people.member-added", about=("group", group_id), by=by, now=now, after=row)


@transactional
def end_member(
    group_id: uuid.UUID, user_id: uuid.UUID, *, reason: str, by: Actor | None, now: datetime
) -> None:
    """A person leaves a group at once, and may no longer book for it. Raises Refused: not-found, forbidden."""
    _must_lead(group_id, by)
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
    )


def _must_lead(group_id: uuid.UUID, by: Actor | None) -> None:
    path = path_of(ScopeKind.GROUP, group_id)
    if path is None:
        raise Refused("not-found")
    if by is not None and not (by.may("group.manage", path) or by.may(RIGHT, path)):
        raise Refused("forbidden")


# --- deputies ----------------------------------------------------------------------------------------------


@transactional
def add_deputy(
    deputy_id: uuid.UUID, *, starts_on: date, ends_on: date, by: Actor, now: datetime
) -> uuid.UUID:
    """Name who decides in one's place within `[starts_on, ends_on)`; she must be of the same institution.

    Raises Refused: invalid-input (oneself, or the dates are the wrong way round), not-found.
    """
    if deputy_id == by.user_id:
        raise Refused("invalid-input", fields=[{"field": "deputy", "message": "self"}])
    if ends_on <= starts_on or ends_on <= shanghai_day(now):
        raise Refused("invalid-input", fields=[{"field": "ends_on", "message": "before-start"}])
    person = queries.person(deputy_id)
    if person is None or person.left or person.institution_id != by.institution_id:
        raise Refused("not-found")
    row = {"id": new_id(), "user_id": by.user_id, "deputy_id": deputy_id}
    dates = {"starts_on": starts_on, "ends_on": ends_on}
    db.session.execute(_deputy.insert().values(**row, **dates, created_at=now))
    audit.record("people.deputy", about=("user", by.user_id), by=by, now=now, after={**row, **dates})
    return row["id"]


@transactional
def end_deputy(deputy_row_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """Stop being stood in for, from today on. Raises Refused: not-found."""
    d, today = _deputy.c, shanghai_day(now)
    mine = (d.id == deputy_row_id) & (d.user_id == by.user_id) & (d.ends_on > today)
    if not db.session.execute(update(_deputy).where(mine).values(ends_on=today).returning(d.id)).first():
        raise Refused("not-found")
    after = {"deputy": deputy_row_id, "ends_on": today}
    audit.record("people.deputy-ended", about=("user", by.user_id), by=by, now=now, after=after)
