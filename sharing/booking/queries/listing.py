"""Bookings as a list for those who oversee them: by filters, the newest first, never counted."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, or_, select, tuple_

from sharing.booking.queries.bookings import BACK, within
from sharing.booking.queries.tables import BOOKING, INSTRUMENT, PERSON, row_of, rows_of
from sharing.booking.rules import BookingRow, Status
from sharing.kernel.db import db, snapshot
from sharing.kernel.paging import PER_PAGE
from sharing.people.rules import ScopeFilter

PIECE: Final = 500


@dataclass(frozen=True, slots=True)
class Listing:
    """Which bookings.

    words         the beginning of a booking's number, an instrument's code, or of the requester's name or user name
    since, until  that overlap this; half-open
    older_than    the last one that was seen: the next page begins after it
    """

    words: str = ""
    statuses: tuple[Status, ...] = ()
    instrument_id: uuid.UUID | None = None
    zone_id: uuid.UUID | None = None
    institution_id: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    older_than: uuid.UUID | None = None
    most: int = PER_PAGE


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list; `older` asks for the next, None where there is none."""

    rows: list[BookingRow]
    older: uuid.UUID | None


def listing(asked: Listing, scopes: ScopeFilter) -> Listed:
    """A page, the latest start first: one row more than is shown says whether there is more."""
    rows = [row_of(row) for row in db.session.execute(_listed(asked, scopes).limit(asked.most + 1))]
    shown = rows[: asked.most]
    return Listed(shown, shown[-1].id if len(rows) > asked.most else None)


def whole_listing(asked: Listing, scopes: ScopeFilter) -> Iterator[BookingRow]:
    """Every booking that was asked for, a few hundred at a time from the database."""
    with snapshot():
        for row in db.session.execute(_listed(asked, scopes), execution_options={"yield_per": PIECE}):
            yield row_of(row)


def _listed(asked: Listing, scopes: ScopeFilter) -> Select[Any]:
    c = BOOKING.c
    return rows_of().where(within(scopes), *_wanted(asked)).order_by(c.starts_at.desc(), c.id.desc())


def _wanted(asked: Listing) -> Iterator[ColumnElement[bool]]:
    c = BOOKING.c
    if asked.words:
        begins = [
            field.istartswith(asked.words, autoescape=True) for field in (PERSON.c.name, PERSON.c.name_en)
        ]
        exact = [c.number == asked.words.upper(), INSTRUMENT.c.code == asked.words]
        yield or_(*exact, *begins, PERSON.c.username == asked.words.lower())
    if asked.statuses:
        yield c.status.in_([status.value for status in asked.statuses])
    if asked.instrument_id:
        yield c.instrument_id == asked.instrument_id
    if asked.zone_id:
        yield INSTRUMENT.c.zone_id == asked.zone_id
    if asked.institution_id:
        yield c.institution_id == asked.institution_id
    if asked.since:
        yield c.ends_at > asked.since
        yield c.starts_at > asked.since - BACK
    if asked.until:
        yield c.starts_at < asked.until
    if asked.older_than:
        seen = select(c.starts_at).where(c.id == asked.older_than).scalar_subquery()
        yield tuple_(c.starts_at, c.id) < tuple_(seen, asked.older_than)
