"""people: who ended a role, when and why; roles ended before keep their dates, their reasons stand in the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    with op.batch_alter_table("people_grant") as table:
        table.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("ended_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("end_reason", sa.String(length=300), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("people_grant") as table:
        for name in ("end_reason", "ended_by", "ended_at"):
            table.drop_column(name)
