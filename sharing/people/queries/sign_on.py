"""Connections to institutions' own sign-in services, and whom of an institution a claim may mean."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from sharing.kernel.db import db, table_of
from sharing.network.models import Institution, Zone
from sharing.people.models import SignOn, User
from sharing.people.rules import Bearer, NamedBy, numbers_like

_on, _u, _home, _zone = table_of(SignOn), table_of(User), table_of(Institution), table_of(Zone)


@dataclass(frozen=True, slots=True)
class SignOnRow:
    """An institution's connection; `code` and the names are the institution's."""

    institution_id: uuid.UUID
    code: str
    name: str
    name_en: str
    issuer: str
    client_id: str
    sealed_secret: str
    claim: str
    named_by: NamedBy
    is_on: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class SignOnHouse:
    """An institution whose people may sign in with its own account."""

    code: str
    name: str
    name_en: str
    zone_name: str
    zone_name_en: str


def _connections() -> Select[Any]:
    o, home = _on.c, _home.c
    return select(
        home.id, home.code, home.name, home.name_en,
        o.issuer, o.client_id, o.sealed_secret, o.claim, o.named_by, o.is_on, o.changed_at,
    ).join_from(_on, _home, home.id == o.institution_id)  # fmt: skip


def _one(ask: Select[Any]) -> SignOnRow | None:
    row = db.session.execute(ask).first()
    if row is None:
        return None
    values = list(row)
    values[8] = NamedBy(row.named_by)
    return SignOnRow(*values)


def sign_on(institution_id: uuid.UUID) -> SignOnRow | None:
    """An institution's connection, on or off."""
    return _one(_connections().where(_home.c.id == institution_id))


def sign_on_of(code: str) -> SignOnRow | None:
    """The connection that people of the institution of that code may use now."""
    open_now = (_home.c.code == code) & _home.c.retired_at.is_(None) & _on.c.is_on
    return _one(_connections().where(open_now))


def sign_on_houses() -> list[SignOnHouse]:
    """Institutions whose connection is on, by zone and name."""
    ask = (
        select(_home.c.code, _home.c.name, _home.c.name_en, _zone.c.name, _zone.c.name_en)
        .join_from(_on, _home, _home.c.id == _on.c.institution_id)
        .join(_zone, _zone.c.id == _home.c.zone_id)
        .where(_on.c.is_on, _home.c.retired_at.is_(None))
        .order_by(_zone.c.position, _home.c.name)
    )
    return [SignOnHouse(*row) for row in db.session.execute(ask)]


def bearers(institution_id: uuid.UUID, by: NamedBy, value: str, now: datetime) -> list[Bearer]:
    """People of this institution, and of no other, whom a claim names; whoever has left too."""
    u = _u.c
    named = {
        NamedBy.STAFF_NO: u.staff_no.in_(numbers_like(value)),
        NamedBy.EMAIL: func.lower(u.email) == value.lower(),
        NamedBy.USERNAME: u.username == value.lower(),
    }[by]
    ask = select(u.id, u.left_at).where(u.institution_id == institution_id, named).limit(50)
    return [Bearer(row.id, row.left_at is not None and row.left_at <= now) for row in db.session.execute(ask)]
