"""Reading the audit trail."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sharing.audit.models import AuditEvent
from sharing.kernel.db import db, table_of

MOST = 200


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing done, as a history shows it."""

    at: datetime
    action: str
    actor_id: uuid.UUID | None
    actor_name: str | None
    for_id: uuid.UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    note: str | None
    request_id: str | None


def history(kind: str, thing_id: uuid.UUID, *, limit: int = MOST) -> list[EventRow]:
    """What was done to one thing, oldest first; the newest `limit` rows."""
    table = table_of(AuditEvent)
    rows = db.session.execute(
        select(
            table.c.at,
            table.c.action,
            table.c.actor_id,
            table.c.actor_name,
            table.c.for_id,
            table.c.before,
            table.c.after,
            table.c.note,
            table.c.request_id,
        )
        .where(table.c.about_kind == kind, table.c.about_id == thing_id)
        .order_by(table.c.id.desc())
        .limit(limit)
    ).all()
    return [EventRow(*row) for row in reversed(rows)]
