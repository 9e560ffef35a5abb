"""What a calendar address shows: a person's bookings, an instrument's, or all those on a manager's desk.

Each feed reaches 60 days back and to every booking to come, bounded. `version` is one small aggregate that changes
whenever what the feed shows changes, so that "unchanged" is said before anything is rendered (SPEED 8).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from flask import current_app
from sqlalchemy import ColumnElement, false, func, or_, select, true

from sharing.booking.queries.tables import BOOKING, CHANGE, INSTRUMENT, row_of, rows_of
from sharing.booking.rules import BookingRow, Status, readable
from sharing.kernel import ical
from sharing.kernel.db import db
from sharing.kernel.ical import Address, CalendarEvent, Invitation
from sharing.kernel.language import _, _l, current_language, named, use_language
from sharing.kernel.refusals import Refused
from sharing.network import queries as network
from sharing.people import queries as people
from sharing.people.rules import Actor, ScopeFilter

BACK: Final = timedelta(days=60)
MOST: Final = 10_000
UID_DOMAIN: Final = "booking.instrument-sharing"
SHOWN_AS: Final[Mapping[Status, Literal["TENTATIVE", "CONFIRMED", "CANCELLED"]]] = {
    Status.REQUESTED: "TENTATIVE",
    Status.APPROVED: "CONFIRMED",
    Status.IN_USE: "CONFIRMED",
    Status.COMPLETED: "CONFIRMED",
    Status.REJECTED: "CANCELLED",
    Status.CANCELLED: "CANCELLED",
    Status.EXPIRED: "CANCELLED",
    Status.NO_SHOW: "CANCELLED",
}
WORDS: Final = {
    "requested": _l("待审批"),
    "approved": _l("已批准"),
    "rejected": _l("未同意"),
    "cancelled": _l("已取消"),
    "expired": _l("已过期"),
    "in_use": _l("使用中"),
    "completed": _l("已完成"),
    "no_show": _l("爽约"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """What a calendar address opens: `kind` person, instrument or desk, and whose eyes look."""

    kind: str
    owner: Actor
    instrument_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """Of a feed as it stands: `tag` differs when anything shown differs; `changed_at` is the newest change."""

    tag: str
    changed_at: datetime | None


def source(secret: str, *, now: datetime) -> Source:
    """What an address opens. Raises Refused: not-found, when it was revoked or never was."""
    key = people.calendar_key(secret)
    owner = people.actor(key.user_id, now) if key else None
    if key is None or owner is None:
        raise Refused("not-found")
    return Source(key.kind, owner, key.about_id)


def version(of: Source, *, now: datetime) -> Version:
    """One statement over the rows of the feed; nothing is rendered."""
    counted = select(
        func.count(),
        func.max(BOOKING.c.changed_at),
        func.sum(BOOKING.c.revision),
        func.sum(BOOKING.c.sequence),
        func.sum(INSTRUMENT.c.revision),
    ).join_from(BOOKING, INSTRUMENT, INSTRUMENT.c.id == BOOKING.c.instrument_id)
    row = db.session.execute(counted.where(_shown(of, now))).one()
    eyes = (of.owner.user_id, of.owner.language, *sorted(map(repr, of.owner.grants)))
    told = (of.kind, of.instrument_id, eyes, _base_url(), tuple(row))
    return Version(hashlib.sha256(repr(told).encode()).hexdigest()[:32], row[1])


def document(of: Source, *, now: datetime) -> bytes:
    """The whole feed in its owner's language."""
    use_language(of.owner.language)
    chosen = rows_of().where(_shown(of, now)).order_by(BOOKING.c.starts_at.desc(), BOOKING.c.id).limit(MOST)
    rows = [row_of(row) for row in db.session.execute(chosen)]
    houses = {house.id: named(house.name, house.name_en) for house in network.institutions()}
    events = (_event(row, of, houses.get(row.institution_id, "")) for row in reversed(rows))
    return ical.feed(_name(of), events)


def single(booking_id: uuid.UUID, *, reader: Actor) -> tuple[str, bytes]:
    """One booking as a file to add to a calendar: its number and the bytes. Raises Refused: not-found."""
    row = _booking(booking_id)
    if row is None or not readable(row, reader):
        raise Refused("not-found")
    return row.number, ical.feed(row.number, [_event(row, Source("person", reader), _house(row))])


def invitation(booking_id: uuid.UUID, *, now: datetime) -> Invitation:
    """What invites requester and guests to a booking, or takes it back, as its row stands now.

    Call it inside the transaction of the change, after the row is written. Written in the requester's language.
    """
    row = _booking(booking_id)
    if row is None:
        raise Refused("not-found")
    requester = people.persons([row.requester_id])[row.requester_id]
    house = network.institution(row.institution_id)
    names = (house.name, house.name_en) if house else ("", "")
    reader = Reader(requester.email, requester.name, requester.language)
    return invitation_of(row, reader, names, now=now)


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom an invitation is written, in her language."""

    email: str
    name: str
    language: str


def invitation_of(row: BookingRow, requester: Reader, house: tuple[str, str], *, now: datetime) -> Invitation:
    """The same of what is known already, without a statement; `house` is the owner's name and English name."""
    reading = current_language()
    use_language(requester.language)
    event = _event(row, None, named(*house))
    use_language(reading)
    settings = current_app.extensions["sharing.settings"]
    return Invitation(
        event,
        organizer=Address(settings.mail_from, settings.platform_name),
        requester=Address(requester.email, requester.name),
        guests=tuple(Address(guest) for guest in row.attendees),
        made_at=now,
    )


def cancellation(row: BookingRow, reader: Reader, *, now: datetime) -> Invitation:
    """What takes a booking out of the calendar of a person whose it no longer is; nobody else's entry goes."""
    house = network.institution(row.institution_id)
    names = (house.name, house.name_en) if house else ("", "")
    made = invitation_of(replace(row, attendees=()), reader, names, now=now)
    return replace(made, event=replace(made.event, status="CANCELLED", text=""))


def _booking(booking_id: uuid.UUID) -> BookingRow | None:
    row = db.session.execute(rows_of().where(BOOKING.c.id == booking_id)).first()
    return row_of(row) if row else None


def _house(row: BookingRow) -> str:
    house = network.institution(row.institution_id)
    return named(house.name, house.name_en) if house else ""


def _shown(of: Source, now: datetime) -> ColumnElement[bool]:
    """Which bookings a feed has. A day is the grain of its far end, so that the version rests for a day."""
    since = (now - BACK).replace(hour=0, minute=0, second=0, microsecond=0)
    recent = BOOKING.c.starts_at >= since
    if of.kind == "person":
        gone = select(CHANGE.c.booking_id).where(
            CHANGE.c.from_id == of.owner.user_id, CHANGE.c.state == "applied"
        )
        return recent & or_(BOOKING.c.requester_id == of.owner.user_id, BOOKING.c.id.in_(gone))
    if of.kind == "instrument":
        return recent & (BOOKING.c.instrument_id == of.instrument_id)
    return recent & _within(of.owner.scopes("booking.manage"))


def _within(scopes: ScopeFilter) -> ColumnElement[bool]:
    if scopes.everything:
        return true()
    if scopes.nothing:
        return false()
    columns: list[tuple[ColumnElement[Any], frozenset[uuid.UUID]]] = [
        (INSTRUMENT.c.zone_id, scopes.zones),
        (BOOKING.c.institution_id, scopes.institutions),
        (BOOKING.c.instrument_id, scopes.instruments),
    ]
    return or_(false(), *(column.in_(ids) for column, ids in columns if ids))


def _name(of: Source) -> str:
    if of.kind == "person":
        return _("我的预约")
    if of.kind == "desk":
        return _("我管理的仪器")
    found = db.session.execute(
        select(INSTRUMENT.c.name, INSTRUMENT.c.name_en).where(INSTRUMENT.c.id == of.instrument_id)
    ).first()
    return named(found.name, found.name_en) if found else ""


def _event(row: BookingRow, of: Source | None, house: str) -> CalendarEvent:
    """A booking as the feed's owner may see it: whose it is shows only to those who may know of it."""
    instrument = named(row.instrument_name, row.instrument_name_en)
    known = of is None or readable(row, of.owner)
    handed_over = of is not None and of.kind == "person" and row.requester_id != of.owner.user_id
    return CalendarEvent(
        uid=f"{row.id}@{UID_DOMAIN}",
        status="CANCELLED" if handed_over else SHOWN_AS[row.status],
        sequence=row.sequence,
        span=row.span,
        title=_title(row, of, instrument, known=known),
        place=" ".join(part for part in (house, row.instrument_location) if part),
        text=_text(row) if known else "",
        url=_base_url() + (f"/bookings/{row.id}" if known else f"/instruments/{row.instrument_id}"),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _title(row: BookingRow, of: Source | None, instrument: str, *, known: bool) -> str:
    if not known:
        return _("%(instrument)s · 已占用", instrument=instrument)
    own = of is None or of.kind == "person"
    title = instrument if own else f"{instrument} · {named(row.requester_name, row.requester_name_en)}"
    return _("%(title)s（待审批）", title=title) if row.status == "requested" else title


def _text(row: BookingRow) -> str:
    group = named(row.group_name or "", row.group_name_en)
    facts = (
        (_("编号"), row.number),
        (_("状态"), str(WORDS[row.status])),
        (_("申请人"), named(row.requester_name, row.requester_name_en)),
        (_("代约人"), named(row.booked_by_name or "", row.booked_by_name_en)),
        (_("课题组"), group),
        (_("用途"), row.purpose),
        (_("附言"), row.end_note),
    )
    return "\n".join(f"{label}{_('：')}{value}" for label, value in facts if value)


def _base_url() -> str:
    return str(current_app.extensions["sharing.settings"].base_url).rstrip("/")
