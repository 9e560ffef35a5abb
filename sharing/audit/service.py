"""Writing the audit trail; always inside the transaction of the change."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from flask import g, has_app_context

from sharing.audit.models import AuditEvent
from sharing.kernel.db import db, new_id, table_of
from sharing.kernel.money import Money
from sharing.kernel.timespan import TimeSpan


def plain(value: Any) -> Any:
    """A value as JSON keeps it: instants as RFC 3339, money as fen, keys as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Money):
        return value.fen
    if isinstance(value, TimeSpan):
        return {"start": value.start.isoformat(), "end": value.end.isoformat()}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return str(value)


def record(
    action: str,
    *,
    about: tuple[str, uuid.UUID | None],
    by: Any,
    now: datetime,
    zone: str | None = None,
    standing_for: uuid.UUID | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str | None = None,
) -> None:
    """Write one row.

    by            whoever has `user_id` and `name` (people.rules.Actor), or None for a timed job
    standing_for  whom the actor stands for, as a deputy does; both stay on the row
    before, after only what changed; made plain here
    """
    db.session.execute(
        table_of(AuditEvent)
        .insert()
        .values(
            id=new_id(),
            at=now,
            zone_code=zone,
            request_id=g.get("request_id") if has_app_context() else None,
            actor_id=by.user_id if by else None,
            actor_name=by.name if by else None,
            for_id=standing_for,
            action=action,
            about_kind=about[0],
            about_id=about[1],
            before=plain(before),
            after=plain(after),
            note=note,
        )
    )
