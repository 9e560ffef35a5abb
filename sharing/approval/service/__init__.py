"""Opening approvals, deciding them, what the clock does to them, and the chains they follow.

Every function locks the approval first, so rivals wait and one word counts. Messages are the caller's: an `Outcome`
says what became of the approval and whom to tell next.
"""

from sharing.approval.service.chains import NewChain, check_chain, save_chain, withdraw_chain
from sharing.approval.service.deciding import record, resume, withdraw
from sharing.approval.service.opening import open  # noqa: A004 - the word of the domain
from sharing.approval.service.steps import Outcome
from sharing.approval.service.timers import escalate, expire, remind

__all__ = [
    "NewChain",
    "Outcome",
    "check_chain",
    "escalate",
    "expire",
    "open",
    "record",
    "remind",
    "resume",
    "save_chain",
    "withdraw",
    "withdraw_chain",
]
