"""Invitations: a role offered to a mail address. The link works once, for a week; the database keeps only its hash."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update

from sharing.audit import service as audit
from sharing.kernel.db import db, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.notify import service as notify
from sharing.people import queries
from sharing.people.models import Invitation
from sharing.people.rules import ROLE_SCOPES, Actor, Role, ScopeKind, may_give, secret_hash
from sharing.people.service.accounts import SECRET_BYTES, Link, NewUser, add_user
from sharing.people.service.groups import add_member
from sharing.people.service.roles import give, path_of

_invitation = table_of(Invitation)
LIFE: Final = timedelta(days=7)
MOST_A_DAY: Final = 100  # of one person


@dataclass(frozen=True, slots=True)
class Inviting:
    """Whom to invite, and what she is to be where."""

    email: str
    role: Role
    scope_kind: ScopeKind
    scope_id: uuid.UUID | None
    name: str = ""
    language: str = "zh-CN"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What an invited person enters of herself."""

    username: str
    name: str
    password: str
    name_en: str = ""
    phone: str | None = None
    staff_no: str | None = None
    department: str | None = None


@transactional
def invite(ask: Inviting, *, link: Link, by: Actor, now: datetime) -> uuid.UUID:
    """Mail an invitation; an earlier one to the same address for the same role is withdrawn.

    Raises Refused: invalid-input (no such role there), not-found, forbidden, rate-limited.
    """
    if ask.scope_kind not in ROLE_SCOPES[ask.role] or ask.scope_kind is ScopeKind.INSTRUMENT:
        raise Refused("invalid-input", fields=[{"field": "scope", "message": f"{ask.role} {ask.scope_kind}"}])
    if not _may_invite(ask.role, ask.scope_kind, ask.scope_id, by):
        raise Refused("forbidden")
    i = _invitation.c
    recent = select(func.count()).where(i.invited_by == by.user_id, i.created_at > now - timedelta(days=1))
    if db.session.execute(recent).scalar_one() >= MOST_A_DAY:
        raise Refused("rate-limited")
    secret, email = secrets.token_urlsafe(SECRET_BYTES), ask.email.lower()
    same = (i.email == email) & (i.role == ask.role.value) & i.used_at.is_(None) & i.withdrawn_at.is_(None)
    same &= i.scope_id.is_(None) if ask.scope_id is None else i.scope_id == ask.scope_id
    db.session.execute(update(_invitation).where(same).values(withdrawn_at=now))
    invitation_id = new_id()
    row: dict[str, Any] = {
        "id": invitation_id,
        "email": email,
        "name": ask.name,
        "language": ask.language,
        "role": ask.role.value,
        "scope_kind": ask.scope_kind.value,
        "scope_id": ask.scope_id,
        "institution_id": _house_of(ask.scope_kind, ask.scope_id),
        "invited_by": by.user_id,
        "created_at": now,
        "ends_at": now + LIFE,
    }
    db.session.execute(_invitation.insert().values(secret_hash=secret_hash(secret), **row))
    about, house = ("invitation", invitation_id), row["institution_id"]
    audit.record("people.invited", about=about, by=by, now=now, after=row, institution=house)
    place = queries.scope_named(ask.scope_kind, ask.scope_id)
    facts = {"person": by.name, "person_en": by.name_en, "place": place[0], "place_en": place[1]}
    to = notify.Recipient(None, email, ask.language, ask.name)
    notify.enqueue("people.invited", [to], about, facts | {"url": link(secret), "due": row["ends_at"]}, now)
    return invitation_id


def _may_invite(role: Role, kind: ScopeKind, scope_id: uuid.UUID | None, by: Actor) -> bool:
    """An administrator for what he may give; a head for members of her group."""
    path = path_of(kind, scope_id)
    if path is None:
        raise Refused("not-found")
    leads = role is Role.RESEARCHER and kind is ScopeKind.GROUP and by.may("group.manage", path)
    return leads or may_give(by, role, path)


def _house_of(kind: ScopeKind, scope_id: uuid.UUID | None) -> uuid.UUID | None:
    path = path_of(kind, scope_id)
    return path.institution_id if path else None


@transactional
def withdraw_invitation(invitation_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """Take an invitation back: whoever sent it, or could have, may. Raises Refused: not-found."""
    row = queries.invitation(invitation_id)
    if row is None or not row.open(now):
        raise Refused("not-found")
    if row.invited_by != by.user_id and not _may_invite(row.role, row.scope_kind, row.scope_id, by):
        raise Refused("not-found")
    db.session.execute(update(_invitation).where(_invitation.c.id == invitation_id).values(withdrawn_at=now))
    about, house = ("invitation", invitation_id), row.institution_id
    audit.record("people.invitation-withdrawn", about=about, by=by, now=now, institution=house)


@transactional
def accept_invitation(secret: str, *, who: Newcomer | Actor, now: datetime) -> uuid.UUID:
    """Take the role: as somebody who has an account, or as a newcomer who makes one. Returns whose it is.

    The inviter is asked again whether he may: an invitation is worth no more than whoever sent it.
    Raises Refused: link-expired, forbidden (she belongs to another institution), duplicate, password-refused.
    """
    row = queries.invitation_of(secret, now)
    by = queries.actor(row.invited_by, now) if row else None
    if row is None or by is None or not _may_invite(row.role, row.scope_kind, row.scope_id, by):
        raise Refused("link-expired")
    mine = (_invitation.c.id == row.id) & _invitation.c.used_at.is_(None)
    spent = update(_invitation).where(mine).values(used_at=now).returning(_invitation.c.id)
    if not db.session.execute(spent).first():
        raise Refused("link-expired")
    user_id = who.user_id if isinstance(who, Actor) else _entered(who, row, now)
    if isinstance(who, Actor) and row.institution_id not in {None, who.institution_id}:
        raise Refused("forbidden")
    db.session.execute(update(_invitation).where(_invitation.c.id == row.id).values(user_id=user_id))
    _take_up(row, user_id, by, now)
    audit.record(
        "people.invitation-accepted",
        about=("invitation", row.id),
        by=None,
        now=now,
        after={"user": user_id},
        institution=row.institution_id,
    )
    return user_id


def _entered(who: Newcomer, row: queries.InvitationRow, now: datetime) -> uuid.UUID:
    if queries.person_by_email(row.email):
        raise Refused("duplicate", email=row.email)
    house = network.institution(row.institution_id) if row.institution_id else None
    new = NewUser(
        username=who.username,
        name=who.name,
        name_en=who.name_en,
        email=row.email,
        phone=who.phone,
        staff_no=who.staff_no,
        department=who.department,
        kind="enterprise" if house and house.kind == "enterprise" else "member",
        institution_id=row.institution_id,
        language=row.language,
        password=who.password,
    )
    return add_user(new, by=None, now=now)


def _take_up(row: queries.InvitationRow, user_id: uuid.UUID, by: Actor, now: datetime) -> None:
    today = shanghai_day(now)
    if row.role is Role.RESEARCHER and row.scope_kind is ScopeKind.GROUP and row.scope_id:
        add_member(row.scope_id, user_id, starts_on=today, by=by, now=now)
        return
    give(user_id, row.role, row.scope_kind, row.scope_id, starts_on=today, reason=row.email, by=by, now=now)
