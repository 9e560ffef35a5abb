"""Every topic a message can have, whether it is mailed when nobody chose, and when a mail is tried again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LEASE: Final = timedelta(minutes=5)  # how long a mail under way is left alone before another process tries it
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVE_UP: Final = timedelta(days=1)  # after the mail was written


@dataclass(frozen=True, slots=True)
class Topic:
    """What a message is about.

    group      where a person finds it among her choices: booking, desk, approval, account
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


GROUPS: Final = ("booking", "desk", "approval", "account")

TOPICS: Final[Mapping[str, Topic]] = {
    "booking.requested": Topic("booking"),
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
    "booking.block-moved": Topic("booking"),
    "booking.block-cancelled": Topic("booking"),
    "booking.block-kept": Topic("booking"),
    "booking.proposed": Topic("booking"),
    "booking.proposal-declined": Topic("desk", mailed=False),
    "approval.waiting": Topic("approval"),
    "approval.reminder": Topic("approval"),
    "approval.escalated": Topic("approval"),
    "funds.authorised": Topic("account"),
    "registry.licence-granted": Topic("account"),
    "registry.licence-ended": Topic("account"),
    "people.without-admin": Topic("account", chosen=False),
    "people.welcome": Topic("account", chosen=False, inbox=False, secret=True),
    "people.reset": Topic("account", chosen=False, inbox=False, secret=True),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom to tell, resolved by the caller. Without `user_id` (an invited mail address) there is only mail."""

    user_id: uuid.UUID | None
    email: str
    language: str = "zh-CN"
    name: str = ""


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
