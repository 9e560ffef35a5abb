"""An institution's own mails: broken places are named, both languages, dated; ours where its own cannot be filled."""

from __future__ import annotations

import uuid
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.notify import queries, service
from sharing.notify.formats import Letterhead, letter
from sharing.notify.rules import PLACES, OwnWords, broken_places
from tests import cast
from tests.harness.browser import KEPT, Browser

HEAD = Letterhead("网络", "Network", "https://sharing.example", "no-reply@sharing.example")
OURS = {
    "title": "云大分析中心：{instrument} 已约好",
    "said": "{requester}，您好。{span}，预约号 {number}。",
    "then": "",
}
SOURCE = "中心通知 3 号"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    for user in found.people().values():
        user.password_hash = KEPT
    db.session.commit()
    return found


def enter(house: cast.House, values: dict[str, str], on: date = cast.TODAY, inherit: bool = False) -> Any:
    return service.enter_text(
        house.university.id, "booking.approved", values, valid_from=on, inherit=inherit,
        source_document=SOURCE, by=cast.actor(house.admin), now=cast.NOW,
    )  # fmt: skip


def mail(house: cast.House, on: date = cast.TODAY, language: str = "zh-CN") -> str:
    """The subject of an approval about the house's instrument."""
    facts = {
        "number": "KM-2026-000123", "instrument": "电镜", "instrument_en": "SEM", "requester": "李静怡",
        "start": cast.clock(1, "09:00").isoformat(), "end": cast.clock(1, "10:00").isoformat(),
        "house": str(house.university.id),
    }  # fmt: skip
    row = SimpleNamespace(
        id=uuid.UUID(int=1), topic="booking.approved", about_kind="booking", about_id=None, facts=facts,
        language=language, recipient_id=None, address="a@b.test", created_at=cast.NOW, invitation=None,
    )  # fmt: skip
    found = queries.texts_on([house.university.id], on).get((house.university.id, row.topic))
    return str(letter(row, head=HEAD, text=found.words(language) if found else None)["Subject"])


# --- places ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("{number} {span}", []),
        ("{nubmer}", ["{nubmer}"]),
        ("{number.__class__}", ["{number.__class__}"]),
        ("{number!r} {span:>10}", ["{number!r}", "{span:>10}"]),
        ("{} {0}", ["{}", "{0}"]),
        ("open {", ["{"]),
        ("{{literal}}", []),
    ],
)
def test_what_is_no_place_is_named(text: str, broken: list[str]) -> None:
    assert broken_places(text) == broken


@given(text=st.text(alphabet="{}!:.[]number 文", max_size=30))
def test_what_passes_can_always_be_filled(text: str) -> None:
    if not broken_places(text):
        OwnWords(text, text, text).filled(dict.fromkeys(PLACES, "x"))


# --- kept and used ---------------------------------------------------------------------------------------------


def test_a_mail_is_written_in_the_institutions_words(house: cast.House) -> None:
    enter(house, OURS)
    assert mail(house) == "云大分析中心：电镜 已约好"


def test_a_language_left_empty_uses_ours(house: cast.House) -> None:
    before = mail(house, language="en")
    enter(house, OURS)
    assert mail(house, language="en") == before


def test_it_holds_from_its_day_and_hands_back(house: cast.House) -> None:
    ours = mail(house)
    enter(house, OURS, on=cast.clock(2, "00:00").date())
    enter(house, {}, on=cast.clock(5, "00:00").date(), inherit=True)
    assert mail(house) == ours
    assert mail(house, on=cast.clock(3, "00:00").date()) != ours
    assert mail(house, on=cast.clock(6, "00:00").date()) == ours


def test_a_broken_text_is_refused_with_the_place_named(house: cast.House) -> None:
    with pytest.raises(Refused) as no:
        enter(house, OURS | {"said": "{nubmer} 您好"})
    (fault,) = no.value.facts["fields"]
    assert fault["field"] == "said"
    assert "{nubmer}" in fault["message"]
    assert "{number}" in fault["message"]
    assert queries.texts(house.university.id) == []


@pytest.mark.parametrize("values", [{}, {"title": "只有标题"}])
def test_a_mail_says_something(house: cast.House, values: dict[str, str]) -> None:
    with pytest.raises(Refused, match="invalid-input"):
        enter(house, values)


def test_a_day_has_one_text_and_the_past_none(house: cast.House) -> None:
    enter(house, OURS)
    with pytest.raises(Refused, match="duplicate"):
        enter(house, OURS)
    with pytest.raises(Refused, match="invalid-input"):
        enter(house, OURS, on=cast.clock(-1, "00:00").date())


def test_a_text_that_cannot_be_filled_loses_no_mail(house: cast.House) -> None:
    """Written past our checks, by hand: the mail leaves in our words."""
    ours = mail(house)
    enter(house, OURS)
    db.session.execute(db.text("UPDATE notify_text SET title = '{nothing}'"))
    db.session.commit()
    assert mail(house) == ours


# --- the page --------------------------------------------------------------------------------------------------


def test_it_is_looked_at_first_and_then_kept(app: Flask, house: cast.House) -> None:
    browser = Browser(app).sign_in(house.admin)
    path = f"/admin/mail-texts/{house.university.id}/booking.approved"
    assert browser.get("/admin/mail-texts").status_code == 302
    form = OURS | {"title_en": "Booked: {instrument}", "said_en": "{number}", "source_document": SOURCE}
    form |= {"valid_from": "2026-03-02"}
    seen = browser.post(path, form | {"look": "1"})
    assert "云大分析中心：场发射扫描电镜 已约好" in seen.text
    assert "Booked: Field-emission scanning electron microscope" in seen.text
    assert queries.texts(house.university.id) == []
    wrong = browser.post(path, form | {"said": "{nubmer}"})
    assert wrong.status_code == 422
    assert "{nubmer}" in wrong.text
    assert browser.post(path, form).status_code == 303
    db.session.rollback()  # what the browser wrote is read
    assert mail(house) == "云大分析中心：电镜 已约好"
    assert "已约好" in browser.get(f"/admin/mail-texts/{house.university.id}").text


def test_another_house_writes_its_own(app: Flask, house: cast.House) -> None:
    browser = Browser(app).sign_in(house.admin)
    assert browser.get(f"/admin/mail-texts/{house.elsewhere.id}/booking.approved").status_code == 403
