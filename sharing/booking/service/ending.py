"""The ways a booking ends without use: cancelled, rejected, expired. Its time is given back at once."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import update

from sharing.approval import queries as approval_queries
from sharing.approval import service as approvals
from sharing.booking.queries.tables import CHANGE
from sharing.booking.rules import Action, BookingRow, ChangeRow, Status, allowed, readable
from sharing.booking.service import slots, telling
from sharing.booking.service.filling import refill
from sharing.booking.service.recording import change, locked
from sharing.kernel.db import db, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.people import queries as people
from sharing.people.rules import Actor


@transactional
def cancel(booking_id: uuid.UUID, *, note: str = "", by: Actor, now: datetime) -> BookingRow:
    """Give a booking up: hers until it begins, a manager's until it is over.

    Raises Refused: not-found, forbidden, invalid-transition.
    """
    row = locked(booking_id)
    mine, runs = row.requester_id == by.user_id, by.may("booking.manage", row.path)
    if not mine and not runs:
        raise Refused("forbidden" if readable(row, by) else "not-found")
    over = row.span.end if runs else row.span.start
    if row.status is Status.APPROVED and over <= now:
        still = [one for one in allowed(row.status) if one != Action.CANCEL.value]
        raise Refused("invalid-transition", status=row.status.value, allowed=still)
    if row.status is Status.REQUESTED:
        withdraw("booking", row.id, now=now)
    proposed = (
        row.change is not None and row.change.another_time
    )  # the house asked her to go: it costs nothing
    ended = end(row, Action.CANCEL, by=by, now=now, note=note, free=proposed)
    if not mine or row.status is Status.APPROVED:
        telling.requester("booking.cancelled", ended, now=now, invite=True, person=by, note=note)
    if row.status is Status.APPROVED and not runs:
        telling.managers("booking.cancelled", ended, now=now, besides=[by.user_id])
    return ended


def end(
    row: BookingRow,
    action: Action,
    *,
    by: Actor | None,
    now: datetime,
    note: str = "",
    standing_for: uuid.UUID | None = None,
    free: bool = False,
) -> BookingRow:
    """End the booking and whatever change of it was pending; both slots go, to a block where one waits for them.

    free  it costs nothing, for it was not her doing
    """
    values = {"end_note": note} | ({"free_cancel": True} if free else {})
    ended = change(row, action, values, by=by, now=now, note=note, standing_for=standing_for)
    slots.release(row.id)
    refill(row.instrument_id, now)
    if row.change is not None:
        close_change(row.change, "withdrawn", now=now)
        withdraw("change", row.change.id, now=now)
    return ended


@transactional
def end_of_leaver(booking_id: uuid.UUID, *, now: datetime) -> bool:
    """Cancel a booking whose owner has left, at no cost, and tell the manager. False when it is over or under way."""
    row = locked(booking_id)
    owner = people.person(row.requester_id)
    if row.status not in (Status.REQUESTED, Status.APPROVED) or owner is None or not owner.left:
        return False
    if row.status is Status.REQUESTED:
        withdraw("booking", row.id, now=now)
    ended = end(row, Action.CANCEL, by=None, now=now, note=_("预约人已离开单位"), free=True)
    if row.status is Status.APPROVED:
        telling.managers("booking.cancelled", ended, now=now)
    return True


def close_change(pending: ChangeRow, state: str, *, now: datetime) -> None:
    """A pending change is over: applied, refused, withdrawn or expired. The minutes that it held go back, but for
    one applied, whose booking takes them next."""
    slots.release(pending.id)
    if state != "applied":
        refill(pending.instrument_id, now)
    db.session.execute(update(CHANGE).where(CHANGE.c.id == pending.id).values(state=state, closed_at=now))


def withdraw(kind: str, subject_id: uuid.UUID, *, now: datetime) -> None:
    """Nobody needs to decide any more."""
    found = approval_queries.of(kind, subject_id)
    if found is not None and found.state.live:
        approvals.withdraw(found.id, now=now)
