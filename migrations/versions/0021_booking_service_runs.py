"""booking: time laid for service orders; registry: which instruments take orders beside bookings, none so far."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    for table, name in (("booking_booking", "service"), ("registry_instrument", "offers_service")):
        op.add_column(table, sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.execute("ALTER TABLE registry_instrument DROP COLUMN offers_service")
    op.execute("ALTER TABLE booking_booking DROP COLUMN service")
