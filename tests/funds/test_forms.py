"""Amounts in yuan and time in hours, exactly."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from sharing.funds.forms import CardForm, LeaveForm
from sharing.kernel.inputs import parse
from sharing.kernel.refusals import Refused
from tests.cast.base import TODAY

MEMBER, GROUP = uuid.uuid4(), uuid.uuid4()


@pytest.mark.parametrize(
    ("typed", "fen"), [("", None), ("500", 500_00), ("1,250.50", 1250_50), ("0.01", 1), (" 8 ", 800)]
)
def test_yuan_become_fen(typed: str, fen: int | None) -> None:
    given = parse(LeaveForm, MultiDict({"member_id": str(MEMBER), "month_yuan": typed}))
    assert given.month_yuan == fen


@pytest.mark.parametrize("typed", ["-1", "0", "abc", "1.005", "NaN", "Infinity", "1e300"])
def test_what_is_no_amount_is_named(app: Flask, typed: str) -> None:
    with pytest.raises(Refused) as no:
        parse(LeaveForm, MultiDict({"member_id": str(MEMBER), "month_yuan": typed}))
    assert [one["field"] for one in no.value.facts["fields"]] == ["month_yuan"]


def test_the_whole_form() -> None:
    typed = {
        "csrf_token": "x",
        "member_id": str(MEMBER),
        "card_id": "",
        "month_yuan": "",
        "month_hours": "7.5",
        "codes": "YLU-001, YLU-002、YLU-001",
        "last_on": "2026-03-31",
    }
    given = parse(LeaveForm, MultiDict(typed))
    assert given.instrument_codes == ["YLU-001", "YLU-002"]
    leave = given.leave(GROUP, (), TODAY)
    assert (leave.month_minutes, leave.month_fen, leave.card_id) == (450, None, None)
    assert (leave.starts_on, str(leave.ends_on)) == (TODAY, "2026-04-01")


def test_a_card_that_pays_through_its_last_day() -> None:
    typed = MultiDict({"number": " N-1 ", "name": "横向", "last_on": "2026-12-31"})
    card = parse(CardForm, typed).card(GROUP)
    assert (card.number, str(card.expires_on)) == ("N-1", "2027-01-01")
