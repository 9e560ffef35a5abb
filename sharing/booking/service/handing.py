"""Whose a booking is, changed: written and told, with the calendar entry taken from one and given to the other."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sharing.booking import queries
from sharing.booking.queries.tables import CHANGE
from sharing.booking.rules import Action, BookingRow, ChangeRow, allowed
from sharing.booking.service import telling
from sharing.booking.service.ending import close_change
from sharing.booking.service.recording import change
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.people import queries as people
from sharing.people.rules import Actor


def handed_over(
    row: BookingRow,
    pending: ChangeRow,
    *,
    by: Actor,
    now: datetime,
    standing_for: uuid.UUID | None = None,
    note: str = "",
) -> BookingRow:
    """The booking is hers to whom it was offered, on the terms that the change holds; its slot stays where it is.

    Raises Refused: forbidden (she has left meanwhile).
    """
    heir = people.actor(pending.to_id, now) if pending.to_id else None
    if heir is None:
        raise Refused("forbidden")
    quote = db.session.execute(select(CHANGE.c.quote).where(CHANGE.c.id == pending.id)).scalar_one()
    close_change(pending, "applied", now=now)
    terms = {"group_id": pending.group_id, "amount_fen": pending.amount.fen, "quote": quote}
    return give(row, heir, terms, by=by, now=now, standing_for=standing_for, note=note)


def give(
    row: BookingRow,
    heir: Actor,
    terms: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime,
    standing_for: uuid.UUID | None = None,
    note: str = "",
) -> BookingRow:
    """Write the new person and tell everybody: the old one's calendar entry is cancelled, the new one is invited."""
    values = dict(terms) | {
        "requester_id": heir.user_id,
        "requester_institution_id": heir.institution_id,
        "booked_by_id": None,
        "card_id": row.card_id if terms["group_id"] == row.group_id else None,
    }
    change(row, Action.HAND_OVER, values, by=by, now=now, note=note, standing_for=standing_for)
    given = queries.booking(row.id)
    if given is None:
        raise LookupError("the booking just handed over is not there")
    telling.handed_over(given, row, now=now)
    return given


def claim(pending: ChangeRow, state: str, row: BookingRow, *, now: datetime) -> None:
    """End the offer, once: of two answers at one instant the second finds it gone.

    Raises Refused: invalid-transition.
    """
    ended = CHANGE.update().where(CHANGE.c.id == pending.id, CHANGE.c.state == "pending")
    done = db.session.execute(ended.values(state=state, closed_at=now).returning(CHANGE.c.id)).first()
    if done is None:
        raise Refused("invalid-transition", status=row.status.value, allowed=allowed(row.status))
