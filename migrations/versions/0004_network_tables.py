"""network: its tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "network_calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("source_document", sa.String(length=300), nullable=False),
        sa.CheckConstraint("kind IN ('holiday','workday')", name=op.f("ck_network_calendar_day_kind")),
        sa.PrimaryKeyConstraint("day", name="pk_network_calendar_day"),
    )
    op.create_table(
        "network_code_set",
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("source_document", sa.String(length=300), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_network_code_set"),
    )
    op.create_table(
        "network_rule_epoch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_network_rule_epoch"),
    )
    op.create_table(
        "network_setting",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.Column("source_document", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("key", "valid_from", name="pk_network_setting"),
    )
    op.create_table(
        "network_zone",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("number_prefix", sa.String(length=6), nullable=False),
        sa.Column("is_province", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("places", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_network_zone"),
        sa.UniqueConstraint("code", name="uq_network_zone_code"),
        sa.UniqueConstraint("number_prefix", name="uq_network_zone_number_prefix"),
    )
    op.create_table(
        "network_category",
        sa.Column("code_set", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("parent_code", sa.String(length=6), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=150), nullable=False),
        sa.Column("aliases", sa.String(length=300), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_set"], ["network_code_set.version"], name="fk_network_category_code_set"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_network_category"),
        sa.UniqueConstraint("code_set", "code", name="uq_network_category_code_set_code"),
    )
    op.create_index("ix_network_category_code", "network_category", ["code"], unique=False)
    op.create_table(
        "network_institution",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('university','institute','hospital','agency','enterprise')",
            name=op.f("ck_network_institution_kind"),
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["network_zone.id"], name="fk_network_institution_zone_id"),
        sa.PrimaryKeyConstraint("id", name="pk_network_institution"),
        sa.UniqueConstraint("code", name="uq_network_institution_code"),
        sa.UniqueConstraint("uscc", name="uq_network_institution_uscc"),
    )
    op.create_index("ix_network_institution_zone_id", "network_institution", ["zone_id"], unique=False)
    op.create_table(
        "network_notice",
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=150), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["zone_id"], ["network_zone.id"], name="fk_network_notice_zone_id"),
        sa.PrimaryKeyConstraint("id", name="pk_network_notice"),
    )
    op.create_index("ix_network_notice_zone_id", "network_notice", ["zone_id"], unique=False)


def downgrade() -> None:
    op.drop_table("network_notice")
    op.drop_table("network_institution")
    op.drop_table("network_category")
    op.drop_table("network_zone")
    op.drop_table("network_setting")
    op.drop_table("network_rule_epoch")
    op.drop_table("network_code_set")
    op.drop_table("network_calendar_day")
