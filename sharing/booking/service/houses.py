"""A house leaves the network: its people, its instruments, and the bookings that hang on it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sharing.booking import queries
from sharing.booking.rules import OPEN, Action, BookingRow, Status
from sharing.booking.service import telling
from sharing.booking.service.ending import end, withdraw
from sharing.booking.service.recording import locked
from sharing.kernel.db import transactional
from sharing.network import queries as network
from sharing.network import service as network_service
from sharing.people import service as people
from sharing.people.rules import Actor
from sharing.registry import service as registry


@transactional
def close_house(
    institution_id: uuid.UUID, *, reason: str, source_document: str, by: Actor | None, now: datetime
) -> None:
    """From now on it is not of the network: its people have left, its instruments are retired, all or none of it.

    Its open bookings are cancelled after this, one at a time (`cancel_left_behind`), by the clock if need be.
    Raises Refused: not-found, forbidden.
    """
    network_service.retire_institution(
        institution_id, reason=reason, source_document=source_document, by=by, now=now
    )
    registry.retire_with_house(institution_id, reason=reason, by=by, now=now)
    people.leave_with_house(institution_id, reason=reason, by=by, now=now)


@transactional
def move_house(
    institution_id: uuid.UUID, *, out_of: uuid.UUID, into: uuid.UUID, by: Actor | None, now: datetime
) -> None:
    """The house belongs to another zone, and its instruments that stood in the old one stand there. Both or neither.

    Raises Refused: not-found, forbidden.
    """
    network_service.edit_institution(institution_id, {"zone_id": into}, by=by, now=now)
    registry.move_with_house(institution_id, out_of=out_of, into=into, by=by, now=now)


@transactional
def cancel_left_behind(booking_id: uuid.UUID, *, now: datetime) -> bool:
    """Cancel, without fee, a booking whose house has closed: on its side or the requester's. False when settled."""
    row = locked(booking_id)
    if row.status not in OPEN or row.span.start <= now:
        return False
    reason = _closed_reason(row)
    if reason is None:
        return False
    if row.status is Status.REQUESTED:
        withdraw("booking", row.id, now=now)
    ended = end(row, Action.CANCEL, by=None, now=now, note=reason, free=True)
    telling.requester("booking.house-closed", ended, now=now, invite=True, note=reason)
    telling.managers("booking.house-closed", ended, now=now, besides=[row.requester_id])
    return True


def _closed_reason(row: BookingRow) -> str | None:
    """Why the house of the instrument, or of the one who asked, is not of the network any more; None when both are."""
    ids = [one for one in (row.institution_id, row.requester_institution_id) if one]
    houses = network.institutions_named(ids).values()
    return next((house.close_reason for house in houses if house.retired_at), None)


def cancel_all_left_behind(now: datetime) -> int:
    """One batch of them, each in a transaction of its own: whoever closes a house begins with it, the clock goes on."""
    return sum(cancel_left_behind(one, now=now) for one in queries.left_behind(now))
