"""What the clock does to approvals. Each is asked again under the lock: run twice, done once."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from sqlalchemy import update

from sharing.approval import queries
from sharing.approval.models import Step
from sharing.approval.queries import ApprovalRow, StepRow
from sharing.approval.rules import EXPIRE, State
from sharing.approval.service.deciding import close, locked
from sharing.approval.service.steps import Outcome, said_of, say, told
from sharing.kernel.db import db, table_of, transactional
from sharing.kernel.timespan import shanghai_day

_step = table_of(Step)


@transactional
def expire(approval_id: uuid.UUID, *, now: datetime) -> Outcome | None:
    """End an approval whose step nobody decided in time, or whose return nobody answered; None when it is not due."""
    row = locked(approval_id)
    step = row.turn
    if not row.state.live or step is None or step.due_at is None or step.due_at > now:
        return None
    say(row.id, step.id, EXPIRE, now)
    db.session.execute(update(_step).where(_step.c.id == step.id).values(state="expired"))
    return replace(close(row, State.EXPIRED, now), step_role=step.role)


@transactional
def remind(approval_id: uuid.UUID, *, now: datetime) -> Outcome | None:
    """Note that a step is being reminded of; the outcome says whom to tell. None when it is not due, or was done."""
    row = locked(approval_id)
    step = _waiting(row, now)
    if step is None or step.reminded_at or step.remind_at is None or step.remind_at > now:
        return None
    db.session.execute(update(_step).where(_step.c.id == step.id).values(reminded_at=now))
    return replace(
        said_of(row), deciders=tuple(_deciders(row, step, now)), step_role=step.role, due_at=step.due_at
    )


@transactional
def escalate(approval_id: uuid.UUID, *, now: datetime) -> Outcome | None:
    """Bring the step's escalation seats to life. The outcome names those who may decide now and could not before;
    the earlier ones still may. None when it is not due, or was done."""
    row = locked(approval_id)
    step = _waiting(row, now)
    if step is None or step.escalated_at or step.escalate_at is None or step.escalate_at > now:
        return None
    before = set(_deciders(row, step, now))
    db.session.execute(update(_step).where(_step.c.id == step.id).values(escalated_at=now))
    newcomers = tuple(one for one in _deciders(row, step, now) if one not in before)
    return replace(said_of(row), deciders=newcomers, step_role=step.role, due_at=step.due_at)


def _waiting(row: ApprovalRow, now: datetime) -> StepRow | None:
    step = row.turn
    if row.state is not State.OPEN or step is None or step.due_at is None or step.due_at <= now:
        return None
    return step


def _deciders(row: ApprovalRow, step: StepRow, now: datetime) -> list[uuid.UUID]:
    seats = queries.seats_of([step.id])[step.id]
    return told(seats, queries.holders(seats, shanghai_day(now)), row.requester_id)
