"""Migrated, empty databases for tests: one template of each kind a run, one clone of each a test process.

The templates are made once, by our own migrations: by the controller when tests run in several processes, which
hands their place on in the environment, else by the first test that asks.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.engine import make_url

from sharing.web import schema
from tests.harness.postgres import Postgres

KINDS = ("sqlite", "postgresql")
SQLITE_TEMPLATE = "TEST_SQLITE_TEMPLATE"  # the path of a migrated file
POSTGRES_TEMPLATE = "TEST_POSTGRES_TEMPLATE"  # the URL of a migrated database
MEMORY = Path("/dev/shm")

_clones = itertools.count(1)


class Templates:
    """Starts the server and migrates both templates; `remove` undoes it."""

    def __init__(self) -> None:
        self.folder = scratch_folder()
        self.server = Postgres().start()
        os.environ[SQLITE_TEMPLATE] = str(self.folder / "template.db")
        os.environ[POSTGRES_TEMPLATE] = self.server.url("template_sharing")
        with administrator() as connection:
            connection.execute("CREATE DATABASE template_sharing")
        schema.upgrade(f"sqlite:///{self.folder / 'template.db'}")
        schema.upgrade(os.environ[POSTGRES_TEMPLATE])

    def remove(self) -> None:
        self.server.remove()
        shutil.rmtree(self.folder, ignore_errors=True)
        del os.environ[SQLITE_TEMPLATE], os.environ[POSTGRES_TEMPLATE]


def scratch_folder() -> Path:
    """A new folder, in memory where the machine has such a place: a test need not wait for a disk."""
    return Path(tempfile.mkdtemp(prefix="sharing-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None))


def administrator() -> psycopg.Connection:
    """A connection of its own to the server, outside any database of ours."""
    url = make_url(os.environ[POSTGRES_TEMPLATE]).set(database="postgres")
    return psycopg.connect(plain(url.render_as_string(hide_password=False)), autocommit=True)


def plain(url: str) -> str:
    """A SQLAlchemy URL as psycopg takes it."""
    return url.replace("+psycopg", "")


class Clone:
    """A database of this test process, equal to the template after `empty`.

    kind    sqlite or postgresql
    url     what the application connects to
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.folder = scratch_folder()
        if kind == "sqlite":
            self.url = f"sqlite:///{self.folder / 'test.db'}"
            shutil.copyfile(os.environ[SQLITE_TEMPLATE], self.folder / "test.db")
            return
        name = f"test_{os.getpid()}_{next(_clones)}"
        with administrator() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template_sharing")
        template = make_url(os.environ[POSTGRES_TEMPLATE])
        self.url = template.set(database=name).render_as_string(hide_password=False)
        self._sweep = psycopg.connect(plain(self.url), autocommit=True)
        self._sweep.execute(
            "SET session_replication_role = replica"
        )  # append-only triggers and foreign keys rest
        self._sweep.execute("SET lock_timeout = '10s'")  # a session that a test forgot shows itself
        self._deletes = ";".join(f'DELETE FROM "{name}"' for name in _tables(self.url))

    def empty(self, engine: Engine) -> None:
        """Take every row out; `engine` is the application's, whose pooled connections are dropped on SQLite."""
        if self.kind == "postgresql":
            self._sweep.execute(self._deletes)
            return
        engine.dispose()
        for suffix in ("-wal", "-shm"):
            (self.folder / f"test.db{suffix}").unlink(missing_ok=True)
        shutil.copyfile(os.environ[SQLITE_TEMPLATE], self.folder / "test.db")

    def remove(self) -> None:
        if self.kind == "postgresql":
            self._sweep.close()
            with contextlib.suppress(psycopg.Error), administrator() as connection:
                connection.execute(f"DROP DATABASE {make_url(self.url).database} WITH (FORCE)")
        shutil.rmtree(self.folder, ignore_errors=True)


def _tables(url: str) -> list[str]:
    engine = create_engine(url)
    try:
        return [name for name in inspect(engine).get_table_names() if name != "alembic_version"]
    finally:
        engine.dispose()
