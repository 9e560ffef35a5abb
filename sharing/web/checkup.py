"""What `sharing doctor` looks at: configuration, database, migrations, clock, mail, storage; a line each."""

from __future__ import annotations

import shutil
import smtplib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from sharing.kernel import clock
from sharing.kernel.timespan import SHANGHAI
from sharing.web import schema, settings
from sharing.web.settings import Settings

MOST_CLOCK_SECONDS = 5
LEAST_FREE_BYTES = 1024**3
CONNECT_SECONDS = 5


class Verdict(StrEnum):
    OK = "ok"
    NOTE = "note"  # works, but somebody should know
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at, and what was found."""

    about: str
    verdict: Verdict
    found: str

    @property
    def failed(self) -> bool:
        return self.verdict is Verdict.FAILED

    def __str__(self) -> str:
        return f"{self.verdict:<7}{self.about:<15}{self.found}"


def lines() -> list[Line]:
    """Look at everything; what depends on a thing that failed is left out."""
    try:
        found = settings.read()
    except settings.SettingsError as error:
        return [Line("configuration", Verdict.FAILED, str(error))]
    where = "demo: known passwords, this machine only" if found.demo else found.base_url
    configuration = Line("configuration", Verdict.NOTE if found.demo else Verdict.OK, where)
    return [configuration, *_database(found), _mail(found), _storage(found)]


def _database(found: Settings) -> Iterator[Line]:
    engine = create_engine(schema.located(found.database_url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield _server(connection)
            yield _roles(found, connection)
            yield _clock(connection)
            state = schema.state(connection)
    except DBAPIError as error:
        yield Line("database", Verdict.FAILED, str(error.orig).strip())
        return
    if not state.is_current:
        at = state.current or "no schema yet"
        yield Line("migrations", Verdict.FAILED, f"{at}, newest is {state.head}: run `sharing db upgrade`")
        return
    yield Line("migrations", Verdict.OK, state.head)
    gone = schema.missing_guards(found.database_url)
    yield Line(
        "guards", Verdict.FAILED if gone else Verdict.OK, "; ".join(gone) or "overlap rule and history hold"
    )


def _server(connection: Connection) -> Line:
    if connection.dialect.name == "sqlite":
        return Line("database", Verdict.OK, f"SQLite {connection.scalar(text('SELECT sqlite_version()'))}")
    version = connection.scalar(text("SHOW server_version"))
    kind = connection.scalar(text("SELECT datctype FROM pg_database WHERE datname = current_database()"))
    if kind in {"C", "POSIX"}:
        return Line(
            "database", Verdict.FAILED, f"PostgreSQL {version}: its LC_CTYPE is {kind}, make it C.UTF-8"
        )
    return Line("database", Verdict.OK, f"PostgreSQL {version}, {kind}")


def _roles(found: Settings, connection: Connection) -> Line:
    """On PostgreSQL the application should not own what it must not change."""
    if connection.dialect.name == "sqlite":
        return Line("roles", Verdict.OK, "one file, triggers keep history")
    owner = text("SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'audit_event'")
    if found.database_owner_url is None or connection.scalar(owner):
        return Line("roles", Verdict.NOTE, "owner and application are one role; only triggers keep history")
    return Line("roles", Verdict.OK, "the application does not own the tables")


def _clock(connection: Connection) -> Line:
    mine = clock.now()
    shown = f"{mine.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S} Asia/Shanghai"
    if connection.dialect.name == "sqlite":
        return Line("clock", Verdict.OK, shown)
    theirs: Any = connection.scalar(text("SELECT clock_timestamp()"))
    apart = abs((theirs - mine).total_seconds()) if isinstance(theirs, datetime) else 0.0
    if apart > MOST_CLOCK_SECONDS:
        return Line("clock", Verdict.FAILED, f"{shown}; the database's clock is {apart:.0f} s away")
    return Line("clock", Verdict.OK, shown)


def _mail(found: Settings) -> Line:
    if not found.mail_url:
        return Line("mail", Verdict.NOTE, "SHARING_MAIL_URL is not set: mail waits in the outbox")
    url = urlsplit(found.mail_url)
    kind: Callable[..., smtplib.SMTP] = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(url.hostname or "", url.port or 0, timeout=CONNECT_SECONDS) as connection:
            connection.noop()
    except (OSError, smtplib.SMTPException) as error:
        return Line("mail", Verdict.FAILED, f"{url.hostname}:{url.port}: {error}")
    return Line("mail", Verdict.OK, f"{url.hostname}:{url.port} answers")


def _storage(found: Settings) -> Line:
    folder = found.storage_dir.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return Line("storage", Verdict.FAILED, f"{folder}: {error.strerror}")
    shown = f"{folder}, {free / 1024**3:.1f} GiB free"
    return Line("storage", Verdict.OK if free > LEAST_FREE_BYTES else Verdict.FAILED, shown)
