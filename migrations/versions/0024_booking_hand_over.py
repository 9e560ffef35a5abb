"""booking: a change may hand a booking to a colleague; old ones move it in time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

PEOPLE = {"from_id": "people_user", "to_id": "people_user", "group_id": "people_group"}
FROM, TO = "ix_booking_change_from", "ix_booking_change_to"


def upgrade() -> None:
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    for name, table in PEOPLE.items():
        op.execute(
            f"ALTER TABLE booking_change ADD COLUMN {name} {kind} "
            f"CONSTRAINT fk_booking_change_{name} REFERENCES {table} (id)"
        )
    gone, offered = sa.text("from_id IS NOT NULL"), sa.text("to_id IS NOT NULL AND state = 'pending'")
    op.create_index(FROM, "booking_change", ["from_id"], sqlite_where=gone, postgresql_where=gone)
    op.create_index(TO, "booking_change", ["to_id"], sqlite_where=offered, postgresql_where=offered)


def downgrade() -> None:
    """A hand-over that waits is withdrawn: what is left of it would read as a move to the time it has."""
    op.execute("UPDATE booking_change SET state = 'withdrawn' WHERE to_id IS NOT NULL AND state = 'pending'")
    op.drop_index(TO, "booking_change")
    op.drop_index(FROM, "booking_change")
    for name in PEOPLE:
        op.execute(f"ALTER TABLE booking_change DROP COLUMN {name}")
