"""The page of an instrument's outside calendar: how it is read, and what is booked on both sides."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sharing.booking import queries, service
from sharing.booking.rules import BookingRow, OutsideRow
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.queries import Head


@dataclass(frozen=True, slots=True)
class OutsidePage:
    """Everything that `booking/outside.html` shows. `clashes`: our bookings on time that is taken outside too."""

    head: Head
    now: datetime
    known: OutsideRow | None
    stale: bool
    fault: str
    busy: int
    clashes: Sequence[BookingRow]
    values: Mapping[str, str]


def outside_page(instrument_id: uuid.UUID, by: Actor, *, now: datetime) -> OutsidePage:
    """The page for who runs the instrument. Raises Refused: not-found, forbidden."""
    head = registry.head(instrument_id, by, shanghai_day(now))
    terms = registry.booking_terms(instrument_id)
    if head is None or terms is None:
        raise Refused("not-found")
    if not head.may_run:
        raise Refused("forbidden")
    known = queries.outside_row(instrument_id)
    spans = sorted(queries.outside_blocks(instrument_id, now)) if known else []
    return OutsidePage(
        head=head,
        now=now,
        known=known,
        stale=known is not None and known.stale(now),
        fault=service.fault_said(known.fault) if known and known.fault else "",
        busy=len(spans),
        clashes=queries.met(terms, spans, now)[0] if spans else (),
        values={
            "address": known.address,
            "link": known.link,
            "limit_minutes": str(known.limit_minutes),
        }
        if known
        else {},
    )
