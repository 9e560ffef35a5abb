"""What may become of a booking: the only table of transitions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from sharing.kernel.refusals import Refused


class Status(StrEnum):
    """Where a booking stands (CONTRACT section 4)."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    IN_USE = "in_use"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


class Action(StrEnum):
    """What is done to a booking. `confirm` is a manager's word on a booking that ended without a check-out."""

    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"
    RESUBMIT = "resubmit"
    EXPIRE = "expire"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    CHECK_IN = "check-in"
    CHECK_OUT = "check-out"
    NO_SHOW = "no-show"
    CONFIRM = "confirm"
    HAND_OVER = "hand-over"


_S, _A = Status, Action
TRANSITIONS: Final[Mapping[tuple[Status, Action], Status]] = {
    (_S.REQUESTED, _A.APPROVE): _S.APPROVED,
    (_S.REQUESTED, _A.REJECT): _S.REJECTED,
    (_S.REQUESTED, _A.RETURN): _S.REQUESTED,
    (_S.REQUESTED, _A.RESUBMIT): _S.REQUESTED,
    (_S.REQUESTED, _A.RESCHEDULE): _S.REQUESTED,
    (_S.REQUESTED, _A.HAND_OVER): _S.REQUESTED,
    (_S.REQUESTED, _A.EXPIRE): _S.EXPIRED,
    (_S.REQUESTED, _A.CANCEL): _S.CANCELLED,
    (_S.APPROVED, _A.RESCHEDULE): _S.APPROVED,
    (_S.APPROVED, _A.HAND_OVER): _S.APPROVED,
    (_S.APPROVED, _A.CANCEL): _S.CANCELLED,
    (_S.APPROVED, _A.CHECK_IN): _S.IN_USE,
    (_S.APPROVED, _A.NO_SHOW): _S.NO_SHOW,
    (_S.APPROVED, _A.CONFIRM): _S.COMPLETED,
    (_S.IN_USE, _A.RESCHEDULE): _S.IN_USE,
    (_S.IN_USE, _A.CHECK_OUT): _S.COMPLETED,
    (_S.IN_USE, _A.CONFIRM): _S.COMPLETED,
}

LIVE: Final = frozenset({_S.REQUESTED, _S.APPROVED, _S.IN_USE})
"""Statuses that hold the whole of their slot."""
OPEN: Final = frozenset({_S.REQUESTED, _S.APPROVED})
"""Statuses that count towards the most open bookings."""
VOID: Final = frozenset({_S.REJECTED, _S.CANCELLED, _S.EXPIRED})
"""Statuses that took no time: they count towards no quota."""


def allowed(status: Status) -> list[str]:
    """What may be done to a booking in this status, as the API names it."""
    return [action.value for (here, action) in TRANSITIONS if here is status]


def moved(status: Status, action: Action) -> Status:
    """The status after the action. Raises Refused: invalid-transition, with what is allowed instead."""
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        raise Refused("invalid-transition", status=status.value, allowed=allowed(status)) from None
