"""Money in whole fen; the only places that round are `times` and `split`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


def _nearest(value: Fraction) -> int:
    """Half away from zero, as invoices round."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in fen (1/100 yuan); may be negative."""

    fen: int

    def __add__(self, other: Money) -> Money:
        return Money(self.fen + other.fen)

    def __sub__(self, other: Money) -> Money:
        return Money(self.fen - other.fen)

    def __neg__(self) -> Money:
        return Money(-self.fen)

    def __bool__(self) -> bool:
        return self.fen != 0

    def times(self, factor: Fraction | int) -> Money:
        """The amount times an exact factor, rounded to the nearest fen (half away from zero)."""
        return Money(_nearest(Fraction(self.fen) * factor))

    def split(self, weights: Sequence[int | Fraction], rest_to: int | None = None) -> list[Money]:
        """Parts in proportion to `weights` that sum to the whole, to the fen.

        rest_to  index of the part that takes what cutting down leaves over; without it the largest remainders take
                 one fen each, the earlier part first on a tie
        raises   ValueError when the weights are negative or sum to zero
        """
        total = sum(Fraction(w) for w in weights)
        if total <= 0 or any(w < 0 for w in weights):
            raise ValueError("weights must be non-negative and not all zero")
        sign = -1 if self.fen < 0 else 1
        exact = [abs(self.fen) * Fraction(w) / total for w in weights]
        parts = [int(share) for share in exact]
        rest = abs(self.fen) - sum(parts)
        if rest_to is not None:
            parts[rest_to] += rest
        else:
            by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
            for i in by_remainder[:rest]:
                parts[i] += 1
        return [Money(sign * part) for part in parts]


ZERO = Money(0)
