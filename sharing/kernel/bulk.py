"""Many rows at once: COPY on PostgreSQL, the driver's executemany on SQLite; in the transaction at hand.

SQLAlchemy's own way there costs three times as much as SQLite's work and ten times PostgreSQL's (SPEED). What the
database itself keeps (keys, checks, no overlap, append-only) holds all the same.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from operator import attrgetter
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import JSON, Date, Table, Uuid
from sqlalchemy.exc import IntegrityError, OperationalError

from sharing.kernel.db import UtcDateTime, db, is_sqlite, write_rest


def completed(table: Table, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with every column: the default of the model where one is left out, else null."""
    defaults = {column.name: _default(column) for column in table.columns}
    return [
        {
            name: row[name] if name in row else (default() if callable(default) else default)
            for name, default in defaults.items()
        }
        for row in rows
    ]


def _default(column: Any) -> Any:
    if column.default is None:
        return None
    if column.default.is_scalar:
        return column.default.arg
    return lambda: column.default.arg(None)


def insert_many(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert complete rows by the driver itself."""
    columns = list(table.columns)
    names = ", ".join(f'"{column.name}"' for column in columns)
    kept = [(column.name, _KEPT.get(type(column.type))) for column in columns]
    if is_sqlite():
        marks = ", ".join("?" * len(columns))
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - names of our own tables
        values = [
            [keep(row[name]) if keep and row[name] is not None else row[name] for name, keep in kept]
            for row in rows
        ]
        with _spoken(statement):
            _driver().executemany(statement, values)
        return
    as_json = {column.name for column in columns if isinstance(column.type, JSON)}
    copy_in(
        f'COPY "{table.name}" ({names}) FROM STDIN',
        (
            [
                Jsonb(row[name]) if name in as_json and row[name] is not None else row[name]
                for name, _keep in kept
            ]
            for row in rows
        ),
    )


def copy_in(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Rows by COPY; PostgreSQL only."""
    with _spoken(statement), _driver().cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _driver() -> Any:
    write_rest()
    return db.session.connection().connection.driver_connection


@contextmanager
def _spoken(statement: str) -> Iterator[None]:
    """What the driver raises, as SQLAlchemy would have said it: use cases tell a taken key from a lost connection."""
    try:
        yield
    except (sqlite3.IntegrityError, psycopg.IntegrityError) as error:
        raise IntegrityError(statement, None, error) from error
    except (sqlite3.OperationalError, psycopg.OperationalError) as error:
        raise OperationalError(statement, None, error) from error


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


_KEPT: Final[dict[type, Callable[[Any], Any]]] = {  # how SQLite keeps what it has no type for
    Uuid: attrgetter("hex"),
    UtcDateTime: _instant,
    Date: date.isoformat,
    JSON: partial(json.dumps, ensure_ascii=False),
}
