"""booking: who asked for somebody else; whoever has a booking today asked for it herself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

NAME = "ix_booking_booking_booked_by"


def upgrade() -> None:
    """Without a rebuild of the table on SQLite, which would take minutes where there are millions of bookings."""
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    op.execute(
        f"ALTER TABLE booking_booking ADD COLUMN booked_by_id {kind} "
        "CONSTRAINT fk_booking_booking_booked_by_id REFERENCES people_user (id)"
    )
    only = sa.text("booked_by_id IS NOT NULL")
    op.create_index(NAME, "booking_booking", ["booked_by_id"], sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    op.drop_index(NAME, "booking_booking")
    op.execute("ALTER TABLE booking_booking DROP COLUMN booked_by_id")
