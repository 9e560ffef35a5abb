"""people: an institution's own sign-in service; there is none before, and going back everybody signs in by password."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "people_sign_on",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("sealed_secret", sa.String(length=2000), nullable=False),
        sa.Column("claim", sa.String(length=60), nullable=False),
        sa.Column("named_by", sa.String(length=10), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "named_by IN ('staff_no','email','username')", name=op.f("ck_people_sign_on_named_by")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["network_institution.id"],
            name="fk_people_sign_on_institution_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_people_sign_on"),
        sa.UniqueConstraint("institution_id", name="uq_people_sign_on_institution_id"),
    )


def downgrade() -> None:
    op.drop_table("people_sign_on")
