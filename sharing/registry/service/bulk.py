"""Writing what was planned, many rows at once; in the transaction at hand."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError

from sharing.audit import service as audit
from sharing.kernel.bulk import completed, insert_many
from sharing.kernel.db import db, new_id
from sharing.kernel.numbering import next_numbers
from sharing.kernel.refusals import Refused
from sharing.kernel.tables.plan import Action
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people.rules import Actor
from sharing.registry.queries.instruments import INSTRUMENT
from sharing.registry.rules.records import Planned
from sharing.registry.service.index import reindex
from sharing.registry.service.instruments import ABOUT

_C: Final = INSTRUMENT.c


def write(planned: Sequence[Planned], *, by: Actor | None, now: datetime) -> int:
    """Add and change as planned, with the words they are found by and an audit row each; returns how many.

    Raises Refused: edit-conflict, when somebody changed or entered one of them meanwhile: nothing then stands.
    """
    adds = [row for row in planned if row.action is Action.ADD]
    changes = [row for row in planned if row.action is Action.CHANGE]
    try:
        new = _added(adds, by, now)
        known = _changed(changes, by, now)
    except IntegrityError as error:
        raise Refused("edit-conflict") from error
    if new:
        reindex(new, fresh=True)
    if known:
        reindex(known)
    return len(new) + len(known)


def _added(adds: Sequence[Planned], by: Actor | None, now: datetime) -> list[uuid.UUID]:
    if not adds:
        return []
    _numbered(adds, now)
    stamps = {"created_at": now, "changed_at": now}
    rows = [{**row.columns, **stamps, "id": new_id()} for row in adds]
    insert_many(INSTRUMENT, completed(INSTRUMENT, rows))
    events = [
        {
            "action": "registry.create",
            "about": (ABOUT, values["id"]),
            "zone": row.zone,
            "institution": values["institution_id"],
            "after": {name: value for name, value in row.columns.items() if value not in (None, "", [])},
            "note": row.leave,
        }
        for row, values in zip(adds, rows, strict=True)
    ]
    audit.record_many(events, by=by, now=now)
    return [values["id"] for values in rows]


def _numbered(adds: Sequence[Planned], now: datetime) -> None:
    """Give each new instrument without a number of ours the next in its institution's series."""
    bare: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in adds:
        if not row.columns.get("code"):
            bare[row.columns["institution_id"]].append(row.columns)  # type: ignore[arg-type]
    for institution_id, columns in bare.items():
        owner = network.institution(institution_id)
        if owner is None:
            raise Refused("edit-conflict")
        numbers = next_numbers("instrument", owner.code, shanghai_day(now).year, len(columns))
        for one, number in zip(columns, numbers, strict=True):
            one["code"] = number


def _changed(changes: Sequence[Planned], by: Actor | None, now: datetime) -> list[uuid.UUID]:
    """One statement for each set of columns that changes; a row that is no longer as it was read stops all of it."""
    alike: dict[tuple[str, ...], list[Planned]] = defaultdict(list)
    for row in changes:
        alike[tuple(sorted(row.columns))].append(row)
    for names, rows in alike.items():
        statement = (
            update(INSTRUMENT)
            .where(_C.id == bindparam("its_id"), _C.revision == bindparam("its_revision"))
            .values({_C[name]: bindparam(f"new_{name}") for name in names})
            .values(revision=_C.revision + 1, changed_at=now)
        )
        values = [
            {"its_id": row.id, "its_revision": row.revision}
            | {f"new_{name}": value for name, value in row.columns.items()}
            for row in rows
        ]
        done = db.session.connection().execute(statement, values)
        if done.rowcount != len(rows):
            raise Refused("edit-conflict")
    events = [
        {
            "action": "registry.edit",
            "about": (ABOUT, row.id),
            "zone": row.zone,
            "before": {field: before for field, (before, _after) in row.changes.items()},
            "after": {field: after for field, (_before, after) in row.changes.items()},
        }
        for row in changes
    ]
    if events:
        audit.record_many(events, by=by, now=now)
    return [row.id for row in changes if row.id]
