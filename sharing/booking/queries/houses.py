"""What hangs on a house: what its closing would end, and the bookings that one which has closed leaves behind."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select

from sharing.booking.queries.tables import BOOKING, GROUP, INSTRUMENT, PERSON, row_of, rows_of
from sharing.booking.rules import BookingRow
from sharing.kernel.db import db, table_of
from sharing.network.models import Institution

SHOWN: Final = 20
BATCH: Final = 200
_HOUSE: Final = table_of(Institution)


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on a house. here: open bookings on its instruments; away: those of its people elsewhere.

    first  the next ones of both, by start, to be named
    """

    people: int
    groups: int
    instruments: int
    here: int
    away: int
    first: Sequence[BookingRow]


def hanging_on(institution_id: uuid.UUID, now: datetime) -> Hanging:
    """Counted and named before it closes."""
    c = BOOKING.c
    here, away = c.institution_id == institution_id, _away(institution_id)
    ask = rows_of().where(_open(now), or_(here, away)).order_by(c.starts_at, c.id).limit(SHOWN)
    return Hanging(
        people=_count(PERSON, PERSON.c.institution_id == institution_id, PERSON.c.left_at.is_(None)),
        groups=_count(GROUP, GROUP.c.institution_id == institution_id, GROUP.c.retired_at.is_(None)),
        instruments=_count(
            INSTRUMENT, INSTRUMENT.c.institution_id == institution_id, INSTRUMENT.c.status != "retired"
        ),
        here=_count(BOOKING, here, _open(now)),
        away=_count(BOOKING, away, _open(now)),
        first=[row_of(row) for row in db.session.execute(ask)],
    )


def standing_in(institution_id: uuid.UUID, zone_id: uuid.UUID) -> int:
    """How many of its instruments stand in a zone: they go with it when it moves."""
    c = INSTRUMENT.c
    return _count(INSTRUMENT, c.institution_id == institution_id, c.zone_id == zone_id, c.status != "retired")


def _away(institution_id: uuid.UUID) -> ColumnElement[bool]:
    c = BOOKING.c
    return and_(c.requester_institution_id == institution_id, c.institution_id != institution_id)


def _open(now: datetime) -> ColumnElement[bool]:
    c = BOOKING.c
    return and_(c.status.in_(["requested", "approved"]), c.starts_at > now)


def _count(table: Any, *where: ColumnElement[bool]) -> int:
    return int(db.session.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


def left_behind(now: datetime) -> list[uuid.UUID]:
    """Coming bookings on instruments of a house that has closed, or of its people: the next first, one batch."""
    closed = select(_HOUSE.c.id).where(_HOUSE.c.retired_at.is_not(None))
    c = BOOKING.c
    theirs = or_(c.institution_id.in_(closed), c.requester_institution_id.in_(closed))
    ask = select(c.id).where(_open(now), theirs).order_by(c.starts_at, c.id).limit(BATCH)
    return list(db.session.scalars(ask))
