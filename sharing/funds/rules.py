"""Fund cards, and what a head's leave in advance covers: pure decisions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sharing.kernel.money import Money


@dataclass(frozen=True, slots=True)
class CardRow:
    """What pays: a card of a research group."""

    id: uuid.UUID
    group_id: uuid.UUID
    number: str
    name: str
    expires_on: date | None
    created_at: datetime
    retired_at: datetime | None = None

    @property
    def last_on(self) -> date | None:
        """The last day on which it pays."""
        return None if self.expires_on is None else self.expires_on - timedelta(days=1)

    def usable(self, on: date) -> bool:
        """Not retired, and not past its last day: `expires_on` is the first on which it pays no more."""
        return self.retired_at is None and (self.expires_on is None or on < self.expires_on)


@dataclass(frozen=True, slots=True)
class AuthorisationRow:
    """A head's leave for a member to book on the group's account without being asked. Ended, never changed.

    card_id      None: any card of the group
    month_fen    what she may spend by Shanghai calendar month, None without limit; month_minutes likewise
    instruments  empty: every instrument
    ends_on      the first day on which it holds no more
    """

    id: uuid.UUID
    group_id: uuid.UUID
    member_id: uuid.UUID
    card_id: uuid.UUID | None
    month_fen: int | None
    month_minutes: int | None
    instruments: frozenset[uuid.UUID]
    starts_on: date
    ends_on: date | None
    given_by: uuid.UUID
    created_at: datetime
    ended_at: datetime | None = None

    @property
    def last_on(self) -> date | None:
        """The last day on which it holds."""
        return None if self.ends_on is None else self.ends_on - timedelta(days=1)

    def in_force(self, on: date) -> bool:
        return self.ended_at is None and self.starts_on <= on and (self.ends_on is None or on < self.ends_on)


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why one authorisation does not cover a booking: the rule, its limit, and what the booking would make of it.

    rule  days | card | instrument | month_fen | month_minutes
    """

    authorisation_id: uuid.UUID
    rule: str
    limit: Any = None
    actual: Any = None


@dataclass(frozen=True, slots=True)
class Cover:
    """The authorisation that covers a booking, or for each that does not, every reason."""

    by: AuthorisationRow | None
    why_not: tuple[WhyNot, ...] = ()


@dataclass(frozen=True, slots=True)
class Spending:
    """What a booking would spend.

    month_used_fen, month_used_minutes  what the member has booked on the group's account in the Shanghai month of
                                        the booking, this one left out
    on                                  the Shanghai day the booking starts
    """

    amount: Money
    minutes: int
    instrument_id: uuid.UUID
    card_id: uuid.UUID | None
    on: date
    month_used_fen: int = 0
    month_used_minutes: int = 0


def covers(authorisations: Sequence[AuthorisationRow], spending: Spending) -> Cover:
    """The first authorisation that the booking stays inside; without one, all that stands against each of them.

    A limit is kept when the month with this booking comes to exactly the limit.
    """
    against: list[WhyNot] = []
    for leave in authorisations:
        reasons = _reasons(leave, spending)
        if not reasons:
            return Cover(leave)
        against += reasons
    return Cover(None, tuple(against))


def _reasons(leave: AuthorisationRow, spending: Spending) -> list[WhyNot]:
    found: list[WhyNot] = []
    if not leave.in_force(spending.on):
        found.append(WhyNot(leave.id, "days", leave.ends_on, spending.on))
    if leave.card_id is not None and leave.card_id != spending.card_id:
        found.append(WhyNot(leave.id, "card", leave.card_id, spending.card_id))
    if leave.instruments and spending.instrument_id not in leave.instruments:
        found.append(WhyNot(leave.id, "instrument", None, spending.instrument_id))
    month_fen = spending.month_used_fen + spending.amount.fen
    if leave.month_fen is not None and month_fen > leave.month_fen:
        found.append(WhyNot(leave.id, "month_fen", leave.month_fen, month_fen))
    month_minutes = spending.month_used_minutes + spending.minutes
    if leave.month_minutes is not None and month_minutes > leave.month_minutes:
        found.append(WhyNot(leave.id, "month_minutes", leave.month_minutes, month_minutes))
    return found


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card to add to a group."""

    group_id: uuid.UUID
    number: str
    name: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """A head's leave to give, from `starts_on` until the day before `ends_on`."""

    group_id: uuid.UUID
    member_id: uuid.UUID
    starts_on: date
    ends_on: date | None = None
    card_id: uuid.UUID | None = None
    month_fen: int | None = None
    month_minutes: int | None = None
    instruments: tuple[uuid.UUID, ...] = ()
