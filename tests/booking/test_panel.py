"""The form beside the calendar: what it keeps when it comes back, and what it says then."""

from __future__ import annotations

import html
import re
import uuid
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from flask import Flask

from sharing.booking import queries, service
from sharing.booking.pages.words import done_words
from sharing.booking.rules import Action, Status, Submit
from sharing.kernel import clock
from sharing.kernel.db import db
from sharing.kernel.timespan import SHANGHAI, TimeSpan
from tests import cast
from tests.booking.asking import decide, submit
from tests.harness.browser import KEPT, Browser

PDF = b"%PDF-1.4 sample"


@pytest.fixture
def house(app: Flask) -> cast.House:
    house = cast.house()
    house.researcher.password_hash = KEPT
    cast.question(house.instrument, key="safety", kind="file", required=True, position=1)
    cast.question(house.instrument, key="alone", kind="yes_no", position=2)
    cast.policy(house.instrument, shortest_minutes=60)
    cast.timetable(
        house.instrument, days={"workday": [[0, 1440]], "weekend": [[0, 1440]], "holiday": [[0, 1440]]}
    )
    return house


def at(hour: int) -> str:
    day = clock.now().astimezone(SHANGHAI) + timedelta(days=3)
    return day.strftime(f"%Y-%m-%dT{hour:02d}:00")


def moment(wall: str) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=SHANGHAI)


def kept_field(page: str) -> str:
    found = re.search(r'type="hidden" name="q_safety" value="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


def test_a_refused_form_keeps_the_file_and_says_every_broken_rule(app: Flask, house: cast.House) -> None:
    lin = Browser(app).sign_in(house.researcher)
    address = f"/instruments/{house.instrument.id}/bookings"
    wish = {"start": at(10), "end": f"{at(10)[:-2]}30", "purpose": "", "q_alone": "no"}

    back = lin.post(address, wish, q_safety=(BytesIO(PDF), "msds.pdf"))

    assert back.status_code == 422
    assert "请填写用途" in back.text
    assert "is-broken" in back.text  # half an hour is too short: said at once
    assert "已附：msds.pdf" in back.text
    assert re.search(r'name="q_alone" value="no" checked', back.text)
    token = kept_field(back.text)
    sent = lin.post(address, {**wish, "end": at(11), "purpose": "形貌", "q_safety": token})
    assert sent.status_code == 302, sent.text
    booking_id = uuid.UUID(sent.location.rsplit("/", 1)[1])
    told = {one.key: one.value for one in queries.answers([booking_id])[booking_id]}
    assert told["alone"] is False
    assert told["safety"]["name"] == "msds.pdf"


def test_a_file_of_another_kind_is_refused_at_its_field(app: Flask, house: cast.House) -> None:
    lin = Browser(app).sign_in(house.researcher)
    wish = {"start": at(10), "end": at(11), "purpose": "形貌"}
    back = lin.post(
        f"/instruments/{house.instrument.id}/bookings", wish, q_safety=(BytesIO(b"MZ"), "msds.pdf")
    )
    assert back.status_code == 422
    assert re.search(r'id="q_safety-error"|aria-describedby="[^"]*q_safety', back.text)
    assert "请给 PDF、图片、文本、Word 或 Excel 文件" in back.text


def test_a_returned_request_is_edited_with_the_answers_it_had(app: Flask, house: cast.House) -> None:
    safety = {"name": "msds.pdf", "sha256": "0" * 64}
    row = submit(
        house.researcher,
        house.instrument,
        cast.span(1, "09:00", "10:00"),
        answers={"safety": safety, "alone": True},
    )
    decide(row.id, house.head, "return", note="请写明样品")
    page = (
        Browser(app)
        .sign_in(house.researcher)
        .get(f"/instruments/{house.instrument.id}?tab=book&edit={row.id}")
    )
    assert kept_field(page.text) == f"{'0' * 64}:msds.pdf"
    assert re.search(r'name="q_alone" value="yes" checked', page.text)


def test_a_booking_reads_whole_in_english(app: Flask, house: cast.House) -> None:
    state = [{"value": "powder", "label": "粉末", "label_en": "Powder"}]
    cast.question(house.instrument, key="state", kind="choice", choices=state, position=0)
    safety = {"name": "msds.pdf", "sha256": "0" * 64}
    row = submit(
        house.researcher,
        house.instrument,
        cast.span(1, "09:00", "10:00"),
        answers={"alone": True, "safety": safety, "state": "powder"},
    )
    decide(row.id, house.head)
    row = decide(row.id, house.manager)
    service.reschedule(row.id, cast.span(1, "10:00", "12:00"), by=cast.actor(house.researcher), now=cast.NOW)
    answers = queries.answers([row.id])[row.id]
    assert [(one.key, one.shown, one.shown_en) for one in answers] == [
        ("state", "粉末", "Powder"),
        ("safety", "msds.pdf", "msds.pdf"),
        ("alone", "是", "Yes"),
    ]
    for person, name in ((house.head, "Head Yang"), (house.manager, "Manager Zhao")):
        person.name_en = name
    house.researcher.language = "en"
    db.session.commit()
    shown = Browser(app).sign_in(house.researcher).get(f"/bookings/{row.id}").text
    for words in ("Powder", "Head Yang", "Manager Zhao", "Change requested"):
        assert words in shown
    for words in ("粉末", house.head.name, house.manager.name, "ask-change"):
        assert words not in shown


@pytest.mark.parametrize("action", ["submit", "ask-change", *Action])
def test_every_deed_has_words_in_the_history(app: Flask, action: str) -> None:
    with app.test_request_context():
        assert done_words(f"booking.{action}") != str(action)


def test_a_manager_moves_a_request_from_the_queue(app: Flask, house: cast.House) -> None:
    house.manager.password_hash = KEPT
    db.session.commit()
    safety = {"name": "msds.pdf", "sha256": "0" * 64}
    wish = TimeSpan(moment(at(10)), moment(at(11)))
    row = submit(house.researcher, house.instrument, wish, now=clock.now(), answers={"safety": safety})
    decide(row.id, house.head, now=clock.now())
    zhao = Browser(app).sign_in(house.manager)
    link = re.search(r'href="([^"]+move=[^"]+)"[^>]*data-key="t"', zhao.get("/manage").text)
    assert link
    assert row.number in zhao.get(html.unescape(link[1])).text
    sent = zhao.post(
        f"/instruments/{house.instrument.id}/bookings", move=str(row.id), start=at(13), end=at(14)
    )
    assert sent.status_code == 302, sent.text
    db.session.rollback()
    moved = queries.booking(row.id)
    assert moved is not None
    assert (moved.status, moved.span.start) == (Status.REQUESTED, moment(at(13)))


def test_where_no_approver_works_before_the_start_the_first_time_that_can_be_approved_is_offered(
    house: cast.House,
) -> None:
    friday = cast.clock(4, "18:00")
    cast.booking(house.instrument, house.colleague, cast.span(7, "09:30", "12:00"))
    monday = cast.span(7, "08:30", "09:30")  # decided by half past seven, or not at all
    found = queries.check(
        Submit(house.instrument.id, monday, "测试样品"),
        by=cast.actor(house.researcher),
        now=friday,
        questions_later=True,
    )
    (told,) = [one for one in found.advice if one.kind == "late-decision"]
    assert told.earliest is not None
    assert found.in_time is not None
    assert found.in_time.span.start >= told.earliest
    assert found.in_time.span.minutes == 60
    assert not found.in_time.span.overlaps(cast.span(7, "09:30", "12:00"))
    in_time = queries.check(
        Submit(house.instrument.id, found.in_time.span, "测试样品"),
        by=cast.actor(house.researcher),
        now=friday,
        questions_later=True,
    )
    assert "late-decision" not in [one.kind for one in in_time.advice]
    assert (in_time.in_time, in_time.passes) == (None, True)
