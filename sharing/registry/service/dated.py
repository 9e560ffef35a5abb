"""Entering dated rows: booking policies and timetables; and booking questions, which are retired, never changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select, update

from sharing.audit import service as audit
from sharing.kernel.db import Base, db, insert, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.network import service as network_service
from sharing.network.rules import scope_key
from sharing.people.rules import Actor, ScopePath
from sharing.registry import queries
from sharing.registry.models import Policy, Question, Timetable
from sharing.registry.rules import QuestionKind, timetable_faults

SCOPES: Final = ("instrument", "category", "institution", "zone", "network")


def scope_path(kind: str, scope_id: uuid.UUID | None) -> ScopePath:
    """Where a dated row holds, for `actor.may`; a category belongs to the whole network. Raises Refused: not-found."""
    if kind == "instrument" and scope_id:
        row = queries.instrument(scope_id)
        if row:
            return row.path
    elif kind == "institution" and scope_id:
        owner = network.institution(scope_id)
        if owner:
            return ScopePath(owner.zone_id, owner.id)
    elif kind == "zone" and scope_id:
        if network.zone_by_id(scope_id):
            return ScopePath(scope_id)
    elif kind in ("category", "network"):
        return ScopePath()
    raise Refused("not-found")


@transactional
def add_policy(
    *,
    scope: tuple[str, uuid.UUID | None],
    values: Mapping[str, Any],
    valid_from: date,
    source_document: str,
    inherit: bool = False,
    by: Actor,
    now: datetime,
) -> uuid.UUID:
    """Enter a booking policy that holds from a day on; the row before ends by itself.

    values  columns of `registry_policy`, checked by a form; with `inherit` the row hands back to the wider scope
    raises  Refused: not-found, forbidden, duplicate (a row from that day stands), invalid-input (a day in the past)
    """
    fields = {"values": values, "valid_from": valid_from, "source_document": source_document}
    return _add(Policy, "registry.policy", scope, fields, inherit, by, now)


@transactional
def add_timetable(
    *,
    scope: tuple[str, uuid.UUID | None],
    name: str,
    name_en: str = "",
    days: Mapping[str, Sequence[Sequence[int]]],
    valid_from: date,
    source_document: str,
    inherit: bool = False,
    by: Actor,
    now: datetime,
) -> uuid.UUID:
    """Enter opening hours from a day on: a summer timetable is a row, the way back in autumn another.

    Raises Refused as `add_policy`; invalid-input names each kind of day that cannot stand.
    """
    if faults := timetable_faults(days):
        message = _("开放时段须先后相接、互不重叠，每天最多 6 段")
        raise Refused(
            "invalid-input", fields=[{"field": f"day_{kind}", "message": message} for kind in faults]
        )
    values = {"name": name, "name_en": name_en, "days": days}
    fields = {"values": values, "valid_from": valid_from, "source_document": source_document}
    return _add(Timetable, "registry.timetable", scope, fields, inherit, by, now)


def _add(
    model: type[Base],
    action: str,
    scope: tuple[str, uuid.UUID | None],
    fields: Mapping[str, Any],
    inherit: bool,
    by: Actor,
    now: datetime,
) -> uuid.UUID:
    _must_edit(scope, by)
    if fields["valid_from"] < shanghai_day(now):
        raise Refused("invalid-input", fields=[{"field": "valid_from", "message": _("不能早于今天")}])
    row = {
        "id": new_id(),
        "scope_kind": scope[0],
        "scope_id": scope[1],
        "scope_key": scope_key(*scope),
        "valid_from": fields["valid_from"],
        "inherit": inherit,
        "source_document": fields["source_document"],
        "created_at": now,
        **fields["values"],
    }
    table = table_of(model)
    statement = insert(table).values(**row).on_conflict_do_nothing(index_elements=["scope_key", "valid_from"])
    if db.session.execute(statement.returning(table.c.id)).first() is None:
        raise Refused("duplicate", field="valid_from", value=fields["valid_from"])
    audit.record(action, about=scope, by=by, now=now, before=_before(model, row), after=row)
    network_service.raise_epoch()
    return uuid.UUID(str(row["id"]))


def _before(model: type[Base], row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The row that ends where this one begins."""
    table = table_of(model)
    asked = (
        select(table)
        .where(table.c.scope_key == row["scope_key"], table.c.valid_from < row["valid_from"])
        .order_by(table.c.valid_from.desc())
        .limit(1)
    )
    found = db.session.execute(asked).mappings().first()
    return dict(found) if found else None


def _must_edit(scope: tuple[str, uuid.UUID | None], by: Actor) -> None:
    if not by.may("policy.edit", scope_path(*scope)):
        raise Refused("forbidden")


# --- questions -----------------------------------------------------------------------------------------------


@transactional
def add_questions(
    *,
    scope: tuple[str, uuid.UUID | None],
    questions: Sequence[Mapping[str, Any]],
    by: Actor,
    now: datetime,
) -> int:
    """Ask more on booking: each with key, kind, label and, where wanted, label_en, hint, hint_en, choices, required.

    Raises Refused: not-found, forbidden, duplicate (a key that is asked already), invalid-input (a choice without
    choices).
    """
    _must_edit(scope, by)
    table = table_of(Question)
    asked = {row.key for row in queries.questions_at(*scope)}
    last = select(func.max(table.c.position)).where(table.c.scope_key == scope_key(*scope))
    position = db.session.execute(last).scalar() or 0
    for question in questions:
        if question["key"] in asked:
            raise Refused("duplicate", field="key", value=question["key"])
        if (question["kind"] == QuestionKind.CHOICE) != bool(question.get("choices")):
            fields = [{"field": "choices", "message": _("选项题要写出选项，其他题不写")}]
            raise Refused("invalid-input", fields=fields)
        asked.add(question["key"])
        position += 1
        row = {"id": new_id(), "scope_kind": scope[0], "scope_id": scope[1], "scope_key": scope_key(*scope)}
        row |= {"position": position, "created_at": now, **question}
        db.session.execute(table.insert().values(**row))
        audit.record("registry.question", about=scope, by=by, now=now, after=row)
    network_service.raise_epoch()
    return len(questions)


@transactional
def retire_question(question_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """Ask it no more; answers given keep it. Raises Refused: not-found, forbidden."""
    table = table_of(Question)
    row = db.session.execute(select(table).where(table.c.id == question_id)).mappings().first()
    if row is None or row["retired_at"] is not None:
        raise Refused("not-found")
    scope = (row["scope_kind"], row["scope_id"])
    _must_edit(scope, by)
    db.session.execute(update(table).where(table.c.id == question_id).values(retired_at=now))
    audit.record("registry.question-retired", about=scope, by=by, now=now, before=dict(row))
    network_service.raise_epoch()
