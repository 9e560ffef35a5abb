"""Leaving an institution: rights end at once, history stays."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import select, update

from sharing.audit import service as audit
from sharing.kernel.db import db, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people import queries
from sharing.people.models import CalendarKey, Deputy, Grant, Membership, ResearchGroup, Token, User
from sharing.people.rules import Actor, ScopeKind, may_give
from sharing.people.service.accounts import path_at, spend_links
from sharing.people.service.roles import RIGHT, keep_administered, path_of
from sharing.people.service.sign_in import end_sessions


@transactional
def leave(
    user_id: uuid.UUID, *, reason: str, by: Actor | None, now: datetime, even_last: bool = False
) -> None:
    """A person leaves: rights, sessions, tokens and calendar addresses end at once, her history stays hers.

    Raises Refused: not-found, forbidden (not of his house, himself, or she holds a role that is not his to end),
    last-administrator (see `roles.keep_administered`).
    """
    today = shanghai_day(now)
    person, held = his_people(user_id, by, today)
    roles = [(row.role, row.scope_kind, row.scope_id) for row in held if row.starts_on <= today]
    keep_administered(roles, user_id, even_last=even_last, by=by, now=now)
    db.session.execute(update(table_of(User)).where(table_of(User).c.id == user_id).values(left_at=now))
    end_sessions(user_id, now)
    spend_links(user_id, now)
    for model in (Token, CalendarKey):
        table = table_of(model)
        mine = (table.c.user_id == user_id) & table.c.ended_at.is_(None)
        db.session.execute(update(table).where(mine).values(ended_at=now))
    _end_dated(user_id, today)
    ended = {"ended_at": now, "ended_by": by.user_id if by else None, "end_reason": reason}
    grants = table_of(Grant)
    db.session.execute(update(grants).where(grants.c.id.in_([row.id for row in held])).values(**ended))
    house = person.institution_id
    audit.record("people.left", about=("user", user_id), by=by, now=now, note=reason, institution=house)


@transactional
def leave_with_house(institution_id: uuid.UUID, *, reason: str, by: Actor | None, now: datetime) -> int:
    """Everybody of a house leaves with it, and nobody holds a role there any more: in a few statements, however many.

    Sessions, tokens and calendar addresses open nothing for whoever has left. Returns how many left.
    """
    user, group, grants, today = table_of(User), table_of(ResearchGroup), table_of(Grant), shanghai_day(now)
    mine = (user.c.institution_id == institution_id) & user.c.left_at.is_(None)
    gone = list(db.session.scalars(update(user).where(mine).values(left_at=now).returning(user.c.id)))
    groups = select(group.c.id).where(group.c.institution_id == institution_id)
    here = (
        grants.c.user_id.in_(select(user.c.id).where(user.c.institution_id == institution_id))
        | ((grants.c.scope_kind == "institution") & (grants.c.scope_id == institution_id))
        | ((grants.c.scope_kind == "group") & grants.c.scope_id.in_(groups))
    )
    still = grants.c.ends_on.is_(None) | (grants.c.ends_on > today)
    ended = {"ended_at": now, "ended_by": by.user_id if by else None, "end_reason": reason[:300]}
    db.session.execute(update(grants).where(here, still).values(ends_on=today, **ended))
    member = table_of(Membership)
    open_still = member.c.ends_on.is_(None) | (member.c.ends_on > today)
    db.session.execute(update(member).where(member.c.group_id.in_(groups), open_still).values(ends_on=today))
    events = [
        {
            "action": "people.left",
            "about": ("user", one),
            "institution": institution_id,
            "after": {"reason": reason},
        }
        for one in gone
    ]
    if events:
        audit.record_many(events, by=by, now=now)
    return len(gone)


def his_people(
    user_id: uuid.UUID, by: Actor | None, today: date
) -> tuple[queries.PersonRow, list[queries.GrantRow]]:
    """A person whose account is his to end or to open again, and the roles that she holds or will.

    Raises Refused: not-found, forbidden (not of his house, himself, or she holds a role that is not his to end).
    """
    person = queries.person(user_id)
    if person is None or person.left:
        raise Refused("not-found")
    if by is not None and (by.user_id == user_id or not by.may(RIGHT, path_at(person.institution_id))):
        raise Refused("forbidden")
    held = [row for row in queries.grants_of(user_id) if row.ends_on is None or row.ends_on > today]
    if by is not None and not all(_his_to_end(row, by) for row in held):
        raise Refused("forbidden")
    return person, held


def _his_to_end(row: queries.GrantRow, by: Actor) -> bool:
    """An instrument's scope is the registry's to place; it lies in some house, where the right was asked already."""
    if row.scope_kind is ScopeKind.INSTRUMENT:
        return True
    path = path_of(row.scope_kind, row.scope_id)
    person = queries.person(row.user_id)
    if row.scope_kind is ScopeKind.NETWORK and person and person.kind == "enterprise":
        path = path_at(
            person.institution_id
        )  # a customer's role holds everywhere and is her company's to end
    return path is not None and may_give(by, row.role, path)


def _end_dated(user_id: uuid.UUID, today: date) -> None:
    """Nothing dated runs past today; a role or membership that was still to begin never does."""
    for model in (Grant, Membership):
        table = table_of(model)
        open_still = table.c.ends_on.is_(None) | (table.c.ends_on > today)
        statement = update(table).where(table.c.user_id == user_id, open_still)
        db.session.execute(statement.values(ends_on=today))
    deputy = table_of(Deputy)
    stands = ((deputy.c.user_id == user_id) | (deputy.c.deputy_id == user_id)) & (deputy.c.ends_on > today)
    db.session.execute(update(deputy).where(stands).values(ends_on=today))
