"""The table of transitions, whose turn it is, and what a change of a quote is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel.money import Money
from sharing.kernel.refusals import Refused
from sharing.orders.rules import (
    OVER,
    SIDES,
    TRANSITIONS,
    TURN,
    Action,
    Line,
    Side,
    Status,
    allowed,
    moved,
    quote_changes,
)
from tests.orders.world import TERMS

PATH = [
    (Action.QUOTE, Status.QUOTED),
    (Action.ACCEPT, Status.ACCEPTED),
    (Action.SCHEDULE, Status.SCHEDULED),
    (Action.RECEIVE, Status.RECEIVED),
    (Action.DELIVER, Status.DELIVERED),
    (Action.OBJECT, Status.OBJECTED),
    (Action.DELIVER, Status.DELIVERED),
    (Action.ACCEPT_RESULT, Status.DONE),
]


def test_the_way_from_asking_to_done() -> None:
    status = Status.ASKED
    for action, after in PATH:
        status = moved(status, action)
        assert status is after


@pytest.mark.parametrize("status", Status)
def test_what_the_table_does_not_allow_is_refused_with_what_it_does(status: Status) -> None:
    for action in Action:
        if (status, action) not in TRANSITIONS:
            with pytest.raises(Refused) as no:
                moved(status, action)
            assert no.value.facts == {"status": status.value, "allowed": allowed(status)}


def test_an_order_that_is_over_has_nobodys_turn_and_no_way_on() -> None:
    assert {Status.DONE, Status.DECLINED, Status.REFUSED, Status.WITHDRAWN, Status.STOPPED} == OVER
    assert not [here for here, _action in TRANSITIONS if here in OVER]


def test_whose_turn_it_is_can_act_and_every_status_can_be_reached() -> None:
    for status, side in TURN.items():
        assert [action for here, action in TRANSITIONS if here is status and SIDES.get(action) is side]
    assert set(TRANSITIONS.values()) | {Status.ASKED} == set(Status)


@pytest.mark.parametrize("side", Side)
def test_no_side_does_the_others_part(side: Side) -> None:
    """Nobody quotes to herself, and nobody accepts what she delivered."""
    mine = {action for action, whose in SIDES.items() if whose is side}
    assert not {Action.QUOTE, Action.ACCEPT} <= mine
    assert not {Action.DELIVER, Action.ACCEPT_RESULT} <= mine


def test_a_line_is_rounded_once_and_the_amount_is_their_sum() -> None:
    line = Line("制样", Fraction("1.5"), "个", Money(333))
    assert line.amount == Money(500)  # 499.5 fen, half away from zero
    assert TERMS.amount == Money(3 * 12_000 + 5 * 2_050)


def test_what_changed_between_two_quotes_is_named() -> None:
    assert quote_changes(TERMS, TERMS) == []
    later = replace(TERMS, valid_until=TERMS.valid_until + timedelta(days=1), note="")
    assert quote_changes(TERMS, later) == ["valid_until", "note"]
    dearer = replace(TERMS, lines=(Line("机时", Fraction(4), "小时", Money(12_000)),))
    assert quote_changes(TERMS, dearer) == ["lines", "amount"]


lines = st.builds(
    Line,
    st.just("机时"),
    st.fractions(0, 1000, max_denominator=100),
    st.just("小时"),
    st.builds(Money, st.integers(0, 10**9)),
)


@given(st.lists(lines, max_size=5).map(tuple), st.lists(lines, max_size=5).map(tuple))
def test_another_amount_is_never_without_other_lines(one: tuple[Line, ...], other: tuple[Line, ...]) -> None:
    changed = quote_changes(replace(TERMS, lines=one), replace(TERMS, lines=other))
    assert ("lines" in changed) == (one != other)
    assert "amount" not in changed or "lines" in changed
