"""Tables of bookings."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Json, Key, Keyed, Model, UtcDateTime


class Calendar(Model):
    """One row an instrument: its version is raised, and the row thereby locked, by whatever changes its slots."""

    __tablename__ = "booking_calendar"

    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, default=1)


class Booking(Keyed, Model):
    """A request for a span and its fate. Spans exclude the buffers, which are frozen beside them."""

    __tablename__ = "booking_booking"
    __table_args__ = (
        CheckConstraint(
            "status IN ('requested','approved','rejected','cancelled','expired','in_use','completed','no_show')",
            name="status",
        ),
        CheckConstraint("starts_at < ends_at", name="span"),
        Index("ix_booking_booking_instrument", "instrument_id", "starts_at"),
        Index("ix_booking_booking_requester", "requester_id", "starts_at"),
        Index(
            "ix_booking_booking_booked_by",
            "booked_by_id",
            sqlite_where=text("booked_by_id IS NOT NULL"),
            postgresql_where=text("booked_by_id IS NOT NULL"),
        ),
        Index("ix_booking_booking_group", "group_id", "starts_at"),
        Index("ix_booking_booking_institution", "institution_id", "status", "starts_at"),
        Index(
            "ix_booking_booking_live",
            "ends_at",
            sqlite_where=text("status IN ('requested','approved','in_use')"),
            postgresql_where=text("status IN ('requested','approved','in_use')"),
        ),
    )

    number: Mapped[str] = mapped_column(String(30), unique=True)
    zone_code: Mapped[str] = mapped_column(String(40))
    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"))
    institution_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("network_institution.id")
    )  # the instrument's owner
    requester_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"))
    booked_by_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people_user.id")
    )  # who asked for her; null: she herself
    requester_institution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("network_institution.id"))
    group_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_group.id"))  # who pays
    card_id: Mapped[uuid.UUID | None] = mapped_column(
        Key, ForeignKey("funds_card.id")
    )  # its type stands here, for statements are made before the table of cards is known
    project_id: Mapped[str | None] = mapped_column(String(120))  # the research project named in the record
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    setup_minutes: Mapped[int] = mapped_column(default=0)
    cleanup_minutes: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(12))
    purpose: Mapped[str] = mapped_column(String(500))
    attendees: Mapped[list[str]] = mapped_column(
        Json, default=list
    )  # mail addresses invited beside the requester
    series_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    quote: Mapped[dict[str, Any]] = mapped_column(Json)  # frozen lines, inputs and rule rows
    policy_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("registry_policy.id"))
    exempt_from: Mapped[list[str]] = mapped_column(Json, default=list)  # rules a manager was exempt from
    sequence: Mapped[int] = mapped_column(
        default=0
    )  # RFC 5545 SEQUENCE: raised when span or place or fate changes
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    no_show_warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirm_asked_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # the manager was asked for the true end
    end_note: Mapped[str] = mapped_column(
        String(1000), default=""
    )  # why it was cancelled, rejected, released
    free_cancel: Mapped[bool] = mapped_column(
        default=False
    )  # giving it up costs nothing, whenever: the house took or moved its time
    service: Mapped[bool] = mapped_column(
        default=False
    )  # the house runs it for a service order, by its operator


class Slot(Keyed, Model):
    """Time taken on one position of an instrument, buffers included. Inserted and deleted, never updated.

    No two of one instrument and position overlap: an exclusion constraint on PostgreSQL, a trigger on SQLite, made by
    the migration (DESIGN 2.1).
    """

    __tablename__ = "booking_slot"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        CheckConstraint("kind IN ('booking','change','block')", name="kind"),
        Index("ix_booking_slot_place", "instrument_id", "position", "starts_at"),
        Index("ix_booking_slot_source", "source_id"),
    )

    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"))
    position: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(10))
    source_id: Mapped[uuid.UUID] = mapped_column(Key)  # the booking, the pending change, or the block


class Block(Keyed, Model):
    """Closed time on an instrument, a row a date: it holds what bookings that are kept leave of it on every position.

    Never deleted: one that was taken back before it began is lifted, one ended early ends earlier. Only busy times of
    a calendar kept outside come and go with its readings.
    """

    __tablename__ = "booking_block"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="span"),
        CheckConstraint("kind IN ('maintenance','closure','outside')", name="kind"),
        Index("ix_booking_block_instrument", "instrument_id", "ends_at"),
        Index("ix_booking_block_series", "series_id"),
    )

    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"))
    zone_code: Mapped[str] = mapped_column(String(40))
    series_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300))
    repeat: Mapped[str] = mapped_column(String(300), default="")  # the RRULE of its series
    laid_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Outside(Model):
    """An instrument whose calendar is kept in a campus system: where that is read, and how the last reading went."""

    __tablename__ = "booking_outside"
    __table_args__ = (
        CheckConstraint("kind IN ('address','file')", name="kind"),
        CheckConstraint("limit_minutes > 0", name="limit"),
    )

    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(
        String(1000), default=""
    )  # of its iCalendar; empty where files are dropped
    link: Mapped[str] = mapped_column(String(1000))  # where people book it
    limit_minutes: Mapped[int]  # a reading older than this takes no booking here
    etag: Mapped[str] = mapped_column(String(200), default="")
    modified: Mapped[str] = mapped_column(String(200), default="")
    whole_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # when it was last read whole, not as unchanged
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fault: Mapped[str] = mapped_column(String(40), default="")  # why the last try failed
    set_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Change(Keyed, Model):
    """A change of a booking that waits for approval, or for somebody's answer: a move, or a hand-over to a colleague.

    It holds only the minutes that the booking does not hold already; a hand-over holds none.
    """

    __tablename__ = "booking_change"
    __table_args__ = (
        CheckConstraint("state IN ('pending','applied','refused','withdrawn','expired')", name="state"),
        CheckConstraint("starts_at < ends_at", name="span"),
        Index(
            "uq_booking_change_pending",
            "booking_id",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_booking_change_from",
            "from_id",
            sqlite_where=text("from_id IS NOT NULL"),
            postgresql_where=text("from_id IS NOT NULL"),
        ),
        Index(
            "ix_booking_change_to",
            "to_id",
            sqlite_where=text("to_id IS NOT NULL AND state = 'pending'"),
            postgresql_where=text("to_id IS NOT NULL AND state = 'pending'"),
        ),
    )

    booking_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("booking_booking.id"))
    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    position: Mapped[int] = mapped_column(default=1)
    setup_minutes: Mapped[int] = mapped_column(default=0)
    cleanup_minutes: Mapped[int] = mapped_column(default=0)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    quote: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(10), default="pending")
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proposed: Mapped[bool] = mapped_column(
        default=False
    )  # it waits for an answer: the requester's to the house, the colleague's to a hand-over
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # until when it may be answered
    note: Mapped[str] = mapped_column(String(1000), default="")
    from_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_user.id"))  # whose booking it was
    to_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_user.id"))  # whose it would be
    group_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_group.id"))  # who would pay then


class Answer(Keyed, Model):
    """What a requester answered to one booking question, with the question as it read then."""

    __tablename__ = "booking_answer"
    __table_args__ = (UniqueConstraint("booking_id", "question_id"),)

    booking_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("booking_booking.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_question.id"))
    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(200))
    label_en: Mapped[str] = mapped_column(String(200), default="")
    value: Mapped[Any] = mapped_column(Json)
    shown: Mapped[str] = mapped_column(String(1000), default="")
