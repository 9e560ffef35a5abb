"""The raw engine: the same guarded insert by bare psycopg, for the ratio of bookings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from sharing.kernel.db import new_id
from tests.bench.measures import Desk

SLOT: Final = """
INSERT INTO booking_slot (id, instrument_id, position, starts_at, ends_at, kind, source_id)
VALUES (%(slot_id)s, %(instrument_id)s, 1, %(starts_at)s, %(ends_at)s, 'booking', %(id)s)
ON CONFLICT DO NOTHING RETURNING source_id
"""


@dataclass(frozen=True)
class Insert:
    """A statement, and the values that are alike for every row."""

    statement: str
    values: dict[str, Any]


def slot_alone() -> Insert:
    """Only what is guarded: a slot without the booking that takes it."""
    return Insert(SLOT, {})


def slot_and_booking(url: str) -> Insert:
    """What a booking is when nobody asks and nobody is told: its guarded slot and its row, in one statement. The
    values are those of a booking that is there."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        like = connection.execute("SELECT * FROM booking_booking ORDER BY created_at DESC LIMIT 1").fetchone()
        types = connection.execute(
            "SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute"
            " WHERE attrelid = 'booking_booking'::regclass AND attnum > 0 AND NOT attisdropped"
        ).fetchall()
    if like is None:
        raise LookupError("no booking to copy")
    columns = ", ".join(row["attname"] for row in types)
    given = ", ".join(f"CAST(%({row['attname']})s AS {row['type']})" for row in types)
    statement = (
        f"WITH slot AS ({SLOT}) INSERT INTO booking_booking ({columns}) SELECT {given} FROM slot RETURNING id"
    )
    return Insert(
        statement,
        {name: Jsonb(value) if isinstance(value, dict | list) else value for name, value in like.items()},
    )


def inserts(
    url: str, insert: Insert, desks: Sequence[Desk], nth: Callable[[int], tuple[datetime, datetime]]
) -> Callable[[int, threading.Event], int]:
    """Rows accepted, a connection for each client and a commit for each row."""

    def work(client: int, stop: threading.Event) -> int:
        desk, accepted, n = desks[client], 0, 0
        with psycopg.connect(url, autocommit=True) as connection:
            while not stop.is_set():
                instrument = desk.instruments[n % len(desk.instruments)]
                start, end = nth(n // len(desk.instruments))
                key = new_id()
                row = {"id": key, "slot_id": new_id(), "instrument_id": instrument, "number": key.hex[-20:]}
                row |= {"starts_at": start, "ends_at": end}
                taken = connection.execute(insert.statement, insert.values | row, prepare=True).fetchone()
                accepted, n = accepted + (taken is not None), n + 1
        return accepted

    return work
