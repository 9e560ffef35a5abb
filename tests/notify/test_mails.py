"""What every topic says, as a mail in both languages, held against tests/golden/mail (UPDATE_GOLDEN=1 writes them)."""

from __future__ import annotations

import os
import re
import uuid
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from sharing.kernel.ical import Address, CalendarEvent, Invitation, itip, kept
from sharing.kernel.language import use_language
from sharing.notify.formats import Letterhead, letter, one_line, told, words
from sharing.notify.rules import TOPICS
from tests.cast import NOW, clock, span

GOLDEN = Path(__file__).parents[1] / "golden" / "mail"
HEAD = Letterhead(
    "云南大仪共享网",
    "Yunnan Instrument Sharing",
    "https://sharing.example",
    "no-reply@sharing.example",
)
KEY = uuid.UUID("0190a0b0-0000-7000-8000-000000000001")
BOOKING = uuid.UUID("0190a0b0-0000-7000-8000-000000000002")

BOOKED = {
    "number": "KM-2026-000123",
    "instrument": "场发射扫描电子显微镜",
    "instrument_en": "Field-emission scanning electron microscope",
    "start": clock(1, "09:00").isoformat(),
    "end": clock(1, "11:30").isoformat(),
    "place": "云岭大学 理科楼 B112",
    "amount_fen": 45000,
    "requester": "李静怡",
}
MORE: dict[str, dict[str, Any]] = {
    "booking.rejected": {"person": "赵建国", "note": "样品含磁性粉末,\r\n请先消磁。"},
    "booking.returned": {
        "person": "赵建国",
        "note": "请补充样品数量。",
        "due": clock(1, "08:00").isoformat(),
    },
    "booking.rescheduled": {
        "old_start": clock(0, "14:00").isoformat(),
        "old_end": clock(0, "16:30").isoformat(),
    },
    "booking.block-moved": {
        "old_start": clock(0, "14:00").isoformat(),
        "old_end": clock(0, "16:30").isoformat(),
        "person": "赵建国",
        "note": "更换灯丝",
    },
    "booking.proposed": {
        "old_start": clock(0, "14:00").isoformat(),
        "old_end": clock(0, "16:30").isoformat(),
        "person": "赵建国",
        "note": "那天上午要校准",
        "due": clock(0, "17:00").isoformat(),
    },
    "booking.house-closed": {"note": "并入他校"},
    "desk.nudge": {
        "person": "白晓云",
        "place": "昆明",
        "place_en": "Kunming",
        "note": "申请等了很久没有答复",
    },
    "booking.block-cancelled": {"person": "赵建国", "note": "更换灯丝"},
    "booking.block-kept": {"person": "赵建国", "note": "年度检定"},
    "booking.on-behalf": {"booked_by": "赵建国", "booked_by_en": "Zhao Jianguo", "step": "payer"},
    "booking.hand-over-offered": {
        "person": "李静怡",
        "person_en": "Li Jingyi",
        "note": "出差",
        "due": clock(0, "17:00").isoformat(),
    },
    "booking.no-show-warning": {"due": clock(1, "09:30").isoformat()},
    "approval.waiting": {"step": "payer", "due": clock(0, "17:00").isoformat(), "purpose": "纳米催化剂形貌"},
    "approval.reminder": {"step": "manager", "due": clock(0, "17:00").isoformat()},
    "approval.escalated": {"step": "institution", "due": clock(0, "17:00").isoformat()},
}
ORDERED = {
    "number": "KM-2026-000045",
    "instrument": "元素分析仪",
    "instrument_en": "Elemental analyser",
    "place": "云岭大学 格致楼 B308",
    "requester": "段玉梅",
    "requester_en": "Duan Yumei",
    "purpose": "三七粉中碳氮氢含量",
    "amount_fen": 46250,
    "due": clock(2, "17:00").isoformat(),
    "url": "/orders/0190a0b0-0000-7000-8000-000000000009",
}
ORDER_SLOT = {"start": clock(3, "09:00").isoformat(), "end": clock(3, "11:00").isoformat()}
NMR = {"instrument": "核磁共振波谱仪", "instrument_en": "NMR spectrometer"}
PLACE = {"place": "云岭大学", "place_en": "Yunling University"}
FIRM = {"place": "滇池制药", "place_en": "Dianchi Pharma", "requester": "王磊"}
ELSE: dict[str, dict[str, Any]] = {
    **dict.fromkeys((topic for topic in TOPICS if topic.startswith("order.")), ORDERED),
    "order.scheduled": ORDERED | ORDER_SLOT | {"person": "赵建国", "person_en": "Zhao Jianguo"},
    "order.objected": ORDERED | {"note": "缺第 3 号样品"},
    "order.ended": ORDERED | {"person": "赵建国", "person_en": "Zhao Jianguo", "note": "超出本机能力"},
    "funds.authorised": {
        "person": "张慧",
        "card": "NSFC-01",
        "group": "化学组",
        "limit_fen": 500000,
        "until": "2026-12-31",
    },
    "registry.licence-granted": NMR | {"level": "independent", "until": "2027-03-01"},
    "registry.licence-ended": NMR | {"note": "半年未使用"},
    "people.without-admin": {
        "place": "云岭大学",
        "place_en": "Yunling University",
        "person": "周敏",
        "requester": "陈刚",
        "requester_en": "Chen Gang",
        "url": "/people/roles",
    },
    "people.known": {"username": "li.jingyi", "url": "/reset"},
    "people.sign-up-received": PLACE | {"requester": "李静怡", "note": "张慧老师的学生"},
    "people.sign-up-waiting": PLACE
    | {"requester": "李静怡", "note": "张慧老师的学生", "url": "/people/requests"},
    "people.sign-up-refused": PLACE | {"person": "周敏", "note": "请用单位邮箱", "url": "/sign-up"},
    "people.invited": PLACE
    | {"person": "周敏", "url": "/invitations/abc", "due": clock(7, "10:00").isoformat()},
    "people.enterprise-received": FIRM
    | {"username": "wang", "url": "/reset/abc", "due": clock(1, "10:00").isoformat()},
    "people.enterprise-waiting": FIRM | {"url": "/people/enterprises", "due": clock(1, "10:00").isoformat()},
    "people.enterprise-accepted": FIRM | {"person": "周敏", "url": "/"},
    "people.enterprise-refused": FIRM | {"person": "周敏", "note": "执照看不清", "url": "/"},
    "people.welcome": {"username": "li.jingyi", "url": "/reset/abc"},
    "people.reset": {"username": "li.jingyi", "url": "/reset/abc", "due": clock(0, "11:00").isoformat()},
}


def row(topic: str, language: str, **others: Any) -> Any:
    facts = ELSE.get(topic, BOOKED | MORE.get(topic, {})) | {"reader": "李静怡"}
    given = {
        "id": KEY, "topic": topic, "language": language, "address": "li@uni.example", "recipient_id": KEY,
        "about_kind": "booking", "about_id": BOOKING, "facts": facts, "created_at": NOW, "invitation": None,
    }  # fmt: skip
    return SimpleNamespace(**given | others)


def received(mail: EmailMessage) -> EmailMessage:
    """As it comes out of the wire."""
    got = message_from_bytes(mail.as_bytes(), policy=default)
    assert isinstance(got, EmailMessage)
    return got


def shown(mail: EmailMessage) -> str:
    headers = "".join(
        f"{name}: {value}\n" for name, value in mail.items() if not name.startswith(("MIME", "Content-T"))
    )
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return f"{headers}\n{plain.get_content()}\n=== HTML ===\n{html.get_content()}"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_mail_is_as_it_was(app: Flask, topic: str, language: str) -> None:
    with time_machine.travel(NOW, tick=False):  # the words name a year other than the present one
        said = shown(received(letter(row(topic, language), head=HEAD))).replace("\r\n", "\n")
    file = GOLDEN / f"{topic}.{language}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(said, "utf-8")
    assert said == file.read_text("utf-8")


def test_every_golden_mail_has_its_topic() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {
        f"{topic}.{language}.txt" for topic in TOPICS for language in ("zh-CN", "en")
    }


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_no_english_mail_has_chinese_words_of_ours(app: Flask, topic: str) -> None:
    """What people typed stays; what we say is English."""
    use_language("en")
    plain = {name: "x" for name in BOOKED if name not in {"start", "end", "amount_fen"}} | {
        "start": BOOKED["start"], "end": BOOKED["end"], "person": "x", "card": "x", "username": "x",
    }  # fmt: skip
    said = words(topic, told(("booking", BOOKING), plain))
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", said.title + said.said + said.then)
    assert said.title
    assert said.said


INVITATION = Invitation(
    CalendarEvent("1@x", "CONFIRMED", 0, span(1, "09:00", "10:00"), "电镜", "", "", "", NOW, NOW),
    organizer=Address("no-reply@sharing.example"),
    requester=Address("li@uni.example", "李静怡"),
    guests=(),
    made_at=NOW,
)


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_an_invitation_has_the_form_that_mail_programs_look_for(app: Flask, method: str) -> None:
    """RFC 6047: an alternative of type text/calendar whose method parameter is the object's; and a file beside it."""
    status = "CANCELLED" if method == "CANCEL" else "CONFIRMED"
    sent = replace(INVITATION, event=replace(INVITATION.event, status=status))
    mail = received(letter(row("booking.approved", "zh-CN", invitation=kept(sent)), head=HEAD))
    assert mail.get_content_type() == "multipart/mixed"
    alternatives, attached = mail.iter_parts()
    assert [part.get_content_type() for part in alternatives.iter_parts()] == [
        "text/plain", "text/html", "text/calendar",
    ]  # fmt: skip
    calendar = list(alternatives.iter_parts())[-1]
    assert calendar["Content-Type"].params["method"] == method
    assert calendar["Content-Type"].params["charset"].upper() == "UTF-8"
    assert calendar.get_payload(decode=True) == attached.get_payload(decode=True) == itip(sent).encode()
    assert attached.get_filename() == "invite.ics"
    assert Calendar.from_ical(calendar.get_payload(decode=True))["METHOD"] == method


def test_a_guest_is_not_sent_to_settings_that_he_has_not(app: Flask) -> None:
    mail = letter(row("booking.approved", "zh-CN", recipient_id=None), head=HEAD)
    assert "List-Unsubscribe" not in mail
    assert "/profile/notices" not in mail.as_string()


@pytest.mark.parametrize(
    "url", ["https://evil.example/x", "//evil.example/x", "javascript:alert(1)", "\\\\evil"]
)
def test_a_message_opens_pages_of_this_platform_only(url: str) -> None:
    assert told(("booking", BOOKING), {"url": url}).page == f"/bookings/{BOOKING}"


EVIL = st.text() | st.sampled_from(["x\r\nBcc: all@x.cn", "x\n\n<script>alert(1)</script>", "\x00\x85\u2028"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(name=EVIL, instrument=EVIL, note=EVIL)
def test_no_text_adds_a_header_or_markup(app: Flask, name: str, instrument: str, note: str) -> None:
    facts = BOOKED | {"instrument": instrument, "instrument_en": "", "note": note, "reader": name}
    safe = received(letter(row("booking.approved", "zh-CN"), head=HEAD))
    mail = received(letter(row("booking.approved", "zh-CN", facts=facts), head=HEAD))
    assert mail.keys() == safe.keys()
    assert mail["To"] == safe["To"]
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()


@given(EVIL)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
