"""Tables of messages."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Json, Key, Keyed, Model, UtcDateTime


class Message(Keyed, Model):
    """One message in a person's inbox. `topic` and `facts` are kept, the words are made when it is read."""

    __tablename__ = "notify_message"
    __table_args__ = (
        Index("ix_notify_message_inbox", "recipient_id", "read_at", "id"),
        UniqueConstraint("recipient_id", "once"),
    )

    recipient_id: Mapped[uuid.UUID] = mapped_column(Key)
    topic: Mapped[str] = mapped_column(String(60))
    about_kind: Mapped[str] = mapped_column(String(40))
    about_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    once: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Outgoing(Keyed, Model):
    """One mail to send: rendered when it is sent, so that the language and the words are today's."""

    __tablename__ = "notify_outgoing"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state"),
        Index("ix_notify_outgoing_due", "state", "due_at"),
        UniqueConstraint("address", "once"),
    )

    recipient_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(10))
    topic: Mapped[str] = mapped_column(String(60))
    about_kind: Mapped[str] = mapped_column(String(40))
    about_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    invitation: Mapped[dict[str, Any] | None] = mapped_column(
        Json
    )  # `kernel.ical.kept`, when the mail is one
    once: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(500))


class Choice(Model):
    """A person's wish about one topic: whether it is mailed. No row means the topic's default."""

    __tablename__ = "notify_choice"

    user_id: Mapped[uuid.UUID] = mapped_column(Key, primary_key=True)
    topic: Mapped[str] = mapped_column(String(60), primary_key=True)
    by_mail: Mapped[bool]
