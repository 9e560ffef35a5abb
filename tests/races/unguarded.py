"""The `sharing` command with the application's own check switched off: no lock is taken and nobody looks first.

What is left is the schema. There is no setting for this; only this module, which does not ship, puts the functions
of `booking.service.slots` out of work before the server starts.
"""

from __future__ import annotations

import uuid
from typing import Any

from sharing.booking.service import slots
from sharing.kernel.timespan import TimeSpan
from sharing.registry import queries as registry
from sharing.web.cli import main


def no_lock(*instrument_ids: uuid.UUID) -> int:
    return 0


def no_look(instrument_id: uuid.UUID, span: TimeSpan, capacity: int, **others: Any) -> slots.Place:
    return slots.Place(others.get("wanted") or 1, {})


def unguard() -> None:
    slots.lock = no_lock
    slots.locked_terms = registry.booking_terms
    slots.place_for = no_look


if __name__ == "__main__":
    unguard()
    main()
