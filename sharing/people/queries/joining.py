"""Who asks to join and who was invited: what waits for an answer, and what became of the rest."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from sharing.kernel.db import db, table_of
from sharing.kernel.paging import PER_PAGE, Page
from sharing.network import queries as network
from sharing.network.models import Institution, Zone
from sharing.people.models import Enterprise, Invitation, SignUp, User
from sharing.people.queries.groups import group
from sharing.people.rules import Role, ScopeFilter, ScopeKind, State, secret_hash

_sign_up, _invitation, _enterprise = table_of(SignUp), table_of(Invitation), table_of(Enterprise)
_user, _home, _zone = table_of(User), table_of(Institution), table_of(Zone)
_decider = _user.alias("decider")


@dataclass(frozen=True, slots=True)
class SignUpRow:
    """A person who asks, or asked, to join an institution."""

    id: uuid.UUID
    institution_id: uuid.UUID
    house: str
    house_en: str
    email: str
    name: str
    name_en: str
    phone: str | None
    staff_no: str | None
    department: str | None
    language: str
    message: str
    state: State
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """A role offered to an address."""

    id: uuid.UUID
    email: str
    name: str
    language: str
    role: Role
    scope_kind: ScopeKind
    scope_id: uuid.UUID | None
    institution_id: uuid.UUID | None
    invited_by: uuid.UUID
    inviter: str
    created_at: datetime
    ends_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None

    def open(self, now: datetime) -> bool:
        """True while the link works."""
        return self.used_at is None and self.withdrawn_at is None and now < self.ends_at


@dataclass(frozen=True, slots=True)
class EnterpriseRow:
    """A company that asks, or asked, to join; `known` is an institution that has its code already."""

    id: uuid.UUID
    name: str
    name_en: str
    uscc: str
    zone_id: uuid.UUID
    zone_code: str
    zone_name: str
    zone_name_en: str
    address: str
    user_id: uuid.UUID
    contact: str
    email: str
    phone: str | None
    licence_sha256: str
    licence_type: str
    due_at: datetime
    state: State
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str
    known: str | None


def _bounded(within: ScopeFilter, zone: Any, house: Any = None) -> ColumnElement[bool]:
    if within.everything:
        return true()
    here = [zone.in_(within.zones)] + ([house.in_(within.institutions)] if house is not None else [])
    return or_(false(), *here)


def _page(ask: Select[Any], make: Any, page: int, per_page: int) -> Page[Any]:
    total = db.session.execute(select(func.count()).select_from(ask.order_by(None).subquery())).scalar_one()
    rows = db.session.execute(ask.limit(per_page).offset((page - 1) * per_page))
    return Page([make(row) for row in rows], total, page, per_page)


# --- requests of persons -----------------------------------------------------------------------------------

_SIGN_UPS: Final = (
    select(
        *(_sign_up.c[name] for name in ("id", "institution_id")),
        _home.c.name,
        _home.c.name_en,
        *(_sign_up.c[name] for name in ("email", "name", "name_en", "phone", "staff_no", "department")),
        *(_sign_up.c[name] for name in ("language", "message", "state", "asked_at", "decided_at")),
        _decider.c.name,
        _sign_up.c.reason,
    )
    .join_from(_sign_up, _home, _home.c.id == _sign_up.c.institution_id)
    .outerjoin(_decider, _decider.c.id == _sign_up.c.decided_by)
)


def _sign_up_row(row: Any) -> SignUpRow:
    values = list(row)
    values[12] = State(row[12])
    return SignUpRow(*values)


def sign_up(sign_up_id: uuid.UUID) -> SignUpRow | None:
    row = db.session.execute(_SIGN_UPS.where(_sign_up.c.id == sign_up_id)).first()
    return _sign_up_row(row) if row else None


def sign_ups(
    within: ScopeFilter, *, waiting: bool, page: int = 1, per_page: int = PER_PAGE
) -> Page[SignUpRow]:
    """Requests where the reader may look: those that wait, the oldest first; or the decided, the newest first."""
    state = _sign_up.c.state == State.WAITING.value
    order = _sign_up.c.asked_at if waiting else _sign_up.c.decided_at.desc()
    ask = _SIGN_UPS.where(state if waiting else ~state, _bounded(within, _home.c.zone_id, _home.c.id))
    return _page(ask.order_by(order, _sign_up.c.id), _sign_up_row, page, per_page)


# --- invitations -------------------------------------------------------------------------------------------

_INVITATIONS: Final = (
    select(
        *(_invitation.c[name] for name in ("id", "email", "name", "language", "role", "scope_kind")),
        *(_invitation.c[name] for name in ("scope_id", "institution_id", "invited_by")),
        _user.c.name,
        *(_invitation.c[name] for name in ("created_at", "ends_at", "used_at", "withdrawn_at")),
    )
    .join_from(_invitation, _user, _user.c.id == _invitation.c.invited_by)
    .outerjoin(_home, _home.c.id == _invitation.c.institution_id)
)


def _invitation_row(row: Any) -> InvitationRow:
    values = list(row)
    values[4:6] = Role(row[4]), ScopeKind(row[5])
    return InvitationRow(*values)


def invitation(invitation_id: uuid.UUID) -> InvitationRow | None:
    row = db.session.execute(_INVITATIONS.where(_invitation.c.id == invitation_id)).first()
    return _invitation_row(row) if row else None


def invitation_of(secret: str, now: datetime) -> InvitationRow | None:
    """What a mailed link offers while it works."""
    row = db.session.execute(_INVITATIONS.where(_invitation.c.secret_hash == secret_hash(secret))).first()
    found = _invitation_row(row) if row else None
    return found if found and found.open(now) else None


def invitations(
    within: ScopeFilter, mine: uuid.UUID, *, page: int = 1, per_page: int = PER_PAGE
) -> Page[InvitationRow]:
    """Invitations that the reader sent, or that lie where she may look; the newest first."""
    where = or_(_invitation.c.invited_by == mine, _bounded(within, _home.c.zone_id, _home.c.id))
    ask = _INVITATIONS.where(where).order_by(_invitation.c.created_at.desc(), _invitation.c.id)
    return _page(ask, _invitation_row, page, per_page)


def scope_named(kind: ScopeKind, scope_id: uuid.UUID | None) -> tuple[str, str]:
    """A scope's own names; empty for the whole network."""
    if scope_id is None:
        return "", ""
    found: Any = {
        ScopeKind.ZONE: network.zone_by_id,
        ScopeKind.INSTITUTION: network.institution,
        ScopeKind.GROUP: group,
    }[kind](scope_id)
    return (found.name, found.name_en) if found else ("", "")


# --- companies ---------------------------------------------------------------------------------------------

_ENTERPRISES: Final = (
    select(
        *(_enterprise.c[name] for name in ("id", "name", "name_en", "uscc", "zone_id")),
        *(_zone.c[name] for name in ("code", "name", "name_en")),
        _enterprise.c.address,
        _enterprise.c.user_id,
        *(_user.c[name] for name in ("name", "email", "phone")),
        *(_enterprise.c[name] for name in ("licence_sha256", "licence_type", "due_at", "state", "asked_at")),
        _enterprise.c.decided_at,
        _decider.c.name,
        _enterprise.c.reason,
        _home.c.name,
    )
    .join_from(_enterprise, _zone, _zone.c.id == _enterprise.c.zone_id)
    .join(_user, _user.c.id == _enterprise.c.user_id)
    .outerjoin(_decider, _decider.c.id == _enterprise.c.decided_by)
    .outerjoin(_home, _home.c.uscc == _enterprise.c.uscc)
)


def _enterprise_row(row: Any) -> EnterpriseRow:
    values = list(row)
    values[16] = State(row[16])
    return EnterpriseRow(*values)


def enterprise(enterprise_id: uuid.UUID) -> EnterpriseRow | None:
    row = db.session.execute(_ENTERPRISES.where(_enterprise.c.id == enterprise_id)).first()
    return _enterprise_row(row) if row else None


def enterprise_of(user_id: uuid.UUID) -> EnterpriseRow | None:
    """The request that a contact made."""
    row = db.session.execute(_ENTERPRISES.where(_enterprise.c.user_id == user_id)).first()
    return _enterprise_row(row) if row else None


def enterprises(
    within: ScopeFilter, *, waiting: bool, page: int = 1, per_page: int = PER_PAGE
) -> Page[EnterpriseRow]:
    """Companies where the reader decides: those that wait, the first due first; or the decided, the newest first."""
    state = _enterprise.c.state == State.WAITING.value
    order = _enterprise.c.due_at if waiting else _enterprise.c.decided_at.desc()
    ask = _ENTERPRISES.where(state if waiting else ~state, _bounded(within, _enterprise.c.zone_id))
    return _page(ask.order_by(order, _enterprise.c.id), _enterprise_row, page, per_page)
