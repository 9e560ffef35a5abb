"""Reading approvals: where one stands, whose turn it is, what is due."""

from sharing.approval.queries.approvals import ApprovalRow, DecisionRow, StepRow, all_of, approval, many, of
from sharing.approval.queries.chains import CHAINS, chain_entries, chain_for, chains, steps_of
from sharing.approval.queries.seats import deciders, holders, may_decide, seats_of, turn_of
from sharing.approval.queries.waiting import (
    BATCH,
    DueRow,
    LateRow,
    WaitingRow,
    due,
    to_escalate,
    to_remind,
    unanswered,
    waiting_on,
)

__all__ = [
    "BATCH",
    "CHAINS",
    "ApprovalRow",
    "DecisionRow",
    "DueRow",
    "LateRow",
    "StepRow",
    "WaitingRow",
    "all_of",
    "approval",
    "chain_entries",
    "chain_for",
    "chains",
    "deciders",
    "due",
    "holders",
    "many",
    "may_decide",
    "of",
    "seats_of",
    "steps_of",
    "to_escalate",
    "to_remind",
    "turn_of",
    "unanswered",
    "waiting_on",
]
