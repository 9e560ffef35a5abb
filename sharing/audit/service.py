"""Writing the audit trail; always inside the transaction of the change."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from flask import g, has_app_context

from sharing.audit import queries
from sharing.audit.formats import chain_of, sealed_bytes
from sharing.audit.models import AuditCheck, AuditEvent, AuditSeal
from sharing.kernel.bulk import completed, insert_many
from sharing.kernel.db import db, new_id, table_of, transactional, write_behind
from sharing.kernel.money import Money
from sharing.kernel.seals import MOST_AT_ONCE, Chain, seals_over, settled_before
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
    institution: uuid.UUID | None = None,
) -> None:
    """Write one row.

    by            whoever has `user_id` and `name` (people.rules.Actor), or None for a timed job
    standing_for  whom the actor stands for, as a deputy does; both stay on the row
    before, after only what changed; made plain here
    institution   the house whose thing it is, whose administrator reads the row; the actor's own when not said
    """
    row = _row(
        action,
        about=about,
        by=by,
        now=now,
        zone=zone,
        before=before,
        after=after,
        note=note,
        institution=institution,
    )
    row["for_id"] = standing_for
    write_behind(table_of(AuditEvent), row)


def record_many(events: Sequence[Mapping[str, Any]], *, by: Any, now: datetime) -> None:
    """Write one row for each of many changes at once: action, about, zone, before, after, note, institution as
    `record` takes them."""
    table = table_of(AuditEvent)
    insert_many(table, completed(table, [_row(by=by, now=now, **event) for event in events]))


def _row(
    action: str,
    *,
    about: tuple[str, uuid.UUID | None],
    by: Any,
    now: datetime,
    zone: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str | None = None,
    institution: uuid.UUID | None = None,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "at": now,
        "zone_code": zone,
        "request_id": g.get("request_id") if has_app_context() else None,
        "actor_id": by.user_id if by else None,
        "actor_name": by.name if by else None,
        "action": action,
        "about_kind": about[0],
        "about_id": about[1],
        "before": plain(before),
        "after": plain(after),
        "note": note,
        "institution_id": institution or (getattr(by, "institution_id", None) if by else None),
    }


def seal(*, now: datetime) -> int:
    """Seal every row older than `SETTLED`, in order, per zone; returns how many rows were sealed.

    All zones are sealed up to the same row, a stretch in one transaction: the newest seal of any zone says how far.
    """
    sealed = 0
    while stretch := _seal_stretch(now):
        sealed += stretch
    return sealed


@transactional
def _seal_stretch(now: datetime) -> int:
    last = queries.last_seals()
    reached = max((one.last_id for one in last.values()), default=None)
    rows = queries.rows_after(reached, before=settled_before(now), most=MOST_AT_ONCE)
    for one in seals_over(last, ((chain_of(row), row["id"], sealed_bytes(row)) for row in rows)):
        values = {
            "id": new_id(),
            "zone_code": one.chain,
            "number": one.number,
            "first_id": one.first_id,
            "last_id": one.last_id,
            "rows": one.rows,
            "hash": one.hash,
            "sealed_at": now,
        }
        db.session.execute(table_of(AuditSeal).insert().values(**values))
    return len(rows)


def check(*, now: datetime) -> list[Chain]:
    """Hold the whole trail against its seals and keep what was found, so that a page can say when it last was."""
    chains = queries.check()
    found = {
        "rows": sum(chain.rows for chain in chains),
        "seals": sum(chain.seals for chain in chains),
        "unsealed": sum(chain.unsealed for chain in chains),
        "broken": [one for chain in chains for one in chain.broken],
    }
    _keep_check(found | {"id": new_id(), "at": now})
    return chains


@transactional
def _keep_check(row: Mapping[str, Any]) -> None:
    db.session.execute(table_of(AuditCheck).insert().values(**row))
