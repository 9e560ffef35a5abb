"""The page of one booking: what, where it stands, what it costs, what I may do, what happened."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sharing.approval import formats as approval_words
from sharing.approval import queries as approvals
from sharing.approval.queries import ApprovalRow, StepRow, WaitingRow
from sharing.approval.rules import State
from sharing.audit import queries as audit
from sharing.booking import queries, service
from sharing.booking.pages.words import done_words, rule_words
from sharing.booking.rules import BookingRow, Status
from sharing.kernel.language import _, named
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people import queries as people
from sharing.people.rules import Actor
from sharing.pricing import formats as pricing
from sharing.registry import queries as registry

TONES = {
    "approve": "good", "agree": "good", "approved": "good", "reject": "bad", "rejected": "bad", "no-show": "bad",
    "return": "wait", "returned": "wait",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BookingPage:
    """Everything that `booking/booking.html` shows. `steps`, `events`, `lines` are in the shapes of the components."""

    row: BookingRow
    now: datetime
    capacity: int
    answers: Sequence[queries.AnswerRow]
    steps: Sequence[Mapping[str, Any]]
    change_steps: Sequence[Mapping[str, Any]]
    returned: bool
    return_note: str
    held_until: datetime | None
    decides: WaitingRow | None
    may: frozenset[str]
    may_book_again: bool
    mine: bool
    groups: Sequence[tuple[str, str]]
    in_calendar: bool
    late_cancel: bool
    cancel_notice: int
    lines: Sequence[Mapping[str, Any]]
    basis: str
    payer: str
    managers: Sequence[str]
    events: Sequence[Mapping[str, Any]]


def booking_page(booking_id: uuid.UUID, *, by: Actor, now: datetime) -> BookingPage:
    """One booking as its reader may see it. Raises Refused: not-found."""
    row = queries.readable_booking(booking_id, by, now)
    terms = registry.booking_terms(row.instrument_id)
    if terms is None:
        raise Refused("not-found")
    policy = terms.policy(shanghai_day(row.span.start))
    approval = approvals.of("booking", row.id)
    change = approvals.of("change", row.change.id) if row.change else None
    quote = pricing.thawed(row.quote)
    returned = next((a for a in (change, approval) if a and a.state is State.RETURNED), None)
    waiting = [w for w in approvals.waiting_on(by, now) if w.approval_id in _ids(approval, change)]
    mine = row.requester_id == by.user_id
    turn = returned.turn if returned else None
    return BookingPage(
        row=row,
        now=now,
        capacity=terms.instrument.capacity,
        answers=queries.answers([row.id]).get(row.id, []),
        steps=shown_steps(approval, shanghai_day(now)),
        change_steps=shown_steps(change, shanghai_day(now)),
        returned=returned is not None and row.status is Status.REQUESTED,
        return_note=turn.last.note if turn and turn.last else "",
        held_until=turn.due_at if turn else None,
        decides=waiting[0] if waiting else None,
        may=service.actions(row, by=by, now=now),
        may_book_again=mine and by.has("booking.submit"),
        mine=mine,
        groups=_groups(by, row, now),
        in_calendar=mine or by.may("booking.read-all", row.path),
        late_cancel=row.span.start - now < timedelta(minutes=policy.cancel_notice_minutes),
        cancel_notice=policy.cancel_notice_minutes,
        lines=pricing.shown_lines(quote.lines),
        basis=pricing.basis(quote),
        payer=_payer(row),
        managers=[named(p.name, p.name_en) for p in registry.managers(row.instrument_id, shanghai_day(now))],
        events=shown_events(row.id),
    )


def _groups(by: Actor, row: BookingRow, now: datetime) -> list[tuple[str, str]]:
    """Who may pay for her to whom it is offered, where the group that pays now is not hers."""
    if row.change is None or row.change.to_id != by.user_id or row.group_id in by.groups:
        return []
    return [(str(g.id), named(g.name, g.name_en)) for g in people.groups_of(by.user_id, shanghai_day(now))]


def _ids(*found: ApprovalRow | None) -> set[uuid.UUID]:
    return {one.id for one in found if one}


def _payer(row: BookingRow) -> str:
    if row.group_id or not row.requester_institution_id:
        return ""
    institution = network.institution(row.requester_institution_id)
    return named(institution.name, institution.name_en) if institution else ""


def shown_steps(approval: ApprovalRow | None, on: date) -> list[dict[str, Any]]:
    """Steps as `fl.steps` draws them: whose turn, who said what, by which rule, until when."""
    if approval is None:
        return []
    turn, asked = approval.turn, approvals.turn_of(approval, on)
    said = [word for step in approval.steps for word in step.decisions]
    names = _names([*asked, *(word.by_id for word in said), *(word.for_id for word in said)])
    waiting = [names[one] for one in asked if one in names]
    return [_step(step, names, waiting if turn and step.id == turn.id else []) for step in approval.steps]


def _names(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """What these people are called in the reader's language."""
    found = people.persons(one for one in ids if one is not None)
    return {key: named(person.name, person.name_en) for key, person in found.items()}


STATES = {
    "open": "now", "returned": "now", "waiting": "next", "approved": "done", "rejected": "refused",
    "expired": "refused", "dropped": "skipped",
}  # fmt: skip


def _step(step: StepRow, names: Mapping[uuid.UUID | None, str], waiting: Sequence[str]) -> dict[str, Any]:
    last = step.last
    who = names.get(last.by_id, last.by_name) if last and last.by_name else ""
    if last and last.for_name:
        who = f"{who} / {names.get(last.for_id, last.for_name)}"
    return {
        "name": approval_words.step_name(step.role),
        "who": who or _("、").join(waiting[:3]),
        "state": STATES[step.state],
        "at": last.at if last else None,
        "deadline": step.due_at if step.state == "open" else None,
        "note": last.note if last else "",
        "by_rule": rule_words(last.rule) if last and last.rule else "",
    }


def _who(event: audit.EventRow, names: Mapping[uuid.UUID | None, str]) -> str:
    """Who did it; with whom she stood for, where she did."""
    did = names.get(event.actor_id, event.actor_name or "")
    return _("%(who)s（代%(whom)s）", who=did, whom=names.get(event.for_id, "")) if event.for_id else did


def shown_events(booking_id: uuid.UUID) -> list[dict[str, Any]]:
    """What was done to a booking, newest first."""
    events = audit.history("booking", booking_id)
    names = _names(one for event in events for one in (event.actor_id, event.for_id))
    return [
        {
            "at": event.at,
            "who": _who(event, names),
            "what": done_words(event.action),
            "note": event.note or "",
            "tone": TONES.get(event.action.rsplit(".", 1)[-1], ""),
        }
        for event in reversed(events)
    ]
