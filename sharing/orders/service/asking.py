"""From the wish to the agreement: ask, quote, accept, refuse, ask for a change, withdraw."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sharing.audit.service import record
from sharing.booking import service as booking
from sharing.booking.rules import Violation, default_payer
from sharing.booking.rules.leave import of_audience, of_instrument, of_payer
from sharing.kernel.db import db, new_id, transactional
from sharing.kernel.language import _
from sharing.kernel.numbering import next_number
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import SHANGHAI, shanghai_day
from sharing.orders import queries
from sharing.orders.queries.tables import ORDER, QUOTE
from sharing.orders.rules import (
    Action,
    Ask,
    FileKind,
    Line,
    OrderRow,
    Status,
    Terms,
    allowed,
    quote_changes,
)
from sharing.orders.service import telling
from sharing.orders.service.files import Sent, keep
from sharing.orders.service.recording import ABOUT, change, deadline, judged, must_say
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow
from sharing.registry.rules import Terms as House


@transactional
def submit(ask: Ask, files: Sequence[Sent] = (), *, by: Actor, now: datetime) -> OrderRow:
    """Ask a house for a test. The number is drawn in the series of its zone.

    Raises Refused: not-found, forbidden, no-service-orders, policy-violation (audience, customs, payer), too-large,
    invalid-input.
    """
    if not by.has("order.submit"):
        raise Refused("forbidden")
    house = registry.booking_terms(ask.instrument_id)
    if house is None:
        raise Refused("not-found")
    ask = replace(ask, group_id=default_payer(ask.group_id, by))
    if broken := _broken(ask, house, by, now):
        raise Refused("policy-violation", violations=broken)
    if not house.instrument.takes_orders:
        raise Refused("no-service-orders")
    order_id = new_id()
    db.session.execute(ORDER.insert().values(**_columns(order_id, ask, house.instrument, by, now)))
    row = queries.order(order_id)
    if row is None:
        raise LookupError("the order just written is not there")
    after = {"number": row.number, "status": row.status, "samples": row.samples, "external": row.external}
    record(
        "order.submit",
        about=(ABOUT, row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        after=after,
    )
    if files:
        keep(row, files, FileKind.REQUEST, field="files", by=by, now=now)
    telling.house("order.asked", row, now=now, by=by)
    return row


def _broken(ask: Ask, house: House, by: Actor, now: datetime) -> list[Violation]:
    """What bars her from this instrument: its state, customs supervision, whom it is open to, who pays."""
    on = shanghai_day(now)
    manager = by.may("order.manage", house.instrument.path)
    return [
        *(one for one in of_instrument(house.instrument, by, on) if one.rule != "booking_mode"),
        *([] if manager else of_audience(house.policy(on).audience, house.instrument, by)),
        *of_payer(ask.group_id, by, manager=manager),
    ]


def _columns(
    order_id: uuid.UUID, ask: Ask, instrument: InstrumentRow, by: Actor, now: datetime
) -> dict[str, Any]:
    return {
        "id": order_id,
        "number": next_number("order", instrument.zone_prefix, now.astimezone(SHANGHAI).year),
        "zone_code": instrument.zone_code,
        "instrument_id": instrument.id,
        "institution_id": instrument.institution_id,
        "customer_id": by.user_id,
        "customer_institution_id": by.institution_id,
        "group_id": ask.group_id,
        "external": by.institution_id != instrument.institution_id,
        "what": ask.what,
        "samples": ask.samples,
        "nature": ask.nature,
        "hazards": [one.value for one in ask.hazards],
        "hazard_note": ask.hazard_note,
        "wanted_on": ask.wanted_on,
        "after": ask.after.value,
        "return_to": ask.return_to,
        "status": Status.ASKED.value,
        "due_at": deadline(Status.ASKED, now),
        "created_at": now,
        "changed_at": now,
    }


# --- the quote -------------------------------------------------------------------------------------------------------


@transactional
def quote(order_id: uuid.UUID, terms: Terms, *, revision: int, by: Actor, now: datetime) -> OrderRow:
    """Offer terms, or other terms than before; a version of its own each time.

    revision  of the order that she read: of two managers who quote at once the second is shown the first one's quote
    raises    Refused: not-found, forbidden, invalid-transition, edit-conflict, invalid-input (valid until the past)
    """
    row = judged(order_id, Action.QUOTE, by)
    if row.revision != revision:
        raise Refused("edit-conflict", revision=row.revision)
    if terms.valid_until <= now:
        message = _("有效期须在今天之后")
        raise Refused("invalid-input", fields=[{"field": "valid_until", "message": message}])
    version = row.quote_version + 1
    db.session.execute(
        QUOTE.insert().values(
            id=new_id(),
            order_id=row.id,
            version=version,
            lines=[line_kept(line) for line in terms.lines],
            amount_fen=terms.amount.fen,
            valid_until=terms.valid_until,
            result_on=terms.result_on,
            note=terms.note,
            by_id=by.user_id,
            at=now,
        )
    )
    row = change(
        row,
        Action.QUOTE,
        {"quote_version": version},
        by=by,
        now=now,
        note=terms.note,
        due_at=terms.valid_until,
    )
    telling.customer("order.quoted", row, now=now, by=by, note=terms.note)
    return row


def line_kept(line: Line) -> dict[str, Any]:
    """A line as the row keeps it: the quantity as an exact fraction, money in fen."""
    return {
        "item": line.item,
        "quantity": str(line.quantity),
        "unit": line.unit,
        "unit_price_fen": line.unit_price.fen,
        "amount_fen": line.amount.fen,
    }


@transactional
def accept(order_id: uuid.UUID, *, version: int, by: Actor, now: datetime) -> OrderRow:
    """Agree to the version of the quote that she read.

    Raises Refused: not-found, forbidden, invalid-transition (also when its time is over), quote-changed (with the
    version that stands and what changed).
    """
    row = judged(order_id, Action.ACCEPT, by)
    if row.quote_version != version:
        raise _changed(row, version)
    if row.overdue(now):
        raise Refused("invalid-transition", status=Status.LAPSED.value, allowed=allowed(Status.LAPSED))
    row = change(row, Action.ACCEPT, {"accepted_version": version}, by=by, now=now)
    telling.house("order.accepted", row, now=now, by=by)
    return row


def _changed(row: OrderRow, version: int) -> Refused:
    """What changed between the version that she read and the one that stands."""
    read, stands = (queries.quote(row.id, one) for one in (version, row.quote_version))
    changed = quote_changes(read.terms, stands.terms) if read and stands else []
    return Refused("quote-changed", version=row.quote_version, changed=changed)


@transactional
def refuse(order_id: uuid.UUID, *, note: str = "", by: Actor, now: datetime) -> OrderRow:
    """The customer does not want it on these terms; the order is over."""
    row = judged(order_id, Action.REFUSE, by)
    row = change(row, Action.REFUSE, {"end_note": note, "closed_at": now}, by=by, now=now, note=note)
    telling.house("order.ended", row, now=now, by=by, note=note)
    return row


@transactional
def ask_change(order_id: uuid.UUID, *, note: str, by: Actor, now: datetime) -> OrderRow:
    """The customer asks for another quote and says what should be different."""
    row = judged(order_id, Action.ASK_CHANGE, by)
    must_say(note)
    row = change(row, Action.ASK_CHANGE, {}, by=by, now=now, note=note)
    telling.house("order.asked", row, now=now, by=by, note=note)
    return row


@transactional
def decline(order_id: uuid.UUID, *, note: str, by: Actor, now: datetime) -> OrderRow:
    """The house does not take the order, and says why."""
    row = judged(order_id, Action.DECLINE, by)
    must_say(note)
    row = change(row, Action.DECLINE, {"end_note": note, "closed_at": now}, by=by, now=now, note=note)
    telling.customer("order.ended", row, now=now, by=by, note=note)
    return row


@transactional
def withdraw(order_id: uuid.UUID, *, note: str = "", by: Actor, now: datetime) -> OrderRow:
    """The customer takes it back before the samples are there; time that was laid is free again."""
    row = judged(order_id, Action.WITHDRAW, by)
    if row.booking_id is not None:
        booking.lift_run(row.booking_id, note=note or row.number, by=by, now=now)
    values = {"end_note": note, "closed_at": now}
    row = change(row, Action.WITHDRAW, values, by=by, now=now, note=note)
    telling.house("order.ended", row, now=now, by=by, note=note)
    return row
