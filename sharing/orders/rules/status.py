"""What may become of a service order: the only table of transitions, and whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from sharing.kernel.language import _l
from sharing.kernel.refusals import Refused


class Status(StrEnum):
    """Where an order stands. `lapsed`: its quote was not accepted in time; `declined` by the house, `refused` by the
    customer who did not want the quote; `stopped` by the house after it was accepted."""

    ASKED = "asked"
    QUOTED = "quoted"
    LAPSED = "lapsed"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    RECEIVED = "received"
    DELIVERED = "delivered"
    OBJECTED = "objected"
    DONE = "done"
    DECLINED = "declined"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"

    @property
    def word(self) -> str:
        return str(_WORDS[self])


class Action(StrEnum):
    """What is done to an order."""

    QUOTE = "quote"
    DECLINE = "decline"
    ACCEPT = "accept"
    REFUSE = "refuse"
    ASK_CHANGE = "ask-change"
    LAPSE = "lapse"
    SCHEDULE = "schedule"
    LOSE_SLOT = "lose-slot"
    RECEIVE = "receive"
    DELIVER = "deliver"
    ACCEPT_RESULT = "accept-result"
    OBJECT = "object"
    WITHDRAW = "withdraw"
    STOP = "stop"


class Side(StrEnum):
    """The two parties of an order."""

    CUSTOMER = "customer"
    HOUSE = "house"


_S, _A = Status, Action
TRANSITIONS: Final[Mapping[tuple[Status, Action], Status]] = {
    (_S.ASKED, _A.QUOTE): _S.QUOTED,
    (_S.ASKED, _A.DECLINE): _S.DECLINED,
    (_S.ASKED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.QUOTED, _A.QUOTE): _S.QUOTED,
    (_S.QUOTED, _A.ACCEPT): _S.ACCEPTED,
    (_S.QUOTED, _A.REFUSE): _S.REFUSED,
    (_S.QUOTED, _A.ASK_CHANGE): _S.ASKED,
    (_S.QUOTED, _A.LAPSE): _S.LAPSED,
    (_S.QUOTED, _A.DECLINE): _S.DECLINED,
    (_S.LAPSED, _A.QUOTE): _S.QUOTED,
    (_S.LAPSED, _A.ASK_CHANGE): _S.ASKED,
    (_S.LAPSED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.ACCEPTED, _A.SCHEDULE): _S.SCHEDULED,
    (_S.ACCEPTED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.ACCEPTED, _A.STOP): _S.STOPPED,
    (_S.SCHEDULED, _A.SCHEDULE): _S.SCHEDULED,
    (_S.SCHEDULED, _A.LOSE_SLOT): _S.ACCEPTED,
    (_S.SCHEDULED, _A.RECEIVE): _S.RECEIVED,
    (_S.SCHEDULED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.SCHEDULED, _A.STOP): _S.STOPPED,
    (_S.RECEIVED, _A.SCHEDULE): _S.RECEIVED,
    (_S.RECEIVED, _A.LOSE_SLOT): _S.RECEIVED,
    (_S.RECEIVED, _A.DELIVER): _S.DELIVERED,
    (_S.RECEIVED, _A.STOP): _S.STOPPED,
    (_S.DELIVERED, _A.DELIVER): _S.DELIVERED,
    (_S.DELIVERED, _A.ACCEPT_RESULT): _S.DONE,
    (_S.DELIVERED, _A.OBJECT): _S.OBJECTED,
    (_S.OBJECTED, _A.SCHEDULE): _S.OBJECTED,
    (_S.OBJECTED, _A.LOSE_SLOT): _S.OBJECTED,
    (_S.OBJECTED, _A.DELIVER): _S.DELIVERED,
    (_S.OBJECTED, _A.ACCEPT_RESULT): _S.DONE,
    (_S.OBJECTED, _A.STOP): _S.STOPPED,
}

TURN: Final[Mapping[Status, Side]] = {
    _S.ASKED: Side.HOUSE,
    _S.QUOTED: Side.CUSTOMER,
    _S.LAPSED: Side.CUSTOMER,
    _S.ACCEPTED: Side.HOUSE,
    _S.SCHEDULED: Side.CUSTOMER,
    _S.RECEIVED: Side.HOUSE,
    _S.DELIVERED: Side.CUSTOMER,
    _S.OBJECTED: Side.HOUSE,
}
"""Who acts next; in a status that is not here, nobody."""

SIDES: Final[Mapping[Action, Side]] = {
    _A.QUOTE: Side.HOUSE,
    _A.DECLINE: Side.HOUSE,
    _A.ACCEPT: Side.CUSTOMER,
    _A.REFUSE: Side.CUSTOMER,
    _A.ASK_CHANGE: Side.CUSTOMER,
    _A.SCHEDULE: Side.HOUSE,
    _A.RECEIVE: Side.HOUSE,
    _A.DELIVER: Side.HOUSE,
    _A.ACCEPT_RESULT: Side.CUSTOMER,
    _A.OBJECT: Side.CUSTOMER,
    _A.WITHDRAW: Side.CUSTOMER,
    _A.STOP: Side.HOUSE,
}
"""Whose act it is; what is not here, the clock does."""

OVER: Final = frozenset(Status) - frozenset(TURN)
AGREED: Final = frozenset({_S.ACCEPTED, _S.SCHEDULED, _S.RECEIVED, _S.DELIVERED, _S.OBJECTED, _S.DONE})
"""Statuses in which a quote stands accepted."""
RUNNING: Final = frozenset({_S.SCHEDULED, _S.RECEIVED, _S.OBJECTED})
"""Statuses in which the slot is still to come or may still be laid anew."""


def turn(status: Status) -> Side | None:
    """Who acts next."""
    return TURN.get(status)


def allowed(status: Status) -> list[str]:
    """What people may do to an order in this status, as the API names it."""
    return [action.value for here, action in TRANSITIONS if here is status and action in SIDES]


def moved(status: Status, action: Action) -> Status:
    """The status after the action. Raises Refused: invalid-transition, with what is allowed instead."""
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        raise Refused("invalid-transition", status=status.value, allowed=allowed(status)) from None


_WORDS: Final[Mapping[Status, Any]] = {
    _S.ASKED: _l("待报价"),
    _S.QUOTED: _l("待确认报价"),
    _S.LAPSED: _l("报价已过期"),
    _S.ACCEPTED: _l("待排期"),
    _S.SCHEDULED: _l("待送样"),
    _S.RECEIVED: _l("测试中"),
    _S.DELIVERED: _l("待验收"),
    _S.OBJECTED: _l("有异议"),
    _S.DONE: _l("已验收"),
    _S.DECLINED: _l("机主未接受"),
    _S.REFUSED: _l("客户未接受报价"),
    _S.WITHDRAWN: _l("已撤回"),
    _S.STOPPED: _l("已终止"),
}
