"""Who is told what: every message is written in the transaction of the change it tells of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sharing.approval.service import Outcome
from sharing.booking import calendar_feed
from sharing.booking.rules import BookingRow, Status, local
from sharing.kernel.ical import Invitation
from sharing.kernel.timespan import TimeSpan, shanghai_day
from sharing.notify.service import Recipient, enqueue
from sharing.people import queries as people
from sharing.people.queries import PersonRow
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow


def facts_of(row: BookingRow, span: TimeSpan | None = None) -> dict[str, Any]:
    """What every message about a booking needs."""
    return {
        "number": row.number,
        "instrument": row.instrument_name,
        "instrument_en": row.instrument_name_en,
        "place": row.instrument_location,
        **local(span or row.span),
        "amount_fen": row.amount.fen,
        "requester": row.requester_name,
        "requester_en": row.requester_name_en,
        "booked_by": row.booked_by_name or "",
        "booked_by_en": row.booked_by_name_en or "",
        "purpose": row.purpose,
        "url": f"/bookings/{row.id}",
        "house": row.institution_id,  # whose own words a mail is written in
    }


def _recipient(person: PersonRow) -> Recipient:
    return Recipient(person.id, person.email, person.language, person.name, person.institution_id)


def requester(
    topic: str,
    row: BookingRow,
    *,
    now: datetime,
    invite: bool = False,
    person: Actor | None = None,
    **facts: Any,
) -> None:
    """Tell whose booking it is; where the calendar entry changes, her guests too, with the invitation."""
    found = people.persons([row.requester_id]).get(row.requester_id)
    to = [_recipient(found)] if found and not found.left else []
    by = {"person": person.name, "person_en": person.name_en} if person else {}
    said = facts_of(row) | by | facts
    _tell(topic, row, to, said, now, calendar_feed.invitation(row.id, now=now) if invite else None)


def handed_over(row: BookingRow, before: BookingRow, *, now: datetime) -> None:
    """Tell of a booking's new person: herself with the invitation, the old one with its cancellation, who runs the
    instrument, and who pays."""
    invite = row.status is not Status.REQUESTED
    requester("booking.taken-over", row, now=now, invite=invite)
    found = people.persons([before.requester_id]).get(before.requester_id)
    if found and not found.left:
        sheet = None
        if before.status is not Status.REQUESTED:
            reader = calendar_feed.Reader(found.email, found.name, found.language)
            sheet = calendar_feed.cancellation(row, reader, now=now)
        to = [_recipient(found)]
        enqueue("booking.handed-over", to, ("booking", row.id), facts_of(row), now, invitation=sheet)
    besides = [row.requester_id, before.requester_id]
    heads = [one.id for one in people.heads(row.group_id, shanghai_day(now))] if row.group_id else []
    runs = [one.id for one in registry.managers(row.instrument_id, shanghai_day(now))]
    persons("booking.handed-over", row, {*heads, *runs} - set(besides), now=now)


def newly(
    topic: str, row: BookingRow, by: Actor, house: InstrumentRow, *, now: datetime, **facts: Any
) -> None:
    """Tell her who has just asked, of whom everything is known: no statement but those that write the messages."""
    to = [Recipient(by.user_id, by.email, by.language, by.name, by.institution_id)]
    sheet = None
    if row.status is Status.APPROVED:
        reader = calendar_feed.Reader(by.email, by.name, by.language)
        names = (house.institution_name, house.institution_name_en)
        sheet = calendar_feed.invitation_of(row, reader, names, now=now)
    _tell(topic, row, to, facts_of(row) | facts, now, sheet)


def _tell(
    topic: str,
    row: BookingRow,
    to: list[Recipient],
    facts: dict[str, Any],
    now: datetime,
    sheet: Invitation | None,
) -> None:
    guests = [Recipient(None, guest) for guest in row.attendees] if sheet else []
    enqueue(topic, [*to, *guests], ("booking", row.id), facts, now, invitation=sheet)


def persons(
    topic: str,
    row: BookingRow,
    user_ids: Iterable[uuid.UUID],
    *,
    now: datetime,
    once: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Tell these people of a booking."""
    found = people.persons(user_ids)
    to = [_recipient(one) for one in found.values() if not one.left]
    enqueue(topic, to, ("booking", row.id), facts_of(row) | dict(facts or {}), now, once=once)


def deciders(
    row: BookingRow,
    outcome: Outcome,
    *,
    now: datetime,
    span: TimeSpan | None = None,
    to: Actor | None = None,
) -> None:
    """Tell those whose turn it is that a request waits, what it asks for, of a hand-over for whom, and until when."""
    if not outcome.deciders or outcome.step_role is None:
        return
    facts: dict[str, Any] = {"step": outcome.step_role.value, "due": outcome.due_at}
    facts |= local(span) if span else {}
    facts |= {"requester": to.name, "requester_en": to.name_en} if to else {}
    persons("approval.waiting", row, outcome.deciders, now=now, facts=facts)


def managers(
    topic: str, row: BookingRow, *, now: datetime, besides: Sequence[uuid.UUID] = (), once: str | None = None
) -> None:
    """Tell whoever runs the instrument."""
    ids = [one.id for one in registry.managers(row.instrument_id, shanghai_day(now)) if one.id not in besides]
    persons(topic, row, ids, now=now, once=once)
