"""An instrument's calendar: open time, closed time, bookings and what is held for requests."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from flask import current_app
from sqlalchemy import Select, and_, func

from sharing.booking.queries import closing, slots
from sharing.booking.queries.tables import BOOKING, CHANGE, PERSON, SLOT
from sharing.booking.rules import Item, ItemKind, Week
from sharing.kernel.db import db
from sharing.kernel.language import current_language
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, merged, without
from sharing.network import queries as network
from sharing.people.rules import Actor, Role, ScopeKind
from sharing.registry.rules import Terms, open_spans

LONGEST_WINDOW: Final = timedelta(days=93)
CACHE: Final = "sharing.booking.calendars"
MOST_CACHED: Final = 2_000  # some kilobytes each


@dataclass(frozen=True, slots=True)
class _Held:
    """One slot of the window with the booking behind it."""

    position: int
    span: TimeSpan
    kind: str
    source_id: uuid.UUID
    booking_id: uuid.UUID | None
    status: str | None
    setup_minutes: int
    cleanup_minutes: int
    requester_id: uuid.UUID | None
    group_id: uuid.UUID | None
    requester: str
    requester_en: str
    purpose: str


@lru_cache(maxsize=64)
def _held(capacity: int) -> Select[Any]:
    c, b = SLOT.c, BOOKING.c
    statement, slot = slots.within(
        (
            c.position,
            c.starts_at,
            c.ends_at,
            c.kind,
            c.source_id,
            b.id,
            b.status,
            b.setup_minutes,
            b.cleanup_minutes,
            b.requester_id,
            b.group_id,
            PERSON.c.name,
            PERSON.c.name_en,
            b.purpose,
        ),
        capacity,
    )
    return (
        statement.outerjoin(CHANGE, and_(CHANGE.c.id == slot.c.source_id, slot.c.kind == "change"))
        .outerjoin(BOOKING, b.id == func.coalesce(CHANGE.c.booking_id, slot.c.source_id))
        .outerjoin(PERSON, PERSON.c.id == b.requester_id)
        .order_by(c.starts_at, c.position)
    )


@dataclass(frozen=True, slots=True)
class Calendar:
    """An instrument's calendar before it is read: the rules of opening, the number of its last change, and the tag by
    which a client's copy is known (the window is in the address)."""

    terms: Terms
    version: int
    tag: str


def calendar(instrument_id: uuid.UUID, by: Actor | None, now: datetime) -> Calendar:
    """One small statement. Raises Refused: not-found.

    The tag is made of the slots, the rules, and whose eyes look with which rights; a day is its longest life.
    """
    found = slots.terms_and_version(instrument_id)
    if found is None:
        raise Refused("not-found")
    terms, version = found
    eyes = by.eyes if by else f"nobody-{current_language()}"
    tag = f"{version}-{terms.instrument.revision}-{network.rule_epoch()}-{eyes}-{now:%j}"
    return Calendar(terms, version, tag)


def written(known: Calendar, window: TimeSpan, by: Actor | None, write: Callable[[Week], bytes]) -> bytes:
    """A stretch of a calendar as `write` says it, kept in this process until its tag changes."""
    kept: dict[tuple[Any, ...], bytes] = current_app.extensions.setdefault(CACHE, {})
    key = (write, known.terms.instrument.id, known.tag, window)
    body = kept.get(key)
    if body is None:
        body = write(week(known, window, by))
        if len(kept) >= MOST_CACHED:
            kept.clear()
        kept[key] = body
    return body


def week(known: Calendar, window: TimeSpan, by: Actor | None) -> Week:
    """A stretch of the calendar of at most three months; one statement. A change since `known` was read makes the
    items newer than their version, never older. Raises Refused: invalid-input, when the window is too long."""
    if window.end - window.start > LONGEST_WINDOW:
        raise Refused("invalid-input", fields=[{"field": "end", "message": str(LONGEST_WINDOW.days)}])
    terms, instrument = known.terms, known.terms.instrument
    facts: Mapping[str, Any] = {
        "instrument_ids": [instrument.id],
        "window_from": window.start,
        "window_to": window.end,
    }
    rows = [
        _Held(row[0], TimeSpan(row[1], row[2]), *row[3:])
        for row in db.session.execute(_held(instrument.capacity), facts)
    ]
    opened = open_spans(terms, window, network.work_calendar())
    items = [Item(ItemKind.OPEN, span) for span in opened]
    items += [Item(ItemKind.CLOSED, span) for span in without(window, opened)]
    items += _of_slots(rows, terms, by)
    return Week(instrument.id, window, known.version, items)


def _of_slots(rows: list[_Held], terms: Terms, by: Actor | None) -> list[Item]:
    sees_all = by is not None and by.may("booking.read-all", terms.instrument.path)
    items: list[Item] = []
    for row in rows:
        if row.kind == "booking":
            items += _of_booking(row, by, sees_all=sees_all)
        elif row.kind == "change":
            items.append(_item(ItemKind.HOLD, row, row.span, by, sees_all=sees_all))
    blocks: dict[uuid.UUID, list[TimeSpan]] = {}
    for row in rows:
        if row.kind == "block":
            blocks.setdefault(row.source_id, []).append(row.span)
    known = closing.by_id(blocks)
    for key, spans in blocks.items():
        title = known[key].said if key in known else None
        items += [Item(ItemKind.BLOCK, span, title=title) for span in merged(spans)]
    return items


def _of_booking(row: _Held, by: Actor | None, *, sees_all: bool) -> list[Item]:
    """The booked span, and the buffers round it: shown, not charged."""
    before, after = timedelta(minutes=row.setup_minutes), timedelta(minutes=row.cleanup_minutes)
    start, end = row.span.start + before, row.span.end - after
    if start >= end:
        return [Item(ItemKind.BUFFER, row.span, row.position)]
    kind = ItemKind.HOLD if row.status == "requested" else ItemKind.BOOKING
    items = [_item(kind, row, TimeSpan(start, end), by, sees_all=sees_all)]
    if before:
        items.append(Item(ItemKind.BUFFER, TimeSpan(row.span.start, start), row.position))
    if after:
        items.append(Item(ItemKind.BUFFER, TimeSpan(end, row.span.end), row.position))
    return items


def _item(kind: ItemKind, row: _Held, span: TimeSpan, by: Actor | None, *, sees_all: bool) -> Item:
    mine = by is not None and row.requester_id == by.user_id
    heads = by is not None and row.group_id is not None and by.holds(Role.HEAD, ScopeKind.GROUP, row.group_id)
    if not (mine or heads or sees_all):
        return Item(kind, span, row.position)
    title = row.purpose if mine else _name(row, by)
    return Item(kind, span, row.position, row.booking_id, title, row.status, mine)


def _name(row: _Held, by: Actor | None) -> str:
    english = by is not None and by.language == "en" and row.requester_en
    return row.requester_en if english else row.requester
