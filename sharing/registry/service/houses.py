"""What becomes of a house's instruments when it moves to another zone, or leaves the network."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from sharing.audit import service as audit
from sharing.kernel.db import db, transactional
from sharing.people.rules import Actor
from sharing.registry.queries.instruments import INSTRUMENT, ZONE
from sharing.registry.rules import Status
from sharing.registry.service.instruments import ABOUT

_C = INSTRUMENT.c


@transactional
def move_with_house(
    institution_id: uuid.UUID, *, out_of: uuid.UUID, into: uuid.UUID, by: Actor | None, now: datetime
) -> int:
    """Its instruments that stand in its old zone stand in the new one; those that stand elsewhere stay there.

    Bookings made so far keep their numbers and the zone that they were made in. Returns how many moved.
    """
    where = (_C.institution_id == institution_id, _C.zone_id == out_of)
    return _all(where, {"zone_id": into}, "registry.edit", by, now)


@transactional
def retire_with_house(institution_id: uuid.UUID, *, reason: str, by: Actor | None, now: datetime) -> int:
    """Its instruments are retired with it; nothing is deleted. Returns how many were."""
    where = (_C.institution_id == institution_id, _C.status != Status.RETIRED.value)
    values = {"status": Status.RETIRED.value, "status_reason": reason[:300]}
    return _all(where, values, "registry.retire", by, now)


def _all(
    where: Sequence[ColumnElement[bool]],
    values: Mapping[str, Any],
    action: str,
    by: Actor | None,
    now: datetime,
) -> int:
    """Write the values to every such instrument, each with its own row of the trail; the house's right was asked."""
    olds = select(_C.id, _C.institution_id, ZONE.c.code, *(_C[name] for name in values))
    rows = db.session.execute(olds.join(ZONE, ZONE.c.id == _C.zone_id).where(*where)).mappings().all()
    if not rows:
        return 0
    changed = update(INSTRUMENT).where(*where).values(**values, revision=_C.revision + 1, changed_at=now)
    db.session.execute(changed)
    events = [
        {
            "action": action,
            "about": (ABOUT, row["id"]),
            "zone": row["code"],
            "institution": row["institution_id"],
            "before": {name: row[name] for name in values},
            "after": dict(values),
        }
        for row in rows
    ]
    audit.record_many(events, by=by, now=now)
    return len(rows)
