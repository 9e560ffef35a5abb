"""Words of the books, and what makes an entry whole: pure decisions."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sharing.kernel.money import Money

MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class Nature(StrEnum):
    """What an account holds; assets and expenses grow on the debit side, the others on the credit side."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


DEBIT_SIDE: Final = frozenset({Nature.ASSET, Nature.EXPENSE})


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A row of the chart."""

    code: str
    name: str
    name_en: str
    nature: Nature


@dataclass(frozen=True, slots=True)
class Tags:
    """Whom and what a line is about, so that a total opens to its rows: keys of other folders' things."""

    group_id: uuid.UUID | None = None
    card_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None
    instrument_id: uuid.UUID | None = None
    payer_id: uuid.UUID | None = None


NO_TAGS: Final = Tags()


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry: debit above zero, credit below."""

    account: str
    amount: Money
    tags: Tags = NO_TAGS


def debit(account: str, amount: Money, tags: Tags = NO_TAGS) -> Line:
    return Line(account, amount, tags)


def credit(account: str, amount: Money, tags: Tags = NO_TAGS) -> Line:
    return Line(account, -amount, tags)


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be posted.

    source    what it comes of, such as `charge:<uuid>`; posting a source twice is posting it once
    on        the Shanghai day on which it happened; kept too where its period is closed and the next one takes it
    reverses  the entry that it takes back
    """

    institution_id: uuid.UUID
    source: str
    on: date
    lines: Sequence[Line]
    note: str = ""
    reverses: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as it stands."""

    id: uuid.UUID
    institution_id: uuid.UUID
    source: str
    on: date
    period: str
    note: str
    reverses: uuid.UUID | None
    posted_at: datetime
    posted_by: uuid.UUID | None
    lines: Sequence[Line] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A stretch of days of an institution's books; it ends where the next begins."""

    id: uuid.UUID
    institution_id: uuid.UUID
    month: str
    starts_on: date
    closed_at: datetime | None
    closed_by: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account took in on each side, as of a day."""

    account: AccountRow
    debit: Money
    credit: Money

    @property
    def balance(self) -> Money:
        """On the side on which the account grows."""
        return self.debit - self.credit if self.account.nature in DEBIT_SIDE else self.credit - self.debit


@dataclass(frozen=True, slots=True)
class Breach:
    """What a check of the books found: the rule, and which row breaks it."""

    rule: str
    about: str
    facts: dict[str, Any]


def faults(draft: Draft, chart: Iterable[str]) -> list[str]:
    """Everything that keeps a draft from being an entry; an empty list means nothing. Words for developers: a draft is
    made by our own code."""
    known = set(chart)
    found = []
    if len(draft.lines) < 2:
        found.append("an entry has two lines at least")
    if any(not line.amount for line in draft.lines):
        found.append("a line of nothing")
    if total := sum(line.amount.fen for line in draft.lines):
        found.append(f"the lines sum to {total} fen")
    found += [f"no account {code}" for code in sorted({line.account for line in draft.lines} - known)]
    return found


def turned(lines: Sequence[Line]) -> list[Line]:
    """The lines of a reversal."""
    return [replace(line, amount=-line.amount) for line in lines]


def takes_back(reversal: Sequence[Line], lines: Sequence[Line]) -> bool:
    """Whether one is the other with its sides exchanged, in whatever order."""
    return Counter(reversal) == Counter(turned(lines))


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def first_of(month: str) -> date:
    """The first calendar day of `2026-03`. Raises ValueError."""
    if MONTH.fullmatch(month) is None:
        raise ValueError(month)
    year, number = map(int, month.split("-"))
    return date(year, number, 1)


def month_after(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02d}"
