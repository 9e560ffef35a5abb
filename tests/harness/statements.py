"""Every statement that goes to the database meanwhile, counted where it leaves: at SQLAlchemy for SQLite, at the driver
for PostgreSQL, where some go past SQLAlchemy (`kernel.quick`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event

from sharing.kernel.db import db, is_sqlite


@contextmanager
def statements(sent: list[str]) -> Iterator[None]:
    """Append each statement, transaction control aside. Use it with the application's context open."""

    class Noting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            sent.append(str(query))
            return super().execute(query, *args, **kwargs)

    def quick(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        note(None, None, str(query))
        return psycopg.Cursor.execute(cursor, query, *args, **kwargs)

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    def checked_out(connection: Any, *_rest: Any) -> None:
        connection.cursor_factory = Noting

    def checked_in(connection: Any, *_rest: Any) -> None:
        if connection is not None:
            connection.cursor_factory = psycopg.Cursor

    listening = (
        [("before_cursor_execute", note)]
        if is_sqlite()
        else [("checkout", checked_out), ("checkin", checked_in)]
    )
    psycopg.RawCursor.execute = quick  # type: ignore[method-assign]
    db.session.remove()  # what it holds was checked out before we listened
    for name, listener in listening:
        event.listen(db.engine, name, listener)
    try:
        yield
    finally:
        db.session.remove()
        del psycopg.RawCursor.execute
        for name, listener in listening:
            event.remove(db.engine, name, listener)
