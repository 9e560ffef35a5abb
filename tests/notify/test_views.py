"""The inbox and the choice of what is mailed, as pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from sharing.kernel.db import db, transaction
from sharing.notify import queries, service
from sharing.notify.rules import TOPICS
from sharing.notify.service import Recipient
from sharing.people.models import User
from tests import cast
from tests.harness.browser import KEPT, Browser

BOOKING = uuid.UUID(int=7)
FACTS = {
    "number": "KM-2026-000123",
    "instrument": "场发射扫描电镜",
    "instrument_en": "FE-SEM",
    "start": cast.clock(1, "09:00"),
    "end": cast.clock(1, "11:00"),
}


@pytest.fixture
def reader(app: Flask) -> Iterator[User]:
    cast.network()
    with time_machine.travel(cast.NOW, tick=False):
        yield cast.user("reader", role="researcher", at=cast.institution("uni"), password_hash=KEPT)


def tell(to: User, topic: str = "booking.approved", **facts: Any) -> None:
    with transaction():
        whom = Recipient(to.id, to.email, to.language, to.name)
        service.enqueue(topic, [whom], ("booking", BOOKING), FACTS | facts, cast.NOW)


def unread(of: User) -> int:
    """As it stands now: a reading before this one has left a snapshot open."""
    db.session.rollback()
    return queries.unread(of.id)


@pytest.fixture
def browser(app: Flask, reader: User) -> Browser:
    return Browser(app).sign_in(reader)


def test_an_empty_inbox_says_what_fills_it(browser: Browser) -> None:
    page = browser.get("/inbox")
    assert "还没有消息" in page.text
    assert "没有未读消息" in page.text


def test_a_message_says_what_happened_and_why(browser: Browser, reader: User) -> None:
    tell(reader, "booking.returned", note="请补充 <b>样品</b> 数量", due=cast.clock(1, "08:00"))
    page = browser.get("/inbox").text
    assert "预约请修改：场发射扫描电镜，3月3日 周二 09:00–11:00" in page
    assert "请补充 &lt;b&gt;样品&lt;/b&gt; 数量" in page
    assert "3月3日 周二 08:00" in page


def test_opening_goes_to_the_thing_and_reads_it_off(browser: Browser, reader: User) -> None:
    tell(reader)
    (row,) = queries.inbox(reader.id).items
    answer = browser.post(f"/inbox/{row.id}/open")
    assert (answer.status_code, answer.location) == (303, f"/bookings/{BOOKING}")
    assert unread(reader) == 0


def test_looking_changes_nothing(browser: Browser, reader: User) -> None:
    tell(reader)
    browser.get("/inbox")
    assert unread(reader) == 1


def test_reading_off_goes_back_to_the_list_as_it_was(browser: Browser, reader: User) -> None:
    tell(reader)
    tell(reader)
    row = queries.inbox(reader.id).items[0]
    answer = browser.post(f"/inbox/{row.id}/read", about="booking", page="2", next="https://evil.example")
    assert answer.location == "/inbox?about=booking&page=2"
    assert unread(reader) == 1
    browser.post("/inbox/read")
    assert unread(reader) == 0


def test_anothers_message_is_not_there(app: Flask, browser: Browser, reader: User) -> None:
    other = cast.user("other")
    tell(other)
    (row,) = queries.inbox(other.id).items
    assert browser.post(f"/inbox/{row.id}/open").status_code == 404
    assert browser.post(f"/inbox/{row.id}/read").status_code == 404
    assert unread(other) == 1


def test_filters_and_pages_stand_in_the_address(browser: Browser, reader: User) -> None:
    for _ in range(51):
        tell(reader)
    tell(reader, "approval.waiting", requester="李静怡")
    assert len(re.findall(r"inbox__row", browser.get("/inbox").text)) == 50
    assert len(re.findall(r"inbox__row", browser.get("/inbox?page=2").text)) == 2
    assert len(re.findall(r"inbox__row", browser.get("/inbox?about=approval").text)) == 1
    assert "这里没有消息" in browser.get("/inbox?about=desk").text
    assert browser.get("/inbox?page=-1&about=nonsense").status_code == 200


def test_english_readers_read_english(app: Flask, reader: User) -> None:
    ann = cast.user("ann", password_hash=KEPT, language="en")
    tell(ann)
    page = Browser(app).sign_in(ann).get("/inbox").text
    assert "Booking approved: FE-SEM, Tue 3 Mar, 09:00–11:00" in page
    assert "Mark all as read" in page


def test_what_is_not_ticked_is_not_mailed(browser: Browser, reader: User) -> None:
    page = browser.get("/profile/notices").text
    assert page.count('type="checkbox" name="topic"') == sum(topic.chosen for topic in TOPICS.values())
    browser.post(
        "/profile/notices", topic=["booking.approved", "booking.released", "people.reset", "nonsense"]
    )
    db.session.rollback()
    assert {topic for topic, mailed in queries.choices(reader.id).items() if mailed} == {
        "booking.approved",
        "booking.released",
    }
    assert "已保存" in browser.get("/profile/notices?saved=1").text


def test_a_visitor_is_asked_to_sign_in(app: Flask) -> None:
    answer = Browser(app).get("/inbox")
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_the_frame_counts_what_is_unread(browser: Browser, reader: User) -> None:
    tell(reader)
    tell(reader)
    assert "2 条未读" in browser.get("/profile/notices").text
