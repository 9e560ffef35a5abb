"""People, their roles and groups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from sharing.kernel.db import db
from sharing.network.models import Institution, Zone
from sharing.people import rules
from sharing.people.models import Grant, Membership, ResearchGroup, User
from sharing.registry.models import Instrument
from tests.cast.base import LONG_AGO, NOW, TODAY, keep, numbers


def user(
    username: str | None = None,
    *,
    role: str | None = None,
    at: Zone | Institution | ResearchGroup | Instrument | None = None,
    institution: Institution | None = None,
    **columns: Any,
) -> User:
    """A person, with one role at a scope when `role` is given (`at` None: the whole network).

    She belongs to `institution`, or to the institution that `at` is.
    """
    username = username or f"user{next(numbers)}"
    home = institution or (at if isinstance(at, Institution) else None)
    given = {
        "name": f"人员 {username}",
        "name_en": username.title(),
        "email": f"{username}@example.test",
        "staff_no": f"S{next(numbers):06d}",
        "institution_id": home.id if home else None,
        "created_at": NOW,
    }
    row = keep(User(username=username, **given | columns))
    if role is not None:
        grant(row, role, at)
    return row


def grant(
    who: User,
    role: str,
    at: Zone | Institution | ResearchGroup | Instrument | None = None,
    *,
    starts_on: date = LONG_AGO,
    ends_on: date | None = None,
) -> Grant:
    """A role at a scope, the whole network when `at` is None."""
    kinds = {Zone: "zone", Institution: "institution", ResearchGroup: "group", Instrument: "instrument"}
    return keep(
        Grant(
            user_id=who.id,
            role=rules.Role(role),
            scope_kind=kinds[type(at)] if at is not None else "network",
            scope_id=at.id if at is not None else None,
            starts_on=starts_on,
            ends_on=ends_on,
            reason="测试",
            created_at=NOW,
        )
    )


def group(
    at: Institution, *, head: User | None = None, members: Sequence[User] = (), **columns: Any
) -> ResearchGroup:
    """A research group; its head holds the role at it and is a member too."""
    number = next(numbers)
    row = keep(
        ResearchGroup(
            **{"code": f"G{number}", "name": f"课题组 {number}", "name_en": f"Group {number}"} | columns,
            institution_id=at.id,
            created_at=NOW,
        )
    )
    for person in [*([head] if head else []), *members]:
        keep(Membership(group_id=row.id, user_id=person.id, starts_on=LONG_AGO))
    if head:
        grant(head, "head", row)
    return row


def actor(who: User, on: date = TODAY) -> rules.Actor:
    """The person as services take her: with the grants and groups in force on a day."""
    grants = db.session.scalars(select(Grant).where(Grant.user_id == who.id))
    member = db.session.scalars(select(Membership).where(Membership.user_id == who.id))
    home = db.session.get(Institution, who.institution_id) if who.institution_id else None
    return rules.Actor(
        user_id=who.id,
        username=who.username,
        name=who.name,
        name_en=who.name_en,
        language=who.language,
        email=who.email,
        kind=who.kind,
        institution_id=who.institution_id,
        zone_id=home.zone_id if home else None,
        staff_no=who.staff_no,
        groups=tuple(m.group_id for m in member if rules.in_force(m.starts_on, m.ends_on, on)),
        grants=tuple(
            rules.Grant(rules.Role(g.role), rules.ScopeKind(g.scope_kind), g.scope_id)
            for g in grants
            if rules.in_force(g.starts_on, g.ends_on, on)
        ),
    )
