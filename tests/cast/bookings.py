"""What pays, and what was booked."""

from __future__ import annotations

import uuid
from typing import Any

from sharing.booking.models import Block, Booking, Slot
from sharing.funds.models import Authorisation, FundCard
from sharing.kernel.db import db
from sharing.kernel.money import Money
from sharing.kernel.timespan import TimeSpan
from sharing.network.models import Zone
from sharing.people.models import ResearchGroup, User
from sharing.pricing.formats import frozen
from sharing.pricing.rules import Quote
from sharing.registry.models import Instrument
from tests.cast.base import LONG_AGO, NOW, keep, numbers

LIVE = frozenset({"requested", "approved", "in_use"})  # these hold their slot


def card(of: ResearchGroup, **columns: Any) -> FundCard:
    number = next(numbers)
    given = {"number": f"C{number:06d}", "name": f"经费卡 {number}", "created_at": NOW} | columns
    return keep(FundCard(group_id=of.id, **given))


def authorisation(of: ResearchGroup, member: User, *, by: User, **columns: Any) -> Authorisation:
    """A head's leave in advance; without columns for every card and instrument, without limit."""
    given = {"starts_on": LONG_AGO, "created_at": NOW} | columns
    return keep(Authorisation(group_id=of.id, member_id=member.id, given_by=by.id, **given))


def booking(
    on: Instrument, by: User, when: TimeSpan, *, status: str = "approved", position: int = 1, **columns: Any
) -> Booking:
    """A booking as a row, with its slot while it is alive; no rule is asked and nothing is charged."""
    node = db.session.get_one(Zone, on.zone_id)
    given = {
        "number": f"{node.number_prefix}-{when.start.year}-9{next(numbers):05d}",
        "zone_code": node.code,
        "institution_id": on.institution_id,
        "requester_id": by.id,
        "requester_institution_id": by.institution_id,
        "purpose": "测试样品",
        "amount_fen": 0,
        "quote": frozen(Quote(when, Money(0))),
        "created_at": NOW,
        "changed_at": NOW,
    }
    row = keep(
        Booking(
            instrument_id=on.id,
            starts_at=when.start,
            ends_at=when.end,
            position=position,
            status=status,
            **given | columns,
        )
    )
    if status in LIVE:
        slot(on, when, position=position, kind="booking", source_id=row.id)
    return row


def block(on: Instrument, when: TimeSpan, *, by: User, **columns: Any) -> Block:
    """Closed time as a row, with a slot on every position."""
    node = db.session.get_one(Zone, on.zone_id)
    given = {"kind": "maintenance", "reason": "检修", "created_at": NOW, "laid_by": by.id} | columns
    row = keep(
        Block(instrument_id=on.id, zone_code=node.code, starts_at=when.start, ends_at=when.end, **given)
    )
    for position in range(1, on.capacity + 1):
        slot(on, when, position=position, source_id=row.id)
    return row


def slot(
    on: Instrument, when: TimeSpan, *, position: int = 1, kind: str = "block", source_id: uuid.UUID
) -> Slot:
    return keep(
        Slot(
            instrument_id=on.id,
            position=position,
            starts_at=when.start,
            ends_at=when.end,
            kind=kind,
            source_id=source_id,
        )
    )
