"""Tables of messages."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Json, Key, Keyed, Model, UtcDateTime


class Message(Keyed, Model):
    """One message in a person's inbox. `topic` and `facts` are kept, the words are made when it is read."""

    __tablename__ = "notify_message"
    __table_args__ = (
        Index("ix_notify_message_inbox", "recipient_id", "read_at", "id"),
        Index("ix_notify_message_created", "created_at"),
        UniqueConstraint("recipient_id", "once"),
    )

    recipient_id: Mapped[uuid.UUID] = mapped_column(Key)
    institution_id: Mapped[uuid.UUID | None] = mapped_column(Key)  # the recipient's, when it was written
    topic: Mapped[str] = mapped_column(String(60))
    about_kind: Mapped[str] = mapped_column(String(40))
    about_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    once: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Outgoing(Keyed, Model):
    """One mail to send, or one message for a robot: rendered when it is sent, so that the words are today's."""

    __tablename__ = "notify_outgoing"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state"),
        Index("ix_notify_outgoing_due", "state", "due_at"),
        Index("ix_notify_outgoing_channel", "channel_id", "sent_at"),
        UniqueConstraint("address", "once"),
    )

    recipient_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    address: Mapped[str] = mapped_column(String(254))
    channel_id: Mapped[uuid.UUID | None] = mapped_column(Key)  # the robot that it is for; None: mail
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


class Channel(Keyed, Model):
    """A robot of WeCom or DingTalk that passes messages on: a person's own, or that of an institution's group.

    Its web-hook address is a credential, as its secret is: both are sealed.
    """

    __tablename__ = "notify_channel"
    __table_args__ = (
        CheckConstraint("kind IN ('wecom', 'dingtalk')", name="kind"),
        CheckConstraint("(user_id IS NULL) <> (institution_id IS NULL)", name="owner"),
        UniqueConstraint("user_id", "kind"),
        UniqueConstraint("institution_id", "kind"),
    )

    kind: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    institution_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    sealed_address: Mapped[str] = mapped_column(String(2000))
    sealed_secret: Mapped[str] = mapped_column(String(1000), default="")
    hint: Mapped[str] = mapped_column(String(20))  # how its owner knows the address again
    groups: Mapped[list[str]] = mapped_column(Json)
    language: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    passed_to: Mapped[datetime] = mapped_column(UtcDateTime)  # messages written up to then were handed over
    error: Mapped[str | None] = mapped_column(String(300))  # what its server answered last, while it refuses


class Text(Keyed, Model):
    """An institution's own words of a mail, from a day on; `inherit` goes back to ours."""

    __tablename__ = "notify_text"
    __table_args__ = (UniqueConstraint("institution_id", "topic", "valid_from"),)

    institution_id: Mapped[uuid.UUID] = mapped_column(Key)
    topic: Mapped[str] = mapped_column(String(60))
    valid_from: Mapped[date]
    inherit: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str] = mapped_column(String(1000), default="")
    said: Mapped[str] = mapped_column(String(1000), default="")
    then: Mapped[str] = mapped_column(String(1000), default="")
    title_en: Mapped[str] = mapped_column(String(1000), default="")
    said_en: Mapped[str] = mapped_column(String(1000), default="")
    then_en: Mapped[str] = mapped_column(String(1000), default="")
    source_document: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
