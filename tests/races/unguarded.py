"""The `sharing` command with the application's own check switched off: no lock is taken and nobody looks first.

What is left is the schema. There is no setting for this; only this module, which does not ship, puts the functions
of `booking.service.slots` out of work before the server starts.
"""

from __future__ import annotations

import uuid
from typing import Any

from sharing.booking.service import slots
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.registry import queries as registry
from sharing.web.cli import main


def no_lock(*instrument_ids: uuid.UUID) -> int:
    return 0


def unlocked(instrument_id: uuid.UUID, *, payer_id: uuid.UUID | None) -> slots.Locked:
    terms = registry.booking_terms(instrument_id)
    if terms is None:
        raise Refused("not-found")
    return slots.Locked(terms, ("", ""))


def no_look(instrument_id: uuid.UUID, span: TimeSpan, capacity: int, **others: Any) -> slots.Place:
    return slots.Place(others.get("wanted") or 1, {})


def unguard() -> None:
    slots.lock = no_lock
    slots.locked = unlocked
    slots.place_for = no_look


if __name__ == "__main__":
    unguard()
    main()
