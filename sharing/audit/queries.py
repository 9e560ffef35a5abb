"""Reading the audit trail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from sharing.audit.formats import NETWORK, SEALED, seal_hash, sealed_bytes
from sharing.audit.models import AuditEvent, AuditSeal
from sharing.kernel.db import db, table_of

MOST = 200
AT_ONCE: Final = 5000
_event, _seal = table_of(AuditEvent), table_of(AuditSeal)


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


# --- seals ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seal:
    """The hash over a run of a zone's rows; `rows` are those after the seal before, up to `last_id`."""

    zone_code: str
    number: int
    first_id: uuid.UUID
    last_id: uuid.UUID
    rows: int
    hash: str


_SEAL_COLUMNS: Final = tuple(_seal.c[name] for name in Seal.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Chain:
    """How a zone's chain of seals stands. `broken` names each seal that does not fit its rows, with the reason."""

    zone: str
    seals: int
    rows: int
    unsealed: int
    broken: tuple[str, ...]


def last_seals() -> dict[str, Seal]:
    """The newest seal of each zone's chain."""
    newest = (
        select(_seal.c.zone_code, func.max(_seal.c.number).label("number"))
        .group_by(_seal.c.zone_code)
        .subquery()
    )
    rows = db.session.execute(
        select(*_SEAL_COLUMNS).join_from(
            _seal, newest, (_seal.c.zone_code == newest.c.zone_code) & (_seal.c.number == newest.c.number)
        )
    )
    return {row.zone_code: Seal(*row) for row in rows}


def rows_after(last: uuid.UUID | None, *, before: uuid.UUID | None, most: int) -> list[Mapping[str, Any]]:
    """Whole rows in the order of their keys, after one key and before another."""
    asked = select(*(_event.c[name] for name in SEALED)).order_by(_event.c.id).limit(most)
    if last is not None:
        asked = asked.where(_event.c.id > last)
    if before is not None:
        asked = asked.where(_event.c.id < before)
    return list(db.session.execute(asked).mappings())  # type: ignore[arg-type]


def check() -> list[Chain]:
    """Read the whole trail against its seals; every zone that has rows or seals, in order of its name."""
    standing: dict[str, _Reading] = {}
    asked = select(*_SEAL_COLUMNS).order_by(_seal.c.zone_code, _seal.c.number)
    for row in db.session.execute(asked):
        standing.setdefault(row.zone_code, _Reading(row.zone_code)).seals.append(Seal(*row))
    last: uuid.UUID | None = None
    while rows := rows_after(last, before=None, most=AT_ONCE):
        for event in rows:
            zone = event["zone_code"] or NETWORK
            standing.setdefault(zone, _Reading(zone)).take(event)
        last = rows[-1]["id"]
    return [standing[zone].done() for zone in sorted(standing)]


class _Reading:
    """A zone's rows being held against its seals, both in order."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.seals: list[Seal] = []
        self.at = 0
        self.held: list[bytes] = []
        self.rows = 0
        self.broken: list[str] = []

    def take(self, event: Mapping[str, Any]) -> None:
        self.rows += 1
        while self.at < len(self.seals) and event["id"] > self.seals[self.at].last_id:
            self._close()
        self.held.append(sealed_bytes(event))

    def done(self) -> Chain:
        while self.at < len(self.seals):
            self._close()
        return Chain(self.zone, len(self.seals), self.rows, len(self.held), tuple(self.broken))

    def _close(self) -> None:
        seal = self.seals[self.at]
        before = self.seals[self.at - 1].hash if self.at else ""
        name = f"{self.zone} #{seal.number} ({seal.first_id} … {seal.last_id})"
        if seal.number != self.at + 1:
            self.broken.append(f"{name}: a seal before it is missing")
        if len(self.held) != seal.rows:
            self.broken.append(f"{name}: {seal.rows} rows were sealed, {len(self.held)} are there")
        elif seal_hash(before, self.zone, seal.number, self.held) != seal.hash:
            self.broken.append(f"{name}: a row or the seal was changed")
        self.held = []
        self.at += 1
