"""What a head's leave covers."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.funds.rules import AuthorisationRow, Spending, covers
from sharing.kernel.money import Money
from tests.cast.base import NOW, TODAY

THING, OTHER, CARD = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
LEAVE = AuthorisationRow(
    id=uuid.uuid4(),
    group_id=uuid.uuid4(),
    member_id=uuid.uuid4(),
    card_id=CARD,
    month_fen=1000_00,
    month_minutes=600,
    instruments=frozenset({THING}),
    starts_on=TODAY,
    ends_on=TODAY + timedelta(days=30),
    given_by=uuid.uuid4(),
    created_at=NOW,
)
WISH = Spending(Money(200_00), 120, THING, CARD, TODAY)


def why(spending: Spending, leave: AuthorisationRow = LEAVE) -> list[str]:
    return [one.rule for one in covers([leave], spending).why_not]


def test_a_booking_inside_is_covered_to_the_last_fen_and_minute() -> None:
    assert covers([LEAVE], WISH).by == LEAVE
    assert covers([LEAVE], replace(WISH, month_used_fen=800_00, month_used_minutes=480)).by == LEAVE


@pytest.mark.parametrize(
    ("spending", "rules"),
    [
        (replace(WISH, month_used_fen=800_01), ["month_fen"]),
        (replace(WISH, month_used_minutes=481), ["month_minutes"]),
        (replace(WISH, card_id=None), ["card"]),
        (replace(WISH, instrument_id=OTHER), ["instrument"]),
        (replace(WISH, on=TODAY - timedelta(days=1)), ["days"]),
        (replace(WISH, on=TODAY + timedelta(days=30)), ["days"]),
        (replace(WISH, amount=Money(2000_00), instrument_id=OTHER), ["instrument", "month_fen"]),
    ],
)
def test_every_reason_why_not_is_told(spending: Spending, rules: list[str]) -> None:
    assert why(spending) == rules


def test_a_leave_without_limits_covers_all_while_it_holds() -> None:
    free = replace(
        LEAVE, card_id=None, month_fen=None, month_minutes=None, instruments=frozenset(), ends_on=None
    )
    assert why(replace(WISH, amount=Money(10**12), instrument_id=OTHER, card_id=None), free) == []
    assert why(WISH, replace(free, ended_at=NOW)) == ["days"]


def test_the_first_that_covers_is_named() -> None:
    narrow, wide = replace(LEAVE, month_fen=1), replace(LEAVE, id=uuid.uuid4(), month_fen=None)
    assert covers([narrow, wide], WISH).by == wide
    assert covers([], WISH).by is None


limits = st.none() | st.integers(1, 10**6)


@given(
    limits, limits, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**4)
)
def test_what_is_covered_never_goes_over_a_limit(
    fen: int | None, minutes: int | None, used: int, used_minutes: int, amount: int, length: int
) -> None:
    leave = replace(LEAVE, month_fen=fen, month_minutes=minutes)
    spending = replace(
        WISH, amount=Money(amount), minutes=length, month_used_fen=used, month_used_minutes=used_minutes
    )
    fits = (fen is None or used + amount <= fen) and (minutes is None or used_minutes + length <= minutes)
    assert (covers([leave], spending).by is not None) == fits


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_it_holds_on_half_open_days(on: date) -> None:
    assert LEAVE.in_force(on) == (LEAVE.starts_on <= on <= TODAY + timedelta(days=29))
    assert LEAVE.last_on == TODAY + timedelta(days=29)
