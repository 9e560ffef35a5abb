"""Human numbers that carry the zone and the year: `KM-2026-000123`."""

from __future__ import annotations

import threading
from typing import Final

from flask import current_app
from sqlalchemy import Connection, String, bindparam
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import APART, Model, db, insert, is_sqlite, table_of

BLOCK: Final = 10
CACHE: Final = "sharing.kernel.numbers"
_drawing = threading.Lock()


class Series(Model):
    """The last number given, or taken by a process to give, in one series, such as `booking:KM-2026`."""

    __tablename__ = "kernel_series"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[int]


def next_number(kind: str, prefix: str, year: int) -> str:
    """The next number of a kind in a zone and year: never one twice; gaps, and on PostgreSQL a small disorder, are
    allowed (what must have no gap, an invoice, is not numbered here).

    On PostgreSQL each process takes `BLOCK` numbers at a time in a transaction of its own: a number drawn inside the
    use case would let all bookings of a zone wait for each other's commit.
    """
    name = _series(kind, prefix, year)
    number = _drawn(db.session.connection(), name, 1) if is_sqlite() else _of_block(name)
    return _said(prefix, year, number)


def next_numbers(kind: str, prefix: str, year: int, count: int) -> list[str]:
    """The next `count` numbers at once, in order, drawn in the transaction at hand."""
    last = _drawn(db.session.connection(), _series(kind, prefix, year), count)
    return [_said(prefix, year, number) for number in range(last - count + 1, last + 1)]


def _series(kind: str, prefix: str, year: int) -> str:
    return f"{kind}:{prefix}-{year}"


def _said(prefix: str, year: int, number: int) -> str:
    return f"{prefix}-{year}-{number:06d}"


def _of_block(name: str) -> int:
    with _drawing:
        blocks: dict[str, list[int]] = current_app.extensions.setdefault(CACHE, {})
        if not blocks.get(name):
            with db.engines[APART].connect() as apart:
                last = _drawn(apart, name, BLOCK)
            blocks[name] = list(range(last, last - BLOCK, -1))
        return blocks[name].pop()


def _drawn(connection: Connection, name: str, count: int) -> int:
    """Raise the series; the last of the `count` numbers that are now ours."""
    table = table_of(Series)
    raised = insert(table).on_conflict_do_update(
        index_elements=["name"], set_={"last": table.c.last + bindparam("count", type_=table.c.last.type)}
    )
    found = connection.execute(raised.returning(table.c.last), {"name": name, "last": count, "count": count})
    return int(found.scalar_one())
