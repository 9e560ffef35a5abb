"""What makes an entry whole."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel.money import Money
from sharing.ledger.rules import (
    AccountRow,
    Balance,
    Draft,
    Nature,
    credit,
    debit,
    faults,
    first_of,
    month_after,
    month_of,
    takes_back,
    turned,
)

CHART = ("1002", "1212", "2101", "4101")
HOUSE = uuid.UUID(int=1)
FEN = st.integers(-(10**12), 10**12).filter(bool)


def draft(*lines: object) -> Draft:
    return Draft(HOUSE, "test:1", date(2026, 3, 2), lines)  # type: ignore[arg-type]


def test_an_entry_that_sums_to_zero_has_no_fault() -> None:
    whole = draft(debit("1212", Money(106_00)), credit("4101", Money(100_00)), credit("2101", Money(6_00)))
    assert faults(whole, CHART) == []


def test_every_fault_is_named_at_once() -> None:
    wrong = faults(draft(debit("1212", Money(1)), debit("9999", Money(0))), CHART)
    assert wrong == ["a line of nothing", "the lines sum to 1 fen", "no account 9999"]
    assert faults(draft(), CHART) == ["an entry has two lines at least"]


@given(st.lists(FEN, min_size=1, max_size=8))
def test_a_reversal_takes_back_and_sums_to_zero_with_it(amounts: list[int]) -> None:
    lines = [debit("1212", Money(fen)) for fen in amounts]
    back = turned(lines)
    assert takes_back(back[::-1], lines)
    assert sum(line.amount.fen for line in [*lines, *back]) == 0
    assert not takes_back(back[1:], lines)


@pytest.mark.parametrize(
    ("nature", "balance"),
    [(Nature.ASSET, 70), (Nature.EXPENSE, 70), (Nature.INCOME, -70), (Nature.LIABILITY, -70)],
)
def test_a_balance_stands_on_the_side_on_which_the_account_grows(nature: Nature, balance: int) -> None:
    account = AccountRow("1", "一", "One", nature)
    assert Balance(account, Money(100), Money(30)).balance == Money(balance)


@given(st.dates(date(2000, 1, 1), date(2098, 12, 31)))
def test_months_follow_each_other(day: date) -> None:
    month = month_of(day)
    assert first_of(month) <= day < first_of(month_after(month))


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-3", "202603", "2026-03-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        first_of(text)
