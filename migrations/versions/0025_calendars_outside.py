"""booking: calendars kept in a campus system, whose busy times are blocks; registry: a policy may let a training
licence lapse after so many days without use, which the old rows do not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

OLD, NEW = "kind IN ('maintenance','closure')", "kind IN ('maintenance','closure','outside')"


def upgrade() -> None:
    op.add_column("registry_policy", sa.Column("licence_idle_days", sa.Integer(), nullable=True))
    op.create_table(
        "booking_outside",
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=1000), nullable=False),
        sa.Column("link", sa.String(length=1000), nullable=False),
        sa.Column("limit_minutes", sa.Integer(), nullable=False),
        sa.Column("etag", sa.String(length=200), nullable=False),
        sa.Column("modified", sa.String(length=200), nullable=False),
        sa.Column("whole_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(length=40), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('address','file')", name=op.f("ck_booking_outside_kind")),
        sa.CheckConstraint("limit_minutes > 0", name=op.f("ck_booking_outside_limit")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["registry_instrument.id"], name="fk_booking_outside_instrument_id"
        ),
        sa.ForeignKeyConstraint(["set_by"], ["people_user.id"], name="fk_booking_outside_set_by"),
        sa.PrimaryKeyConstraint("instrument_id", name="pk_booking_outside"),
    )
    _kinds(NEW)


def downgrade() -> None:
    op.execute(
        "DELETE FROM booking_slot WHERE source_id IN (SELECT id FROM booking_block WHERE kind = 'outside')"
    )
    op.execute("DELETE FROM booking_block WHERE kind = 'outside'")
    _kinds(OLD)
    op.drop_table("booking_outside")
    op.execute("ALTER TABLE registry_policy DROP COLUMN licence_idle_days")


def _kinds(condition: str) -> None:
    name = op.f("ck_booking_block_kind")
    with op.batch_alter_table("booking_block") as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, condition)
