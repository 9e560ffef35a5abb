"""The bytes of an audit row that a seal is made over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

NETWORK: Final = "network"  # the chain of rows that belong to no zone
SEALED: Final = (
    "id", "at", "zone_code", "request_id", "actor_id", "actor_name", "for_id", "action", "about_kind", "about_id",
    "before", "after", "note",
)  # fmt: skip
"""The columns under seal, by name: one added later must not break the seals that stand."""


def sealed_bytes(row: Mapping[str, Any]) -> bytes:
    """The same on both databases, and after a move from one to the other."""
    plain = {name: _plain(row[name]) for name in SEALED}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, str | dict) else str(value)


def seal_hash(before: str, zone: str, number: int, rows: Iterable[bytes]) -> str:
    """SHA-256 over the hash of the seal before, the seal's place in its chain, and its rows in order."""
    found = hashlib.sha256(f"{before}\n{zone}\n{number}\n".encode())
    for row in rows:
        found.update(row + b"\n")
    return found.hexdigest()
