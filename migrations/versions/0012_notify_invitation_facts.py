"""notify: a mail keeps what its invitation is made of, not the iTIP object; mails that wait go without theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("notify_outgoing") as table:
        table.drop_column("invitation")
    with op.batch_alter_table("notify_outgoing") as table:
        table.add_column(sa.Column("invitation", JSON, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("notify_outgoing") as table:
        table.drop_column("invitation")
    with op.batch_alter_table("notify_outgoing") as table:
        table.add_column(sa.Column("invitation", sa.Text(), nullable=True))
