"""Money never loses a fen."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel.money import Money

fen = st.integers(min_value=-(10**12), max_value=10**12)
weights = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=12).filter(any)


def test_half_a_fen_goes_away_from_zero() -> None:
    assert Money(1).times(Fraction(1, 2)) == Money(1)
    assert Money(-1).times(Fraction(1, 2)) == Money(-1)


def test_split_gives_the_rest_to_the_marked_part() -> None:
    assert Money(999).split([1, 1], rest_to=0) == [Money(500), Money(499)]


def test_split_by_largest_remainder() -> None:
    parts = Money(1_650_000).split([210, 130, 80])
    assert parts == [Money(825_000), Money(510_714), Money(314_286)]


def test_weights_must_say_something() -> None:
    with pytest.raises(ValueError, match="weights"):
        Money(5).split([0, 0])


@given(amount=fen, by=weights)
def test_parts_equal_the_whole(amount: int, by: list[int]) -> None:
    parts = Money(amount).split(by)
    assert sum(p.fen for p in parts) == amount
    for part, weight in zip(parts, by, strict=True):
        assert abs(part.fen - Fraction(amount) * weight / sum(by)) < 1


@given(amount=fen, factor=st.fractions(min_value=-10, max_value=10))
def test_times_rounds_to_the_nearest_fen(amount: int, factor: Fraction) -> None:
    assert abs(Money(amount).times(factor).fen - amount * factor) <= Fraction(1, 2)
