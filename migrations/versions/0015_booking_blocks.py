"""booking: closed time as blocks; whether giving a booking up costs nothing, which old rows leave to their policy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "booking_block",
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("zone_code", sa.String(length=40), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("repeat", sa.String(length=300), nullable=False),
        sa.Column("laid_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_booking_block_span")),
        sa.CheckConstraint("kind IN ('maintenance','closure')", name=op.f("ck_booking_block_kind")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["registry_instrument.id"], name="fk_booking_block_instrument_id"
        ),
        sa.ForeignKeyConstraint(["laid_by"], ["people_user.id"], name="fk_booking_block_laid_by"),
        sa.PrimaryKeyConstraint("id", name="pk_booking_block"),
    )
    op.create_index("ix_booking_block_instrument", "booking_block", ["instrument_id", "ends_at"])
    op.create_index("ix_booking_block_series", "booking_block", ["series_id"])
    op.add_column(
        "booking_booking",
        sa.Column("free_cancel", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.execute("ALTER TABLE booking_booking DROP COLUMN free_cancel")
    op.execute("DELETE FROM booking_slot WHERE kind = 'block'")
    op.drop_table("booking_block")
