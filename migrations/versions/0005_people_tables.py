"""people: its tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "people_sign_in_attempt",
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people_sign_in_attempt"),
    )
    op.create_index(
        "ix_people_sign_in_attempt_account", "people_sign_in_attempt", ["account", "at"], unique=False
    )
    op.create_index(
        "ix_people_sign_in_attempt_address", "people_sign_in_attempt", ["address", "at"], unique=False
    )
    op.create_index("ix_people_sign_in_attempt_at", "people_sign_in_attempt", ["at"], unique=False)
    op.create_table(
        "people_group",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=150), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["network_institution.id"], name="fk_people_group_institution_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_people_group"),
        sa.UniqueConstraint("code", name="uq_people_group_code"),
    )
    op.create_index("ix_people_group_institution_id", "people_group", ["institution_id"], unique=False)
    op.create_table(
        "people_user",
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("staff_no", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("department", sa.String(length=100), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('member','enterprise')", name=op.f("ck_people_user_kind")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["network_institution.id"], name="fk_people_user_institution_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_people_user"),
        sa.UniqueConstraint("institution_id", "staff_no", name="uq_people_user_institution_id_staff_no"),
        sa.UniqueConstraint("username", name="uq_people_user_username"),
    )
    op.create_index("ix_people_user_email", "people_user", ["email"], unique=False)
    op.create_index("ix_people_user_institution_id", "people_user", ["institution_id"], unique=False)
    op.create_table(
        "people_calendar_key",
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('person','instrument','desk')", name=op.f("ck_people_calendar_key_kind")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name="fk_people_calendar_key_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_people_calendar_key"),
        sa.UniqueConstraint("secret_hash", name="uq_people_calendar_key_secret_hash"),
    )
    op.create_index("ix_people_calendar_key_user_id", "people_calendar_key", ["user_id"], unique=False)
    op.create_table(
        "people_deputy",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("user_id <> deputy_id", name=op.f("ck_people_deputy_other")),
        sa.ForeignKeyConstraint(["deputy_id"], ["people_user.id"], name="fk_people_deputy_deputy_id"),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name="fk_people_deputy_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_people_deputy"),
    )
    op.create_index("ix_people_deputy_deputy_id", "people_deputy", ["deputy_id"], unique=False)
    op.create_index("ix_people_deputy_user_id", "people_deputy", ["user_id"], unique=False)
    op.create_table(
        "people_grant",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("scope_kind", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(scope_kind = 'network') = (scope_id IS NULL)", name=op.f("ck_people_grant_scope")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name="fk_people_grant_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_people_grant"),
    )
    op.create_index("ix_people_grant_scope", "people_grant", ["scope_kind", "scope_id", "role"], unique=False)
    op.create_index("ix_people_grant_user_id", "people_grant", ["user_id"], unique=False)
    op.create_table(
        "people_membership",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["people_group.id"], name="fk_people_membership_group_id"),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name="fk_people_membership_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_people_membership"),
        sa.UniqueConstraint(
            "group_id", "user_id", "starts_on", name="uq_people_membership_group_id_user_id_starts_on"
        ),
    )
    op.create_index("ix_people_membership_user_id", "people_membership", ["user_id"], unique=False)
    op.create_table(
        "people_reset_link",
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name="fk_people_reset_link_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_people_reset_link"),
        sa.UniqueConstraint("secret_hash", name="uq_people_reset_link_secret_hash"),
    )
    op.create_index("ix_people_reset_link_user_id", "people_reset_link", ["user_id"], unique=False)
    op.create_table(
        "people_session",
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name="fk_people_session_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_people_session"),
        sa.UniqueConstraint("secret_hash", name="uq_people_session_secret_hash"),
    )
    op.create_index("ix_people_session_user_id", "people_session", ["user_id"], unique=False)
    op.create_table(
        "people_token",
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name="fk_people_token_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_people_token"),
        sa.UniqueConstraint("secret_hash", name="uq_people_token_secret_hash"),
    )
    op.create_index("ix_people_token_user_id", "people_token", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("people_token")
    op.drop_table("people_session")
    op.drop_table("people_reset_link")
    op.drop_table("people_membership")
    op.drop_table("people_grant")
    op.drop_table("people_deputy")
    op.drop_table("people_calendar_key")
    op.drop_table("people_user")
    op.drop_table("people_group")
    op.drop_table("people_sign_in_attempt")
