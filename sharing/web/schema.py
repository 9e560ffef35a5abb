"""The schema of the database and its one numbered line of migrations, on SQLite and PostgreSQL.

Every migration is a transaction of its own on both databases, so a crash leaves a whole number of them. Two
processes that migrate at once take turns. Used by the `sharing db` command and by tests.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import autogenerate, command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from sharing.kernel.db import db
from sharing.web import places

TABLES_OF_KERNEL = (
    "sharing.kernel.idempotency",
    "sharing.kernel.jobs",
    "sharing.kernel.lease",
    "sharing.kernel.numbering",
)
MIGRATION_LOCK = 0x5348_4152_494E_47  # any number, the same for every process that migrates

_HISTORY = (
    "audit_event",
    "audit_seal",
    "audit_check",
    "approval_decision",
    "orders_quote",
    "orders_file",
    "orders_contract",
    "ledger_entry",
    "ledger_line",
    "ledger_seal",
)
BOOKS = {"ledger_entry_whole", "ledger_line_before_entry"}
GUARDS = {
    "postgresql": {"ex_booking_slot_overlap", "booking_slot_never_updated", "registry_instrument_version"}
    | BOOKS
    | {f"{table}_append_only" for table in _HISTORY},
    "sqlite": {"booking_slot_overlap", "booking_slot_never_updated"}
    | BOOKS
    | {f"registry_instrument_version_{event}" for event in ("insert", "update", "delete")}
    | {f"{table}_append_only_{event}" for table in _HISTORY for event in ("update", "delete")},
}
GUARDS_THERE = {
    "postgresql": "SELECT conname FROM pg_constraint WHERE contype = 'x' AND convalidated "
    "UNION ALL SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


class BrokenReferences(RuntimeError):
    """A migration on SQLite left rows that point nowhere; nothing of it was kept."""


@dataclass(frozen=True)
class State:
    """Where a database stands: its revision (None: empty) and the newest one that this code knows."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        return self.current == self.head


def metadata() -> MetaData:
    """All tables of all slices; a slice's models are found by the name of their file."""
    for name in TABLES_OF_KERNEL:
        importlib.import_module(name)
    for file in (*places.PACKAGE.glob("*/models.py"), *places.PACKAGE.glob("*/models/__init__.py")):
        importlib.import_module(f"sharing.{file.relative_to(places.PACKAGE).parts[0]}.models")
    return db.metadata


def located(url: str) -> str:
    """The URL with a relative SQLite path taken from the working directory; its folder is made."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        file = Path(str(parsed.database)).absolute()
        file.parent.mkdir(parents=True, exist_ok=True)
        parsed = parsed.set(database=str(file))
    return parsed.render_as_string(hide_password=False)


def upgrade(url: str, revision: str = "head") -> None:
    with _alone(url) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(url: str, revision: str) -> None:
    with _alone(url) as connection:
        command.downgrade(_config(connection), revision)


def state(connection: Connection) -> State:
    """Read where this database stands; one small query."""
    current = MigrationContext.configure(connection).get_current_revision()
    return State(current, head())


def state_of(url: str) -> State:
    with _connected(url) as connection:
        return state(connection)


def head() -> str:
    """The newest migration in the code."""
    newest = ScriptDirectory(str(places.MIGRATIONS)).get_current_head()
    if newest is None:
        raise LookupError("there are no migrations")
    return newest


def differences(url: str) -> list[str]:
    """What Alembic would still change to make the database equal the models; empty means equal."""
    with _connected(url) as connection:
        options = {"compare_type": True, "include_name": _is_ours, "render_as_batch": False}
        found = autogenerate.compare_metadata(
            MigrationContext.configure(connection, opts=options), metadata()
        )
        return [repr(difference) for difference in found]


def missing_guards(url: str) -> list[str]:
    """What holds the invariants of DESIGN section 2 in the database and is gone or off; empty means all there."""
    with _connected(url) as connection:
        kind = connection.dialect.name
        there = set(connection.scalars(text(GUARDS_THERE[kind])))
        return [f"missing: {name}" for name in sorted(GUARDS[kind] - there)]


def configure(environment: Any) -> None:
    """Called by migrations/env.py: the connection given by the caller, one transaction a migration."""
    connection: Connection = environment.config.attributes["connection"]
    environment.configure(
        connection=connection,
        target_metadata=metadata(),
        include_name=_is_ours,
        transaction_per_migration=True,
        transactional_ddl=True,
        on_version_apply=_references_hold,
    )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(places.MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out the shadow tables of SQLite's full-text index, which no model describes."""
    if kind != "table" or name is None:
        return True
    stem, _, _tail = name.rpartition("_fts")
    return not stem


def _references_hold(ctx: MigrationContext, **_facts: Any) -> None:
    """Rebuilding a table on SQLite needs foreign keys off, so they are checked before each migration commits."""
    connection = ctx.connection
    if connection is None or connection.dialect.name != "sqlite":
        return
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(5):
        raise BrokenReferences(f"rows that point nowhere: {broken}")


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """One connection of its own, to look with."""
    engine = create_engine(located(url), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@contextmanager
def _alone(url: str) -> Iterator[Connection]:
    """One connection to migrate with; other migrators wait until it is closed."""
    engine = create_engine(located(url), poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begun)
        with engine.connect() as connection:
            yield connection
        return
    with engine.connect() as waiting:
        lock = waiting.execution_options(isolation_level="AUTOCOMMIT")
        lock.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        with engine.connect() as connection:
            yield connection


def _sqlite_connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = (
        None  # the driver must not BEGIN by itself, or DDL would escape the transaction
    )
    connection.execute("PRAGMA busy_timeout=60000")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=OFF")


def _sqlite_begun(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
