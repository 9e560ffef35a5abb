"""Rows written as text, whole tables at a time, with the guards of a table taken away and made again round them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sharing.kernel.db import db, is_sqlite, table_of

CHUNK: Final = 5_000


class Rows:
    """Rows of one table as text, written by chunks. No text may hold a tab, a line end or a backslash."""

    def __init__(self, model: Any, columns: Sequence[str]) -> None:
        self.table, self.columns = table_of(model).name, columns
        self._rows: list[tuple[str | None, ...]] = []

    def add(self, row: tuple[str | None, ...]) -> None:
        self._rows.append(row)
        if len(self._rows) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        driver: Any = db.session.connection().connection.driver_connection
        names = ", ".join(f'"{name}"' for name in self.columns)
        if is_sqlite():
            marks = ", ".join("?" * len(self.columns))
            driver.executemany(f'INSERT INTO "{self.table}" ({names}) VALUES ({marks})', self._rows)  # noqa: S608
        else:
            with driver.cursor() as cursor, cursor.copy(f'COPY "{self.table}" ({names}) FROM STDIN') as copy:
                copy.write("".join(_line(row) for row in self._rows))
        self._rows.clear()


def _line(row: tuple[str | None, ...]) -> str:
    return "\t".join("\\N" if value is None else value for value in row) + "\n"


@contextmanager
def unguarded(*tables: str) -> Iterator[None]:
    """On PostgreSQL, take away what makes inserts slow and make it again at the end, which checks every row."""
    if is_sqlite():
        yield
        return
    run = db.session.connection().exec_driver_sql
    run("SET LOCAL TIME ZONE 'UTC'")
    run("SET LOCAL maintenance_work_mem = '512MB'")
    constraints = [(table, *row) for table in tables for row in run(_CONSTRAINTS, (table,))]
    indexes = [row for table in tables for row in run(_INDEXES, (table,))]
    for table, name, _definition in constraints:
        run(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        run(f'DROP INDEX "{name}"')
    yield
    for _name, definition in indexes:
        run(definition)
    for table, name, definition in constraints:
        run(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')


_CONSTRAINTS: Final = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::text::regclass AND contype IN ('f', 'u', 'x')
"""
_INDEXES: Final = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = %s::text::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
