"""Opening an approval: its steps, their seats, and what rules have decided already."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sharing.approval import queries
from sharing.approval.models import Approval, Seat, Step
from sharing.approval.rules import ChainRow, Holder, SeatPlan, State, StepPlan, Verdict
from sharing.approval.service.steps import NOT_OPENED, Outcome, opened, say, told, until
from sharing.kernel.db import db, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people.rules import Actor

_approval, _step, _seat = table_of(Approval), table_of(Step), table_of(Seat)


@transactional
def open(  # noqa: A001 - the word of the domain
    *,
    subject: tuple[str, uuid.UUID],
    requester: Actor,
    zone_code: str,
    chain: ChainRow | None,
    steps: Sequence[StepPlan],
    latest_at: datetime,
    now: datetime,
) -> Outcome:
    """Open an approval; steps that a rule has decided are done at once, with the rule's name. Without a step left to
    decide it is approved as it opens.

    latest_at  no step may be decided at or after this instant
    raises     Refused: no-approver, with the first `step` that nobody but the requester could decide
    """
    on = shanghai_day(now)
    held = queries.holders(_all_seats(steps), on)
    seated = [_seated(step, held, requester) for step in steps]
    approval_id, ids = new_id(), [new_id() for _step in steps]
    first = next((number for number, plan in enumerate(steps) if plan.decided_by_rule is None), None)
    ends = None if first is None else until(now, steps[first].working_hours, latest_at)
    state = State.APPROVED if first is None else State.OPEN
    db.session.execute(
        _approval.insert().values(
            id=approval_id,
            subject_kind=subject[0],
            subject_id=subject[1],
            requester_id=requester.user_id,
            zone_code=zone_code,
            chain_id=chain.id if chain else None,
            state=state.value,
            latest_at=latest_at,
            opened_at=now,
            closed_at=None if state.live else now,
        )
    )
    began = {} if first is None or ends is None else {first: opened(ends, now)}
    _insert_steps(approval_id, ids, steps, began)
    _insert_seats(ids, steps, seated)
    _insert_rule_decisions(approval_id, ids, steps, now)
    outcome = Outcome(approval_id, *subject, requester.user_id, state)
    if first is None or ends is None:
        return outcome
    deciders = tuple(told(seated[first], held, requester.user_id))
    return replace(outcome, deciders=deciders, step_role=steps[first].role, due_at=ends.due_at)


def _all_seats(steps: Sequence[StepPlan]) -> list[SeatPlan]:
    return [seat for step in steps if step.decided_by_rule is None for seat in (*step.seats, *step.otherwise)]


def _seated(step: StepPlan, held: Sequence[Holder], requester: Actor) -> list[SeatPlan]:
    """The step's seats, with those it falls back on when nobody but the requester holds one."""
    if step.decided_by_rule is not None:
        return []
    for seats in (step.seats, (*step.seats, *step.otherwise)):
        mine = list(dict.fromkeys(seats))
        if told(mine, held, requester.user_id):
            return mine
    raise Refused("no-approver", step=step.role.value)


def _insert_steps(
    approval_id: uuid.UUID,
    ids: Sequence[uuid.UUID],
    steps: Sequence[StepPlan],
    began: Mapping[int, Mapping[str, Any]],
) -> None:
    rows = [
        {
            "id": step_id,
            "approval_id": approval_id,
            "position": number + 1,
            "role": plan.role.value,
            "state": "approved" if plan.decided_by_rule else "open" if number in began else "waiting",
            "working_hours": plan.working_hours,
            **began.get(number, NOT_OPENED),
        }
        for number, (step_id, plan) in enumerate(zip(ids, steps, strict=True))
    ]
    if rows:
        db.session.execute(_step.insert(), rows)


def _insert_seats(
    ids: Sequence[uuid.UUID], steps: Sequence[StepPlan], seated: Sequence[list[SeatPlan]]
) -> None:
    rows = []
    for step_id, plan, seats in zip(ids, steps, seated, strict=True):
        if plan.decided_by_rule is not None:
            continue
        later = [seat for seat in dict.fromkeys(plan.escalation) if seat not in seats]
        rows += [_seat_row(step_id, seat, escalation=False) for seat in seats]
        rows += [_seat_row(step_id, seat, escalation=True) for seat in later]
    if rows:
        db.session.execute(_seat.insert(), rows)


def _seat_row(step_id: uuid.UUID, seat: SeatPlan, *, escalation: bool) -> dict[str, Any]:
    return {
        "id": new_id(),
        "step_id": step_id,
        "role": seat.role.value,
        "scope_kind": seat.scope_kind.value,
        "scope_id": seat.scope_id,
        "escalation": escalation,
    }


def _insert_rule_decisions(
    approval_id: uuid.UUID, ids: Sequence[uuid.UUID], steps: Sequence[StepPlan], now: datetime
) -> None:
    for step_id, plan in zip(ids, steps, strict=True):
        if rule := plan.decided_by_rule:
            say(approval_id, step_id, Verdict.APPROVE.value, now, rule=rule.rule, rule_id=rule.rule_id)
