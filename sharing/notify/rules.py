"""Every topic a message can have, where it goes when nobody chose, and when it is tried again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from string import Formatter
from typing import Final

LEASE: Final = timedelta(minutes=5)  # how long a mail under way is left alone before another process tries it
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVE_UP: Final = timedelta(days=1)  # after the mail was written


@dataclass(frozen=True, slots=True)
class Topic:
    """What a message is about.

    group      where a person finds it among her choices: booking, order, desk, approval, account
    mailed     by mail too, when she has not chosen
    chosen     she may choose; False: always mailed (a password link cannot wait in an inbox)
    inbox      stands in the inbox; False for what carries a secret
    secret     its facts are forgotten as soon as the mail is gone, for they open an account
    """

    group: str
    mailed: bool = True
    chosen: bool = True
    inbox: bool = True
    secret: bool = False


GROUPS: Final = ("booking", "order", "desk", "approval", "account")

TOPICS: Final[Mapping[str, Topic]] = {
    "booking.requested": Topic("booking"),
    "booking.on-behalf": Topic("booking"),
    "booking.approved": Topic("booking"),
    "booking.rejected": Topic("booking"),
    "booking.returned": Topic("booking"),
    "booking.cancelled": Topic("booking"),
    "booking.expired": Topic("booking"),
    "booking.rescheduled": Topic("booking"),
    "booking.change-requested": Topic("booking"),
    "booking.change-refused": Topic("booking"),
    "booking.no-show-warning": Topic("booking"),
    "booking.no-show": Topic("booking"),
    "booking.released": Topic("desk", mailed=False),
    "booking.to-confirm": Topic("desk", mailed=False),
    "booking.shut-out": Topic("booking"),
    "booking.outside-clash": Topic("desk"),
    "booking.block-moved": Topic("booking"),
    "booking.block-cancelled": Topic("booking"),
    "booking.block-kept": Topic("booking"),
    "booking.house-closed": Topic("booking"),
    "booking.hand-over-offered": Topic("booking"),
    "booking.hand-over-declined": Topic("booking"),
    "booking.handed-over": Topic("booking"),
    "booking.taken-over": Topic("booking"),
    "booking.proposed": Topic("booking"),
    "booking.proposal-declined": Topic("desk", mailed=False),
    "order.asked": Topic("order"),
    "order.quoted": Topic("order"),
    "order.lapsed": Topic("order"),
    "order.accepted": Topic("order"),
    "order.scheduled": Topic("order"),
    "order.slot-lost": Topic("order"),
    "order.received": Topic("order"),
    "order.delivered": Topic("order"),
    "order.objected": Topic("order"),
    "order.done": Topic("order"),
    "order.ended": Topic("order"),
    "order.overdue": Topic("order"),
    "approval.waiting": Topic("approval"),
    "approval.reminder": Topic("approval"),
    "approval.escalated": Topic("approval"),
    "desk.nudge": Topic("desk"),
    "funds.authorised": Topic("account"),
    "registry.licence-granted": Topic("account"),
    "registry.licence-ended": Topic("account"),
    "notify.try": Topic("account", mailed=False, chosen=False, inbox=False),
    "people.without-admin": Topic("account", chosen=False),
    "people.known": Topic("account", chosen=False, inbox=False),
    "people.sign-up-received": Topic("account", chosen=False, inbox=False),
    "people.sign-up-waiting": Topic("account", chosen=False),
    "people.sign-up-refused": Topic("account", chosen=False, inbox=False),
    "people.invited": Topic("account", chosen=False, inbox=False, secret=True),
    "people.enterprise-received": Topic("account", chosen=False, inbox=False, secret=True),
    "people.enterprise-waiting": Topic("account", chosen=False),
    "people.enterprise-accepted": Topic("account", chosen=False),
    "people.enterprise-refused": Topic("account", chosen=False),
    "people.welcome": Topic("account", chosen=False, inbox=False, secret=True),
    "people.reset": Topic("account", chosen=False, inbox=False, secret=True),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom to tell, resolved by the caller. Without `user_id` (an invited mail address) there is only mail; the
    robot of her institution passes on what concerns her there."""

    user_id: uuid.UUID | None
    email: str
    language: str = "zh-CN"
    name: str = ""
    institution_id: uuid.UUID | None = None


def may_be_mailed(topic: Topic, to: Recipient) -> bool:
    """Whether a mail is written at all; what the person chose is asked when it would leave (`mailed`). An address
    without a person, which can choose nothing, has the topic's default."""
    return topic.mailed or (topic.chosen and to.user_id is not None)


def mailed(topic: Topic, choice: bool | None) -> bool:
    """Whether a message leaves as mail, given what the person chose (None: nothing)."""
    return topic.mailed if choice is None or not topic.chosen else choice


def next_try(attempts: int, now: datetime) -> datetime:
    """When a mail that failed for the `attempts`-th time is due again: 30 s, doubling, at most an hour."""
    doublings: int = min(attempts - 1, 10)
    return now + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def given_up(created_at: datetime, due_again: datetime) -> bool:
    """A mail whose next try would come a day after it was written is failed instead."""
    return due_again - created_at > GIVE_UP


# --- robots of chat programs -----------------------------------------------------------------------------------------


class Kind(StrEnum):
    """Whose robot passes a message on."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"


HOSTS: Final[Mapping[Kind, str]] = {Kind.WECOM: "qyapi.weixin.qq.com", Kind.DINGTALK: "oapi.dingtalk.com"}
"""Where their web hooks live; others are asked only where this installation allows them."""
PER_MINUTE: Final = 20  # messages that either takes of one robot
RATE_SPAN: Final = timedelta(minutes=1)
OVERLAP: Final = timedelta(
    minutes=2
)  # longer than a transaction: no message appears behind one that was passed on
TOO_FAST: Final = frozenset({45009, 45033, 130101, 410100})
UNFIT: Final = frozenset({40008, 40035, 40058, 44004, 45002, 400101, 400102, 400105, 400106, 460101})
"""Return codes that refuse this message for good; any other refuses the robot, and the message is tried again."""
PERSONAL: Final = ("approval", "booking", "order", "desk", "account")
SHARED: Final = ("approval", "desk")
"""Groups of topics that a robot passes on when nobody chose: a person's own, an institution's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a robot's server said: 0 is taken."""

    code: int
    message: str

    @property
    def taken(self) -> bool:
        return self.code == 0


# --- an institution's own words --------------------------------------------------------------------------------------

PLACES: Final = (
    "number", "instrument", "span", "old_span", "amount", "requester", "person", "note", "purpose", "place", "step",
    "due", "level", "card", "group", "limit", "until",
)  # fmt: skip
"""What a mail's words may name in braces, as `formats.Told` has it."""
PARTS: Final = ("title", "said", "then")
OWN_WORDS: Final = frozenset(topic for topic in TOPICS if topic.partition(".")[0] in {"booking", "approval"})
"""The topics of which an institution may write its own mails: those about its instruments."""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """One mail in an institution's own words of one language; a place is written `{number}`."""

    title: str
    said: str
    then: str

    def filled(self, values: Mapping[str, str]) -> tuple[str, str, str]:
        """Its parts with every place filled. Raises KeyError, ValueError: it was not checked."""
        return (self.title.format(**values), self.said.format(**values), self.then.format(**values))


def broken_places(text: str) -> list[str]:
    """What stands in braces and is no place of ours, each once, as it was written; `{` for a brace left open."""
    found: list[str] = []
    try:
        for _literal, name, spec, conversion in Formatter().parse(text):
            if name is not None and (name not in PLACES or spec or conversion):
                found.append(
                    "{" + name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "") + "}"
                )
    except ValueError:
        found.append("{")
    return list(dict.fromkeys(found))
