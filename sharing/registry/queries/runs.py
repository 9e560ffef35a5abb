"""Reading runs of imports and saved mappings."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, or_, select

from sharing.kernel.db import db, table_of
from sharing.kernel.paging import Page
from sharing.kernel.tables.plan import Counts, Mode
from sharing.people.rules import Actor, ScopePath
from sharing.registry.models import ImportMapping, ImportRun
from sharing.registry.queries.instruments import INSTITUTION
from sharing.registry.rules.records import Problem, RunRow, State

RUN: Final = table_of(ImportRun)
MAPPING: Final = table_of(ImportMapping)
_COUNTS: Final = tuple(Counts.__dataclass_fields__)
_HOUSE: Final = {
    "institution_code": INSTITUTION.c.code,
    "institution_name": INSTITUTION.c.name,
    "institution_name_en": INSTITUTION.c.name_en,
    "zone_id": INSTITUTION.c.zone_id,
}
_PLAIN: Final = tuple(name for name in RunRow.__dataclass_fields__ if name != "counts")
_ALL: Final = (
    select(*((_HOUSE[name] if name in _HOUSE else RUN.c[name]).label(name) for name in _PLAIN))
    .add_columns(*(RUN.c[name] for name in _COUNTS))
    .join_from(RUN, INSTITUTION, INSTITUTION.c.id == RUN.c.institution_id, isouter=True)
)


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A saved mapping: which heading fills which field."""

    id: uuid.UUID
    institution_id: uuid.UUID | None
    name: str
    targets: Mapping[str, str]
    created_at: datetime


def _run(row: Row[Any]) -> RunRow:
    values = dict(zip(_PLAIN, row, strict=False))
    values |= {"mode": Mode(values["mode"]), "state": State(values["state"])}
    values["problem"] = Problem(**values["problem"]) if values["problem"] else None
    return RunRow(**values, counts=Counts(*row[len(_PLAIN) :]))


def import_run(run_id: uuid.UUID) -> RunRow | None:
    row = db.session.execute(_ALL.where(RUN.c.id == run_id)).first()
    return _run(row) if row else None


def may_know(row: RunRow, by: Actor, right: str = "registry.read-internal") -> bool:
    """Who brought the file, and whoever holds the right where its instruments lie."""
    path = ScopePath(row.zone_id, row.institution_id)
    return row.by_id == by.user_id or by.may(right, path)


def import_runs(by: Actor, *, page: int = 1, per_page: int = 20) -> Page[RunRow]:
    """The runs that she may know of, the newest first; the list form of `may_know`."""
    known = _known(by)
    total = db.session.scalar(
        select(func.count())
        .select_from(RUN.outerjoin(INSTITUTION, INSTITUTION.c.id == RUN.c.institution_id))
        .where(known)
    )
    asked = _ALL.where(known).order_by(RUN.c.id.desc()).limit(per_page).offset((page - 1) * per_page)
    return Page([_run(row) for row in db.session.execute(asked)], total or 0, page, per_page)


def _known(by: Actor) -> ColumnElement[bool]:
    scopes = by.scopes("registry.read-internal")
    if scopes.everything:
        return RUN.c.id.is_not(None)
    return or_(
        RUN.c.by_id == by.user_id,
        RUN.c.institution_id.in_(scopes.institutions),
        INSTITUTION.c.zone_id.in_(scopes.zones),
    )


def open_runs(states: Collection[State]) -> list[RunRow]:
    """The runs in these states, the oldest first."""
    asked = _ALL.where(RUN.c.state.in_([state.value for state in states])).order_by(RUN.c.id)
    return [_run(row) for row in db.session.execute(asked)]


def mappings(institution_id: uuid.UUID | None) -> list[MappingRow]:
    """The newest mapping of each name that a house may use: its own, and those of the whole network."""
    c = MAPPING.c
    columns = [c[name] for name in MappingRow.__dataclass_fields__]
    mine = or_(c.institution_id.is_(None), c.institution_id == institution_id)
    rows = db.session.execute(select(*columns).where(mine).order_by(c.id))
    newest = {(row.institution_id, row.name): MappingRow(*row) for row in rows}
    return sorted(newest.values(), key=lambda row: row.name)


def import_mapping(mapping_id: uuid.UUID) -> MappingRow | None:
    columns = [MAPPING.c[name] for name in MappingRow.__dataclass_fields__]
    row = db.session.execute(select(*columns).where(MAPPING.c.id == mapping_id)).first()
    return MappingRow(*row) if row else None
