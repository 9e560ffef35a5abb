"""pricing: its tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "pricing_price",
        sa.Column("price_group", sa.String(length=12), nullable=False),
        sa.Column("hour_fen", sa.BigInteger(), nullable=False),
        sa.Column("minimum_fen", sa.BigInteger(), nullable=False),
        sa.Column("may_buy", sa.Boolean(), nullable=False),
        sa.Column("bands", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_kind", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=True),
        sa.Column("scope_key", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("inherit", sa.Boolean(), nullable=False),
        sa.Column("source_document", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "price_group IN ('group','institution','academic','enterprise','overseas')",
            name=op.f("ck_pricing_price_price_group"),
        ),
        sa.CheckConstraint("hour_fen >= 0 AND minimum_fen >= 0", name=op.f("ck_pricing_price_amounts")),
        sa.PrimaryKeyConstraint("id", name="pk_pricing_price"),
        sa.UniqueConstraint(
            "scope_key", "price_group", "valid_from", name="uq_pricing_price_scope_key_price_group_valid_from"
        ),
    )


def downgrade() -> None:
    op.drop_table("pricing_price")
