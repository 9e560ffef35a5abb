"""Tables of the books. Lines and entries are insert-only; triggers keep what stands in the slice's `__init__`."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Key, Keyed, Model, UtcDateTime


class Account(Model):
    """A row of the chart."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        CheckConstraint("nature IN ('asset','liability','equity','income','expense')", name="nature"),
    )

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(150))
    nature: Mapped[str] = mapped_column(String(10))


class Period(Keyed, Model):
    """A stretch of days of an institution's books, named after the month it is reported in."""

    __tablename__ = "ledger_period"
    __table_args__ = (
        UniqueConstraint("institution_id", "month"),
        UniqueConstraint("institution_id", "starts_on"),
    )

    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_institution.id"))
    month: Mapped[str] = mapped_column(String(7))
    starts_on: Mapped[date]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_user.id"))


class Entry(Keyed, Model):
    """What happened, whole once this row is there: its lines come before it."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("line_count >= 2", name="line_count"),
        Index("ix_ledger_entry_period", "period_id", "id"),
        Index("ix_ledger_entry_institution", "institution_id", "on_day", "id"),
    )

    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_institution.id"))
    period_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ledger_period.id"))
    source: Mapped[str] = mapped_column(String(80), unique=True)
    on_day: Mapped[date]
    note: Mapped[str] = mapped_column(String(500))
    line_count: Mapped[int]
    reverses_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    posted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_user.id"))


class EntryLine(Keyed, Model):
    """One side of an entry: debit above zero, credit below. Tags are keys of things of other slices."""

    __tablename__ = "ledger_line"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount"),
        Index("ix_ledger_line_entry_id", "entry_id"),
        Index("ix_ledger_line_account", "account", "entry_id"),
        Index("ix_ledger_line_card_id", "card_id", "entry_id"),
        Index("ix_ledger_line_instrument_id", "instrument_id", "entry_id"),
        Index("ix_ledger_line_payer_id", "payer_id", "entry_id"),
    )

    entry_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("ledger_entry.id", deferrable=True, initially="DEFERRED")
    )
    place: Mapped[int]
    account: Mapped[str] = mapped_column(ForeignKey("ledger_account.code"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    group_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    card_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    person_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    instrument_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    payer_id: Mapped[uuid.UUID | None] = mapped_column(Key)


class EntrySeal(Keyed, Model):
    """The hash over one run of an institution's entries and the seal before. Insert-only."""

    __tablename__ = "ledger_seal"
    __table_args__ = (UniqueConstraint("institution_id", "number"),)

    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_institution.id"))
    number: Mapped[int]
    first_id: Mapped[uuid.UUID] = mapped_column(Key)
    last_id: Mapped[uuid.UUID] = mapped_column(Key)
    rows: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
