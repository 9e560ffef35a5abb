"""dated rows: one that has not begun may be withdrawn. Old rows stand; going back, those withdrawn are set aside.

A withdrawn row leaves its day free for another, so the days are unique among rows that stand. The schema before knows
no withdrawal: there such a row keeps its columns under a scope key that no rule asks for, and comes back from it.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

TABLES = {
    "pricing_price": ("scope_key", "price_group", "valid_from"),
    "registry_policy": ("scope_key", "valid_from"),
    "registry_timetable": ("scope_key", "valid_from"),
    "approval_chain": ("scope_key", "valid_from"),
}
STANDS = sa.text("withdrawn_at IS NULL")
ASIDE = "withdrawn:"


def upgrade() -> None:
    for name, columns in TABLES.items():
        unique = f"uq_{name}_{'_'.join(columns)}"
        with op.batch_alter_table(name) as table:
            table.drop_constraint(unique, type_="unique")
            table.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        _back(name)
        op.create_index(
            unique, name, list(columns), unique=True, sqlite_where=STANDS, postgresql_where=STANDS
        )


def downgrade() -> None:
    for name, columns in TABLES.items():
        unique = f"uq_{name}_{'_'.join(columns)}"
        op.drop_index(unique, table_name=name)
        _aside(name)
        with op.batch_alter_table(name) as table:
            table.drop_column("withdrawn_at")
            table.create_unique_constraint(unique, list(columns))


def _rows(name: str) -> sa.TableClause:
    return sa.table(
        name,
        sa.column("id", sa.Uuid()),
        sa.column("scope_kind", sa.String()),
        sa.column("scope_id", sa.Uuid()),
        sa.column("scope_key", sa.String()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("withdrawn_at", sa.DateTime(timezone=True)),
    )


def _aside(name: str) -> None:
    rows, run = _rows(name), op.get_bind().execute
    for (row_id,) in run(sa.select(rows.c.id).where(rows.c.withdrawn_at.is_not(None))).all():
        run(rows.update().where(rows.c.id == row_id).values(scope_key=f"{ASIDE}{row_id}"))


def _back(name: str) -> None:
    rows, run = _rows(name), op.get_bind().execute
    aside = sa.select(rows.c.id, rows.c.scope_kind, rows.c.scope_id).where(rows.c.scope_key.startswith(ASIDE))
    for row_id, kind, scope_id in run(aside).all():
        key = kind if scope_id is None else f"{kind}:{uuid.UUID(str(scope_id))}"
        back = {"scope_key": key, "withdrawn_at": rows.c.created_at}
        run(rows.update().where(rows.c.id == row_id).values(**back))
