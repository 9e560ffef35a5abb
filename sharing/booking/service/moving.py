"""Moving a booking in time or to another instrument: all or nothing; the old slot stays unless the new one is taken."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sharing.approval.rules import State
from sharing.audit.service import record
from sharing.booking import queries
from sharing.booking.queries import Plan, Wish
from sharing.booking.queries.checking import judged, slot_span
from sharing.booking.queries.tables import CHANGE
from sharing.booking.rules import (
    Action,
    BookingRow,
    Case,
    Status,
    Submit,
    Violation,
    extra,
    moved,
    readable,
)
from sharing.booking.service import slots, telling
from sharing.booking.service.deciding import settle
from sharing.booking.service.ending import close_change, withdraw
from sharing.booking.service.recording import change, locked, slot_of
from sharing.booking.service.submitting import kindly, open_approval
from sharing.kernel.db import db, new_id, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.people import queries as people
from sharing.people.rules import Actor
from sharing.pricing.formats import frozen
from sharing.registry import queries as registry
from sharing.registry.rules import Terms


@dataclass(frozen=True, slots=True)
class Move:
    """A judged move: the booking, where it goes, what that costs and who must be asked."""

    row: BookingRow
    terms: Terms
    known: Case
    planned: Plan
    place: slots.Place

    @property
    def inside(self) -> bool:
        """It stays inside what the booking holds already, so that its approval still covers it."""
        return self.row.instrument_id == self.terms.instrument.id and self.row.span.contains(self.known.span)

    @property
    def values(self) -> dict[str, Any]:
        span, policy, amount = self.known.span, self.known.policy, self.known.quote.amount
        return {
            "instrument_id": self.terms.instrument.id,
            "institution_id": self.terms.instrument.institution_id,
            "starts_at": span.start,
            "ends_at": span.end,
            "setup_minutes": policy.setup_minutes,
            "cleanup_minutes": policy.cleanup_minutes,
            "position": self.place.position,
            "amount_fen": amount.fen,
            "quote": frozen(self.known.quote),
            "policy_id": policy.id,
        }


def reschedule(
    booking_id: uuid.UUID,
    span: TimeSpan,
    *,
    instrument_id: uuid.UUID | None = None,
    by: Actor,
    now: datetime,
) -> BookingRow:
    """Move, lengthen or shorten a booking, or take it to another instrument.

    Inside what it holds it keeps its approval. Otherwise, where somebody must be asked, a request is asked for anew and
    an approved booking gains a pending change (`row.change`) that holds only the minutes it does not hold yet.
    Raises Refused: not-found, forbidden, invalid-transition, policy-violation, booking-conflict, no-approver.
    """
    known = queries.booking(booking_id)
    goal = instrument_id or (known.instrument_id if known else booking_id)
    ask = Submit(goal, span, known.purpose if known else "")
    return kindly(
        lambda: _reschedule(booking_id, span, goal, by=by, now=now), ask=ask, by=by, now=now, moved=booking_id
    )


@transactional
def _reschedule(
    booking_id: uuid.UUID, span: TimeSpan, goal: uuid.UUID, *, by: Actor, now: datetime
) -> BookingRow:
    row = locked(booking_id, goal)
    runs = _may_move(row, by)
    terms = registry.booking_terms(goal)
    if terms is None:
        raise Refused("not-found")
    moved(row.status, Action.RESCHEDULE)  # refuses what is over
    if row.change is not None:
        withdraw("change", row.change.id, now=now)
        close_change(row.change, "withdrawn", now=now)
    move = judged_move(row, terms, span, manager=runs, now=now)
    if row.status is Status.REQUESTED and not move.inside:
        slots.release(row.id)  # nothing was approved yet: it takes its new time at once
        settled = settle(row, move.values, move.place, by=by, now=now)
        return asked_anew(settled, move.planned, move.terms, move.known.by, now=now)
    if move.inside or not move.planned.by_people:
        slots.release(row.id)
        return settle(row, move.values, move.place, by=by, now=now)
    return ask_to_move(move, by=by, now=now)


def _may_move(row: BookingRow, by: Actor) -> bool:
    """Hers, or on an instrument that she runs; True when she runs it."""
    runs = by.may("booking.manage", row.path)
    if not runs and row.requester_id != by.user_id:
        raise Refused("forbidden" if readable(row, by) else "not-found")
    return runs


def judged_move(row: BookingRow, terms: Terms, span: TimeSpan, *, manager: bool, now: datetime) -> Move:
    """Judge the move as the requester's own wish. Raises Refused: policy-violation, booking-conflict."""
    owner = people.actor(row.requester_id, now)
    if owner is None:
        raise Refused("forbidden")  # she has left: her bookings are history
    elsewhere = terms.instrument.id != row.instrument_id
    wish = Wish(
        terms=terms,
        span=span,
        by=owner,
        manager=manager,
        group_id=row.group_id,
        card_id=row.card_id,
        booking_id=row.id,
        was=row.span,
        service=row.service,
    )
    known = queries.case(wish, now)
    broken = [*_of_move(row, span, elsewhere=elsewhere), *judged(known)[0]]
    if broken:
        raise Refused("policy-violation", violations=broken)
    given = {one.key: one.value for one in queries.answers([row.id]).get(row.id, [])}
    planned = queries.plan(known, answers=given, booking_id=row.id, now=now)
    wanted = row.position if not elsewhere and slot_of(row).contains(slot_span(known)) else None
    place = slots.place_for(
        terms.instrument.id,
        slot_span(known),
        terms.instrument.capacity,
        wanted=wanted,
        preferred=None if elsewhere else row.position,
        besides=frozenset({row.id}),
    )
    return Move(row, terms, known, planned, place)


def _of_move(row: BookingRow, span: TimeSpan, *, elsewhere: bool) -> list[Violation]:
    """A running booking may only end earlier or later; a change must change something."""
    if not elsewhere and span == row.span:
        return [Violation("moved_nothing")]
    if row.status is Status.IN_USE and (elsewhere or span.start != row.span.start):
        return [Violation("change_in_use")]
    return []


def asked_anew(row: BookingRow, planned: Plan, terms: Terms, owner: Actor, *, now: datetime) -> BookingRow:
    """A request that changed is asked for from the beginning; where nobody has to be asked, it stands approved."""
    withdraw("booking", row.id, now=now)
    outcome = open_approval(("booking", row.id), planned, terms, owner, now)
    if outcome is not None and outcome.state is State.OPEN:
        telling.deciders(row, outcome, now=now)
        return row
    row = change(row, Action.APPROVE, {}, by=None, now=now)
    telling.requester("booking.approved", row, now=now, invite=True)
    return row


def hold(
    move: Move,
    *,
    by: Actor,
    now: datetime,
    proposed: bool = False,
    due_at: datetime | None = None,
    note: str = "",
) -> uuid.UUID:
    """Hold the minutes that the booking does not hold yet, as its pending change."""
    row, known = move.row, move.known
    change_id = new_id()
    wish, mine = slot_span(known), slot_of(row)
    here = move.terms.instrument.id == row.instrument_id and move.place.position == row.position
    slots.make_room(move.terms.instrument.id, move.place)
    for part in extra(wish, mine) if here else [wish]:
        slots.put(move.terms.instrument.id, part, move.place.position, kind="change", source_id=change_id)
    db.session.execute(
        CHANGE.insert().values(
            id=change_id,
            booking_id=row.id,
            instrument_id=move.terms.instrument.id,
            starts_at=known.span.start,
            ends_at=known.span.end,
            position=move.place.position,
            setup_minutes=known.policy.setup_minutes,
            cleanup_minutes=known.policy.cleanup_minutes,
            amount_fen=known.quote.amount.fen,
            quote=frozen(known.quote),
            state="pending",
            asked_by=by.user_id,
            created_at=now,
            proposed=proposed,
            due_at=due_at,
            note=note,
        )
    )
    return change_id


def ask_to_move(move: Move, *, by: Actor, now: datetime) -> BookingRow:
    """Hold the new time and ask for it; the booking keeps status and span."""
    row, known = move.row, move.known
    change_id = hold(move, by=by, now=now)
    outcome = open_approval(("change", change_id), move.planned, move.terms, known.by, now)
    record(
        "booking.ask-change",
        about=("booking", row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        before={"span": row.span},
        after={"span": known.span, "instrument_id": move.terms.instrument.id},
    )
    changed = queries.booking(row.id) or row
    telling.requester("booking.change-requested", changed, now=now, person=by)
    if outcome is not None:
        telling.deciders(changed, outcome, now=now, span=known.span)
    return changed
