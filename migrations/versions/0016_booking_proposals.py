"""booking: a change may wait for the requester's answer to a proposed time; old ones wait for approval."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column(
        "booking_change", sa.Column("proposed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("booking_change", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "booking_change", sa.Column("note", sa.String(length=1000), nullable=False, server_default="")
    )


def downgrade() -> None:
    for name in ("proposed", "due_at", "note"):
        op.execute(f"ALTER TABLE booking_change DROP COLUMN {name}")
