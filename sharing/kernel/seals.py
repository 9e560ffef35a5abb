"""Chains of seals over rows that are never changed: each is a hash over a run of rows and the seal before it.

A change, a missing row or one that was slipped in breaks the seal over it and is named by it (DESIGN 2.3). Rows are
sealed by a due job, so that nobody who writes waits for a chain.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

SETTLED: Final = timedelta(minutes=5)  # longer than any transaction: no row appears before one that is sealed
MOST_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True)
class Seal:
    """The hash over a run of a chain's rows; `rows` are those after the seal before, up to `last_id`."""

    chain: str
    number: int
    first_id: uuid.UUID
    last_id: uuid.UUID
    rows: int
    hash: str


@dataclass(frozen=True, slots=True)
class Chain:
    """How a chain of seals stands. `broken` names each seal that does not fit its rows, with the reason."""

    name: str
    seals: int
    rows: int
    unsealed: int
    broken: tuple[str, ...]


def row_bytes(row: Mapping[str, Any], names: Sequence[str]) -> bytes:
    """These columns of a row: the same on both databases, and after a move from one to the other."""
    plain = {name: _plain(row[name]) for name in names}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | dict) else str(value)


def seal_hash(before: str, chain: str, number: int, rows: Iterable[bytes]) -> str:
    """SHA-256 over the hash of the seal before, the seal's place in its chain, and its rows in order."""
    found = hashlib.sha256(f"{before}\n{chain}\n{number}\n".encode())
    for row in rows:
        found.update(row + b"\n")
    return found.hexdigest()


def seals_over(last: Mapping[str, Seal], rows: Iterable[tuple[str, uuid.UUID, bytes]]) -> list[Seal]:
    """The next seal of each chain that has rows among these.

    last  the newest seal of each chain
    rows  chain, key and bytes of each row, in the order of their keys
    """
    chains: dict[str, list[tuple[uuid.UUID, bytes]]] = {}
    for chain, key, held in rows:
        chains.setdefault(chain, []).append((key, held))
    found = []
    for chain, own in chains.items():
        before = last.get(chain)
        number = before.number + 1 if before else 1
        made = seal_hash(before.hash if before else "", chain, number, (held for _key, held in own))
        found.append(Seal(chain, number, own[0][0], own[-1][0], len(own), made))
    return found


def settled_before(now: datetime) -> uuid.UUID:
    """The smallest UUIDv7 of the last settled instant: keys sort by the time of their making."""
    return uuid.UUID(int=int((now - SETTLED).timestamp() * 1000) << 80)


class Reading:
    """A chain's rows being held against its seals, both in order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seals: list[Seal] = []
        self.at = 0
        self.held: list[bytes] = []
        self.rows = 0
        self.broken: list[str] = []

    def take(self, key: uuid.UUID, row: bytes) -> None:
        self.rows += 1
        while self.at < len(self.seals) and key > self.seals[self.at].last_id:
            self._close()
        self.held.append(row)

    def done(self) -> Chain:
        while self.at < len(self.seals):
            self._close()
        return Chain(self.name, len(self.seals), self.rows, len(self.held), tuple(self.broken))

    def _close(self) -> None:
        seal = self.seals[self.at]
        before = self.seals[self.at - 1].hash if self.at else ""
        name = f"{self.name} #{seal.number} ({seal.first_id} … {seal.last_id})"
        if seal.number != self.at + 1:
            self.broken.append(f"{name}: a seal before it is missing")
        if len(self.held) != seal.rows:
            self.broken.append(f"{name}: {seal.rows} rows were sealed, {len(self.held)} are there")
        elif seal_hash(before, self.name, seal.number, self.held) != seal.hash:
            self.broken.append(f"{name}: a row or the seal was changed")
        self.held = []
        self.at += 1
