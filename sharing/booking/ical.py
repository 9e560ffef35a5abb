"""Bookings as iCalendar (RFC 5545), and as invitations (RFC 5546) that mail programs put into a calendar.

Feed, download and invitation make the same event: the UID is the booking's and names no host, SEQUENCE and
LAST-MODIFIED are the booking's row, so that whichever arrives later wins wherever it is read.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Final

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vCalAddress, vDuration, vText

from sharing.kernel.timespan import SHANGHAI, TimeSpan

PRODUCT: Final = "-//instrument-sharing//bookings//ZH"
UID_DOMAIN: Final = "booking.instrument-sharing"
REFRESH: Final = timedelta(minutes=30)
STATUSES: Final = {
    "requested": "TENTATIVE",
    "approved": "CONFIRMED",
    "in_use": "CONFIRMED",
    "completed": "CONFIRMED",
    "rejected": "CANCELLED",
    "cancelled": "CANCELLED",
    "expired": "CANCELLED",
    "no_show": "CANCELLED",
}
LINE_ENDS: Final = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One booking as a calendar shows it, in the reader's language and with no more than she may know."""

    booking_id: uuid.UUID
    status: str  # the booking's
    sequence: int
    span: TimeSpan
    title: str
    place: str
    text: str
    url: str
    created_at: datetime
    changed_at: datetime

    @property
    def cancelled(self) -> bool:
        return STATUSES[self.status] == "CANCELLED"


@dataclass(frozen=True, slots=True)
class Address:
    """A name and a mail address of an invitation."""

    email: str
    name: str = ""


class Text(vText):
    r"""A TEXT value. The library turns a written `\N` into a line end; here what goes in comes out again."""

    def to_ical(self) -> bytes:
        said = str(self).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return said.encode()


def text(value: str) -> Text:
    """Any text as one TEXT value: line ends are one kind, other control characters are left out."""
    return Text(CONTROLS.sub("", LINE_ENDS.sub("\n", value)))


def uid(booking_id: uuid.UUID) -> str:
    return f"{booking_id}@{UID_DOMAIN}"


def feed(name: str, events: Iterable[CalendarEvent]) -> bytes:
    """A whole calendar to subscribe to; the cancelled events stay in it, so that every program takes them out."""
    head = _calendar()
    head.add("x-wr-calname", text(name))
    head.add("name", text(name))
    head.add("x-wr-timezone", "Asia/Shanghai")
    head.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    head.add("x-published-ttl", vDuration(REFRESH))
    frame: bytes = head.to_ical()
    end = b"END:VCALENDAR\r\n"
    return frame.removesuffix(end) + b"".join(_event_lines(event) for event in events) + end


def invitation(
    event: CalendarEvent, *, organizer: Address, requester: Address, guests: Iterable[Address], now: datetime
) -> str:
    """An iTIP object: METHOD:REQUEST, or CANCEL when the booking will not be.

    organizer   the platform's own address: mail programs ask that it is the sender
    requester   has accepted by booking; guests may answer to nobody, so nobody is asked to
    """
    calendar = _calendar()
    calendar.add("method", "CANCEL" if event.cancelled else "REQUEST")
    entry = _event(event, stamp=now)
    entry.add("organizer", _person(organizer))
    for address, state in ((requester, "ACCEPTED"), *((guest, "NEEDS-ACTION") for guest in guests)):
        attendee = _person(address)
        attendee.params.update(CUTYPE="INDIVIDUAL", ROLE="REQ-PARTICIPANT", PARTSTAT=state, RSVP="FALSE")
        entry.add("attendee", attendee)
    calendar.add_component(entry)
    return str(calendar.to_ical(), "utf-8")


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add_component(_shanghai())
    return calendar


@cache
def _shanghai() -> Timezone:
    """The zone has known no change since 1991."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", "Asia/Shanghai")
    standard.add("dtstart", datetime(1991, 9, 15, 1))  # noqa: DTZ001 - local time, as RFC 5545 wants it
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def _event(event: CalendarEvent, stamp: datetime) -> Event:
    entry = Event()
    entry.add("uid", uid(event.booking_id))
    entry.add("dtstamp", stamp.replace(microsecond=0))
    entry.add("created", event.created_at.replace(microsecond=0))
    entry.add("last-modified", event.changed_at.replace(microsecond=0))
    entry.add("sequence", event.sequence)
    entry.add("status", STATUSES[event.status])
    entry.add("transp", "TRANSPARENT" if event.cancelled else "OPAQUE")
    entry.add("dtstart", event.span.start.astimezone(SHANGHAI))
    entry.add("dtend", event.span.end.astimezone(SHANGHAI))
    entry.add("summary", text(event.title))
    for name, value in (("location", event.place), ("description", event.text)):
        if value:
            entry.add(name, text(value))
    if event.url:
        entry.add("url", event.url)
    return entry


@lru_cache(maxsize=8192)
def _event_lines(event: CalendarEvent) -> bytes:
    """An event as it is written; kept, for the value holds all that the lines say (SPEED: 2,500 a second otherwise)."""
    return bytes(_event(event, stamp=event.changed_at).to_ical())


def _person(address: Address) -> vCalAddress:
    one = vCalAddress(f"mailto:{CONTROLS.sub('', LINE_ENDS.sub('', address.email))}")
    if address.name:
        one.params["CN"] = (
            CONTROLS.sub("", LINE_ENDS.sub(" ", address.name)).replace("\n", " ").replace('"', "'")
        )
    return one
