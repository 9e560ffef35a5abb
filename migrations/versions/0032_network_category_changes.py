"""network: dated changes of categories. What there is has begun and stands; going back keeps what holds that day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

CHANGE = "network_category_change"
UNIQUE = f"uq_{CHANGE}_category_id_valid_from"
STANDS = sa.text("withdrawn_at IS NULL")
NOT_BEGUN = "(SELECT id FROM network_category WHERE NOT begun)"


def upgrade() -> None:
    for table, columns in {"network_code_set": ("begun",), "network_category": ("begun", "gone")}.items():
        for column in columns:
            standard = sa.true() if column == "begun" else sa.false()
            op.add_column(table, sa.Column(column, sa.Boolean(), nullable=False, server_default=standard))
    op.create_table(
        CHANGE,
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=150), nullable=False),
        sa.Column("aliases", sa.String(length=300), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("source_document", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["network_category.id"], name=f"fk_{CHANGE}_category_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{CHANGE}"),
    )
    op.create_index(
        UNIQUE,
        CHANGE,
        ["category_id", "valid_from"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )


def downgrade() -> None:
    op.drop_index(UNIQUE, table_name=CHANGE)
    op.drop_table(CHANGE)
    op.execute(f"DELETE FROM network_category WHERE id IN {NOT_BEGUN}")
    op.execute(
        "DELETE FROM network_category WHERE code_set IN (SELECT version FROM network_code_set WHERE NOT begun)"
    )
    op.execute("DELETE FROM network_code_set WHERE NOT begun")
    op.execute("ALTER TABLE network_category DROP COLUMN gone")
    op.execute("ALTER TABLE network_category DROP COLUMN begun")
    op.execute("ALTER TABLE network_code_set DROP COLUMN begun")
