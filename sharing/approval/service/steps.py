"""What every change of an approval needs: its outcome, the deadline of a step, one word on it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sharing.approval.models import Decision
from sharing.approval.queries import ApprovalRow
from sharing.approval.rules import Deadline, Holder, SeatPlan, State, StepRole, deadline, to_tell
from sharing.kernel.db import db, new_id, table_of
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network

_decision = table_of(Decision)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an approval.

    deciders         who may decide the step whose turn it is: tell them; empty when it is decided or returned
    step_role        the step whose turn it is now, or whose word ended it
    standing_for_id  for whom the decider stood in, as `standing_for` names her
    """

    approval_id: uuid.UUID
    subject_kind: str
    subject_id: uuid.UUID
    requester_id: uuid.UUID
    state: State
    deciders: tuple[uuid.UUID, ...] = ()
    step_role: StepRole | None = None
    due_at: datetime | None = None
    standing_for_id: uuid.UUID | None = None
    standing_for: str = ""


def said_of(row: ApprovalRow) -> Outcome:
    """The approval as it stands, with nobody to tell."""
    return Outcome(row.id, row.subject_kind, row.subject_id, row.requester_id, row.state)


def until(opened_at: datetime, working_hours: int, latest_at: datetime) -> Deadline:
    """The deadline of a step by the office hours in force and the statutory calendar."""
    office = network.office_hours(shanghai_day(opened_at))
    return deadline(opened_at, working_hours, latest_at, office, network.work_calendar())


NOT_OPENED: Final[Mapping[str, Any]] = {
    "opened_at": None,
    "remind_at": None,
    "escalate_at": None,
    "due_at": None,
    "reminded_at": None,
    "escalated_at": None,
}


def opened(ends: Deadline, now: datetime) -> dict[str, Any]:
    """The instants of a step whose turn begins now."""
    return {
        **NOT_OPENED,
        "opened_at": now,
        "remind_at": ends.remind_at,
        "escalate_at": ends.escalate_at,
        "due_at": ends.due_at,
    }


def told(seats: Sequence[SeatPlan], held: Sequence[Holder], requester_id: uuid.UUID) -> list[uuid.UUID]:
    """Who may decide from these seats, the requester left out."""
    return to_tell((one for one in held if one.seat in seats), requester_id)


_SILENT: Final[dict[str, Any]] = {"by_name": "", "for_name": "", "note": ""}


def say(approval_id: uuid.UUID, step_id: uuid.UUID, decision: str, now: datetime, **more: Any) -> None:
    """Keep one word on a step for ever: a person's, a rule's (`rule`, `rule_id`) or the clock's."""
    words = {"id": new_id(), "approval_id": approval_id, "step_id": step_id, "decision": decision, "at": now}
    db.session.execute(_decision.insert().values(**_SILENT | words | more))
