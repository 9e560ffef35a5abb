"""Who is told what of an order: every message is written in the transaction of the change it tells of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sharing.kernel.timespan import SHANGHAI, TimeSpan, shanghai_day
from sharing.notify.service import Recipient, enqueue
from sharing.orders.rules import OrderRow
from sharing.people import queries as people
from sharing.people.rules import Actor
from sharing.registry import queries as registry


def customer(
    topic: str,
    row: OrderRow,
    *,
    now: datetime,
    by: Actor | None = None,
    note: str = "",
    old: TimeSpan | None = None,
) -> None:
    """Tell whose order it is; `old`: the slot before it was moved."""
    was = {"old_start": old.start, "old_end": old.end} if old and old != row.slot else {}
    _tell(topic, row, [row.customer_id], was | {"note": note}, now=now, by=by)


def house(topic: str, row: OrderRow, *, now: datetime, by: Actor | None = None, note: str = "") -> None:
    """Tell whoever runs the instrument, and the operator."""
    ids = [one.id for one in registry.managers(row.instrument_id, shanghai_day(now))]
    ids += [row.operator_id] if row.operator_id else []
    _tell(topic, row, dict.fromkeys(ids), {"note": note}, now=now, by=by)


def _tell(
    topic: str,
    row: OrderRow,
    ids: Iterable[uuid.UUID],
    facts: Mapping[str, Any],
    *,
    now: datetime,
    by: Actor | None,
) -> None:
    """Nobody is told of what she did herself."""
    found = people.persons(one for one in ids if by is None or one != by.user_id)
    to = [
        Recipient(one.id, one.email, one.language, one.name, one.institution_id)
        for one in found.values()
        if not one.left
    ]
    person = {"person": by.name, "person_en": by.name_en} if by else {}
    enqueue(topic, to, ("order", row.id), facts_of(row) | person | dict(facts), now)


def facts_of(row: OrderRow) -> dict[str, Any]:
    """What every message about an order needs."""
    facts: dict[str, Any] = {
        "number": row.number,
        "instrument": row.instrument_name,
        "instrument_en": row.instrument_name_en,
        "place": row.instrument_location,
        "requester": row.customer_name,
        "requester_en": row.customer_name_en,
        "purpose": row.what[:200],
        "due": row.due_at,
    }
    if row.amount is not None:
        facts["amount_fen"] = row.amount.fen
    if row.slot is not None:
        facts["start"] = row.slot.start.astimezone(SHANGHAI)
        facts["end"] = row.slot.end.astimezone(SHANGHAI)
    return facts
