"""registry: its tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "registry_policy",
        sa.Column("granularity_minutes", sa.Integer(), nullable=False),
        sa.Column("shortest_minutes", sa.Integer(), nullable=False),
        sa.Column("longest_minutes", sa.Integer(), nullable=True),
        sa.Column("lead_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=True),
        sa.Column("person_day_minutes", sa.Integer(), nullable=True),
        sa.Column("person_week_minutes", sa.Integer(), nullable=True),
        sa.Column("group_day_minutes", sa.Integer(), nullable=True),
        sa.Column("group_week_minutes", sa.Integer(), nullable=True),
        sa.Column("most_open_bookings", sa.Integer(), nullable=True),
        sa.Column("setup_minutes", sa.Integer(), nullable=False),
        sa.Column("cleanup_minutes", sa.Integer(), nullable=False),
        sa.Column("cancel_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("licence_level", sa.String(length=20), nullable=True),
        sa.Column("runs_through_closed", sa.Boolean(), nullable=False),
        sa.Column("check_in_required", sa.Boolean(), nullable=False),
        sa.Column("check_in_early_minutes", sa.Integer(), nullable=False),
        sa.Column("no_show_minutes", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_kind", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=True),
        sa.Column("scope_key", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("inherit", sa.Boolean(), nullable=False),
        sa.Column("source_document", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "audience IN ('group','institution','network','everyone')",
            name=op.f("ck_registry_policy_audience"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registry_policy"),
        sa.UniqueConstraint("scope_key", "valid_from", name="uq_registry_policy_scope_key_valid_from"),
    )
    op.create_table(
        "registry_question",
        sa.Column("scope_kind", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=True),
        sa.Column("scope_key", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("label_en", sa.String(length=200), nullable=False),
        sa.Column("hint", sa.String(length=300), nullable=False),
        sa.Column("hint_en", sa.String(length=300), nullable=False),
        sa.Column("choices", JSON, nullable=True),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('text','choice','number','file','yes_no')", name=op.f("ck_registry_question_kind")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registry_question"),
    )
    op.create_index(
        "ix_registry_question_scope", "registry_question", ["scope_key", "position"], unique=False
    )
    op.create_table(
        "registry_timetable",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("days", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_kind", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=True),
        sa.Column("scope_key", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("inherit", sa.Boolean(), nullable=False),
        sa.Column("source_document", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registry_timetable"),
        sa.UniqueConstraint("scope_key", "valid_from", name="uq_registry_timetable_scope_key_valid_from"),
    )
    op.create_table(
        "registry_instrument",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("category_code", sa.String(length=6), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("status_reason", sa.String(length=300), nullable=False),
        sa.Column("booking_mode", sa.String(length=12), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("asset_no", sa.String(length=60), nullable=True),
        sa.Column("national_no", sa.String(length=60), nullable=True),
        sa.Column("serial_no", sa.String(length=80), nullable=True),
        sa.Column("original_value_fen", sa.BigInteger(), nullable=True),
        sa.Column("manufacturer", sa.String(length=100), nullable=False),
        sa.Column("manufacturer_en", sa.String(length=100), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("country", sa.String(length=40), nullable=False),
        sa.Column("commissioned_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("customs_supervised", sa.Boolean(), nullable=False),
        sa.Column("customs_until", sa.Date(), nullable=True),
        sa.Column("carrier_kind", sa.String(length=20), nullable=False),
        sa.Column("carrier_name", sa.String(length=100), nullable=False),
        sa.Column("department", sa.String(length=100), nullable=False),
        sa.Column("technical", sa.String(length=500), nullable=False),
        sa.Column("functions", sa.String(length=300), nullable=False),
        sa.Column("subjects", JSON, nullable=False),
        sa.Column("funds", JSON, nullable=False),
        sa.Column("service_content", sa.String(length=200), nullable=False),
        sa.Column("achievements", sa.String(length=500), nullable=False),
        sa.Column("open_rules", sa.String(length=500), nullable=False),
        sa.Column("fee_summary", sa.String(length=500), nullable=False),
        sa.Column("share_mode", sa.String(length=10), nullable=False),
        sa.Column("usual_state", sa.String(length=10), nullable=False),
        sa.Column("city", sa.String(length=40), nullable=False),
        sa.Column("county", sa.String(length=40), nullable=False),
        sa.Column("street", sa.String(length=100), nullable=False),
        sa.Column("postal_code", sa.String(length=6), nullable=False),
        sa.Column("location", sa.String(length=150), nullable=False),
        sa.Column("contact", sa.String(length=20), nullable=False),
        sa.Column("contact_phone", sa.String(length=20), nullable=False),
        sa.Column("contact_email", sa.String(length=50), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "booking_mode IN ('self_service','approval','service_only','closed')",
            name=op.f("ck_registry_instrument_booking_mode"),
        ),
        sa.CheckConstraint(
            "status IN ('in_service','maintenance','suspended','retired')",
            name=op.f("ck_registry_instrument_status"),
        ),
        sa.CheckConstraint("capacity BETWEEN 1 AND 99", name=op.f("ck_registry_instrument_capacity")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["network_category.id"], name="fk_registry_instrument_category_id"
        ),
        sa.ForeignKeyConstraint(["group_id"], ["people_group.id"], name="fk_registry_instrument_group_id"),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["network_institution.id"], name="fk_registry_instrument_institution_id"
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["network_zone.id"], name="fk_registry_instrument_zone_id"),
        sa.PrimaryKeyConstraint("id", name="pk_registry_instrument"),
        sa.UniqueConstraint("code", name="uq_registry_instrument_code"),
        sa.UniqueConstraint(
            "institution_id", "asset_no", name="uq_registry_instrument_institution_id_asset_no"
        ),
    )
    op.create_index(
        "ix_registry_instrument_category", "registry_instrument", ["category_code", "status"], unique=False
    )
    op.create_index(
        "ix_registry_instrument_institution_id", "registry_instrument", ["institution_id"], unique=False
    )
    op.create_index("ix_registry_instrument_zone", "registry_instrument", ["zone_id", "status"], unique=False)
    op.create_table(
        "registry_favourite",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["registry_instrument.id"], name="fk_registry_favourite_instrument_id"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name="fk_registry_favourite_user_id"),
        sa.PrimaryKeyConstraint("user_id", "instrument_id", name="pk_registry_favourite"),
    )
    op.create_table(
        "registry_licence",
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=300), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "level IN ('supervised','independent','advanced')", name=op.f("ck_registry_licence_level")
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["people_user.id"], name="fk_registry_licence_granted_by"),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["registry_instrument.id"], name="fk_registry_licence_instrument_id"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name="fk_registry_licence_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_registry_licence"),
    )
    op.create_index(
        "ix_registry_licence_person", "registry_licence", ["instrument_id", "user_id"], unique=False
    )
    op.create_index("ix_registry_licence_user_id", "registry_licence", ["user_id"], unique=False)
    op.create_table(
        "registry_picture",
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("caption", sa.String(length=150), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["registry_instrument.id"], name="fk_registry_picture_instrument_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registry_picture"),
    )
    op.create_index("ix_registry_picture_instrument_id", "registry_picture", ["instrument_id"], unique=False)


def downgrade() -> None:
    op.drop_table("registry_picture")
    op.drop_table("registry_licence")
    op.drop_table("registry_favourite")
    op.drop_table("registry_instrument")
    op.drop_table("registry_timetable")
    op.drop_table("registry_question")
    op.drop_table("registry_policy")
