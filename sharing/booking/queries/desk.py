"""A booking with the approval that speaks of it now, and who may read it besides its people."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from sharing.approval import queries as approvals
from sharing.approval.queries import ApprovalRow
from sharing.booking.queries.bookings import booking
from sharing.booking.rules import BookingRow, readable
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people.rules import Actor

BOOKING: Final = "booking"
CHANGE: Final = "change"


def approval_of(row: BookingRow) -> ApprovalRow | None:
    """The approval that speaks of a booking now: that of its pending change, else its own. A proposal has none."""
    asked = row.change is not None and not row.change.proposed
    return approvals.of(CHANGE, row.change.id) if row.change and asked else approvals.of(BOOKING, row.id)


def readable_booking(booking_id: uuid.UUID, by: Actor, now: datetime) -> BookingRow:
    """One booking that she may know of, or is asked to decide, as a deputy is. Raises Refused: not-found."""
    row = booking(booking_id)
    if row is not None and readable(row, by):
        return row
    approval = approval_of(row) if row is not None else None
    if row is None or approval is None or not approvals.may_decide(approval, by, shanghai_day(now)):
        raise Refused("not-found")
    return row
