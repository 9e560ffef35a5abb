"""Tables of approvals."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Json, Key, Keyed, Model, UtcDateTime
from sharing.network.models import Dated, one_a_day


class Chain(Keyed, Dated, Model):
    """Which steps a request takes, from a day on, in a scope."""

    __tablename__ = "approval_chain"
    __table_args__ = (one_a_day("approval_chain", "scope_key", "valid_from"),)

    name: Mapped[str] = mapped_column(String(100), default="")
    name_en: Mapped[str] = mapped_column(String(100), default="")


class ChainStep(Keyed, Model):
    """One step: which role decides, when it is needed, and how long it may take.

    `needed_when` is a list of conditions, any of which makes it needed; empty means always:
    `{"external": true} | {"minutes_over": n} | {"amount_over_fen": n} | {"outside_hours": true} |
    {"answer": key, "equals": value}`
    """

    __tablename__ = "approval_chain_step"
    __table_args__ = (
        UniqueConstraint("chain_id", "position"),
        CheckConstraint("role IN ('payer','manager','institution')", name="role"),
    )

    chain_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval_chain.id"))
    position: Mapped[int]
    role: Mapped[str] = mapped_column(String(12))
    needed_when: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    working_hours: Mapped[int] = mapped_column(default=8)


class Approval(Keyed, Model):
    """One request for leave, and where it stands."""

    __tablename__ = "approval_approval"
    __table_args__ = (
        CheckConstraint(
            "state IN ('open','returned','approved','rejected','expired','withdrawn')", name="state"
        ),
        Index("ix_approval_approval_subject", "subject_kind", "subject_id"),
    )

    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[uuid.UUID] = mapped_column(Key)
    requester_id: Mapped[uuid.UUID] = mapped_column(Key)
    zone_code: Mapped[str] = mapped_column(String(40))
    chain_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("approval_chain.id"))
    state: Mapped[str] = mapped_column(String(10), default="open")
    latest_at: Mapped[datetime] = mapped_column(UtcDateTime)  # no step may be decided after this
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Step(Keyed, Model):
    """One step of one approval; only one is open at a time, in order of position."""

    __tablename__ = "approval_step"
    __table_args__ = (
        UniqueConstraint("approval_id", "position"),
        CheckConstraint(
            "state IN ('waiting','open','returned','approved','rejected','expired','dropped')", name="state"
        ),
        Index("ix_approval_step_due", "state", "due_at"),
        Index("ix_approval_step_remind", "state", "remind_at"),
    )

    approval_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval_approval.id"))
    position: Mapped[int]
    role: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    working_hours: Mapped[int] = mapped_column(default=8)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remind_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    escalate_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Seat(Keyed, Model):
    """From where a step may be decided: whoever holds this role at this scope today, or stands in for her."""

    __tablename__ = "approval_seat"
    __table_args__ = (
        UniqueConstraint("step_id", "role", "scope_kind", "scope_id"),
        Index("ix_approval_seat_scope", "role", "scope_kind", "scope_id"),
    )

    step_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval_step.id"))
    role: Mapped[str] = mapped_column(String(30))
    scope_kind: Mapped[str] = mapped_column(String(20))
    scope_id: Mapped[uuid.UUID] = mapped_column(Key)
    escalation: Mapped[bool] = mapped_column(default=False)


class Decision(Keyed, Model):
    """One person's word on one step, or a rule's. Insert-only."""

    __tablename__ = "approval_decision"
    __table_args__ = (CheckConstraint("decision IN ('approve','reject','return','expire')", name="decision"),)

    approval_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval_approval.id"), index=True)
    step_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval_step.id"))
    decision: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[uuid.UUID | None] = mapped_column(Key)  # null: by rule or by time
    by_name: Mapped[str] = mapped_column(String(100), default="")
    for_id: Mapped[uuid.UUID | None] = mapped_column(Key)  # whom a deputy stood in for
    for_name: Mapped[str] = mapped_column(String(100), default="")
    rule: Mapped[str | None] = mapped_column(
        String(60)
    )  # e.g. "authorisation", "own-group"; its id in rule_id
    rule_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(1000), default="")
