"""What waits for a person, and what the clock asks for."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select

from sharing.approval.models import Approval, Seat, Step
from sharing.approval.queries.seats import alive
from sharing.approval.rules import State, StepRole
from sharing.kernel.db import db, table_of
from sharing.kernel.timespan import shanghai_day
from sharing.people.models import Deputy, Grant, User
from sharing.people.rules import Actor

_approval, _step, _seat = table_of(Approval), table_of(Step), table_of(Seat)
_grant, _user, _deputy = table_of(Grant), table_of(User), table_of(Deputy)
BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A step that a person may decide now.

    standing_for_id, standing_for  for whom, when she stands in for someone; None and "" in her own right
    """

    approval_id: uuid.UUID
    step_id: uuid.UUID
    subject_kind: str
    subject_id: uuid.UUID
    step_role: StepRole
    opened_at: datetime
    due_at: datetime
    escalated: bool
    standing_for_id: uuid.UUID | None
    standing_for: str


def waiting_on(actor: Actor, now: datetime, *, limit: int = BATCH) -> list[WaitingRow]:
    """What she may decide now, soonest due first: one statement over her grants and those she stands in for."""
    on, g = shanghai_day(now), _grant.c
    stands_in = select(_deputy.c.user_id).where(
        _deputy.c.deputy_id == actor.user_id, _deputy.c.starts_on <= on, _deputy.c.ends_on > on
    )
    found = db.session.execute(
        select(
            _approval.c.id, _step.c.id, _approval.c.subject_kind, _approval.c.subject_id, _step.c.role,
            _step.c.opened_at, _step.c.due_at, _step.c.escalated_at, _user.c.id, _user.c.name,
        )
        .select_from(_grant)
        .join(_user, _user.c.id == g.user_id)
        .join(_seat, and_(_seat.c.role == g.role, _seat.c.scope_kind == g.scope_kind, _seat.c.scope_id == g.scope_id))
        .join(_step, and_(_step.c.id == _seat.c.step_id, _step.c.state == "open", _step.c.due_at > now))
        .join(_approval, and_(_approval.c.id == _step.c.approval_id, _approval.c.state == State.OPEN.value))
        .where(
            or_(g.user_id == actor.user_id, g.user_id.in_(stands_in)),
            g.starts_on <= on,
            or_(g.ends_on.is_(None), g.ends_on > on),
            _user.c.left_at.is_(None),
            alive(),
            _approval.c.requester_id.not_in([actor.user_id]),
            _approval.c.requester_id != g.user_id,
        )
        .order_by(_step.c.due_at, _step.c.id)
        .limit(limit * 4)
    )  # fmt: skip
    return _once_each(found, actor)[:limit]


def _once_each(rows: Iterable[Sequence[Any]], actor: Actor) -> list[WaitingRow]:
    """A step once, in her own right where she has it so."""
    best: dict[uuid.UUID, WaitingRow] = {}
    for approval_id, step_id, kind, subject_id, role, opened, due, escalated, holder, name in rows:
        mine = holder == actor.user_id
        if step_id not in best or (mine and best[step_id].standing_for_id):
            best[step_id] = WaitingRow(
                approval_id, step_id, kind, subject_id, StepRole(role), opened, due, escalated is not None,
                None if mine else holder, "" if mine else name,
            )  # fmt: skip
    return list(best.values())


@dataclass(frozen=True, slots=True)
class DueRow:
    """A step that the clock asks something of."""

    approval_id: uuid.UUID
    step_id: uuid.UUID
    subject_kind: str
    subject_id: uuid.UUID


def due(now: datetime, *, limit: int = BATCH) -> list[DueRow]:
    """Steps whose deadline has passed and that nobody decided, oldest first."""
    return _due(and_(_step.c.state.in_(["open", "returned"]), _step.c.due_at <= now), _step.c.due_at, limit)


def to_remind(now: datetime, *, limit: int = BATCH) -> list[DueRow]:
    """Open steps that have waited half their time and were not reminded of."""
    asked = and_(_step.c.state == "open", _step.c.remind_at <= now, _step.c.due_at > now)
    return _due(and_(asked, _step.c.reminded_at.is_(None)), _step.c.remind_at, limit)


def to_escalate(now: datetime, *, limit: int = BATCH) -> list[DueRow]:
    """Open steps that have waited three quarters of their time and were not escalated."""
    asked = and_(_step.c.state == "open", _step.c.escalate_at <= now, _step.c.due_at > now)
    return _due(and_(asked, _step.c.escalated_at.is_(None)), _step.c.escalate_at, limit)


def _due(which: ColumnElement[bool], order: Any, limit: int) -> list[DueRow]:
    ask = (
        select(_approval.c.id, _step.c.id, _approval.c.subject_kind, _approval.c.subject_id)
        .join_from(_step, _approval, _approval.c.id == _step.c.approval_id)
        .where(which)
        .order_by(order, _step.c.id)
        .limit(limit)
    )
    return [DueRow(*row) for row in db.session.execute(ask)]


@dataclass(frozen=True, slots=True)
class LateRow:
    """A step that nobody has answered: past three quarters of its time, or `expired` without a word."""

    step_id: uuid.UUID
    subject_kind: str
    subject_id: uuid.UUID
    requester_id: uuid.UUID
    role: StepRole
    due_at: datetime
    expired: bool


def unanswered(zone_code: str, now: datetime, *, since: datetime, limit: int = BATCH) -> list[LateRow]:
    """What waits too long in a zone, and what ended since then because nobody answered; the longest first."""
    c, late = _step.c, and_(_step.c.state == "open", _step.c.escalate_at <= now)
    ended = and_(c.state == "expired", c.due_at >= since)
    ask = (
        select(
            c.id, _approval.c.subject_kind, _approval.c.subject_id, _approval.c.requester_id, c.role, c.due_at
        )
        .add_columns(c.state == "expired")
        .join_from(_step, _approval, _approval.c.id == c.approval_id)
        .where(_approval.c.zone_code == zone_code, or_(late, ended))
        .order_by(c.due_at, c.id)
        .limit(limit)
    )
    return [
        LateRow(step_id, kind, subject_id, requester_id, StepRole(role), due_at, bool(expired))
        for step_id, kind, subject_id, requester_id, role, due_at, expired in db.session.execute(ask)
    ]
