"""Service orders as rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sharing.kernel.db import db
from sharing.network.models import Zone
from sharing.orders.models import Order, Quote
from sharing.people.models import User
from sharing.registry.models import Instrument
from tests.cast.base import NOW, keep, numbers

QUOTED = {"quoted", "accepted", "scheduled", "received", "delivered", "objected", "done"}


def order(on: Instrument, who: User, status: str = "asked", **columns: Any) -> Order:
    """An order of a person on an instrument; from `quoted` on with a quote of 100 yuan, from `accepted` on agreed."""
    node = db.session.get_one(Zone, on.zone_id)
    version = 1 if status in QUOTED else 0
    given = {
        "number": f"{node.number_prefix}-2026-9{next(numbers):05d}",
        "external": who.institution_id != on.institution_id,
        "what": "形貌与粒度",
        "samples": 3,
        "nature": "粉末",
        "after": "dispose",
        "quote_version": version,
        "accepted_version": version if status not in {"asked", "quoted"} and version else None,
        "due_at": NOW + timedelta(days=2),
        "created_at": NOW,
        "changed_at": NOW,
    }
    row = keep(
        Order(
            zone_code=node.code,
            instrument_id=on.id,
            institution_id=on.institution_id,
            customer_id=who.id,
            customer_institution_id=who.institution_id,
            status=status,
            **given | columns,
        )
    )
    if version:
        line = {
            "item": "机时",
            "quantity": "1",
            "unit": "小时",
            "unit_price_fen": 10_000,
            "amount_fen": 10_000,
        }
        keep(
            Quote(
                order_id=row.id,
                version=1,
                lines=[line],
                amount_fen=10_000,
                valid_until=NOW + timedelta(days=2),
                by_id=who.id,
                at=NOW,
            )
        )
    return row
