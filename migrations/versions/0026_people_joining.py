"""people: requests to join an institution, invitations, companies that ask to join; new tables only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def _decided(table: str) -> list[sa.Column | sa.Constraint]:
    return [
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('waiting','accepted','refused')", name=op.f(f"ck_{table}_state")),
        sa.ForeignKeyConstraint(["decided_by"], ["people_user.id"], name=f"fk_{table}_decided_by"),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name=f"fk_{table}_user_id"),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["network_institution.id"], name=f"fk_{table}_institution_id"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def upgrade() -> None:
    op.create_table(
        "people_sign_up",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("staff_no", sa.String(length=40), nullable=True),
        sa.Column("department", sa.String(length=100), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        *_decided("people_sign_up"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_people_sign_up_waiting",
        "people_sign_up",
        ["institution_id", "email"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "people_invitation",
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("scope_kind", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=True),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["network_institution.id"], name="fk_people_invitation_institution_id"
        ),
        sa.ForeignKeyConstraint(["invited_by"], ["people_user.id"], name="fk_people_invitation_invited_by"),
        sa.ForeignKeyConstraint(["user_id"], ["people_user.id"], name="fk_people_invitation_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_people_invitation"),
        sa.UniqueConstraint("secret_hash", name="uq_people_invitation_secret_hash"),
    )
    op.create_index("ix_people_invitation_email", "people_invitation", ["email"])
    op.create_index("ix_people_invitation_invited_by", "people_invitation", ["invited_by"])
    op.create_table(
        "people_enterprise",
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("licence_sha256", sa.String(length=64), nullable=False),
        sa.Column("licence_type", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["zone_id"], ["network_zone.id"], name="fk_people_enterprise_zone_id"),
        *_decided("people_enterprise"),
    )
    for column in ("uscc", "zone_id", "user_id"):
        op.create_index(f"ix_people_enterprise_{column}", "people_enterprise", [column])


def downgrade() -> None:
    for table in ("people_enterprise", "people_invitation", "people_sign_up"):
        op.drop_table(table)
