"""Time that the house lays for a service order: a booking of its operator, on the same guarded path as every other."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sharing.booking import queries
from sharing.booking.queries import Wish
from sharing.booking.queries.checking import judged, slot_span
from sharing.booking.rules import Action, BookingRow, Status, Submit, allowed
from sharing.booking.service import slots, telling
from sharing.booking.service.ending import end
from sharing.booking.service.moving import reschedule
from sharing.booking.service.recording import change, locked
from sharing.booking.service.submitting import kindly, write
from sharing.kernel.db import new_id, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.people import queries as people
from sharing.people.rules import Actor
from sharing.registry.rules import Terms


@dataclass(frozen=True, slots=True)
class Run:
    """What is laid: the span, what the calendar calls it, and who of the house operates."""

    instrument_id: uuid.UUID
    span: TimeSpan
    purpose: str
    operator_id: uuid.UUID


def lay_run(run: Run, *, by: Actor, now: datetime) -> BookingRow:
    """Take the time for a service order; whose booking it is, is the operator.

    Raises Refused: not-found, forbidden, invalid-input (no operator of this instrument), policy-violation,
    booking-conflict (with alternatives).
    """
    ask = Submit(run.instrument_id, run.span, run.purpose)
    return kindly(lambda: _lay(run, ask, by=by, now=now), ask=ask, by=by, now=now)


@transactional
def _lay(run: Run, ask: Submit, *, by: Actor, now: datetime) -> BookingRow:
    held = slots.locked(run.instrument_id, payer_id=None)  # rivals wait here
    terms = held.terms
    if not by.may("booking.manage", terms.instrument.path):
        raise Refused("forbidden")
    operator = _operator(run.operator_id, terms, now)
    wish = Wish(terms=terms, span=run.span, by=operator, manager=True, group_id=None, service=True)
    known = queries.case(wish, now)
    broken, exempt = judged(known)
    if broken:
        raise Refused("policy-violation", violations=broken)
    place = slots.place_for(run.instrument_id, slot_span(known), terms.instrument.capacity)
    booking_id = new_id()
    slots.take(run.instrument_id, slot_span(known), place, kind="booking", source_id=booking_id)
    row = write(booking_id, ask, known, held, place.position, Status.APPROVED, exempt, by=by, now=now)
    telling.newly("booking.approved", row, operator, terms.instrument, now=now)
    return row


def _operator(user_id: uuid.UUID, terms: Terms, now: datetime) -> Actor:
    """Whoever operates must run the instrument herself. Raises Refused: invalid-input."""
    found = people.actor(user_id, now)
    if found is None or not found.may("booking.manage", terms.instrument.path):
        message = _("操作人须是这台仪器的机主或代理机主")
        raise Refused("invalid-input", fields=[{"field": "operator_id", "message": message}])
    return found


@transactional
def lay_again(booking_id: uuid.UUID, run: Run, *, by: Actor, now: datetime) -> BookingRow:
    """Move a run, or give it to another operator; the old time stays unless the new one is taken.

    Raises Refused: as `lay_run`, and invalid-transition (it has begun or is over).
    """
    row = locked(booking_id)
    if not by.may("booking.manage", row.path):
        raise Refused("forbidden")
    if row.requester_id != run.operator_id:
        terms = slots.locked(row.instrument_id, payer_id=None).terms
        operator = _operator(run.operator_id, terms, now)
        telling.requester("booking.cancelled", row, now=now, person=by)
        row = change(row, Action.RESCHEDULE, {"requester_id": operator.user_id}, by=by, now=now)
        telling.newly("booking.approved", queries.booking(row.id) or row, operator, terms.instrument, now=now)
    return reschedule(row.id, run.span, by=by, now=now) if run.span != row.span else row


@transactional
def lift_run(booking_id: uuid.UUID, *, note: str, by: Actor | None, now: datetime) -> BookingRow:
    """Give the time back, for whoever may end the order. One that is over already is left as it is.

    Raises Refused: not-found, invalid-transition (it runs now).
    """
    row = locked(booking_id)
    if row.status is Status.IN_USE:
        raise Refused("invalid-transition", status=row.status.value, allowed=allowed(row.status))
    if row.status is not Status.APPROVED or row.span.end <= now:
        return row
    ended = end(row, Action.CANCEL, by=by, now=now, note=note, free=True)
    telling.requester("booking.cancelled", ended, now=now, invite=True, person=by, note=note)
    return ended
