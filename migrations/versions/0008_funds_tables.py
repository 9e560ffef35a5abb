"""funds: its tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "funds_card",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["people_group.id"], name="fk_funds_card_group_id"),
        sa.PrimaryKeyConstraint("id", name="pk_funds_card"),
        sa.UniqueConstraint("number", name="uq_funds_card_number"),
    )
    op.create_index("ix_funds_card_group_id", "funds_card", ["group_id"], unique=False)
    op.create_table(
        "funds_authorisation",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("month_fen", sa.BigInteger(), nullable=True),
        sa.Column("month_minutes", sa.Integer(), nullable=True),
        sa.Column("instruments", JSON, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["funds_card.id"], name="fk_funds_authorisation_card_id"),
        sa.ForeignKeyConstraint(["given_by"], ["people_user.id"], name="fk_funds_authorisation_given_by"),
        sa.ForeignKeyConstraint(["group_id"], ["people_group.id"], name="fk_funds_authorisation_group_id"),
        sa.ForeignKeyConstraint(["member_id"], ["people_user.id"], name="fk_funds_authorisation_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_funds_authorisation"),
    )
    op.create_index("ix_funds_authorisation_group_id", "funds_authorisation", ["group_id"], unique=False)
    op.create_index("ix_funds_authorisation_member_id", "funds_authorisation", ["member_id"], unique=False)


def downgrade() -> None:
    op.drop_table("funds_authorisation")
    op.drop_table("funds_card")
