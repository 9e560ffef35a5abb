"""Asking for time: lock, judge, take the slot, write the booking, open its approval, tell."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sharing.approval import service as approvals
from sharing.approval.rules import State
from sharing.audit.service import record
from sharing.booking import queries
from sharing.booking.queries import Plan
from sharing.booking.queries.checking import judged, slot_span, wish_of
from sharing.booking.queries.tables import ANSWER, BOOKING
from sharing.booking.rules import BookingRow, Case, Status, Submit, answers, default_payer, has_quotas, local
from sharing.booking.service import slots, telling
from sharing.kernel.db import in_transaction, lock_person, new_id, transactional, write_behind
from sharing.kernel.numbering import next_number
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import SHANGHAI
from sharing.people.rules import Actor
from sharing.pricing.formats import frozen
from sharing.registry import queries as registry
from sharing.registry.rules import Terms

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Submitted:
    """A booking as it was just written, and the approval that was opened for it; None where nobody is asked."""

    booking: BookingRow
    approval: approvals.Outcome | None


def submit(ask: Submit, *, by: Actor, now: datetime, booker: Actor | None = None) -> Submitted:
    """Record a request, all or nothing; self-service and requests that rules decide stand approved at once.

    by      whose booking it is, and for whom every rule is judged
    booker  who asks for her, where she does not herself; both names stay on the booking
    Raises Refused: not-found, forbidden, not-on-behalf, policy-violation (every broken rule), booking-conflict (with
    alternatives), no-approver.
    """
    if booker is not None:
        ask = queries.for_person(ask, person=by, by=booker)
    return kindly(lambda: _submit(ask, by=by, now=now, booker=booker), ask=ask, by=by, now=now)


def kindly(
    work: Callable[[], T], *, ask: Submit, by: Actor, now: datetime, moved: uuid.UUID | None = None
) -> T:
    """Run the work; when the time is taken, say by which booking of hers, if so, and what is free instead. That is
    looked up after the transaction, so that nobody waits for it; inside another transaction it is left to whoever
    opened that one.

    moved  the booking whose time it would be, which is not in its own way
    """
    try:
        return work()
    except Refused as no:
        if no.kind != "booking-conflict" or "alternatives" in no.facts or in_transaction():
            raise
        terms = registry.booking_terms(ask.instrument_id)
        own = [
            {"id": str(row.id), "number": row.number, "status": row.status.value, **local(row.span)}
            for row in queries.own_in(ask.instrument_id, by.user_id, ask.span)
            if row.id != moved
        ]
        instead = queries.alternatives(terms, ask.span, by, now) if terms else []
        raise Refused("booking-conflict", **no.facts | {"own": own, "alternatives": instead}) from None


@transactional
def _submit(ask: Submit, *, by: Actor, now: datetime, booker: Actor | None) -> Submitted:
    if not by.has("booking.submit"):
        raise Refused("forbidden")
    held = slots.locked(ask.instrument_id, payer_id=default_payer(ask.group_id, by))  # rivals wait here
    terms = held.terms
    known, exempt = _judge(ask, terms, by, now)
    place = slots.place_for(
        ask.instrument_id, slot_span(known), terms.instrument.capacity, wanted=ask.position
    )
    booking_id = new_id()
    slots.take(ask.instrument_id, slot_span(known), place, kind="booking", source_id=booking_id)
    planned = queries.plan(known, answers=ask.answers, booking_id=None, now=now, booker=booker)
    outcome = open_approval(("booking", booking_id), planned, terms, by, now)
    status = Status.REQUESTED if outcome and outcome.state is State.OPEN else Status.APPROVED
    row = write(booking_id, ask, known, held, place.position, status, exempt, by=by, now=now, booker=booker)
    if status is Status.APPROVED or outcome is None:
        topic = "booking.on-behalf" if booker else "booking.approved"
        telling.newly(topic, row, by, terms.instrument, now=now)
    else:
        topic = "booking.on-behalf" if booker else "booking.requested"
        told = {"step": outcome.step_role, "due": outcome.due_at}
        telling.newly(topic, row, by, terms.instrument, now=now, **told)
        telling.deciders(row, outcome, now=now)
    return Submitted(row, outcome)


def _judge(ask: Submit, terms: Terms, by: Actor, now: datetime) -> tuple[Case, list[str]]:
    """Everything that is wrong at once. Where quotas hold, rivals of the same person and group wait for each other."""
    wish = wish_of(ask, terms, by)
    policy = terms.policy(ask.span.start.astimezone(SHANGHAI).date())
    if has_quotas(policy):
        lock_person(by.user_id)
        if policy.group_day_minutes is not None or policy.group_week_minutes is not None:
            lock_person(wish.group_id or (by.groups[0] if by.groups else by.user_id))
    known = queries.case(wish, now)
    broken, exempt = judged(known)
    if broken:
        raise Refused("policy-violation", violations=broken)
    return known, exempt


def open_approval(
    subject: tuple[str, uuid.UUID], planned: Plan, terms: Terms, by: Actor, now: datetime
) -> approvals.Outcome | None:
    """Open what the chain asks for; None when it asks nothing."""
    if not planned.steps:
        return None
    return approvals.open(
        subject=subject,
        requester=by,
        zone_code=terms.instrument.zone_code,
        chain=planned.chain,
        steps=planned.steps,
        latest_at=planned.latest_at,
        now=now,
    )


def write(
    booking_id: uuid.UUID,
    ask: Submit,
    known: Case,
    held: slots.Locked,
    position: int,
    status: Status,
    exempt: list[str],
    *,
    by: Actor,
    now: datetime,
    booker: Actor | None = None,
) -> BookingRow:
    """The row of whoever the case is about, its answers and its audit, in which `by` acts.

    The number is drawn last of all locks: its series is shared by a zone.
    """
    instrument, whose = known.terms.instrument, known.by
    columns: dict[str, Any] = {
        "id": booking_id,
        "number": next_number("booking", instrument.zone_prefix, now.astimezone(SHANGHAI).year),
        "zone_code": instrument.zone_code,
        "instrument_id": instrument.id,
        "institution_id": instrument.institution_id,
        "requester_id": whose.user_id,
        "booked_by_id": booker.user_id if booker else None,
        "requester_institution_id": whose.institution_id,
        "group_id": known.group_id,
        "card_id": ask.card_id,
        "project_id": ask.project_id,
        "starts_at": ask.span.start,
        "ends_at": ask.span.end,
        "setup_minutes": known.policy.setup_minutes,
        "cleanup_minutes": known.policy.cleanup_minutes,
        "position": position,
        "status": status.value,
        "purpose": ask.purpose,
        "attendees": list(ask.attendees),
        "series_id": None,
        "amount_fen": known.quote.amount.fen,
        "quote": frozen(known.quote),
        "policy_id": known.policy.id,
        "exempt_from": exempt,
        "free_cancel": False,
        "service": known.service,
        "sequence": 0,
        "revision": 1,
        "created_at": now,
        "changed_at": now,
        "end_note": "",
    }
    write_behind(BOOKING, columns)
    write_answers(booking_id, ask.answers, known.terms)
    _recorded(columns, known, exempt, by, booker, now)
    return _row(columns, known, held.payer, booker)


def _recorded(
    columns: Mapping[str, Any], known: Case, exempt: list[str], by: Actor, booker: Actor | None, now: datetime
) -> None:
    """Its line in the audit: whoever booked, and for whom."""
    shown = ("number", "starts_at", "ends_at", "position", "status", "amount_fen")
    record(
        "booking.submit",
        about=("booking", columns["id"]),
        by=booker or by,
        now=now,
        zone=columns["zone_code"],
        institution=columns["institution_id"],
        standing_for=known.by.user_id if booker else None,
        after={name: columns[name] for name in shown} | ({"exempt_from": exempt} if exempt else {}),
    )


def _row(
    columns: Mapping[str, Any], known: Case, payer: tuple[str | None, str | None], booker: Actor | None
) -> BookingRow:
    """The booking as `queries.booking` would read it back."""
    instrument, by = known.terms.instrument, known.by
    same = {name: value for name, value in columns.items() if name in BookingRow.__dataclass_fields__}
    made = same | {
        "status": Status(columns["status"]),
        "attendees": tuple(columns["attendees"]),
        "exempt_from": tuple(columns["exempt_from"]),
    }
    return BookingRow(
        **made,
        span=known.span,
        amount=known.quote.amount,
        instrument_code=instrument.code,
        instrument_name=instrument.name,
        instrument_name_en=instrument.name_en,
        instrument_location=instrument.location,
        instrument_zone_id=instrument.zone_id,
        requester_name=by.name,
        requester_name_en=by.name_en,
        booked_by_name=booker.name if booker else None,
        booked_by_name_en=booker.name_en if booker else None,
        group_name=payer[0],
        group_name_en=payer[1],
        checked_in_at=None,
        checked_out_at=None,
    )


def write_answers(booking_id: uuid.UUID, given: Mapping[str, Any], terms: Terms) -> None:
    """Each answer with its question as it reads today."""
    for question in terms.questions:
        if not answers.given(given.get(question.key)):
            continue
        row = {
            "id": new_id(),
            "booking_id": booking_id,
            "question_id": question.id,
            "key": question.key,
            "label": question.label,
            "label_en": question.label_en,
            "value": given[question.key],
            "shown": answers.shown(question, given[question.key]),
        }
        write_behind(ANSWER, row)


def again(booking_id: uuid.UUID, *, by: Actor) -> Submit:
    """A draft like an old booking of hers: the same wishes, the time still to be chosen. Raises Refused: not-found."""
    row = queries.booking(booking_id)
    if row is None or row.requester_id != by.user_id:
        raise Refused("not-found")
    given = queries.answers([row.id]).get(row.id, [])
    return Submit(
        instrument_id=row.instrument_id,
        span=row.span,
        purpose=row.purpose,
        group_id=row.group_id if row.group_id in by.groups else None,
        card_id=row.card_id,
        project_id=row.project_id,
        answers={one.key: one.value for one in given},
        attendees=row.attendees,
    )
