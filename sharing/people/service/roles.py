"""Roles at a scope: given and ended with dates, a reason and both names; history stays."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select, update

from sharing.audit import service as audit
from sharing.kernel.db import db, lock_person, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.notify import service as notify
from sharing.people import queries
from sharing.people.models import Grant
from sharing.people.rules import ROLE_SCOPES, Actor, Role, ScopeKind, ScopePath, keeper_of, may_give

_grant = table_of(Grant)
RIGHT: Final = "people.manage"
_KEEPERS: Final = uuid.UUID("0b0f0c52-58f4-4f39-8d1e-6a1c2f0c9b1a")


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
    forbidden (not his to give; nobody gives a role to herself), duplicate (she holds it in those days).
    """
    if wrong := _wrong(role, scope_kind, starts_on, ends_on):
        raise Refused("invalid-input", fields=wrong)
    path = path or path_of(scope_kind, scope_id)
    person = queries.person(user_id)
    if path is None or person is None or person.left:
        raise Refused("not-found")
    if by is not None and (by.user_id == user_id or not may_give(by, role, path)):
        raise Refused("forbidden")
    lock_person(user_id)
    if _held(user_id, role, scope_kind, scope_id, starts_on, ends_on):
        raise Refused("duplicate", name=person.name)
    return give(
        user_id, role, scope_kind, scope_id,
        starts_on=starts_on, ends_on=ends_on, reason=reason, by=by, now=now,
    )  # fmt: skip


def give(
    user_id: uuid.UUID,
    role: Role,
    scope_kind: ScopeKind,
    scope_id: uuid.UUID | None,
    *,
    starts_on: date,
    ends_on: date | None = None,
    reason: str,
    by: Actor | None,
    now: datetime,
) -> uuid.UUID:
    """Write a role down that somebody was found to be allowed to give. Call inside a transaction."""
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
    path = path_of(scope_kind, scope_id)
    audit.record(
        "people.grant",
        about=("user", user_id),
        by=by,
        now=now,
        after=row,
        note=reason or None,
        institution=path.institution_id if path else None,
    )
    return grant_id


def _wrong(role: Role, kind: ScopeKind, starts_on: date, ends_on: date | None) -> list[dict[str, str]]:
    found = []
    if kind not in ROLE_SCOPES[role]:
        found.append({"field": "scope", "message": _("这个角色不能授予在这个范围")})
    if ends_on is not None and ends_on <= starts_on:
        found.append({"field": "last_on", "message": _("结束日期不能早于开始日期")})
    return found


def _held(
    user_id: uuid.UUID,
    role: Role,
    kind: ScopeKind,
    scope_id: uuid.UUID | None,
    starts_on: date,
    ends_on: date | None,
) -> bool:
    """True when she holds that role there on some of these days already."""
    g = _grant.c
    meets = g.ends_on.is_(None) | (g.ends_on > starts_on)
    ask = select(g.id).where(g.user_id == user_id, g.role == role.value, g.scope_kind == kind.value, meets)
    ask = ask.where(g.scope_id.is_(None) if scope_id is None else g.scope_id == scope_id)
    if ends_on is not None:
        ask = ask.where(g.starts_on < ends_on)
    return db.session.execute(ask.where(g.ends_on.is_(None) | (g.ends_on > g.starts_on))).first() is not None


# --- ending ------------------------------------------------------------------------------------------------


@transactional
def end_grant(
    grant_id: uuid.UUID,
    *,
    reason: str,
    by: Actor | None,
    now: datetime,
    path: ScopePath | None = None,
    even_last: bool = False,
) -> None:
    """Take a role back at once: it does not hold today any more. `by` None is the command line of the server.

    even_last  go on though nobody administers the scope afterwards; whoever stands above it is then told
    Raises Refused: not-found, forbidden, last-administrator (last_of: whether `even_last` would help).
    """
    found = db.session.execute(select(_grant).where(_grant.c.id == grant_id)).mappings().first()
    today = shanghai_day(now)
    if found is None or (found["ends_on"] is not None and found["ends_on"] <= today):
        raise Refused("not-found")
    kind, role = ScopeKind(found["scope_kind"]), Role(found["role"])
    path = path or path_of(kind, found["scope_id"])
    if path is None or (by is not None and not by.may("people.read-all", path)):
        raise Refused("not-found")
    if by is not None and not may_give(by, role, path):
        raise Refused("forbidden")
    keep_administered(
        [(role, kind, found["scope_id"])], found["user_id"], even_last=even_last, by=by, now=now
    )
    given = {"ended_at": now, "ended_by": by.user_id if by else None, "end_reason": reason}
    db.session.execute(
        update(_grant).where(_grant.c.id == grant_id).values(ends_on=max(today, found["starts_on"]), **given)
    )
    audit.record(
        "people.grant-ended",
        about=("user", found["user_id"]),
        by=by,
        now=now,
        before={"grant": grant_id, "role": found["role"], "ends_on": found["ends_on"]},
        after={"ends_on": today},
        note=reason or None,
        institution=path.institution_id,
    )


def may_end(role: Role, kind: ScopeKind, scope_id: uuid.UUID | None, by: Actor) -> bool:
    """True when this role there is his to give and to end; an instrument's is asked with its own path."""
    path = path_of(kind, scope_id)
    return path is not None and may_give(by, role, path)


def keep_administered(
    held: Iterable[tuple[Role, ScopeKind, uuid.UUID | None]],
    leaving: uuid.UUID,
    *,
    even_last: bool,
    by: Actor | None,
    now: datetime,
) -> None:
    """Before a person loses these roles: refuse where nobody else would administer the scope, or tell who is above.

    Raises Refused: last-administrator. The network itself must always have one; only the command line takes the last.
    """
    for role, kind, scope_id in held:
        if role not in keeper_of(kind):
            continue
        lock_person(uuid.uuid5(_KEEPERS, f"{kind}:{scope_id}"))  # rivals who end each other's role take turns
        if any(row.id != leaving for row in administrators(kind, scope_id, shanghai_day(now))):
            continue
        if by is not None and (kind is ScopeKind.NETWORK or not even_last):
            raise Refused("last-administrator", can_go_on=kind is not ScopeKind.NETWORK)
        _tell_above(kind, scope_id, leaving, by, now)


def administrators(kind: ScopeKind, scope_id: uuid.UUID | None, on: date) -> list[queries.PersonRow]:
    """Who administers exactly this scope on a day."""
    return [row for role in keeper_of(kind) for row in queries.holders(role, kind, scope_id, on)]


def administrators_above(kind: ScopeKind, scope_id: uuid.UUID | None, on: date) -> list[queries.PersonRow]:
    """Who administers the next wider scope that has anybody: an institution's zone, then the province."""
    path = path_of(kind, scope_id)
    if kind is ScopeKind.INSTITUTION and path and (found := administrators(ScopeKind.ZONE, path.zone_id, on)):
        return found
    return administrators(ScopeKind.NETWORK, None, on)


def _tell_above(
    kind: ScopeKind, scope_id: uuid.UUID | None, leaving: uuid.UUID, by: Actor | None, now: datetime
) -> None:
    person, place = queries.person(leaving), _named(kind, scope_id)
    to = [
        notify.Recipient(row.id, row.email, row.language, row.name, row.institution_id)
        for row in administrators_above(kind, scope_id, shanghai_day(now))
        if row.id != leaving
    ]
    facts: dict[str, Any] = {
        "place": place.name if place else "",
        "place_en": place.name_en if place else "",
        "requester": person.name if person else "",
        "requester_en": person.name_en if person else "",
        "person": by.name if by else "",
        "person_en": by.name_en if by else "",
        "url": "/people/roles",
    }
    notify.enqueue("people.without-admin", to, (kind.value, scope_id), facts, now)


def _named(kind: ScopeKind, scope_id: uuid.UUID | None) -> Any:
    if scope_id is None:
        return None
    return network.zone_by_id(scope_id) if kind is ScopeKind.ZONE else network.institution(scope_id)
