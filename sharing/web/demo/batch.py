"""Rows gathered by table and written at once, with keys that a seed makes again.

The services write one thing at a time, with its checks, locks and messages; a demo of a hundred thousand rows goes in
by bulk instead. What the database itself keeps (keys, checks, no overlap, append-only) holds all the same.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from sharing.kernel.bulk import completed, insert_many
from sharing.kernel.db import table_of
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
            for first in range(0, len(rows), CHUNK):
                insert_many(table, completed(table, rows[first : first + CHUNK]))
            written += len(rows)
            rows.clear()
        return written
