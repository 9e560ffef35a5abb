"""What blocks hold: every position of their instrument, minus what bookings hold (DESIGN 2.1)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sharing.booking import queries
from sharing.booking.rules import BlockRow, Taken, left_for
from sharing.booking.service import slots
from sharing.kernel.timespan import TimeSpan
from sharing.registry import queries as registry


def refill(instrument_id: uuid.UUID, now: datetime) -> None:
    """Give the blocks that stand on an instrument whatever time is free in them: all of it when they are laid, what
    a kept booking gives up later. Under the instrument's lock; one small statement where nothing is closed."""
    standing = queries.standing(instrument_id, now)
    if standing:
        fill(instrument_id, standing)


def fill(instrument_id: uuid.UUID, blocks: Sequence[BlockRow]) -> None:
    """Write the slots that these blocks of one instrument lack. Raises Refused: booking-conflict."""
    terms = registry.booking_terms(instrument_id)
    capacity = terms.instrument.capacity if terms else 1
    whole = TimeSpan(min(one.span.start for one in blocks), max(one.span.end for one in blocks))
    held = queries.taken([instrument_id], whole, capacity)[instrument_id]
    for block in blocks:
        near = [one for one in held if one.span.overlaps(block.span)]
        for position in range(1, capacity + 1):
            for part in left_for(block.span, position, near):
                slots.put(instrument_id, part, position, kind="block", source_id=block.id)
                held.append(Taken(block.id, position, part, pinned=True))
