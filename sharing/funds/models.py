"""Tables of funds."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Json, Keyed, Model, UtcDateTime


class FundCard(Keyed, Model):
    """What pays: a card (project account) of a research group."""

    __tablename__ = "funds_card"

    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_group.id"), index=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(150))
    expires_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Authorisation(Keyed, Model):
    """A head's leave, given in advance, for a member to book on the group's account. Ended, never changed."""

    __tablename__ = "funds_authorisation"

    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_group.id"), index=True)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    card_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("funds_card.id")
    )  # null: any card of the group
    month_fen: Mapped[int | None] = mapped_column(BigInteger)
    month_minutes: Mapped[int | None]
    instruments: Mapped[list[str]] = mapped_column(
        Json, default=list
    )  # ids as text; empty means every instrument
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    given_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
