"""Reading the audit trail."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from sharing.audit.formats import SEALED, chain_of, sealed_bytes
from sharing.audit.models import AuditCheck, AuditEvent, AuditSeal
from sharing.kernel.db import db, snapshot, table_of
from sharing.kernel.paging import PER_PAGE
from sharing.kernel.seals import Chain, Reading, Seal

MOST = 200
AT_ONCE: Final = 5000
PIECE: Final = 500
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


def history(
    kind: str, thing_id: uuid.UUID | None, *, actions: Sequence[str] = (), limit: int = MOST
) -> list[EventRow]:
    """What was done to one thing, oldest first; the newest `limit` rows. `actions` leaves out all others."""
    table = table_of(AuditEvent)
    which = [table.c.about_kind == kind, table.c.about_id == thing_id]
    if actions:
        which.append(table.c.action.in_(actions))
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
        .where(*which)
        .order_by(table.c.id.desc())
        .limit(limit)
    ).all()
    return [EventRow(*row) for row in reversed(rows)]


# --- the trail as a list ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sight:
    """Where somebody reads the trail: everything, or the rows of these zones (by code) and houses."""

    everything: bool = False
    zones: frozenset[str] = frozenset()
    institutions: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows, the newest first.

    person       who did it, or for whom it was done
    about_kind   of which kind of thing; about_id: of this one
    action       what was done; a slice's name with a dot, `people.`, means all that it does
    since, until half-open
    older_than   the key of the last row that was seen: the next page begins after it
    """

    person: uuid.UUID | None = None
    about_kind: str = ""
    about_id: uuid.UUID | None = None
    request_id: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    zone: str = ""
    institution: uuid.UUID | None = None
    older_than: uuid.UUID | None = None
    most: int = PER_PAGE


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One thing done, with what it was done to and where it counts."""

    id: uuid.UUID
    at: datetime
    action: str
    actor_id: uuid.UUID | None
    actor_name: str | None
    for_id: uuid.UUID | None
    about_kind: str
    about_id: uuid.UUID | None
    zone_code: str | None
    institution_id: uuid.UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    note: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page of the trail; `older` is the key to ask the next one with, None where the trail begins."""

    rows: list[TrailRow]
    older: uuid.UUID | None


_TRAIL: Final = select(*(_event.c[name] for name in TrailRow.__dataclass_fields__))


def trail(asked: Asked, sight: Sight) -> Stretch:
    """A page of the trail. It is never counted: one row more than is shown says whether there is more."""
    rows = [TrailRow(*row) for row in db.session.execute(_listed(asked, sight).limit(asked.most + 1))]
    shown = rows[: asked.most]
    return Stretch(shown, shown[-1].id if len(rows) > asked.most else None)


def whole_trail(asked: Asked, sight: Sight) -> Iterator[TrailRow]:
    """Every row that was asked for, a few hundred at a time from the database."""
    with snapshot():
        for row in db.session.execute(_listed(asked, sight), execution_options={"yield_per": PIECE}):
            yield TrailRow(*row)


def _listed(asked: Asked, sight: Sight) -> Select[Any]:
    return _TRAIL.where(_seen(sight), *_wanted(asked)).order_by(_event.c.id.desc())


def _seen(sight: Sight) -> ColumnElement[bool]:
    if sight.everything:
        return true()
    return or_(false(), _event.c.zone_code.in_(sight.zones), _event.c.institution_id.in_(sight.institutions))


def _wanted(asked: Asked) -> Iterator[ColumnElement[bool]]:
    c = _event.c
    if asked.person:
        yield or_(c.actor_id == asked.person, c.for_id == asked.person)
    if asked.about_kind:
        yield c.about_kind == asked.about_kind
    if asked.about_id:
        yield c.about_id == asked.about_id
    if asked.request_id:
        yield c.request_id == asked.request_id
    if asked.action:
        yield (
            c.action.startswith(asked.action, autoescape=True)
            if asked.action.endswith(".")
            else (c.action == asked.action)
        )
    if asked.since:
        yield c.at >= asked.since
    if asked.until:
        yield c.at < asked.until
    if asked.zone:
        yield c.zone_code == asked.zone
    if asked.institution:
        yield c.institution_id == asked.institution
    if asked.older_than:
        yield c.id < asked.older_than


def last_done(action: str, kind: str, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """When an action was last done to each of these things; what it never was done to is left out."""
    c = _event.c
    done = (c.about_kind == kind, c.about_id.in_(ids), c.action == action)
    ask = select(c.about_id, func.max(c.at)).where(*done).group_by(c.about_id)
    return {row[0]: row[1] for row in db.session.execute(ask)} if ids else {}


# --- checks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckRow:
    """What the last reading of the whole trail against its seals found."""

    at: datetime
    rows: int
    seals: int
    unsealed: int
    broken: list[str]


def last_check() -> CheckRow | None:
    """The newest check; None before the first."""
    table = table_of(AuditCheck)
    ask = select(*(table.c[name] for name in CheckRow.__dataclass_fields__)).order_by(table.c.id.desc())
    row = db.session.execute(ask.limit(1)).first()
    return CheckRow(*row) if row else None


# --- seals ------------------------------------------------------------------------------------------------------------


_SEAL_COLUMNS: Final = tuple(
    _seal.c[name] for name in ("zone_code", "number", "first_id", "last_id", "rows", "hash")
)


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
    standing: dict[str, Reading] = {}
    asked = select(*_SEAL_COLUMNS).order_by(_seal.c.zone_code, _seal.c.number)
    for row in db.session.execute(asked):
        standing.setdefault(row.zone_code, Reading(row.zone_code)).seals.append(Seal(*row))
    last: uuid.UUID | None = None
    while rows := rows_after(last, before=None, most=AT_ONCE):
        for event in rows:
            zone = chain_of(event)
            standing.setdefault(zone, Reading(zone)).take(event["id"], sealed_bytes(event))
        last = rows[-1]["id"]
    return [standing[zone].done() for zone in sorted(standing)]
