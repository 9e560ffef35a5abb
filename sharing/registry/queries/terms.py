"""The terms that a booking of an instrument is judged by, kept until the instrument or a dated rule changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask import current_app
from sqlalchemy import Table, bindparam, func, select

from sharing.kernel.among import Keys, among
from sharing.kernel.db import Key, db, table_of
from sharing.kernel.quick import Quick
from sharing.network import queries as network
from sharing.network.models import RuleEpoch
from sharing.network.rules import row_in_force, scope_key
from sharing.registry.models import Policy, Question, Timetable
from sharing.registry.queries.instruments import INSTRUMENT, instruments
from sharing.registry.queries.scopes import Kind, entries
from sharing.registry.rules import (
    Audience,
    Entry,
    LicenceLevel,
    PolicyRow,
    QuestionKind,
    QuestionRow,
    Scope,
    Terms,
    TimetableRow,
    questions_asked,
)

POLICY: Final = table_of(Policy)
TIMETABLE: Final = table_of(Timetable)
QUESTION: Final = table_of(Question)
CACHE: Final = "sharing.registry.terms"
MOST_CACHED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an instrument's terms are kept under: any change of them changes it."""

    revision: int
    changed_at: datetime
    epoch: int


_EPOCH = select(table_of(RuleEpoch).c.epoch).limit(1).scalar_subquery()
STAMP: Final = (INSTRUMENT.c.revision, INSTRUMENT.c.changed_at, func.coalesce(_EPOCH, 0).label("epoch"))
"""The columns of a `Stamp`, for a statement that reads something else of the instrument too."""
_ONE_STAMP = Quick(select(*STAMP).where(INSTRUMENT.c.id == bindparam("instrument_id", type_=Key)))
_STAMPS = Quick(select(INSTRUMENT.c.id, *STAMP).where(among(INSTRUMENT.c.id, bindparam("ids", type_=Keys()))))


def booking_terms(instrument_id: uuid.UUID) -> Terms | None:
    """The terms of one instrument; None when there is none. One small statement while they are kept."""
    for stamp in _ONE_STAMP.rows({"instrument_id": instrument_id}):
        return terms_under(instrument_id, Stamp(*stamp))
    return None


def terms_under(instrument_id: uuid.UUID, stamp: Stamp) -> Terms | None:
    """The same, of which the stamp is known: no statement while they are kept."""
    return _kept({instrument_id: stamp}).get(instrument_id)


def terms_of(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Terms]:
    """The terms of several instruments, one small statement while they are kept."""
    wanted = list(ids)
    if not wanted:
        return {}
    return _kept({row[0]: Stamp(*row[1:]) for row in _STAMPS.rows({"ids": wanted})})


def _kept(stamps: Mapping[uuid.UUID, Stamp]) -> dict[uuid.UUID, Terms]:
    cache: dict[uuid.UUID, tuple[Stamp, Terms]] = current_app.extensions.setdefault(CACHE, {})
    network.know_epoch(max((stamp.epoch for stamp in stamps.values()), default=0))
    held = {key: cache.get(key) for key in stamps}
    found = {key: kept[1] for key, kept in held.items() if kept and kept[0] == stamps[key]}
    missing = [key for key in stamps if key not in found]
    if missing:
        fresh = _load(missing)
        if len(cache) + len(fresh) > MOST_CACHED:
            cache.clear()
        for key, terms in fresh.items():
            cache[key] = (stamps[key], terms)
        found |= fresh
    return found


def _load(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Terms]:
    """Four statements, however many instruments."""
    rows = instruments(ids)
    keys = sorted({key for row in rows.values() for key in row.scope_keys})
    policies = dated(POLICY, PolicyRow, keys, _policy)
    timetables = dated(TIMETABLE, TimetableRow, keys)
    asked = _questions(keys)
    out = {}
    for key, row in rows.items():
        scope_keys = row.scope_keys
        out[key] = Terms(
            instrument=row,
            policies=tuple(one for scope in scope_keys for one in policies.get(scope, ())),
            timetables=tuple(one for scope in scope_keys for one in timetables.get(scope, ())),
            questions=questions_asked(
                [one for scope in scope_keys for one in asked.get(scope, ())], scope_keys
            ),
        )
    return out


def dated(table: Table, row_type: Any, keys: Sequence[str], make: Any = None) -> dict[str, list[Any]]:
    """Every dated row of these scope_keys that stands, the earliest first, by scope key."""
    asked = (
        select(*(table.c[name] for name in row_type.__dataclass_fields__))
        .where(table.c.scope_key.in_(keys), table.c.withdrawn_at.is_(None))
        .order_by(table.c.valid_from)
    )
    out: dict[str, list[Any]] = {}
    for row in db.session.execute(asked):
        made = make(row) if make else row_type(*row)
        out.setdefault(made.scope_key, []).append(made)
    return out


def _policy(row: Any) -> PolicyRow:
    given = row if isinstance(row, Mapping) else row._mapping
    values = {name: given[name] for name in PolicyRow.__dataclass_fields__}
    level = values["licence_level"]
    values["audience"] = Audience(values["audience"])
    values["licence_level"] = LicenceLevel(level) if level else None
    return PolicyRow(**values)


def _questions(keys: Sequence[str]) -> dict[str, list[QuestionRow]]:
    asked = (
        select(*(QUESTION.c[name] for name in QuestionRow.__dataclass_fields__))
        .where(QUESTION.c.scope_key.in_(keys), QUESTION.c.retired_at.is_(None))
        .order_by(QUESTION.c.position)
    )
    out: dict[str, list[QuestionRow]] = {}
    for row in db.session.execute(asked):
        values = dict(row._mapping)
        values |= {"kind": QuestionKind(values["kind"]), "choices": tuple(values["choices"] or ())}
        out.setdefault(values["scope_key"], []).append(QuestionRow(**values))
    return out


POLICIES: Final = Kind(POLICY, "policy.edit", "registry.policy")
TIMETABLES: Final = Kind(TIMETABLE, "policy.edit", "registry.timetable")


# --- for pages of rules --------------------------------------------------------------------------------------


def policy_entries(scope: Scope, on: date) -> list[Entry[PolicyRow]]:
    """Every policy ever entered for one scope, withdrawn ones too, the latest first."""
    return entries(POLICIES, scope.key, on, _policy)


def policy_at(scope: Scope, on: date) -> PolicyRow | None:
    """The policy in force in a scope where nothing nearer says otherwise."""
    found = dated(POLICY, PolicyRow, scope.keys, _policy)
    return row_in_force([row for rows in found.values() for row in rows], scope.keys, on)


def timetables_at(scope_kind: str, scope_id: uuid.UUID | None) -> list[TimetableRow]:
    """Every timetable row of one scope, the earliest first."""
    key = scope_key(scope_kind, scope_id)
    rows: list[TimetableRow] = dated(TIMETABLE, TimetableRow, [key]).get(key, [])
    return rows


def questions_at(scope_kind: str, scope_id: uuid.UUID | None) -> list[QuestionRow]:
    """The questions that one scope asks, in order."""
    key = scope_key(scope_kind, scope_id)
    return _questions([key]).get(key, [])
