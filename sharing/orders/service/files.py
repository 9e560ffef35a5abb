"""Files of an order: looked at, bounded, kept under their hash by the house of answers, given only to the parties."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sharing.audit.service import record
from sharing.booking.service import files as kept
from sharing.kernel.db import db, new_id, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.orders import queries
from sharing.orders.queries.tables import FILE
from sharing.orders.rules import OVER, FileKind, OrderRow, Side, sides
from sharing.orders.service.recording import ABOUT, locked
from sharing.people.rules import Actor

MOST_BYTES: Final = 32 * 1024 * 1024
MOST_TOGETHER: Final = 2 * MOST_BYTES
MOST_AT_ONCE: Final = 10
MOST_FILES: Final = 60


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it came."""

    name: str
    data: bytes


def keep(
    row: OrderRow,
    sent: Sequence[Sent],
    kind: FileKind,
    *,
    field: str,
    delivery: int = 0,
    by: Actor,
    now: datetime,
) -> list[uuid.UUID]:
    """Keep the files and write their rows, in the transaction at hand. The bytes lie whole on the disk before a row
    names them. Raises Refused: too-large, invalid-input (none, too many, a kind that is not taken)."""
    there = len(queries.files(row.id))
    if not sent:
        raise Refused("invalid-input", fields=[{"field": field, "message": _("请选择文件")}])
    if len(sent) > MOST_AT_ONCE or there + len(sent) > MOST_FILES:
        message = _("一次最多 %(once)s 个文件，一份委托最多 %(most)s 个", once=MOST_AT_ONCE, most=MOST_FILES)
        raise Refused("invalid-input", fields=[{"field": field, "message": message}])
    return [_one(row, one, kind, field=field, delivery=delivery, by=by, now=now) for one in sent]


def _one(
    row: OrderRow, sent: Sent, kind: FileKind, *, field: str, delivery: int, by: Actor, now: datetime
) -> uuid.UUID:
    found = kept.keep(sent.data, sent.name, field=field, most=MOST_BYTES)
    file_id = new_id()
    values = {
        "order_id": row.id,
        "kind": kind.value,
        "delivery": delivery,
        "name": found["name"],
        "sha256": found["sha256"],
        "size": len(sent.data),
        "by_id": by.user_id,
        "at": now,
    }
    db.session.execute(FILE.insert().values(id=file_id, **values))
    facts = {"file": file_id, "kind": kind, "name": found["name"], "sha256": found["sha256"]}
    record(
        "order.file",
        about=(ABOUT, row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        after=facts,
    )
    return file_id


@transactional
def add_files(order_id: uuid.UUID, sent: Sequence[Sent], *, by: Actor, now: datetime) -> OrderRow:
    """More to the request, by the customer while the order is not over.

    Raises Refused: not-found, forbidden, invalid-transition, too-large, invalid-input.
    """
    row = locked(order_id)
    queries.readable_order(order_id, by)
    if by.read_only or Side.CUSTOMER not in sides(row, by):
        raise Refused("forbidden")
    if row.status in OVER:
        raise Refused("invalid-transition", status=row.status.value, allowed=[])
    keep(row, sent, FileKind.REQUEST, field="files", by=by, now=now)
    return row
