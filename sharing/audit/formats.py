"""The bytes of an audit row that a seal is made over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sharing.kernel.seals import row_bytes

NETWORK: Final = "network"  # the chain of rows that belong to no zone
SEALED: Final = (
    "id", "at", "zone_code", "request_id", "actor_id", "actor_name", "for_id", "action", "about_kind", "about_id",
    "before", "after", "note",
)  # fmt: skip
"""The columns under seal, by name: one added later must not break the seals that stand."""


def sealed_bytes(row: Mapping[str, Any]) -> bytes:
    return row_bytes(row, SEALED)


def chain_of(row: Mapping[str, Any]) -> str:
    """The chain of a row: its zone's, or the network's."""
    return row["zone_code"] or NETWORK
