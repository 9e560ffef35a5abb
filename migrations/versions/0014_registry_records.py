"""registry: runs of an import, mappings of somebody's own table, documents of an instrument. Old rows are untouched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
COUNTS = ("rows", "added", "changed", "same", "bad", "written", "line")


def upgrade() -> None:
    op.create_table(
        "registry_import",
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(100), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("layout", sa.String(20), nullable=False),
        sa.Column("targets", JSON, nullable=True),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("problem", JSON, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("looked_at", INSTANT, nullable=True),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting','looking','looked','asked','applying','done','refused')",
            name="ck_registry_import_state",
        ),
        sa.CheckConstraint("mode IN ('all','good')", name="ck_registry_import_mode"),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["network_institution.id"], name="fk_registry_import_institution_id"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["people_user.id"], name="fk_registry_import_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_registry_import"),
    )
    op.create_index("ix_registry_import_state", "registry_import", ["state"])
    op.create_index("ix_registry_import_institution_id", "registry_import", ["institution_id"])
    op.create_index("ix_registry_import_by_id", "registry_import", ["by_id"])
    op.create_table(
        "registry_import_mapping",
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("targets", JSON, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["network_institution.id"], name="fk_registry_import_mapping_institution_id"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["people_user.id"], name="fk_registry_import_mapping_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_registry_import_mapping"),
    )
    op.create_index("ix_registry_import_mapping_house", "registry_import_mapping", ["institution_id", "name"])
    op.create_table(
        "registry_document",
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(150), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["registry_instrument.id"], name="fk_registry_document_instrument_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registry_document"),
    )
    op.create_index("ix_registry_document_instrument_id", "registry_document", ["instrument_id"])


def downgrade() -> None:
    op.drop_table("registry_document")
    op.drop_table("registry_import_mapping")
    op.drop_table("registry_import")
