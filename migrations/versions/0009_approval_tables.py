"""approval: its tables. A decision is never changed or deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

HISTORY = ("approval_decision",)


def upgrade() -> None:
    op.create_table(
        "approval_chain",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_kind", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=True),
        sa.Column("scope_key", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("inherit", sa.Boolean(), nullable=False),
        sa.Column("source_document", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_approval_chain"),
        sa.UniqueConstraint("scope_key", "valid_from", name="uq_approval_chain_scope_key_valid_from"),
    )
    op.create_table(
        "approval_approval",
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=False),
        sa.Column("zone_code", sa.String(length=40), nullable=False),
        sa.Column("chain_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open','returned','approved','rejected','expired','withdrawn')",
            name=op.f("ck_approval_approval_state"),
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["approval_chain.id"], name="fk_approval_approval_chain_id"),
        sa.PrimaryKeyConstraint("id", name="pk_approval_approval"),
    )
    op.create_index(
        "ix_approval_approval_subject", "approval_approval", ["subject_kind", "subject_id"], unique=False
    )
    op.create_table(
        "approval_chain_step",
        sa.Column("chain_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("needed_when", JSON, nullable=False),
        sa.Column("working_hours", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "role IN ('payer','manager','institution')", name=op.f("ck_approval_chain_step_role")
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["approval_chain.id"], name="fk_approval_chain_step_chain_id"),
        sa.PrimaryKeyConstraint("id", name="pk_approval_chain_step"),
        sa.UniqueConstraint("chain_id", "position", name="uq_approval_chain_step_chain_id_position"),
    )
    op.create_table(
        "approval_step",
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("working_hours", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalate_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting','open','returned','approved','rejected','expired','dropped')",
            name=op.f("ck_approval_step_state"),
        ),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approval_approval.id"], name="fk_approval_step_approval_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_approval_step"),
        sa.UniqueConstraint("approval_id", "position", name="uq_approval_step_approval_id_position"),
    )
    op.create_index("ix_approval_step_due", "approval_step", ["state", "due_at"], unique=False)
    op.create_index("ix_approval_step_remind", "approval_step", ["state", "remind_at"], unique=False)
    op.create_table(
        "approval_decision",
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.Column("for_id", sa.Uuid(), nullable=True),
        sa.Column("for_name", sa.String(length=100), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=True),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "decision IN ('approve','reject','return','expire')", name=op.f("ck_approval_decision_decision")
        ),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approval_approval.id"], name="fk_approval_decision_approval_id"
        ),
        sa.ForeignKeyConstraint(["step_id"], ["approval_step.id"], name="fk_approval_decision_step_id"),
        sa.PrimaryKeyConstraint("id", name="pk_approval_decision"),
    )
    op.create_index("ix_approval_decision_approval_id", "approval_decision", ["approval_id"], unique=False)
    op.create_table(
        "approval_seat",
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("scope_kind", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("escalation", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["step_id"], ["approval_step.id"], name="fk_approval_seat_step_id"),
        sa.PrimaryKeyConstraint("id", name="pk_approval_seat"),
        sa.UniqueConstraint(
            "step_id",
            "role",
            "scope_kind",
            "scope_id",
            name="uq_approval_seat_step_id_role_scope_kind_scope_id",
        ),
    )
    op.create_index(
        "ix_approval_seat_scope", "approval_seat", ["role", "scope_kind", "scope_id"], unique=False
    )
    for table in HISTORY:
        append_only(table)


def downgrade() -> None:
    op.drop_table("approval_seat")
    op.drop_table("approval_decision")
    op.drop_table("approval_step")
    op.drop_table("approval_chain_step")
    op.drop_table("approval_approval")
    op.drop_table("approval_chain")


def append_only(table: str) -> None:
    """Refuse update and delete, whoever asks (DESIGN 2.3)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION kernel_append_only()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only_{event.lower()} BEFORE {event} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        )
