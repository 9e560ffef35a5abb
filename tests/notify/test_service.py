"""A message is written with its change, to inbox and mail as each person chose."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from sharing.kernel.db import db, new_id, table_of, transaction, transactional
from sharing.kernel.refusals import Refused
from sharing.notify import queries, service
from sharing.notify.models import Message, Outgoing
from sharing.notify.rules import TOPICS
from sharing.notify.service import Recipient
from tests import cast

LIN = Recipient(uuid.UUID(int=1), "lin@x.cn", "zh-CN", "林")
ANN = Recipient(uuid.UUID(int=2), "Ann@x.cn", "en", "Ann")
GUEST = Recipient(None, "guest@y.cn")
FACTS = {"number": "KM-1", "start": cast.clock(1, "09:00"), "end": cast.clock(1, "11:00")}


def tell(*to: Recipient, topic: str = "booking.approved", **others: Any) -> None:
    with transaction():
        service.enqueue(topic, list(to), ("booking", new_id()), FACTS, cast.NOW, **others)


def counted(model: type) -> int:
    return int(db.session.scalar(select(func.count()).select_from(table_of(model))) or 0)


def test_everyone_gets_inbox_and_mail_and_a_guest_only_mail(app: Flask) -> None:
    tell(LIN, ANN, GUEST)
    assert counted(Message) == 2
    assert counted(Outgoing) == 3
    assert queries.unread(LIN.user_id) == 1


def test_a_message_goes_back_with_its_change(app: Flask) -> None:
    with pytest.raises(Refused):
        _change_that_is_refused()
    assert (counted(Message), counted(Outgoing)) == (0, 0)


@transactional
def _change_that_is_refused() -> None:
    service.enqueue("booking.approved", [LIN], ("booking", new_id()), FACTS, cast.NOW)
    raise Refused("booking-conflict")


def test_a_second_message_with_the_same_once_is_dropped(app: Flask) -> None:
    tell(LIN, ANN, once="reminder:7")
    tell(LIN, once="reminder:7")
    tell(LIN, once="reminder:8")
    assert (counted(Message), counted(Outgoing)) == (3, 3)


def test_one_address_named_twice_gets_one_mail(app: Flask) -> None:
    tell(LIN, Recipient(None, "LIN@x.cn"))
    assert counted(Outgoing) == 1


def test_a_password_mail_is_always_sent_and_never_in_the_inbox(app: Flask) -> None:
    tell(LIN, topic="people.reset")
    assert (counted(Message), counted(Outgoing)) == (0, 1)
    with pytest.raises(Refused, match="invalid-input"):
        service.choose({"people.reset": False}, reader=LIN.user_id)


def test_choosing_twice_keeps_the_last(app: Flask) -> None:
    service.choose({"booking.approved": False, "booking.expired": False}, reader=LIN.user_id)
    service.choose({"booking.approved": True}, reader=LIN.user_id)
    chosen = queries.choices(LIN.user_id)
    assert (chosen["booking.approved"], chosen["booking.expired"]) == (True, False)
    assert set(chosen) == {name for name, topic in TOPICS.items() if topic.chosen}


def test_reading_off_one_and_all(app: Flask) -> None:
    tell(LIN, ANN)
    tell(LIN)
    (newest, oldest) = queries.inbox(LIN.user_id).items
    service.mark_read(oldest.id, reader=LIN.user_id, now=cast.NOW)
    assert [row.id for row in queries.inbox(LIN.user_id, unread=True).items] == [newest.id]
    with pytest.raises(Refused, match="not-found"):
        service.mark_read(newest.id, reader=ANN.user_id, now=cast.NOW)
    service.mark_all_read(reader=LIN.user_id, now=cast.NOW)
    assert (queries.unread(LIN.user_id), queries.unread(ANN.user_id)) == (0, 1)


def test_the_inbox_by_group_and_page(app: Flask) -> None:
    for _ in range(3):
        tell(LIN)
    tell(LIN, topic="approval.waiting")
    assert queries.inbox(LIN.user_id, group="approval").total == 1
    page = queries.inbox(LIN.user_id, page=2, per_page=3)
    assert (page.total, len(page.items), page.pages) == (4, 1, 2)
