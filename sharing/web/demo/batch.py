"""Rows gathered by table and written at once, with keys that a seed makes again.

The services write one thing at a time, with its checks, locks and messages; a demo of a hundred thousand rows goes in
by bulk instead. What the database itself keeps (keys, checks, no overlap, append-only) holds all the same.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from operator import attrgetter
from typing import Any, Final

from psycopg.types.json import Jsonb
from sqlalchemy import JSON, Date, Table, Uuid

from sharing.kernel.db import UtcDateTime, db, is_sqlite, table_of
from sharing.web.seed import version_7

CHUNK = 20_000


class Keys:
    """UUIDv7 keys of given instants; the same seed gives the same keys in the same order."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(f"keys:{seed}")  # noqa: S311 - sample data, not a secret

    def at(self, instant: datetime) -> uuid.UUID:
        return version_7(int(instant.timestamp() * 1000), self._random.getrandbits(74))


class Batch:
    """Rows by table. Tables are written in the order in which they were first named, so name parents first."""

    def __init__(self, *parents_first: Any) -> None:
        self._rows: dict[Table, list[dict[str, Any]]] = {table_of(model): [] for model in parents_first}

    def add(self, model: Any, /, **values: Any) -> dict[str, Any]:
        """Keep one row; columns left out take the model's default. Returns the row, which may still be completed."""
        self._rows.setdefault(table_of(model), []).append(values)
        return values

    def rows(self, model: Any) -> Sequence[dict[str, Any]]:
        return self._rows.get(table_of(model), [])

    def write(self) -> int:
        """Insert everything inside the transaction at hand and forget it; the number of rows."""
        written = 0
        for table, rows in self._rows.items():
            _complete(table, rows)
            for first in range(0, len(rows), CHUNK):
                _insert(table, rows[first : first + CHUNK])
            written += len(rows)
            rows.clear()
        return written


def _complete(table: Table, rows: list[dict[str, Any]]) -> None:
    """Give every row every column: the default of the model, else null."""
    defaults = {column.name: _default(column) for column in table.columns}
    for number, row in enumerate(rows):
        rows[number] = {
            name: row[name] if name in row else (default() if callable(default) else default)
            for name, default in defaults.items()
        }


def _default(column: Any) -> Any:
    if column.default is None:
        return None
    if column.default.is_scalar:
        return column.default.arg
    return lambda: column.default.arg(None)


def _insert(table: Table, rows: list[dict[str, Any]]) -> None:
    """By the driver itself: SQLAlchemy's way there costs three times as much as SQLite's own work."""
    columns = list(table.columns)
    names = ", ".join(f'"{column.name}"' for column in columns)
    driver: Any = db.session.connection().connection.driver_connection
    kept = [(column.name, _KEPT.get(type(column.type))) for column in columns]
    if is_sqlite():
        marks = ", ".join("?" * len(columns))
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - names of our own tables
        driver.executemany(
            statement,
            [
                [keep(row[name]) if keep and row[name] is not None else row[name] for name, keep in kept]
                for row in rows
            ],
        )
        return
    as_json = [column.name for column in columns if isinstance(column.type, JSON)]
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in rows:
            for name in as_json:
                row[name] = None if row[name] is None else Jsonb(row[name])
            copy.write_row(list(row.values()))


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


_KEPT: Final[dict[type, Callable[[Any], Any]]] = {  # how SQLite keeps what it has no type for
    Uuid: attrgetter("hex"),
    UtcDateTime: _instant,
    Date: date.isoformat,
    JSON: partial(json.dumps, ensure_ascii=False),
}
