"""people: whether a person is staff, student or visitor of her house; of those already there nothing is said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
NAME = "ck_people_user_standing"


def upgrade() -> None:
    with op.batch_alter_table("people_user") as table:
        table.add_column(sa.Column("standing", sa.String(length=10), nullable=True))
        table.create_check_constraint(op.f(NAME), "standing IN ('staff','student','visitor')")


def downgrade() -> None:
    with op.batch_alter_table("people_user") as table:
        table.drop_constraint(op.f(NAME), type_="check")
        table.drop_column("standing")
