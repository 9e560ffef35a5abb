"""Events as iCalendar (RFC 5545), and as invitations (RFC 5546) that mail programs put into a calendar.

Feed, download and invitation make the same event: the UID names no host, SEQUENCE and LAST-MODIFIED are those of the
row that the event shows, so that whichever arrives later wins wherever it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final, Literal

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vCalAddress, vDuration, vText
from pydantic import TypeAdapter

from sharing.kernel.timespan import SHANGHAI, TimeSpan

PRODUCT: Final = "-//instrument-sharing//bookings//ZH"
REFRESH: Final = timedelta(minutes=30)
LINE_ENDS: Final = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One thing as a calendar shows it, in the reader's language and with no more than she may know."""

    uid: str
    status: Literal["TENTATIVE", "CONFIRMED", "CANCELLED"]
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
        return self.status == "CANCELLED"


@dataclass(frozen=True, slots=True)
class Address:
    """A name and a mail address of an invitation."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a mail program is asked to put into a calendar, or to take out when the event is cancelled.

    organizer   the platform's own address: mail programs ask that it is the sender
    requester   has accepted by booking; guests may answer to nobody, so nobody is asked to
    """

    event: CalendarEvent
    organizer: Address
    requester: Address
    guests: tuple[Address, ...]
    made_at: datetime


_KEPT: Final = TypeAdapter(Invitation)


def kept(invitation: Invitation) -> dict[str, Any]:
    """An invitation as JSON keeps it until it is sent."""
    found: dict[str, Any] = _KEPT.dump_python(invitation, mode="json")
    return found


def invitation_of(found: Mapping[str, Any]) -> Invitation:
    """The invitation that `kept` wrote."""
    return _KEPT.validate_python(found)


class Text(vText):
    r"""A TEXT value. The library turns a written `\N` into a line end; here what goes in comes out again."""

    def to_ical(self) -> bytes:
        said = str(self).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return said.encode()


def text(value: str) -> Text:
    """Any text as one TEXT value: line ends are one kind, other control characters are left out."""
    return Text(CONTROLS.sub("", LINE_ENDS.sub("\n", value)))


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


def itip(invitation: Invitation) -> str:
    """The iTIP object: METHOD:REQUEST, or CANCEL when the event will not be."""
    calendar = _calendar()
    calendar.add("method", "CANCEL" if invitation.event.cancelled else "REQUEST")
    entry = _event(invitation.event, stamp=invitation.made_at)
    entry.add("organizer", _person(invitation.organizer))
    people = [(invitation.requester, "ACCEPTED"), *((guest, "NEEDS-ACTION") for guest in invitation.guests)]
    for address, state in people:
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
    entry.add("uid", event.uid)
    entry.add("dtstamp", stamp.replace(microsecond=0))
    entry.add("created", event.created_at.replace(microsecond=0))
    entry.add("last-modified", event.changed_at.replace(microsecond=0))
    entry.add("sequence", event.sequence)
    entry.add("status", event.status)
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
