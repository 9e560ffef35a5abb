"""A request that was sent back, mended and sent again: same number, same slot."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from sharing.approval import service as approvals
from sharing.approval.queries import ApprovalRow
from sharing.approval.rules import State
from sharing.booking import queries
from sharing.booking.queries import Wish
from sharing.booking.queries.tables import ANSWER
from sharing.booking.rules import Action, BookingRow, allowed, of_answers, readable
from sharing.booking.service import telling
from sharing.booking.service.recording import change, locked
from sharing.booking.service.submitting import open_approval, write_answers
from sharing.kernel.db import db, transactional
from sharing.kernel.refusals import Refused
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import Terms


@transactional
def resubmit(
    booking_id: uuid.UUID,
    *,
    purpose: str | None = None,
    answers: Mapping[str, Any] | None = None,
    note: str = "",
    by: Actor,
    now: datetime,
) -> BookingRow:
    """Send a returned request again, with what she changed; None leaves it as it was.

    What other steps said stands, unless the answers call for other steps: then all are asked again.
    Raises Refused: not-found, forbidden, invalid-transition, policy-violation.
    """
    row = locked(booking_id)
    if row.requester_id != by.user_id:
        raise Refused("forbidden" if readable(row, by) else "not-found")
    approval = queries.approval_of(row)
    if approval is None or approval.state is not State.RETURNED:
        still = [one for one in allowed(row.status) if one != Action.RESUBMIT.value]
        raise Refused("invalid-transition", status=row.status.value, allowed=still)
    terms = registry.booking_terms(row.instrument_id)
    if terms is None:
        raise Refused("not-found")
    given = _given(row, terms, answers)
    values = {"purpose": purpose} if purpose is not None else {}
    row = change(row, Action.RESUBMIT, values, by=by, now=now, note=note, shown=purpose is not None)
    outcome = _opened_again(row, approval, terms, given, by=by, now=now)
    telling.deciders(row, outcome, now=now)
    return row


def _given(row: BookingRow, terms: Terms, answers: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The answers that stand now. Raises Refused: policy-violation."""
    if answers is None:
        return {one.key: one.value for one in queries.answers([row.id]).get(row.id, [])}
    if broken := of_answers(terms.questions, answers):
        raise Refused("policy-violation", violations=broken)
    db.session.execute(delete(ANSWER).where(ANSWER.c.booking_id == row.id))
    write_answers(row.id, answers, terms)
    return answers


def _opened_again(
    row: BookingRow,
    approval: ApprovalRow,
    terms: Terms,
    given: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime,
) -> approvals.Outcome:
    wish = Wish(terms, row.span, by, False, row.group_id, row.card_id, booking_id=row.id, was=row.span)
    planned = queries.plan(queries.case(wish, now), answers=given, booking_id=row.id, now=now)
    if [step.role for step in planned.steps] == [step.role for step in approval.steps]:
        return approvals.resume(approval.id, now=now)
    approvals.withdraw(approval.id, now=now)
    opened = open_approval(("booking", row.id), planned, terms, by, now)
    if opened is None or opened.state is not State.OPEN:
        return approvals.resume(approval.id, now=now)
    return opened
