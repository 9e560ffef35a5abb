"""ledger: accounts, periods, entries and their lines. The database itself keeps the books balanced and unchanged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

INSTANT = sa.DateTime(timezone=True)
KEPT = ("ledger_entry", "ledger_line", "ledger_seal")
TAGS = ("group_id", "card_id", "person_id", "instrument_id", "payer_id")
LINE_INDEXES = ("account", "card_id", "instrument_id", "payer_id")

WHOLE_POSTGRESQL = """
CREATE FUNCTION ledger_entry_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lines integer;
    total numeric;
BEGIN
    PERFORM 1 FROM ledger_period
    WHERE id = NEW.period_id AND institution_id = NEW.institution_id AND closed_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'period-closed' USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    SELECT count(*), sum(amount_fen) INTO lines, total FROM ledger_line WHERE entry_id = NEW.id;
    IF lines <> NEW.line_count OR total <> 0 THEN
        RAISE EXCEPTION 'unbalanced' USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$
"""
COMPLETE_POSTGRESQL = """
CREATE FUNCTION ledger_line_before_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id) THEN
        RAISE EXCEPTION 'entry-complete' USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$
"""
WHOLE_SQLITE = """
CREATE TRIGGER ledger_entry_whole BEFORE INSERT ON ledger_entry
BEGIN
    SELECT RAISE(ABORT, 'period-closed') WHERE NOT EXISTS (
        SELECT 1 FROM ledger_period
        WHERE id = NEW.period_id AND institution_id = NEW.institution_id AND closed_at IS NULL
    );
    SELECT RAISE(ABORT, 'unbalanced') WHERE (
        SELECT count(*) <> NEW.line_count OR sum(amount_fen) <> 0 FROM ledger_line WHERE entry_id = NEW.id
    );
END
"""
COMPLETE_SQLITE = """
CREATE TRIGGER ledger_line_before_entry BEFORE INSERT ON ledger_line
WHEN EXISTS (SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id)
BEGIN SELECT RAISE(ABORT, 'entry-complete'); END
"""


def upgrade() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_en", sa.String(150), nullable=False),
        sa.Column("nature", sa.String(10), nullable=False),
        sa.CheckConstraint(
            "nature IN ('asset','liability','equity','income','expense')", name="ck_ledger_account_nature"
        ),
        sa.PrimaryKeyConstraint("code", name="pk_ledger_account"),
    )
    op.create_table(
        "ledger_period",
        *_keys("ledger_period", institution_id="network_institution"),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        *_keys("ledger_period", nullable=True, closed_by="people_user"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_period"),
        sa.UniqueConstraint("institution_id", "month", name="uq_ledger_period_institution_id_month"),
        sa.UniqueConstraint("institution_id", "starts_on", name="uq_ledger_period_institution_id_starts_on"),
    )
    op.create_table(
        "ledger_entry",
        *_keys("ledger_entry", institution_id="network_institution", period_id="ledger_period"),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        *_keys("ledger_entry", nullable=True, reverses_id="ledger_entry", posted_by="people_user"),
        sa.Column("posted_at", INSTANT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("line_count >= 2", name="ck_ledger_entry_line_count"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entry"),
        sa.UniqueConstraint("source", name="uq_ledger_entry_source"),
        sa.UniqueConstraint("reverses_id", name="uq_ledger_entry_reverses_id"),
    )
    op.create_index("ix_ledger_entry_period", "ledger_entry", ["period_id", "id"])
    op.create_index("ix_ledger_entry_institution", "ledger_entry", ["institution_id", "on_day", "id"])
    op.create_table(
        "ledger_line",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(20), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in TAGS),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name="ck_ledger_line_amount"),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["ledger_entry.id"],
            name="fk_ledger_line_entry_id",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(["account"], ["ledger_account.code"], name="fk_ledger_line_account"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_line"),
    )
    op.create_index("ix_ledger_line_entry_id", "ledger_line", ["entry_id"])
    for name in LINE_INDEXES:
        op.create_index(f"ix_ledger_line_{name}", "ledger_line", [name, "entry_id"])
    op.create_table(
        "ledger_seal",
        *_keys("ledger_seal", institution_id="network_institution"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("number", "rows")),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("first_id", "last_id", "id")),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_seal"),
        sa.UniqueConstraint("institution_id", "number", name="uq_ledger_seal_institution_id_number"),
    )
    for table in KEPT:
        append_only(table)
    _guarded()


def downgrade() -> None:
    for table in ("ledger_seal", "ledger_line", "ledger_entry", "ledger_period", "ledger_account"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_entry_whole()")
        op.execute("DROP FUNCTION ledger_line_before_entry()")


def _keys(table: str, *, nullable: bool = False, **targets: str) -> list[sa.Column[object]]:
    return [
        sa.Column(
            name, sa.Uuid(), sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{name}"), nullable=nullable
        )
        for name, target in targets.items()
    ]


def _guarded() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(WHOLE_SQLITE)
        op.execute(COMPLETE_SQLITE)
        return
    op.execute(WHOLE_POSTGRESQL)
    op.execute(COMPLETE_POSTGRESQL)
    for table, name in (("ledger_entry", "ledger_entry_whole"), ("ledger_line", "ledger_line_before_entry")):
        op.execute(f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def append_only(table: str) -> None:
    """Refuse update and delete, whoever asks (DESIGN 2.3)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION kernel_append_only()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only_{event.lower()} BEFORE {event} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        )
