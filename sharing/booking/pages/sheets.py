"""What is printed of an instrument: the plan of a week, and the sheet for its door with a code that opens its page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import segno
from flask import current_app, url_for

from sharing.booking import queries
from sharing.booking.rules import Item, ItemKind
from sharing.kernel.language import _, named
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, day_span, shanghai_day, week_span
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow

SHOWN: Final = frozenset({ItemKind.BOOKING, ItemKind.HOLD, ItemKind.BLOCK})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a day: what is on, and, where the reader may know, whose."""

    span: TimeSpan
    word: str
    kind: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day: when it is open, and what is on."""

    on: date
    open: Sequence[TimeSpan]
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A week of one instrument on paper. `printed_at` says how old the paper is."""

    instrument: InstrumentRow
    days: Sequence[Day]
    first: date
    before: date
    after: date
    managers: Sequence[str]
    phone: str
    printed_at: datetime
    address: str
    code: str


def sheet(instrument_id: uuid.UUID, by: Actor | None, *, first: date | None, now: datetime) -> Sheet:
    """The week that holds `first`, this week by default, as the reader may see it. Raises Refused: not-found."""
    terms = registry.booking_terms(instrument_id)
    if terms is None:
        raise Refused("not-found")
    week = week_span(first or shanghai_day(now))
    shown = queries.week(queries.calendar(instrument_id, by, now), week, by)
    monday, row = shanghai_day(week.start), terms.instrument
    managers = [person for person in registry.managers(instrument_id, shanghai_day(now)) if not person.deputy]
    address = page_address(instrument_id)
    return Sheet(
        instrument=row,
        days=[_day(on, shown.items) for on in week.days()],
        first=monday,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        managers=[named(person.name, person.name_en) for person in managers[:3]],
        phone=row.contact_phone,
        printed_at=now,
        address=address,
        code=code(address),
    )


def page_address(instrument_id: uuid.UUID) -> str:
    """The whole address of an instrument's page."""
    base = str(current_app.extensions["sharing.settings"].base_url).rstrip("/")
    return base + url_for("registry.instrument", instrument_id=instrument_id)


def code(address: str, *, alone: bool = False) -> str:
    """A QR code as SVG, in a page or as a file of its own; a quarter of it may be scratched and it still reads."""
    made = segno.make(address, error="q", micro=False)
    drawn: str = made.svg_inline(border=2, omitsize=True, svgclass="qr", light="#fff")
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) if alone else drawn


def _day(on: date, items: Sequence[Item]) -> Day:
    day = day_span(on)
    parts = [(one, part) for one in items if (part := one.span.intersection(day))]
    entries = [Entry(part, _word(one), one.kind.value) for one, part in parts if one.kind in SHOWN]
    return Day(
        on,
        [part for one, part in parts if one.kind is ItemKind.OPEN],
        sorted(entries, key=lambda one: one.span.start),
    )


def _word(item: Item) -> str:
    if item.kind is ItemKind.BLOCK:
        return f"{_('停用')}{_('：') + item.title if item.title else ''}"
    if item.kind is ItemKind.HOLD:
        return _("%(title)s（待审批）", title=item.title) if item.title else _("待审批")
    return item.title or _("已约")
