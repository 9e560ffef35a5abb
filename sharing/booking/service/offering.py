"""A booking offered to a colleague: hers by one click, judged for her; paid as before, or asked for anew."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from sharing.approval.rules import State
from sharing.audit.service import record
from sharing.booking import queries
from sharing.booking.queries import Plan, Wish
from sharing.booking.queries.checking import judged
from sharing.booking.queries.tables import CHANGE
from sharing.booking.rules import (
    Action,
    BookingRow,
    Case,
    ChangeRow,
    Status,
    allowed,
    default_payer,
    moved,
    of_payer,
    readable,
)
from sharing.booking.service import telling
from sharing.booking.service.deciding import locked_with_change
from sharing.booking.service.handing import claim, give
from sharing.booking.service.moving import asked_anew
from sharing.booking.service.submitting import open_approval
from sharing.kernel.db import db, lock_person, new_id, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.people.rules import Actor
from sharing.pricing.formats import frozen
from sharing.registry import queries as registry
from sharing.registry.rules import Terms

ANSWERED_WITHIN: Final = timedelta(hours=48)


@transactional
def hand_over(booking_id: uuid.UUID, *, person: str, note: str = "", by: Actor, now: datetime) -> BookingRow:
    """Offer a booking to a colleague of its requester; it stays hers until the colleague takes it.

    person  user name, staff number of the requester's institution, or id
    Raises Refused: not-found, forbidden, invalid-transition (it has begun, or a change of it waits), invalid-input
    (nobody of the same institution who may book).
    """
    row = locked_with_change(booking_id)
    if row.requester_id != by.user_id and not by.may("booking.manage", row.path):
        raise Refused("forbidden" if readable(row, by) else "not-found")
    moved(row.status, Action.HAND_OVER)
    if row.span.start <= now or row.change is not None:
        raise _not_now(row)
    to = queries.colleague_meant(person, row.requester_institution_id, now)
    if to.user_id == row.requester_id or not to.has("booking.submit"):
        message = _("要转给同单位、可以预约的另一个人")
        raise Refused("invalid-input", fields=[{"field": "person", "message": message}])
    due_at = min(now + ANSWERED_WITHIN, row.span.start)
    _offer(row, to, due_at, note, by=by, now=now)
    record(
        "booking.offer",
        about=("booking", row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        after={"to": to.user_id, "due_at": due_at},
        note=note or None,
    )
    facts = {"person": by.name, "person_en": by.name_en, "note": note, "due": due_at}
    telling.persons("booking.hand-over-offered", row, [to.user_id], now=now, facts=facts)
    return queries.booking(row.id) or row


def _offer(row: BookingRow, to: Actor, due_at: datetime, note: str, *, by: Actor, now: datetime) -> None:
    db.session.execute(
        CHANGE.insert().values(
            id=new_id(),
            booking_id=row.id,
            instrument_id=row.instrument_id,
            starts_at=row.span.start,
            ends_at=row.span.end,
            position=row.position,
            setup_minutes=row.setup_minutes,
            cleanup_minutes=row.cleanup_minutes,
            amount_fen=row.amount.fen,
            quote=dict(row.quote),
            state="pending",
            asked_by=by.user_id,
            created_at=now,
            proposed=True,
            due_at=due_at,
            note=note,
            from_id=row.requester_id,
            to_id=to.user_id,
            group_id=row.group_id,
        )
    )


def _not_now(row: BookingRow) -> Refused:
    return Refused("invalid-transition", status=row.status.value, allowed=allowed(row.status))


def _offered(booking_id: uuid.UUID, by: Actor, now: datetime) -> tuple[BookingRow, ChangeRow]:
    """The booking with the offer that may still be answered. Raises Refused: not-found, invalid-transition."""
    row = locked_with_change(booking_id)
    if not readable(row, by):
        raise Refused("not-found")
    if row.change is None or not row.change.hands_over or not row.change.proposed or not row.change.open(now):
        raise _not_now(row)
    return row, row.change


@transactional
def take_over(
    booking_id: uuid.UUID, *, group_id: uuid.UUID | None = None, by: Actor, now: datetime
) -> BookingRow:
    """The colleague's yes. Qualification and quotas are judged for her. The same group pays on as before; another one,
    or a higher price, is asked for, and until its yes the booking stays as it was (`row.change`).

    Raises Refused: not-found, forbidden, invalid-transition, policy-violation, no-approver.
    """
    row, pending = _offered(booking_id, by, now)
    if pending.to_id != by.user_id:
        raise Refused("forbidden")
    terms = registry.booking_terms(row.instrument_id)
    if terms is None:
        raise Refused("not-found")
    lock_person(by.user_id)  # her quotas
    known = _judged(row, terms, group_id, by, now)
    given = {one.key: one.value for one in queries.answers([row.id]).get(row.id, [])}
    planned = queries.plan(known, answers=given, booking_id=row.id, now=now)
    values = {
        "group_id": known.group_id,
        "amount_fen": known.quote.amount.fen,
        "quote": frozen(known.quote),
    }
    claim(pending, "applied", row, now=now)
    if row.status is Status.REQUESTED:
        return asked_anew(give(row, by, values, by=by, now=now), planned, terms, by, now=now)
    as_before = known.group_id == row.group_id and known.quote.amount <= row.amount
    if as_before or not planned.by_people:
        return give(row, by, values, by=by, now=now)
    return _ask_payer(row, pending, known, planned, terms, by=by, now=now)


def _judged(row: BookingRow, terms: Terms, group_id: uuid.UUID | None, by: Actor, now: datetime) -> Case:
    """As her own wish for the time that is held already, which no distance is asked of. Raises Refused."""
    same = row.group_id if row.group_id in by.groups else None
    manager = by.may("booking.manage", terms.instrument.path)
    payer = group_id or same or default_payer(None, by)
    wish = Wish(terms, row.span, by, manager, payer, booking_id=row.id, was=row.span)
    known = queries.case(wish, now)
    broken = [*judged(known)[0], *of_payer(payer, by, manager=manager)]
    if broken:
        raise Refused("policy-violation", violations=broken)
    return known


def _ask_payer(
    row: BookingRow, pending: ChangeRow, known: Case, planned: Plan, terms: Terms, *, by: Actor, now: datetime
) -> BookingRow:
    """Her yes waits for whoever pays for her, as a pending change of the booking."""
    change_id = new_id()
    held = CHANGE.select().where(CHANGE.c.id == pending.id)
    values = dict(db.session.execute(held).mappings().one())
    values |= {"id": change_id, "state": "pending", "closed_at": None, "proposed": False, "due_at": None}
    values |= {
        "asked_by": by.user_id,
        "created_at": now,
        "group_id": known.group_id,
        "amount_fen": known.quote.amount.fen,
        "quote": frozen(known.quote),
    }
    db.session.execute(CHANGE.update().where(CHANGE.c.id == pending.id).values(state="withdrawn"))
    db.session.execute(CHANGE.insert().values(**values))
    outcome = open_approval(("change", change_id), planned, terms, by, now)
    about, house = ("booking", row.id), row.institution_id
    record("booking.take-over", about=about, by=by, now=now, zone=row.zone_code, institution=house)
    waiting = queries.booking(row.id) or row
    if outcome is not None and outcome.state is State.OPEN:
        telling.deciders(waiting, outcome, now=now, to=by)
    return waiting


@transactional
def keep(booking_id: uuid.UUID, *, by: Actor, now: datetime) -> BookingRow:
    """The booking stays whose it is: the colleague's no, or the offer taken back by who made it or runs the instrument.

    Raises Refused: not-found, forbidden, invalid-transition.
    """
    row, pending = _offered(booking_id, by, now)
    may = by.user_id in {pending.to_id, pending.asked_by, row.requester_id}
    if not may and not by.may("booking.manage", row.path):
        raise Refused("forbidden")
    claim(pending, "refused", row, now=now)
    about, house = ("booking", row.id), row.institution_id
    record("booking.keep", about=about, by=by, now=now, zone=row.zone_code, institution=house)
    told = {pending.asked_by, pending.to_id, row.requester_id} - {by.user_id, None}
    facts = {"person": by.name, "person_en": by.name_en}
    telling.persons("booking.hand-over-declined", row, [one for one in told if one], now=now, facts=facts)
    return queries.booking(row.id) or row
