"""Deciding a step, and the ways an approval ends or starts again."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update

from sharing.approval import queries
from sharing.approval.models import Approval, Step
from sharing.approval.queries import ApprovalRow, StepRow
from sharing.approval.rules import AFTER, Holder, State, Verdict, own_seat
from sharing.approval.service.steps import Outcome, opened, said_of, say, told, until
from sharing.kernel.db import db, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people.rules import Actor

_approval, _step = table_of(Approval), table_of(Step)
UNDECIDED: Final = ("waiting", "open", "returned")


@transactional
def record(approval_id: uuid.UUID, decision: Verdict, *, by: Actor, note: str = "", now: datetime) -> Outcome:
    """One person's word on the step whose turn it is; of two at once the second finds it decided.

    raises  Refused: not-found; invalid-transition when nothing waits to be decided (any more); not-your-decision with
            `reason` own-request (nobody decides on what she asked for herself) or no-seat, and the `step`
    """
    row = locked(approval_id)
    step = _open_step(row, now)
    absent = _authority(row, step, by, now)
    say(
        row.id,
        step.id,
        decision.value,
        now,
        by_id=by.user_id,
        by_name=by.name,
        for_id=absent.user_id if absent else None,
        for_name=absent.name if absent else "",
        note=note,
    )
    outcome = _after(row, step, decision, now)
    if absent is None:
        return outcome
    return replace(outcome, standing_for_id=absent.user_id, standing_for=absent.name)


def locked(approval_id: uuid.UUID) -> ApprovalRow:
    """The approval, with rivals made to wait. Raises Refused: not-found."""
    held = select(_approval.c.id).where(_approval.c.id == approval_id).with_for_update()
    if db.session.execute(held).first() is None:
        raise Refused("not-found")
    row = queries.approval(approval_id)
    assert row is not None
    return row


def _open_step(row: ApprovalRow, now: datetime) -> StepRow:
    step = row.turn
    if row.state is not State.OPEN or step is None:
        raise Refused("invalid-transition", status=row.state.value, allowed=[])
    if step.due_at is not None and step.due_at <= now:  # the clock has spoken, whether or not its job has run
        raise Refused("invalid-transition", status=State.EXPIRED.value, allowed=[])
    return step


def _authority(row: ApprovalRow, step: StepRow, by: Actor, now: datetime) -> Holder | None:
    """None when she decides in her own right, else whom she stands in for. Raises Refused: not-your-decision."""
    if row.requester_id == by.user_id:
        raise Refused("not-your-decision", reason="own-request", step=step.role.value)
    seats = queries.seats_of([step.id])[step.id]
    if own_seat(by, seats):
        return None
    for holder in queries.holders(seats, shanghai_day(now)):
        if holder.deputy_id == by.user_id and holder.user_id != row.requester_id:
            return holder
    raise Refused("not-your-decision", reason="no-seat", step=step.role.value)


def _after(row: ApprovalRow, step: StepRow, decision: Verdict, now: datetime) -> Outcome:
    if decision is Verdict.APPROVE:
        _set_step(step.id, state=AFTER[decision])
        following = next((one for one in row.steps if one.state == "waiting"), None)
        return close(row, State.APPROVED, now) if following is None else _begin(row, following, now)
    if decision is Verdict.REJECT:
        _set_step(step.id, state=AFTER[decision])
        return replace(close(row, State.REJECTED, now), step_role=step.role)
    ends = until(now, step.working_hours, row.latest_at)  # the requester's time to change it
    _set_step(step.id, state=AFTER[decision], remind_at=None, escalate_at=None, due_at=ends.due_at)
    _set_approval(row.id, state=State.RETURNED.value)
    return replace(said_of(row), state=State.RETURNED, step_role=step.role, due_at=ends.due_at)


def _begin(row: ApprovalRow, step: StepRow, now: datetime) -> Outcome:
    """Give a step its turn."""
    ends = until(now, step.working_hours, row.latest_at)
    _set_step(step.id, state="open", **opened(ends, now))
    seats = queries.seats_of([step.id])[step.id]
    deciders = told(seats, queries.holders(seats, shanghai_day(now)), row.requester_id)
    return replace(
        said_of(row),
        state=State.OPEN,
        deciders=tuple(deciders),
        step_role=step.role,
        due_at=ends.due_at,
    )


@transactional
def resume(approval_id: uuid.UUID, *, now: datetime) -> Outcome:
    """Open a returned step again, with new time to decide; what other steps said stands.

    For a change that what was approved does not cover, withdraw this approval and open another.

    raises  Refused: not-found; invalid-transition unless it is returned and its time is not over
    """
    row = locked(approval_id)
    step = row.turn
    if row.state is not State.RETURNED or step is None:
        raise Refused("invalid-transition", status=row.state.value, allowed=[])
    if step.due_at is not None and step.due_at <= now:
        raise Refused("invalid-transition", status=State.EXPIRED.value, allowed=[])
    _set_approval(row.id, state=State.OPEN.value)
    return _begin(row, step, now)


@transactional
def withdraw(approval_id: uuid.UUID, *, now: datetime) -> Outcome:
    """End an approval because its subject is gone (cancelled, replaced). One that ended already stays as it ended."""
    row = locked(approval_id)
    return close(row, State.WITHDRAWN, now) if row.state.live else said_of(row)


def close(row: ApprovalRow, state: State, now: datetime) -> Outcome:
    """End the approval; steps nobody decided are dropped. The caller holds the lock."""
    db.session.execute(
        update(_step)
        .where(_step.c.approval_id == row.id, _step.c.state.in_(UNDECIDED))
        .values(state="dropped", due_at=None, remind_at=None, escalate_at=None)
    )
    _set_approval(row.id, state=state.value, closed_at=now)
    return replace(said_of(row), state=state)


def _set_step(step_id: uuid.UUID, **values: Any) -> None:
    db.session.execute(update(_step).where(_step.c.id == step_id).values(**values))


def _set_approval(approval_id: uuid.UUID, **values: Any) -> None:
    db.session.execute(update(_approval).where(_approval.c.id == approval_id).values(**values))
