"""What a zone's administrator finds on her desk: what is late, and what lies idle, the most pressing first."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, select

from sharing.approval import queries as approvals
from sharing.approval.queries import LateRow
from sharing.audit import queries as audit
from sharing.booking.queries.bookings import bookings, changes
from sharing.booking.queries.tables import BLOCK, BOOKING, INSTRUMENT
from sharing.booking.rules import BookingRow
from sharing.kernel.db import db
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.network.queries import InstitutionRow, ZoneRow
from sharing.people import queries as people
from sharing.people.queries import PersonRow
from sharing.people.rules import Role, ScopeKind
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow

RECENT: Final = timedelta(days=14)  # an answer that never came is shown so long
IDLE: Final = timedelta(days=30)  # without a booking or closed time, a calendar counts as not kept
SHOWN: Final = 50
NUDGE: Final = "network.nudge"


@dataclass(frozen=True, slots=True)
class LateRequest:
    """A request that nobody answers: whose turn it is, with whom to call; `nudged_at`: when they were last asked."""

    booking: BookingRow
    late: LateRow
    deciders: Sequence[PersonRow]
    nudged_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuietRow:
    """An instrument that is not used, with whom to call."""

    instrument: InstrumentRow
    managers: Sequence[PersonRow]
    nudged_at: datetime | None


@dataclass(frozen=True, slots=True)
class ZoneDesk:
    """A zone's desk.

    unopened  registered, never opened for booking and never booked
    stale     open for booking, and nothing on their calendars for a month back nor to come
    bare      institutions without an administrator
    """

    zone: ZoneRow
    late: Sequence[LateRequest]
    unopened: Sequence[QuietRow]
    stale: Sequence[QuietRow]
    bare: Sequence[InstitutionRow]

    @property
    def due(self) -> int:
        return len(self.late) + len(self.unopened) + len(self.stale) + len(self.bare)


def zone_desk(zone: ZoneRow, now: datetime) -> ZoneDesk:
    """Everything on it in a fixed number of statements."""
    on = shanghai_day(now)
    admins = people.keepers(ScopeKind.INSTITUTION, Role.INSTITUTION_ADMIN, on)
    houses = [row for row in network.institutions(zone.id) if row.kind != "enterprise"]
    quiet = _quiet(zone.id, now)
    return ZoneDesk(
        zone=zone,
        late=late_requests(zone.code, now),
        unopened=[row for row in quiet if not row.instrument.bookable],
        stale=[row for row in quiet if row.instrument.bookable],
        bare=[row for row in houses if row.id not in admins],
    )


def late_requests(zone_code: str, now: datetime) -> list[LateRequest]:
    """What waits too long for an answer, and what ended lately without one."""
    rows = approvals.unanswered(zone_code, now, since=now - RECENT, limit=SHOWN)
    moved = changes(row.subject_id for row in rows if row.subject_kind == "change")
    of = {row.step_id: _booking_of(row, moved) for row in rows}
    known = bookings(one for one in of.values() if one)
    asked = {row.step_id: row.requester_id for row in rows}
    whose = approvals.deciders(list(asked), asked, shanghai_day(now))
    persons = people.persons(one for several in whose.values() for one in several)
    nudged = audit.last_done(NUDGE, "booking", list(known))
    return [
        LateRequest(
            known[key], row, [persons[one] for one in whose[row.step_id] if one in persons], nudged.get(key)
        )
        for row in rows
        if (key := of[row.step_id]) in known and key is not None
    ]


def _booking_of(row: LateRow, moved: Any) -> uuid.UUID | None:
    if row.subject_kind == "booking":
        return row.subject_id
    change = moved.get(row.subject_id)
    return change.booking_id if change else None


def _quiet(zone_id: uuid.UUID, now: datetime) -> list[QuietRow]:
    """Instruments in service of which nothing is heard: the longest registered first."""
    c = INSTRUMENT.c
    closed = c.booking_mode == "closed"
    wants = (c.zone_id == zone_id) & (c.status == "in_service") & (c.booking_mode != "service_only")
    silent = (closed & ~_booked(None)) | (
        ~closed & (c.created_at < now - IDLE) & ~_booked(now) & ~_blocked(now)
    )
    ids = list(
        db.session.scalars(select(c.id).where(wants, silent).order_by(c.created_at, c.id).limit(SHOWN))
    )
    rows, managers = registry.instruments(ids), registry.managers_of(ids, shanghai_day(now))
    persons = people.persons(_all_ids(managers.values()))
    nudged = audit.last_done(NUDGE, "instrument", ids)
    return [
        QuietRow(rows[key], [persons[one.id] for one in managers.get(key, [])], nudged.get(key))
        for key in ids
    ]


def _all_ids(groups: Iterable[Sequence[Any]]) -> list[uuid.UUID]:
    return [one.id for group in groups for one in group]


def _booked(now: datetime | None) -> ColumnElement[bool]:
    b = BOOKING.c
    found = exists().where(b.instrument_id == INSTRUMENT.c.id)
    return found if now is None else found.where(b.starts_at > now - IDLE)


def _blocked(now: datetime) -> ColumnElement[bool]:
    b = BLOCK.c
    return exists().where(b.instrument_id == INSTRUMENT.c.id, b.starts_at > now - IDLE)
