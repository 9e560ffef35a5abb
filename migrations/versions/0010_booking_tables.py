"""booking: its tables.

No two slots of one position of one instrument meet (DESIGN 2.1). On SQLite it is enough to look at the slot that
starts last before the new one ends: the slots already there do not meet, so none ends later than that one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

NO_OVERLAP_POSTGRESQL = """
ALTER TABLE booking_slot ADD CONSTRAINT ex_booking_slot_overlap
EXCLUDE USING gist (instrument_id WITH =, position WITH =, tstzrange(starts_at, ends_at) WITH &&)
"""
NEVER_UPDATED_POSTGRESQL = """
CREATE TRIGGER booking_slot_never_updated BEFORE UPDATE ON booking_slot
FOR EACH STATEMENT EXECUTE FUNCTION kernel_append_only()
"""
NO_OVERLAP_SQLITE = """
CREATE TRIGGER booking_slot_overlap BEFORE INSERT ON booking_slot
WHEN NEW.starts_at < (
    SELECT ends_at FROM booking_slot
    WHERE instrument_id = NEW.instrument_id AND position = NEW.position AND starts_at < NEW.ends_at
    ORDER BY starts_at DESC LIMIT 1
)
BEGIN SELECT RAISE(ABORT, 'taken'); END
"""
NEVER_UPDATED_SQLITE = """
CREATE TRIGGER booking_slot_never_updated BEFORE UPDATE ON booking_slot
BEGIN SELECT RAISE(ABORT, 'append-only'); END
"""


def upgrade() -> None:
    op.create_table(
        "booking_booking",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("zone_code", sa.String(length=40), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=False),
        sa.Column("requester_institution_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.String(length=120), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("setup_minutes", sa.Integer(), nullable=False),
        sa.Column("cleanup_minutes", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("attendees", JSON, nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("quote", JSON, nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=True),
        sa.Column("exempt_from", JSON, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("no_show_warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirm_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_note", sa.String(length=1000), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "status IN ('requested','approved','rejected','cancelled','expired','in_use','completed','no_show')",
            name=op.f("ck_booking_booking_status"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_booking_booking_span")),
        sa.ForeignKeyConstraint(["card_id"], ["funds_card.id"], name="fk_booking_booking_card_id"),
        sa.ForeignKeyConstraint(["group_id"], ["people_group.id"], name="fk_booking_booking_group_id"),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["network_institution.id"], name="fk_booking_booking_institution_id"
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["registry_instrument.id"], name="fk_booking_booking_instrument_id"
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["registry_policy.id"], name="fk_booking_booking_policy_id"),
        sa.ForeignKeyConstraint(["requester_id"], ["people_user.id"], name="fk_booking_booking_requester_id"),
        sa.ForeignKeyConstraint(
            ["requester_institution_id"],
            ["network_institution.id"],
            name="fk_booking_booking_requester_institution_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_booking_booking"),
        sa.UniqueConstraint("number", name="uq_booking_booking_number"),
    )
    op.create_index("ix_booking_booking_group", "booking_booking", ["group_id", "starts_at"], unique=False)
    op.create_index(
        "ix_booking_booking_institution",
        "booking_booking",
        ["institution_id", "status", "starts_at"],
        unique=False,
    )
    op.create_index(
        "ix_booking_booking_instrument", "booking_booking", ["instrument_id", "starts_at"], unique=False
    )
    op.create_index(
        "ix_booking_booking_live",
        "booking_booking",
        ["ends_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('requested','approved','in_use')"),
        postgresql_where=sa.text("status IN ('requested','approved','in_use')"),
    )
    op.create_index(
        "ix_booking_booking_requester", "booking_booking", ["requester_id", "starts_at"], unique=False
    )
    op.create_table(
        "booking_calendar",
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["registry_instrument.id"], name="fk_booking_calendar_instrument_id"
        ),
        sa.PrimaryKeyConstraint("instrument_id", name="pk_booking_calendar"),
    )
    op.create_table(
        "booking_slot",
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('booking','change','block')", name=op.f("ck_booking_slot_kind")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_booking_slot_span")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["registry_instrument.id"], name="fk_booking_slot_instrument_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_booking_slot"),
    )
    op.create_index(
        "ix_booking_slot_place", "booking_slot", ["instrument_id", "position", "starts_at"], unique=False
    )
    op.create_index("ix_booking_slot_source", "booking_slot", ["source_id"], unique=False)
    op.create_table(
        "booking_answer",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("label_en", sa.String(length=200), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.Column("shown", sa.String(length=1000), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking_booking.id"], name="fk_booking_answer_booking_id"),
        sa.ForeignKeyConstraint(
            ["question_id"], ["registry_question.id"], name="fk_booking_answer_question_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_booking_answer"),
        sa.UniqueConstraint("booking_id", "question_id", name="uq_booking_answer_booking_id_question_id"),
    )
    op.create_table(
        "booking_change",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("setup_minutes", sa.Integer(), nullable=False),
        sa.Column("cleanup_minutes", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("quote", JSON, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending','applied','refused','withdrawn','expired')",
            name=op.f("ck_booking_change_state"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_booking_change_span")),
        sa.ForeignKeyConstraint(["asked_by"], ["people_user.id"], name="fk_booking_change_asked_by"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking_booking.id"], name="fk_booking_change_booking_id"),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["registry_instrument.id"], name="fk_booking_change_instrument_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_booking_change"),
    )
    op.create_index(
        "uq_booking_change_pending",
        "booking_change",
        ["booking_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(NO_OVERLAP_POSTGRESQL)
        op.execute(NEVER_UPDATED_POSTGRESQL)
    else:
        op.execute(NO_OVERLAP_SQLITE)
        op.execute(NEVER_UPDATED_SQLITE)


def downgrade() -> None:
    op.drop_table("booking_change")
    op.drop_table("booking_answer")
    op.drop_table("booking_slot")
    op.drop_table("booking_calendar")
    op.drop_table("booking_booking")
