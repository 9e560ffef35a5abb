"""From the agreement to the result: contract, slot, samples, result, acceptance."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sharing.audit.service import record
from sharing.booking import service as booking
from sharing.booking.rules import BookingRow, Submit
from sharing.kernel.db import db, new_id, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, at_shanghai
from sharing.orders import queries
from sharing.orders.queries.tables import CONTRACT
from sharing.orders.rules import OVER, Action, Contract, FileKind, OrderRow, Status, lacking, sides
from sharing.orders.service import telling
from sharing.orders.service.files import Sent, keep
from sharing.orders.service.recording import ABOUT, change, judged, locked, must_say
from sharing.people.rules import Actor


@transactional
def record_contract(
    order_id: uuid.UUID, contract: Contract, sent: Sent | None, *, by: Actor, now: datetime
) -> OrderRow:
    """Keep the signed contract, or what its registration says now; either party may, the newest row holds.

    sent    None: the file that is there stays
    raises  Refused: not-found, forbidden, invalid-transition (the order came to nothing), invalid-input, too-large
    """
    row = locked(order_id)
    queries.readable_order(order_id, by)
    if by.read_only or not sides(row, by):
        raise Refused("forbidden")
    if row.status in OVER and row.status is not Status.DONE:
        raise Refused("invalid-transition", status=row.status.value, allowed=[])
    before = queries.contract(row.id)
    if sent is not None:
        file_id = keep(row, [sent], FileKind.CONTRACT, field="file", by=by, now=now)[0]
    elif before is not None:
        file_id = before.file_id
    else:
        raise Refused("invalid-input", fields=[{"field": "file", "message": _("请附上双方签章的合同")}])
    values = {
        "version": before.version + 1 if before else 1,
        "kind": contract.kind.value,
        "file_id": file_id,
        "registration_no": contract.registration_no,
        "registered_on": contract.registered_on,
    }
    statement = CONTRACT.insert().values(id=new_id(), order_id=row.id, by_id=by.user_id, at=now, **values)
    db.session.execute(statement)
    record(
        "order.contract",
        about=(ABOUT, row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        after=values,
    )
    return row


def schedule(
    order_id: uuid.UUID, span: TimeSpan, operator_id: uuid.UUID, *, by: Actor, now: datetime
) -> OrderRow:
    """Lay the slot and name the operator, or move it; the time goes the same guarded path as every booking.

    Raises Refused: not-found, forbidden, invalid-transition, order-incomplete (no contract of an outside customer),
    policy-violation, booking-conflict, invalid-input.
    """
    row = queries.readable_order(order_id, by)
    ask = Submit(row.instrument_id, span, "")
    work = partial(_schedule, order_id, span, operator_id, by=by, now=now)
    return booking.kindly(work, ask=ask, by=by, now=now)


@transactional
def _schedule(
    order_id: uuid.UUID, span: TimeSpan, operator_id: uuid.UUID, *, by: Actor, now: datetime
) -> OrderRow:
    row = judged(order_id, Action.SCHEDULE, by)
    if missing := lacking(row, queries.contract(row.id)):
        raise Refused("order-incomplete", missing=missing)
    purpose = _("送样委托 %(number)s", number=row.number)
    run = booking.Run(row.instrument_id, span, purpose, operator_id)
    if row.booking_id is not None and row.slot_open and row.slot is not None and row.slot.end > now:
        laid = booking.lay_again(row.booking_id, run, by=by, now=now)
    else:
        laid = booking.lay_run(run, by=by, now=now)
    changed = change(row, Action.SCHEDULE, slot_of(laid), by=by, now=now, due_at=_due(row, laid))
    telling.customer("order.scheduled", changed, now=now, by=by, old=row.slot or row.told)
    return changed


def slot_of(laid: BookingRow) -> dict[str, Any]:
    """What an order keeps of its booking: which it is, and the span as both sides are told of it."""
    return {"booking_id": laid.id, "slot_starts_at": laid.span.start, "slot_ends_at": laid.span.end}


def _due(row: OrderRow, laid: BookingRow) -> datetime | None:
    """Samples are awaited by the start of the slot; once they are here, moving it moves no deadline."""
    return row.due_at if row.status in {Status.RECEIVED, Status.OBJECTED} else laid.span.start


@transactional
def receive(order_id: uuid.UUID, *, note: str = "", by: Actor, now: datetime) -> OrderRow:
    """The samples are here; the result is due on the day that was promised, else when the slot is over."""
    row = judged(order_id, Action.RECEIVE, by)
    agreed = queries.quote(row.id, row.accepted_version or 0)
    due = None if row.slot is None else row.slot.end
    if agreed is not None and agreed.terms.result_on is not None:
        due = at_shanghai(agreed.terms.result_on + timedelta(days=1))
    row = change(row, Action.RECEIVE, {"received_at": now}, by=by, now=now, note=note, due_at=due)
    telling.customer("order.received", row, now=now, by=by, note=note)
    return row


@transactional
def deliver(
    order_id: uuid.UUID, sent: Sequence[Sent], *, note: str = "", by: Actor, now: datetime
) -> OrderRow:
    """Give the result; a later delivery stands beside the earlier ones and is the one to accept.

    Raises Refused: not-found, forbidden, invalid-transition, too-large, invalid-input.
    """
    row = judged(order_id, Action.DELIVER, by)
    last = max((one.delivery for one in queries.files(row.id)), default=0)
    keep(row, sent, FileKind.RESULT, field="files", delivery=last + 1, by=by, now=now)
    row = change(row, Action.DELIVER, {"delivered_at": now}, by=by, now=now, note=note)
    telling.customer("order.delivered", row, now=now, by=by, note=note)
    return row


@transactional
def accept_result(order_id: uuid.UUID, *, note: str = "", by: Actor, now: datetime) -> OrderRow:
    """The customer accepts the result: the order is done, and may be charged."""
    row = judged(order_id, Action.ACCEPT_RESULT, by)
    row = change(row, Action.ACCEPT_RESULT, {"closed_at": now}, by=by, now=now, note=note)
    telling.house("order.done", row, now=now, by=by, note=note)
    return row


@transactional
def object_to(order_id: uuid.UUID, *, note: str, by: Actor, now: datetime) -> OrderRow:
    """The customer objects to the result and says why; the house answers with another delivery."""
    row = judged(order_id, Action.OBJECT, by)
    must_say(note)
    row = change(row, Action.OBJECT, {}, by=by, now=now, note=note)
    telling.house("order.objected", row, now=now, by=by, note=note)
    return row


@transactional
def stop(order_id: uuid.UUID, *, note: str, by: Actor, now: datetime) -> OrderRow:
    """The house cannot go on, and says why; nothing is charged, time still to come is free again."""
    row = judged(order_id, Action.STOP, by)
    must_say(note)
    if row.booking_id is not None:
        booking.lift_run(row.booking_id, note=note, by=by, now=now)
    row = change(row, Action.STOP, {"end_note": note, "closed_at": now}, by=by, now=now, note=note)
    telling.customer("order.ended", row, now=now, by=by, note=note)
    return row
