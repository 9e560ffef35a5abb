"""Entering dated rows, of this slice and of those below; and booking questions, which are retired, never changed.

A row is added or, before it begins, withdrawn; nothing is changed or deleted. Rivals wait at the rule epoch's row, so
that the version which an administrator has seen is the version that she changes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select, update

from sharing.audit import service as audit
from sharing.kernel.bulk import completed
from sharing.kernel.db import db, insert_or_none, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import service as network
from sharing.network.rules import scope_key
from sharing.people.rules import Actor
from sharing.registry import queries
from sharing.registry.models import Question
from sharing.registry.queries.scopes import Kind
from sharing.registry.rules import QuestionKind, timetable_faults

Pair = tuple[str, uuid.UUID | None]
Besides = Mapping[str, Any]
FORGOTTEN: Final = {"id", "scope_kind", "scope_id", "scope_key", "created_at", "withdrawn_at"}
"""What an audit row of a dated row need not say again: it stands about the scope."""


@dataclass(frozen=True, slots=True)
class Dates:
    """From when a row holds, by which document; `inherit` ends the scope's own rule and hands back to the wider one.

    revision  the version of the scope's rows that was seen, where a rival's change must not be passed over
    """

    valid_from: date
    source_document: str
    inherit: bool = False
    revision: int | None = None


@transactional
def enter(
    kind: Kind,
    scope: Pair,
    rows: Sequence[Mapping[str, Any]],
    dates: Dates,
    *,
    by: Actor | None,
    now: datetime,
    besides: tuple[Besides, Besides] = ({}, {}),
) -> list[uuid.UUID]:
    """Enter rows of one scope that hold from a day on, all or none; those before end by themselves.

    rows    the kind's own columns; of several each has another `line`. `inherit` among them stands for the one row
    by      None at the server's command line, which may all
    besides what stands in tables below the row, for the audit: of the row before, and of this one
    raises  Refused: not-found, forbidden, invalid-input (a day in the past, no document), edit-conflict, duplicate
    """
    house = _must_edit(kind.right, scope, by)
    check_dates(dates, now)
    network.raise_epoch()
    key = scope_key(*scope)
    standing = queries.revision(kind, key)
    if dates.revision is not None and dates.revision != standing:
        raise Refused("edit-conflict", revision=standing)
    made = []
    for values in rows:
        row = {
            "id": new_id(),
            "scope_kind": scope[0],
            "scope_id": scope[1],
            "scope_key": key,
            "valid_from": dates.valid_from,
            "inherit": dates.inherit,
            "source_document": dates.source_document.strip(),
            "created_at": now,
            **values,
        }
        (whole,) = completed(kind.table, [row])
        given = {name: value for name, value in whole.items() if value is not None}
        if insert_or_none(kind.table, given) is None:
            raise Refused("duplicate", field="valid_from", value=dates.valid_from)
        before = _before(kind, row)
        was = {**_told(before), **besides[0]} if before else None
        after = {**_told(row), **besides[1]}
        audit.record(kind.action, about=scope, by=by, now=now, before=was, after=after, institution=house)
        made.append(row["id"])
    return made


def wrong_dates(dates: Dates, today: date) -> list[dict[str, str]]:
    """What no dated row may have so, as fields of a refusal: what was decided by an old row stays as it was."""
    wrong = []
    if dates.valid_from < today:
        wrong.append({"field": "valid_from", "message": _("从今天或以后的日期起执行，不能改写过去")})
    if not dates.source_document.strip():
        wrong.append({"field": "source_document", "message": _("请写明依据文件")})
    return wrong


def check_dates(dates: Dates, now: datetime) -> None:
    """Raises Refused: invalid-input."""
    if wrong := wrong_dates(dates, shanghai_day(now)):
        raise Refused("invalid-input", fields=wrong)


@transactional
def withdraw(
    kind: Kind,
    row_id: uuid.UUID,
    *,
    reason: str,
    by: Actor | None,
    now: datetime,
    besides: Besides | None = None,
) -> Pair:
    """Take back a row that has not begun, and give its scope; it stays in the history.

    Raises Refused: not-found, forbidden, rule-begun.
    """
    c = kind.table.c
    network.raise_epoch()
    row = db.session.execute(select(kind.table).where(c.id == row_id)).mappings().first()
    if row is None or row["withdrawn_at"] is not None:
        raise Refused("not-found")
    scope: Pair = (row["scope_kind"], row["scope_id"])
    house = _must_edit(kind.right, scope, by)
    if row["valid_from"] <= shanghai_day(now):
        raise Refused("rule-begun", valid_from=row["valid_from"])
    db.session.execute(update(kind.table).where(c.id == row_id).values(withdrawn_at=now))
    audit.record(
        kind.actions[1],
        about=scope,
        by=by,
        now=now,
        institution=house,
        before={**_told(row), **(besides or {})},
        note=reason,
    )
    return scope


def _told(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in FORGOTTEN}


def _before(kind: Kind, row: Mapping[str, Any]) -> Mapping[Any, Any] | None:
    """The row of its line that ends where this one begins."""
    c = kind.table.c
    asked = select(kind.table).where(
        c.scope_key == row["scope_key"], c.valid_from < row["valid_from"], c.withdrawn_at.is_(None)
    )
    if kind.line:
        asked = asked.where(c[kind.line] == row[kind.line])
    return db.session.execute(asked.order_by(c.valid_from.desc()).limit(1)).mappings().first()


def _must_edit(right: str, scope: Pair, by: Actor | None) -> uuid.UUID | None:
    """The house whose rule it is. Raises Refused: not-found, forbidden."""
    path = queries.scope_of(*scope).path
    if by is not None and not by.may(right, path):
        raise Refused("forbidden")
    return path.institution_id


# --- this slice's own ------------------------------------------------------------------------------------------------


def add_policy(
    values: Mapping[str, Any], dates: Dates, *, scope: Pair, by: Actor | None, now: datetime
) -> uuid.UUID:
    """Enter a booking policy: columns of `registry_policy`, checked by a form. Raises Refused as `enter`."""
    return enter(queries.POLICIES, scope, [values], dates, by=by, now=now)[0]


def withdraw_policy(row_id: uuid.UUID, *, reason: str, by: Actor | None, now: datetime) -> Pair:
    """Raises Refused as `withdraw`."""
    return withdraw(queries.POLICIES, row_id, reason=reason, by=by, now=now)


def add_timetable(
    values: Mapping[str, Any], dates: Dates, *, scope: Pair, by: Actor | None, now: datetime
) -> uuid.UUID:
    """Enter opening hours from a day on: a summer timetable is a row, the way back in autumn another.

    values  name, name_en, days; Raises Refused as `enter`; invalid-input names each kind of day that cannot stand.
    """
    if faults := timetable_faults(values["days"]):
        message = _("开放时段须先后相接、互不重叠，每天最多 6 段")
        raise Refused(
            "invalid-input", fields=[{"field": f"day_{kind}", "message": message} for kind in faults]
        )
    return enter(queries.TIMETABLES, scope, [values], dates, by=by, now=now)[0]


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
    _must_edit("policy.edit", scope, by)
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
    network.raise_epoch()
    return len(questions)


@transactional
def retire_question(question_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """Ask it no more; answers given keep it. Raises Refused: not-found, forbidden."""
    table = table_of(Question)
    row = db.session.execute(select(table).where(table.c.id == question_id)).mappings().first()
    if row is None or row["retired_at"] is not None:
        raise Refused("not-found")
    scope = (row["scope_kind"], row["scope_id"])
    _must_edit("policy.edit", scope, by)
    db.session.execute(update(table).where(table.c.id == question_id).values(retired_at=now))
    audit.record("registry.question-retired", about=scope, by=by, now=now, before=dict(row))
    network.raise_epoch()
