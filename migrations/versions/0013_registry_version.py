"""registry: one number drawn anew by whatever changes an instrument; instruments already there stand under the first.

Drawn at random, so that no cache fits a database that was restored or emptied since. By the database itself, so that
no writer can forget it: an import, a repair by hand.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

DRAW_POSTGRESQL = """
CREATE FUNCTION registry_draw_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry_version (id, version) VALUES (1, 1 + floor(random() * 4503599627370496)::bigint)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version;
    RETURN NULL;
END $$
"""
DRAWN_POSTGRESQL = """
CREATE TRIGGER registry_instrument_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON registry_instrument
FOR EACH STATEMENT EXECUTE FUNCTION registry_draw_version()
"""
DRAWN_SQLITE = """
CREATE TRIGGER registry_instrument_version_{event} AFTER {event} ON registry_instrument
BEGIN
    DELETE FROM registry_version;
    INSERT INTO registry_version (id, version) VALUES (1, 1 + (random() & 4503599627370495));
END
"""
EVENTS = ("insert", "update", "delete")


def upgrade() -> None:
    op.create_table(
        "registry_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registry_version"),
    )
    op.execute("INSERT INTO registry_version (id, version) VALUES (1, 1)")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(DRAW_POSTGRESQL)
        op.execute(DRAWN_POSTGRESQL)
        return
    for event in EVENTS:
        op.execute(DRAWN_SQLITE.format(event=event))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER registry_instrument_version ON registry_instrument")
        op.execute("DROP FUNCTION registry_draw_version()")
    else:
        for event in EVENTS:
            op.execute(f"DROP TRIGGER registry_instrument_version_{event}")
    op.drop_table("registry_version")
