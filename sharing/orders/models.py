"""Tables of service orders. Quotes, contracts and files are insert-only: what was agreed can be read again."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Json, Keyed, Model, UtcDateTime


class Order(Keyed, Model):
    """What a customer asks a house to test, and how far it came."""

    __tablename__ = "orders_order"
    __table_args__ = (
        CheckConstraint(
            "status IN ('asked','quoted','lapsed','accepted','scheduled','received','delivered','objected','done',"
            "'declined','refused','withdrawn','stopped')",
            name="status",
        ),
        CheckConstraint("samples > 0", name="samples"),
        CheckConstraint("after IN ('return','dispose')", name="after"),
        CheckConstraint("(slot_starts_at IS NULL) = (slot_ends_at IS NULL)", name="slot"),
        Index("ix_orders_order_customer", "customer_id", "created_at"),
        Index("ix_orders_order_company", "customer_institution_id", "created_at"),
        Index("ix_orders_order_group", "group_id", "created_at"),
        Index("ix_orders_order_instrument", "instrument_id", "status"),
        Index("ix_orders_order_institution", "institution_id", "status"),
        Index("ix_orders_order_due", "status", "due_at"),
    )

    number: Mapped[str] = mapped_column(String(30), unique=True)
    zone_code: Mapped[str] = mapped_column(String(40))
    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"))
    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_institution.id"))  # the owner
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"))
    customer_institution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("network_institution.id"))
    group_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_group.id"))  # who pays
    external: Mapped[bool]
    what: Mapped[str] = mapped_column(String(2000))
    samples: Mapped[int]
    nature: Mapped[str] = mapped_column(String(1000))
    hazards: Mapped[list[str]] = mapped_column(Json, default=list)
    hazard_note: Mapped[str] = mapped_column(String(500), default="")
    wanted_on: Mapped[date | None]
    after: Mapped[str] = mapped_column(String(10))
    return_to: Mapped[str] = mapped_column(String(300), default="")
    status: Mapped[str] = mapped_column(String(12))
    revision: Mapped[int] = mapped_column(default=1)
    quote_version: Mapped[int] = mapped_column(default=0)
    accepted_version: Mapped[int | None]
    booking_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("booking_booking.id"), unique=True)
    slot_starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # as both sides were told of it last
    slot_ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # that this very deadline has passed
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_note: Mapped[str] = mapped_column(String(1000), default="")


class Quote(Keyed, Model):
    """One version of what the house offers."""

    __tablename__ = "orders_quote"
    __table_args__ = (UniqueConstraint("order_id", "version"),)

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders_order.id"))
    version: Mapped[int]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime)
    result_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(1000), default="")
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderFile(Keyed, Model):
    """A file of an order; its bytes lie in the storage folder under their hash."""

    __tablename__ = "orders_file"
    __table_args__ = (CheckConstraint("kind IN ('request','contract','result')", name="kind"),)

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders_order.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    delivery: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Contract(Keyed, Model):
    """The written contract as recorded, a row each time: the newest version holds."""

    __tablename__ = "orders_contract"
    __table_args__ = (
        UniqueConstraint("order_id", "version"),
        CheckConstraint("kind IN ('development','transfer','licence','consulting','service')", name="kind"),
        CheckConstraint("(registration_no = '') = (registered_on IS NULL)", name="registration"),
    )

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders_order.id"))
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders_file.id"))
    registration_no: Mapped[str] = mapped_column(String(60), default="")
    registered_on: Mapped[date | None]
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
