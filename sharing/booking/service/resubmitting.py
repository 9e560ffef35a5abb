"""A request that was sent back, mended and sent again: same number, and the slot stays held."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from sharing.approval import service as approvals
from sharing.approval.rules import State
from sharing.booking import queries
from sharing.booking.queries import Wish
from sharing.booking.queries.checking import judged, wish_of
from sharing.booking.queries.tables import ANSWER
from sharing.booking.rules import Action, BookingRow, Case, Submit, allowed, readable
from sharing.booking.service import telling
from sharing.booking.service.moving import asked_anew, reschedule
from sharing.booking.service.recording import change, locked
from sharing.booking.service.submitting import kindly, write_answers
from sharing.kernel.db import db, transactional
from sharing.kernel.refusals import Refused
from sharing.people.rules import Actor
from sharing.pricing.formats import frozen
from sharing.registry import queries as registry
from sharing.registry.rules import Terms


def resubmit(booking_id: uuid.UUID, *, ask: Submit, note: str = "", by: Actor, now: datetime) -> BookingRow:
    """Send a returned request again with what she changed in it.

    What other steps said stands while time, payer and the steps called for are the same; else all are asked anew.
    Raises Refused: not-found, forbidden, invalid-transition, policy-violation, booking-conflict.
    """
    return kindly(
        lambda: _resubmit(booking_id, ask=ask, note=note, by=by, now=now),
        ask=ask,
        by=by,
        now=now,
        moved=booking_id,
    )


@transactional
def _resubmit(booking_id: uuid.UUID, *, ask: Submit, note: str, by: Actor, now: datetime) -> BookingRow:
    row = locked(booking_id)
    if row.requester_id != by.user_id:
        raise Refused("forbidden" if readable(row, by) else "not-found")
    approval = queries.approval_of(row)
    terms = registry.booking_terms(row.instrument_id)
    if approval is None or terms is None or approval.state is not State.RETURNED:
        still = [one for one in allowed(row.status) if one != Action.RESUBMIT.value]
        raise Refused("invalid-transition", status=row.status.value, allowed=still)
    known = _judged(row, ask, terms, by, now)
    same_payer = known.group_id == row.group_id
    row = _mended(row, ask, known, note=note, by=by, now=now)
    if ask.span != row.span:
        row = reschedule(booking_id, ask.span, by=by, now=now)
        approval = queries.approval_of(row) or approval
    if approval.state is not State.RETURNED:
        return row  # the move has asked anew
    planned = queries.plan(known, answers=ask.answers, booking_id=row.id, now=now)
    if same_payer and [step.role for step in planned.steps] == [step.role for step in approval.steps]:
        telling.deciders(row, approvals.resume(approval.id, now=now), now=now)
        return row
    return asked_anew(row, planned, terms, by, now=now)


def _judged(row: BookingRow, ask: Submit, terms: Terms, by: Actor, now: datetime) -> Case:
    """Payer, card and answers as in a new request; the time was judged when it was taken."""
    wish = wish_of(ask, terms, by)
    known = queries.case(
        Wish(
            terms,
            row.span,
            by,
            wish.manager,
            ask.group_id,
            ask.card_id,
            answers=ask.answers,
            booking_id=row.id,
        ),
        now,
    )
    broken = [
        one
        for one in judged(known)[0]
        if one.rule in {"payer", "card", "price"} or one.rule.startswith("answer_")
    ]
    if broken:
        raise Refused("policy-violation", violations=broken)
    return known


def _mended(row: BookingRow, ask: Submit, known: Case, *, note: str, by: Actor, now: datetime) -> BookingRow:
    values: dict[str, Any] = {
        "purpose": ask.purpose,
        "project_id": ask.project_id,
        "attendees": list(ask.attendees),
        "card_id": ask.card_id,
    }
    if known.group_id != row.group_id:
        values |= {
            "group_id": known.group_id,
            "amount_fen": known.quote.amount.fen,
            "quote": frozen(known.quote),
        }
    change(row, Action.RESUBMIT, values, by=by, now=now, note=note)
    db.session.execute(delete(ANSWER).where(ANSWER.c.booking_id == row.id))
    write_answers(row.id, ask.answers, known.terms)
    mended = queries.booking(row.id)
    if mended is None:
        raise LookupError("the booking just mended is not there")
    return mended
