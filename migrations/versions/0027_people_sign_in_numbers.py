"""people: found by staff number and by telephone; mobile numbers are kept as their eleven digits, others as written.

Going down leaves the digits: what stood between them is not known any more.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")


def upgrade() -> None:
    for column in ("staff_no", "phone"):
        op.create_index(f"ix_people_user_{column}", "people_user", [column])
    user = sa.table("people_user", sa.column("id", sa.Uuid()), sa.column("phone", sa.String()))
    connection = op.get_bind()
    for row in connection.execute(sa.select(user.c.id, user.c.phone).where(user.c.phone.is_not(None))).all():
        found = MOBILE.fullmatch(re.sub(r"[\s\-()]", "", row.phone))
        if found and found[1] != row.phone:
            connection.execute(user.update().where(user.c.id == row.id).values(phone=found[1]))


def downgrade() -> None:
    for column in ("phone", "staff_no"):
        op.drop_index(f"ix_people_user_{column}", table_name="people_user")
