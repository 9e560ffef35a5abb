"""A zone's administrator asks those whose turn it is to act; written down, and not more than once a day."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sharing.audit import queries as audit
from sharing.audit.service import record
from sharing.booking import queries
from sharing.booking.queries.zone_desk import NUDGE
from sharing.booking.service.telling import facts_of
from sharing.kernel.db import lock_person, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.notify.service import Recipient, enqueue
from sharing.people import queries as people
from sharing.people.queries import PersonRow
from sharing.people.rules import Actor, ScopePath
from sharing.registry import queries as registry

RIGHT: Final = "zone.nudge"
APART: Final = timedelta(hours=24)


@transactional
def nudge_request(booking_id: uuid.UUID, *, what: str, by: Actor, now: datetime) -> int:
    """Ask whoever may decide to answer. Returns how many were asked.

    Raises Refused: not-found (it does not wait too long), forbidden, duplicate (asked within the day).
    """
    row = queries.booking(booking_id)
    if row is None or not by.may("booking.read-all", row.path):
        raise Refused("not-found")
    late = next(
        (one for one in queries.late_requests(row.zone_code, now) if one.booking.id == booking_id), None
    )
    if late is None:
        raise Refused("not-found")
    facts = facts_of(row) | {"due": late.late.due_at}
    return _ask(("booking", booking_id), row.path, late.deciders, facts, what, by, now)


@transactional
def nudge_instrument(instrument_id: uuid.UUID, *, what: str, by: Actor, now: datetime) -> int:
    """Ask those who run an instrument to open it or to keep its calendar. Returns how many were asked.

    Raises Refused: not-found, forbidden, duplicate (asked within the day).
    """
    row = registry.instrument(instrument_id)
    if row is None:
        raise Refused("not-found")
    to = list(people.persons(one.id for one in registry.managers(row.id, shanghai_day(now))).values())
    facts = {"instrument": row.name, "instrument_en": row.name_en, "url": f"/instruments/{row.id}"}
    return _ask(("instrument", row.id), row.path, to, facts, what, by, now)


def _ask(
    about: tuple[str, uuid.UUID],
    path: ScopePath,
    to: Sequence[PersonRow],
    facts: dict[str, Any],
    what: str,
    by: Actor,
    now: datetime,
) -> int:
    if not by.may(RIGHT, path):
        raise Refused("forbidden")
    lock_person(by.user_id)  # two presses of one button
    last = audit.last_done(NUDGE, about[0], [about[1]]).get(about[1])
    if last is not None and last > now - APART:
        raise Refused("duplicate")
    zone = network.zone_by_id(path.zone_id) if path.zone_id else None
    names = {"place": zone.name if zone else "", "place_en": zone.name_en if zone else "", "person": by.name}
    people_told = [
        Recipient(one.id, one.email, one.language, one.name, one.institution_id) for one in to if not one.left
    ]
    enqueue("desk.nudge", people_told, about, facts | names | {"note": what}, now)
    record(
        "network.nudge",
        about=about,
        by=by,
        now=now,
        zone=zone.code if zone else None,
        institution=path.institution_id,
        after={"people": [one.name for one in to]},
        note=what,
    )
    return len(people_told)
