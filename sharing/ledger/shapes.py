"""The books as the API's document describes them."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from pydantic import BaseModel


class LineOut(BaseModel):
    """One side of an entry, in whole fen."""

    account: str
    debit_fen: int
    credit_fen: int
    research_group_id: uuid.UUID | None
    fund_card_id: uuid.UUID | None
    instrument_id: uuid.UUID | None


class EntryOut(BaseModel):
    """What happened. `on` is its day, `period` the month whose books took it; `reverses` what it takes back."""

    id: uuid.UUID
    source: str
    on: date
    period: str
    note: str
    reverses: uuid.UUID | None
    posted_at: datetime
    lines: list[LineOut]


class EntriesOut(BaseModel):
    """A page. `after` asks for the next one; null at the end."""

    items: list[EntryOut]
    after: uuid.UUID | None


class BalanceOut(BaseModel):
    """An account; `balance_fen` on the side on which it grows."""

    code: str
    name: str
    name_en: str
    debit_fen: int
    credit_fen: int
    balance_fen: int


class TrialBalanceOut(BaseModel):
    """Every account that was moved."""

    balanced: bool
    debit_fen: int
    credit_fen: int
    accounts: list[BalanceOut]


class PeriodOut(BaseModel):
    """A period that is closed."""

    month: str
    closed_at: datetime
