"""Tables of people."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Key, Keyed, Model, UtcDateTime


class User(Keyed, Model):
    """A person who can sign in. Never deleted; `left_at` ends every right at once."""

    __tablename__ = "people_user"
    __table_args__ = (
        CheckConstraint("kind IN ('member','enterprise')", name="kind"),
        CheckConstraint("standing IN ('staff','student','visitor')", name="standing"),
        UniqueConstraint("institution_id", "staff_no"),
    )

    username: Mapped[str] = mapped_column(String(60), unique=True)  # stored in lower case
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100), default="")
    email: Mapped[str] = mapped_column(String(254), index=True)
    phone: Mapped[str | None] = mapped_column(String(30), index=True)  # see `rules.kept_phone`
    staff_no: Mapped[str | None] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(12), default="member")
    institution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("network_institution.id"), index=True)
    department: Mapped[str | None] = mapped_column(String(100))
    standing: Mapped[str | None] = mapped_column(String(10))  # what she is in her house; null: not said
    language: Mapped[str] = mapped_column(String(10), default="zh-CN")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ResearchGroup(Keyed, Model):
    """A research group of an institution; its heads pay (role `head` at the group)."""

    __tablename__ = "people_group"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(150), default="")
    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_institution.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Membership(Keyed, Model):
    """A person in a group between two days."""

    __tablename__ = "people_membership"
    __table_args__ = (UniqueConstraint("group_id", "user_id", "starts_on"),)

    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_group.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Grant(Keyed, Model):
    """A role at a scope within dates `[starts_on, ends_on)`. Ended, never deleted."""

    __tablename__ = "people_grant"
    __table_args__ = (
        Index("ix_people_grant_scope", "scope_kind", "scope_id", "role"),
        CheckConstraint("(scope_kind = 'network') = (scope_id IS NULL)", name="scope"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    role: Mapped[str] = mapped_column(String(30))
    scope_kind: Mapped[str] = mapped_column(String(20))
    scope_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(300), default="")
    granted_by: Mapped[uuid.UUID | None] = mapped_column(Key)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when somebody ended it before its day
    ended_by: Mapped[uuid.UUID | None] = mapped_column(Key)
    end_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")


class SignIn(Keyed, Model):
    """One signed-in browser. The cookie holds the secret, this row only its hash."""

    __tablename__ = "people_session"

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(60), default="")
    browser: Mapped[str] = mapped_column(String(200), default="")


class Token(Keyed, Model):
    """A bearer token for the API; shown once, kept as a hash."""

    __tablename__ = "people_token"

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    label: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ResetLink(Keyed, Model):
    """A way to set a new password, sent by mail; works once, for an hour."""

    __tablename__ = "people_reset_link"

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInAttempt(Keyed, Model):
    """A failed sign-in, counted per account and per address over all workers."""

    __tablename__ = "people_sign_in_attempt"
    __table_args__ = (
        Index("ix_people_sign_in_attempt_account", "account", "at"),
        Index("ix_people_sign_in_attempt_address", "address", "at"),
    )

    account: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class CalendarKey(Keyed, Model):
    """The secret address of an iCalendar feed: a person's, an instrument's or a manager's desk. Revocable.

    Shown once and kept as a hash. A secret in an address is the documented exception to ASVS 14.2.1: calendar
    programs cannot send headers.
    """

    __tablename__ = "people_calendar_key"
    __table_args__ = (CheckConstraint("kind IN ('person','instrument','desk')", name="kind"),)

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    about_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Deputy(Keyed, Model):
    """Who stands in for a person between two days, in every decision of hers; both names stay on it."""

    __tablename__ = "people_deputy"
    __table_args__ = (CheckConstraint("user_id <> deputy_id", name="other"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    deputy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Decided:
    """A request to join and what became of it; history stays."""

    state: Mapped[str] = mapped_column(String(10), default="waiting")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_user.id"))
    reason: Mapped[str] = mapped_column(String(300), default="")


class SignUp(Decided, Keyed, Model):
    """A person asks to join an institution; its administrator accepts or refuses. One waits at a time."""

    __tablename__ = "people_sign_up"
    __table_args__ = (
        CheckConstraint("state IN ('waiting','accepted','refused')", name="state"),
        Index(
            "ix_people_sign_up_waiting",
            "institution_id",
            "email",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_institution.id"))
    email: Mapped[str] = mapped_column(String(254))  # in lower case
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str | None] = mapped_column(String(30))
    staff_no: Mapped[str | None] = mapped_column(String(40))
    department: Mapped[str | None] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(10), default="zh-CN")
    message: Mapped[str] = mapped_column(String(300), default="")
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_user.id"))


class Invitation(Keyed, Model):
    """A role offered to a mail address. The link holds the secret, this row only its hash; it works once."""

    __tablename__ = "people_invitation"

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    email: Mapped[str] = mapped_column(String(254), index=True)  # in lower case
    name: Mapped[str] = mapped_column(String(100), default="")
    language: Mapped[str] = mapped_column(String(10), default="zh-CN")
    role: Mapped[str] = mapped_column(String(30))
    scope_kind: Mapped[str] = mapped_column(String(20))
    scope_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    institution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("network_institution.id"))
    invited_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_user.id"))


class Enterprise(Decided, Keyed, Model):
    """A company asks to join; its zone's administrator accepts. Until then it is no institution and nobody sees it."""

    __tablename__ = "people_enterprise"
    __table_args__ = (CheckConstraint("state IN ('waiting','accepted','refused')", name="state"),)

    name: Mapped[str] = mapped_column(String(150))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    uscc: Mapped[str] = mapped_column(String(18), index=True)
    zone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_zone.id"), index=True)
    address: Mapped[str] = mapped_column(String(200), default="")
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)  # the contact
    licence_sha256: Mapped[str] = mapped_column(String(64))
    licence_type: Mapped[str] = mapped_column(String(40))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    institution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("network_institution.id"))


class SignOn(Keyed, Model):
    """An institution's own sign-in service (OpenID Connect), and how its people are found by what it says of them."""

    __tablename__ = "people_sign_on"
    __table_args__ = (CheckConstraint("named_by IN ('staff_no','email','username')", name="named_by"),)

    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_institution.id"), unique=True)
    issuer: Mapped[str] = mapped_column(String(300))
    client_id: Mapped[str] = mapped_column(String(200))
    sealed_secret: Mapped[str] = mapped_column(String(2000))
    claim: Mapped[str] = mapped_column(String(60))
    named_by: Mapped[str] = mapped_column(String(10))
    is_on: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
