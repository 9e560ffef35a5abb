"""Reading approvals: where one stands, whose turn it is, what is due."""

from sharing.approval.queries.approvals import ApprovalRow, DecisionRow, StepRow, all_of, approval, many, of
from sharing.approval.queries.chains import chain_for, chains
from sharing.approval.queries.seats import deciders, holders, may_decide, seats_of, turn_of
from sharing.approval.queries.waiting import (
    BATCH,
    DueRow,
    WaitingRow,
    due,
    to_escalate,
    to_remind,
    waiting_on,
)

__all__ = [
    "BATCH",
    "ApprovalRow",
    "DecisionRow",
    "DueRow",
    "StepRow",
    "WaitingRow",
    "all_of",
    "approval",
    "chain_for",
    "chains",
    "deciders",
    "due",
    "holders",
    "many",
    "may_decide",
    "of",
    "seats_of",
    "to_escalate",
    "to_remind",
    "turn_of",
    "waiting_on",
]
