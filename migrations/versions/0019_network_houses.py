"""network: the documents by which a zone was set up and an institution joined and left; old rows name none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

TEXTS = (
    ("network_zone", "source_document"),
    ("network_institution", "source_document"),
    ("network_institution", "close_reason"),
)


def upgrade() -> None:
    for table, name in TEXTS:
        op.add_column(table, sa.Column(name, sa.String(length=300), nullable=False, server_default=""))
    op.add_column("network_institution", sa.Column("joined_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.execute("ALTER TABLE network_institution DROP COLUMN joined_on")
    for table, name in reversed(TEXTS):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
