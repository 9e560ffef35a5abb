"""One approval, or many: where it stands and every word that was said."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select

from sharing.approval.models import Approval, Decision, Step
from sharing.approval.rules import State, StepRole
from sharing.kernel.db import db, table_of
from sharing.people.models import User

_approval, _step, _decision = table_of(Approval), table_of(Step), table_of(Decision)
_by, _for = table_of(User).alias("by"), table_of(User).alias("for")


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One word on a step: a person's (`for_name` when she stood in for someone), a rule's, or the clock's."""

    step_id: uuid.UUID
    decision: str
    by_id: uuid.UUID | None
    by_name: str
    for_id: uuid.UUID | None
    for_name: str
    rule: str | None
    rule_id: uuid.UUID | None
    at: datetime
    note: str
    by_name_en: str | None = None
    for_name_en: str | None = None


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step, with every word said on it, oldest first.

    state  waiting | open | returned | approved | rejected | expired | dropped
    """

    id: uuid.UUID
    approval_id: uuid.UUID
    position: int
    role: StepRole
    state: str
    working_hours: int
    opened_at: datetime | None
    remind_at: datetime | None
    escalate_at: datetime | None
    due_at: datetime | None
    reminded_at: datetime | None
    escalated_at: datetime | None
    decisions: tuple[DecisionRow, ...] = ()

    @property
    def last(self) -> DecisionRow | None:
        return self.decisions[-1] if self.decisions else None


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """One request for leave and where it stands, its steps in order."""

    id: uuid.UUID
    subject_kind: str
    subject_id: uuid.UUID
    requester_id: uuid.UUID
    zone_code: str
    chain_id: uuid.UUID | None
    state: State
    latest_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    steps: tuple[StepRow, ...] = ()

    @property
    def turn(self) -> StepRow | None:
        """The step whose turn it is: open, or returned to the requester."""
        return next((step for step in self.steps if step.state in {"open", "returned"}), None)


_APPROVAL = tuple(_approval.c[name] for name in ApprovalRow.__dataclass_fields__ if name != "steps")
_STEP = tuple(_step.c[name] for name in StepRow.__dataclass_fields__ if name != "decisions")
_ENGLISH = {"by_name_en": _by.c.name_en, "for_name_en": _for.c.name_en}
_DECISION = tuple(
    _ENGLISH[name] if name in _ENGLISH else _decision.c[name] for name in DecisionRow.__dataclass_fields__
)


def approval(approval_id: uuid.UUID) -> ApprovalRow | None:
    return next(iter(_whole(_approval.c.id == approval_id)), None)


def of(subject_kind: str, subject_id: uuid.UUID) -> ApprovalRow | None:
    """The newest approval of a thing, or None."""
    return many(subject_kind, [subject_id]).get(subject_id)


def all_of(subject_kind: str, subject_id: uuid.UUID) -> list[ApprovalRow]:
    """Every approval of a thing, oldest first."""
    return _whole(and_(_approval.c.subject_kind == subject_kind, _approval.c.subject_id == subject_id))


def many(subject_kind: str, subject_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, ApprovalRow]:
    """The newest approval of each of these things: three statements, however many."""
    ids = list(subject_ids)
    if not ids:
        return {}
    found = _whole(and_(_approval.c.subject_kind == subject_kind, _approval.c.subject_id.in_(ids)))
    return {row.subject_id: row for row in found}


def _whole(which: ColumnElement[bool]) -> list[ApprovalRow]:
    rows = db.session.execute(
        select(*_APPROVAL).where(which).order_by(_approval.c.opened_at, _approval.c.id)
    ).all()
    ids = [row.id for row in rows]
    if not ids:
        return []
    said: dict[uuid.UUID, list[DecisionRow]] = defaultdict(list)
    ask = (
        select(*_DECISION)
        .join_from(_decision, _by, _by.c.id == _decision.c.by_id, isouter=True)
        .join(_for, _for.c.id == _decision.c.for_id, isouter=True)
        .where(_decision.c.approval_id.in_(ids))
        .order_by(_decision.c.at, _decision.c.id)
    )
    for word in db.session.execute(ask):
        said[word.step_id].append(DecisionRow(*word))
    steps: dict[uuid.UUID, list[StepRow]] = defaultdict(list)
    for step in db.session.execute(
        select(*_STEP).where(_step.c.approval_id.in_(ids)).order_by(_step.c.position)
    ):
        values = step._asdict() | {"role": StepRole(step.role), "decisions": tuple(said[step.id])}
        steps[step.approval_id].append(StepRow(**values))
    return [
        ApprovalRow(**(row._asdict() | {"state": State(row.state), "steps": tuple(steps[row.id])}))
        for row in rows
    ]
