"""One holder of a name among all processes: an advisory lock on PostgreSQL, a lease row on SQLite.

PostgreSQL frees the lock when its holder's connection breaks, which must therefore be a direct one, not through a
pooler in transaction mode. On SQLite every process shares one machine and clock: the row runs out unless renewed.
"""

from __future__ import annotations

import os
import socket
import uuid
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, String, create_engine, or_, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.pool import NullPool

from sharing.kernel.db import Model, UtcDateTime, table_of

LEASE: Final = timedelta(seconds=20)


class Lease(Model):
    """Who holds a name until when. Used on SQLite."""

    __tablename__ = "kernel_lease"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Hold(Protocol):
    """A claim to a name. `keep` takes or renews it and says whether it is ours; `drop` gives it back."""

    def keep(self, now: datetime) -> bool: ...
    def drop(self) -> None: ...


def holder() -> str:
    """This process, for the history of runs: host, process id, and a part that no restart repeats."""
    return f"{socket.gethostname()[:50]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def hold(url: URL, name: str, me: str) -> Hold:
    """The way to hold a name on this database."""
    if url.get_backend_name() == "sqlite":
        return LeaseHold(create_engine(url, poolclass=NullPool), name, me)
    return LockHold(create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT"), name)


class LockHold:
    """PostgreSQL: a session-level advisory lock on a connection of its own."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine, self.name = engine, name
        self.connection: Connection | None = None

    def keep(self, now: datetime) -> bool:  # noqa: ARG002 - the lock has no time
        """False when another holds it, or when the database is away: then the lock is lost too."""
        try:
            if self.connection is not None:
                self.connection.execute(text("SELECT 1"))
                return True
            return self._take()
        except DBAPIError:
            self.drop()
            return False

    def _take(self) -> bool:
        connection = self.engine.connect()
        self.connection = connection
        taken = connection.scalar(text("SELECT pg_try_advisory_lock(hashtext(:name))"), {"name": self.name})
        if not taken:
            self.drop()
        return bool(taken)

    def drop(self) -> None:
        """Closing the connection frees the lock."""
        if self.connection is not None:
            self.connection.invalidate()
            self.connection.close()
            self.connection = None


class LeaseHold:
    """SQLite: a row that says until when; it must be kept more often than `LEASE`."""

    def __init__(self, engine: Engine, name: str, me: str) -> None:
        self.engine, self.name, self.me = engine, name, me

    def keep(self, now: datetime) -> bool:
        """One statement: ours already, run out, or not there yet. False too when the file is locked for long."""
        table = table_of(Lease)
        wish = insert(table).values(name=self.name, holder=self.me, ends_at=now + LEASE)
        free = or_(table.c.holder == self.me, table.c.ends_at < now)
        wish = wish.on_conflict_do_update(
            index_elements=["name"], set_={"holder": self.me, "ends_at": now + LEASE}, where=free
        )
        try:
            with self.engine.begin() as connection:
                return connection.execute(wish).rowcount == 1
        except DBAPIError:
            return False

    def drop(self) -> None:
        table = table_of(Lease)
        with self.engine.begin() as connection:
            connection.execute(table.delete().where(table.c.name == self.name, table.c.holder == self.me))
