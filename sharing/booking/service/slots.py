"""Taking and freeing time under the instrument's lock. The schema decides; looking first only makes the answer kind."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from sharing.booking import queries
from sharing.booking.queries.tables import BOOKING, CALENDAR, GROUP, INSTRUMENT, SLOT
from sharing.booking.rules import Taken, cluster, free_position, full_spans, repacked
from sharing.kernel.db import Key, db, insert, insert_or_none, new_id
from sharing.kernel.quick import Quick
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.registry import queries as registry
from sharing.registry.rules import Terms

MOST_ROUNDS: Final = 20  # how often the cluster of a re-packing may grow before it is called full


_WANTED: Final = INSTRUMENT.c.id == bindparam("wanted", type_=Key)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a wish fits, and which bookings move to another position for it."""

    position: int
    moves: Mapping[uuid.UUID, int]


def lock(*instrument_ids: uuid.UUID) -> int:
    """Raise the version of these calendars and hold them until the transaction ends; rivals wait here.

    One statement an instrument locks it and gives its ETag; several are locked in the order of their ids.
    Returns the version of the last. Raises Refused: not-found.
    """
    version = 0
    for instrument_id in sorted(set(instrument_ids)):
        there = select(INSTRUMENT.c.id, literal(1)).where(INSTRUMENT.c.id == instrument_id)
        statement = insert(CALENDAR).from_select(["instrument_id", "version"], there)
        statement = statement.on_conflict_do_update(
            index_elements=["instrument_id"], set_={"version": CALENDAR.c.version + 1}
        )
        version = db.session.execute(statement.returning(CALENDAR.c.version)).scalar_one_or_none() or 0
        if not version:
            raise Refused("not-found")
    return version


_PAYER: Final = GROUP.c.id == bindparam("payer_id", type_=Key)
_LOCKED: Final = {
    dialect: Quick(
        make(CALENDAR)
        .from_select(["instrument_id", "version"], select(INSTRUMENT.c.id, literal(1)).where(_WANTED))
        .on_conflict_do_update(index_elements=["instrument_id"], set_={"version": CALENDAR.c.version + 1})
        .returning(
            *(select(column).where(_WANTED).scalar_subquery() for column in registry.STAMP),
            *(select(column).where(_PAYER).scalar_subquery() for column in (GROUP.c.name, GROUP.c.name_en)),
        )
    )
    for dialect, make in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


@dataclass(frozen=True, slots=True)
class Locked:
    """An instrument whose calendar is held, and the two names of the group that would pay."""

    terms: Terms
    payer: tuple[str | None, str | None]


def locked(instrument_id: uuid.UUID, *, payer_id: uuid.UUID | None) -> Locked:
    """`lock`, with what a request must know, in one statement. Raises Refused: not-found."""
    facts = {"wanted": instrument_id, "payer_id": payer_id}
    row = next(iter(_LOCKED[db.engine.dialect.name].rows(facts)), None)
    terms = registry.terms_under(instrument_id, registry.Stamp(*row[:3])) if row else None
    if row is None or terms is None:
        raise Refused("not-found")
    return Locked(terms, (row[3], row[4]))


def place_for(
    instrument_id: uuid.UUID,
    span: TimeSpan,
    capacity: int,
    *,
    wanted: int | None = None,
    preferred: int | None = None,
    besides: frozenset[uuid.UUID] = frozenset(),
) -> Place:
    """Where a slot fits: the wanted position and no other, or the preferred, the first free one, or one that
    re-packing makes free. Where there is one position only, nobody looks first: taking it says whether it was free.

    span     with its buffers
    besides  sources whose slots are given up for this one
    raises   Refused: booking-conflict, with the spans in the way
    """
    if capacity == 1 and wanted in {None, 1}:
        return Place(1, {})
    taken = _around(instrument_id, span, capacity, besides)
    if wanted is not None:
        return Place(_only(wanted, span, taken), {})
    busy = {one.position for one in taken if one.span.overlaps(span)}
    if preferred is not None and preferred <= capacity and preferred not in busy:
        return Place(preferred, {})
    position = free_position(span, taken, capacity)
    if position is not None:
        return Place(position, {})
    if capacity > 1 and (packed := _repacked(instrument_id, span, capacity, besides)):
        return packed
    raise taken_by(span, taken, capacity)


def _only(wanted: int, span: TimeSpan, taken: list[Taken]) -> int:
    there = [one for one in taken if one.position == wanted and one.span.overlaps(span)]
    if there:
        raise taken_by(span, there, 1)
    return wanted


def taken_by(span: TimeSpan, taken: list[Taken], capacity: int) -> Refused:
    """The refusal that names the time in the way."""
    spans = full_spans(span, taken, capacity) if capacity > 1 else [one.span for one in taken]
    return Refused("booking-conflict", conflicts=[one for one in spans if one.overlaps(span)])


def _around(
    instrument_id: uuid.UUID, span: TimeSpan, capacity: int, besides: frozenset[uuid.UUID]
) -> list[Taken]:
    found = queries.taken([instrument_id], span, capacity)[instrument_id]
    return [one for one in found if one.source_id not in besides]


def _repacked(
    instrument_id: uuid.UUID, span: TimeSpan, capacity: int, besides: frozenset[uuid.UUID]
) -> Place | None:
    """Re-pack the cluster of slots that the wish touches, read wider until nothing more touches it."""
    window = span
    for _round in range(MOST_ROUNDS):
        touched = cluster(span, _around(instrument_id, window, capacity, besides))
        reach = TimeSpan(
            min(window.start, *(one.span.start for one in touched)),
            max(window.end, *(one.span.end for one in touched)),
        )
        if reach == window:
            found = repacked(span, touched, capacity)
            return Place(*found) if found else None
        window = reach
    return None


def take(instrument_id: uuid.UUID, span: TimeSpan, place: Place, *, kind: str, source_id: uuid.UUID) -> None:
    """Write the slot, after moving the bookings that make room. Raises Refused: booking-conflict."""
    make_room(instrument_id, place)
    put(instrument_id, span, place.position, kind=kind, source_id=source_id)


def put(instrument_id: uuid.UUID, span: TimeSpan, position: int, *, kind: str, source_id: uuid.UUID) -> None:
    """One slot; no row back means that the schema found it taken."""
    facts = {
        "id": new_id(),
        "instrument_id": instrument_id,
        "position": position,
        "starts_at": span.start,
        "ends_at": span.end,
        "kind": kind,
        "source_id": source_id,
    }
    if insert_or_none(SLOT, facts) is None:
        there = [
            one for one in _around(instrument_id, span, position, frozenset()) if one.position == position
        ]
        raise taken_by(span, there, 1)


def make_room(instrument_id: uuid.UUID, place: Place) -> None:
    """Move the bookings that re-packing moves. Slots are never updated: all are deleted, then written anew."""
    moves = place.moves
    if not moves:
        return
    gone = db.session.execute(
        delete(SLOT)
        .where(SLOT.c.instrument_id == instrument_id, SLOT.c.source_id.in_(list(moves)))
        .returning(SLOT.c.source_id, SLOT.c.starts_at, SLOT.c.ends_at, SLOT.c.kind)
    ).all()
    for row in gone:
        position = moves[row.source_id]
        span = TimeSpan(row.starts_at, row.ends_at)
        put(instrument_id, span, position, kind=row.kind, source_id=row.source_id)
        db.session.execute(update(BOOKING).where(BOOKING.c.id == row.source_id).values(position=position))


def release(*source_ids: uuid.UUID) -> None:
    """Give back all the time that these bookings, changes or blocks hold."""
    db.session.execute(delete(SLOT).where(SLOT.c.source_id.in_(source_ids)))
