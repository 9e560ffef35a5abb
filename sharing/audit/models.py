"""Tables of the audit trail."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Json, Key, Keyed, Model, UtcDateTime


class AuditEvent(Keyed, Model):
    """One thing done. Insert-only."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_about", "about_kind", "about_id", "id"),
        Index("ix_audit_event_actor", "actor_id", "id"),
        Index("ix_audit_event_institution", "institution_id", "id"),
    )

    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    zone_code: Mapped[str | None] = mapped_column(String(40))
    request_id: Mapped[str | None] = mapped_column(String(40), index=True)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    actor_name: Mapped[str | None] = mapped_column(String(100))
    for_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    action: Mapped[str] = mapped_column(String(60))
    about_kind: Mapped[str] = mapped_column(String(40))
    about_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(String(1000))
    institution_id: Mapped[uuid.UUID | None] = mapped_column(Key)  # the house that it counts in


class AuditSeal(Keyed, Model):
    """The hash over one run of a zone's rows and the seal before; a broken chain names its first bad seal."""

    __tablename__ = "audit_seal"
    __table_args__ = (Index("uq_audit_seal_zone_number", "zone_code", "number", unique=True),)

    zone_code: Mapped[str] = mapped_column(String(40))
    number: Mapped[int] = mapped_column(Integer)
    first_id: Mapped[uuid.UUID] = mapped_column(Key)
    last_id: Mapped[uuid.UUID] = mapped_column(Key)
    rows: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditCheck(Keyed, Model):
    """What one reading of the whole trail against its seals found. Insert-only."""

    __tablename__ = "audit_check"

    at: Mapped[datetime] = mapped_column(UtcDateTime)
    rows: Mapped[int] = mapped_column(Integer)
    seals: Mapped[int] = mapped_column(Integer)
    unsealed: Mapped[int] = mapped_column(Integer)
    broken: Mapped[list[str]] = mapped_column(Json)
