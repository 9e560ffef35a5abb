"""The database handle: one transaction a use case, locks that are real on SQLite and on PostgreSQL.

Nothing outside this file commits. SQLite runs in WAL mode, begins every writing transaction IMMEDIATE and keeps
`synchronous=FULL`; PostgreSQL runs READ COMMITTED with explicit locks. Both keep the overlap rule in the schema.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import lru_cache, wraps
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast

import flask_sqlalchemy.session
import structlog
import uuid_utils
from flask import g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, MetaData, Table, Uuid, bindparam, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON, TypeDecorator

from sharing.kernel.quick import Quick
from sharing.kernel.refusals import Refused

log = structlog.get_logger("sharing.database")
P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3
APART: Final = "apart"
"""The engine of one more connection to the same database, for what must be committed while a use case is under way."""
BEGIN: Final = Quick(text("BEGIN"))
"""How PostgreSQL begins a use case (READ COMMITTED); outside one, each statement commits by itself."""
AWAY: Final = (OperationalError, InterfaceError, PendingRollbackError)
"""What SQLAlchemy raises when the database stops answering, also in the middle of a transaction."""
_writing = (
    threading.RLock()
)  # SQLite waits unfairly and for seconds: threads of a process queue here (SPEED 7)
TAKEN = "taken"  # what our SQLite triggers say when the overlap rule refuses a row
APPEND_ONLY = "append-only"  # what our triggers say when a row of history is touched


class Base(DeclarativeBase):
    """Names constraints alike everywhere, so that migrations can name them too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Session(flask_sqlalchemy.session.Session):
    """A session that writes what was left behind (`write_behind`) before it asks the database anything else."""

    def get_bind(self, *_args: Any, **_kwargs: Any) -> Engine:
        """There is one database; which it is need not be looked up in each statement."""
        return db.engine

    def connection(self, *args: Any, **kwargs: Any) -> Any:
        write_rest()
        return super().connection(*args, **kwargs)

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        write_rest()
        return super().execute(*args, **kwargs)

    def scalar(self, *args: Any, **kwargs: Any) -> Any:
        write_rest()
        return super().scalar(*args, **kwargs)

    def scalars(self, *args: Any, **kwargs: Any) -> Any:
        write_rest()
        return super().scalars(*args, **kwargs)

    def flush(self, *args: Any, **kwargs: Any) -> None:
        write_rest()
        super().flush(*args, **kwargs)


db = SQLAlchemy(model_class=Base, session_options={"class_": Session, "expire_on_commit": False})
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

Json = JSON().with_variant(postgresql.JSONB(), "postgresql")
Key = Uuid(as_uuid=True)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; SQLite keeps it as UTC text without zone, PostgreSQL as timestamptz."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time was given to the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> uuid.UUID:
    """A UUIDv7: sorts by time of making and travels between nodes without a clash (DESIGN 2.8)."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)


class Keyed:
    """A table row with a UUIDv7 key."""

    id: Mapped[uuid.UUID] = mapped_column(Key, primary_key=True, default=new_id)


# --- connections -----------------------------------------------------------------------------------------------------


def prepare(engine: Engine, *, synchronous: str = "FULL") -> None:
    """Give every connection of a SQLite engine its pragmas and explicit BEGIN; PostgreSQL needs nothing."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not BEGIN by itself
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "busy_timeout=10000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")


def forget_connections(*, close: bool = True) -> None:
    """Give up every pooled connection; `close=False` in a forked process, whose parent goes on using them."""
    for engine in db.engines.values():
        engine.dispose(close=close)


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


# --- transactions ----------------------------------------------------------------------------------------------------


def _depth() -> int:
    return int(g.get("transaction_depth", 0))


def in_transaction() -> bool:
    """True inside a use case: what is read now is read under its locks."""
    return _depth() > 0


def _may_try_again(error: Exception) -> bool:
    """Serialization failures, deadlocks and a lost connection before anything was committed; a busy SQLite."""
    if not isinstance(error, DBAPIError) or error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    return state in {"40001", "40P01"} or "database is locked" in str(error.orig)


def roll_back() -> None:
    """Give up whatever is open; a connection that died meanwhile has nothing to give up and is thrown away."""
    try:
        db.session.rollback()
    except AWAY:
        db.session().invalidate()


@contextmanager
def transaction() -> Iterator[None]:
    """One transaction: joined when one is open already, else begun here, committed at the end, rolled back on error."""
    if _depth():
        yield
        return
    roll_back()  # a read before may have left a snapshot open
    with _writing if is_sqlite() else nullcontext():
        g.transaction_depth = 1
        try:
            g.rows_behind = []
            if is_sqlite():
                db.session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
            else:
                db.session.connection()
                BEGIN.rows({})
            yield
            write_rest()
            db.session.commit()
        except BaseException:
            roll_back()
            raise
        finally:
            g.transaction_depth = 0
            g.rows_behind = []


@contextmanager
def snapshot() -> Iterator[None]:
    """A long read that sees one instant; PostgreSQL streams rows only inside a transaction. Writes nothing."""
    if _depth() or is_sqlite():
        yield
        return
    roll_back()
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        yield
    finally:
        roll_back()


def attempts(work: Callable[[], R]) -> R:
    """Run `work` in a transaction, again at most twice where the database says the attempt had no effect.

    Raises Refused: unavailable, when the database stays away; a commit whose fate is unknown is never repeated.
    """
    for attempt in range(1, TRIES + 1):
        committing = False
        try:
            with transaction():
                result = work()
                committing = True
            return result
        except AWAY as error:
            lost_in_commit = committing and getattr(error, "connection_invalidated", True)
            if lost_in_commit or attempt == TRIES or not _may_try_again(error):
                log.warning("database refused", tries=attempt, in_commit=lost_in_commit, reason=str(error))
                raise Refused("unavailable", retry_after=1) from error
        time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")


def transactional(use_case: Callable[P, R]) -> Callable[P, R]:
    """Make a service function one transaction; inside another it joins that one."""

    @wraps(use_case)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _depth():
            return use_case(*args, **kwargs)
        return attempts(lambda: use_case(*args, **kwargs))

    return run


# --- rows that nobody waits for --------------------------------------------------------------------------------------

Shape = tuple[Table, tuple[str, ...], bool]
MOST_TOGETHER: Final = 8


def write_behind(table: Table, row: Mapping[str, Any], *, unless_there: bool = False) -> None:
    """Write a row together with its neighbours: before the next statement of this transaction, or before its commit.
    PostgreSQL gets them in one round trip, so that locks are held no longer than they must.

    row           every column but those that are NULL; Python's defaults are not applied
    unless_there  a row that a unique constraint knows already is left as it is
    """
    if not in_transaction():
        raise RuntimeError(f"a row of {table.name} outside a transaction")
    g.rows_behind.append(((table, tuple(row), unless_there), row))


def write_rest() -> None:
    """Write the rows that were left behind."""
    rows: list[tuple[Shape, Mapping[str, Any]]] = g.get("rows_behind", [])
    if not rows:
        return
    g.rows_behind = []
    if is_sqlite() or len(rows) > MOST_TOGETHER:
        for shape, alike in groupby(rows, key=itemgetter(0)):
            db.session.execute(_one(shape), [row for _shape, row in alike])
    else:
        facts = {f"{name}_{n}": value for n, (_shape, row) in enumerate(rows) for name, value in row.items()}
        _together(tuple(shape for shape, _row in rows)).rows(facts)


def _one(shape: Shape) -> Any:
    table, _names, unless_there = shape
    return insert(table).on_conflict_do_nothing() if unless_there else insert(table)


@lru_cache(maxsize=256)
def _together(shapes: tuple[Shape, ...]) -> Quick:
    """One INSERT of PostgreSQL whose common table expressions are the others, built once for these shapes."""
    parts = []
    for n, (table, names, unless_there) in enumerate(shapes):
        columns = {name: bindparam(f"{name}_{n}", type_=table.c[name].type) for name in names}
        part = postgresql.insert(table).values(columns)
        parts.append(part.on_conflict_do_nothing() if unless_there else part)
    *others, last = parts
    return Quick(last.add_cte(*(part.cte(f"row_{n}") for n, part in enumerate(others))))


# --- single rows -----------------------------------------------------------------------------------------------------


def save(row: Any) -> Any:
    """Add a row and send it to the database now, so that a broken constraint shows here."""
    db.session.add(row)
    db.session.flush()
    return row


def table_of(model: type[Base]) -> Table:
    """The Core table of a model: the booking path and the lists speak Core."""
    return cast("Table", model.__table__)


def insert(table: Table) -> Any:
    """The dialect's INSERT, which knows ON CONFLICT."""
    return _insert()(table)


def _insert() -> Callable[[Table], Any]:
    return sqlite.insert if is_sqlite() else postgresql.insert


@lru_cache(maxsize=64)
def _or_none(table: Table, make: Callable[[Table], Any], names: tuple[str, ...]) -> Quick:
    columns = {name: bindparam(name, type_=table.c[name].type) for name in names}
    return Quick(make(table).values(columns).on_conflict_do_nothing().returning(*table.primary_key))


def insert_or_none(table: Table, row: Mapping[str, Any]) -> Any:
    """INSERT … ON CONFLICT DO NOTHING RETURNING the key; None means that a constraint found it taken.

    row   every column but those that are NULL; Python's defaults are not applied

    On SQLite the trigger's abort takes the conflict's place: it is answered by a savepoint rolled back.
    """
    statement = _or_none(table, _insert(), tuple(row))
    if not is_sqlite():
        return next(iter(statement.rows(row)), None)
    savepoint = db.session.begin_nested()
    try:
        found = next(iter(statement.rows(row)), None)
    except IntegrityError as error:
        savepoint.rollback()
        if TAKEN in str(error.orig):
            return None
        raise
    savepoint.commit()
    return found


def lock_person(person_id: uuid.UUID) -> None:
    """Make rivals of one person wait until this transaction ends: a constraint cannot count a quota.

    Lock order (RELIABILITY section 1): instrument, then person, then ledger account. SQLite's IMMEDIATE already holds.
    """
    if not is_sqlite():
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": person_id.int >> 65})
