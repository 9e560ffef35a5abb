"""Short ways to join in tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from sharing.kernel.db import db
from sharing.notify.models import Outgoing
from sharing.people import service
from sharing.people.rules import Role, ScopeKind
from tests import cast


def mails(to: str) -> list[Outgoing]:
    db.session.rollback()
    rows = db.session.scalars(select(Outgoing).where(Outgoing.address == to).order_by(Outgoing.id))
    return list(rows)


def asking(house: cast.House, **fields: Any) -> dict[str, Any]:
    return {"institution": "uni", "name": "李静怡", "email": "li.jingyi@uni.example"} | fields


def invited(house: cast.House, email: str, role: Role, kind: ScopeKind, scope_id: Any, by: Any) -> str:
    ask = service.Inviting(email, role, kind, scope_id)
    service.invite(ask, link=lambda token: token, by=cast.actor(by), now=cast.NOW)
    return str(mails(email)[-1].facts["url"])
