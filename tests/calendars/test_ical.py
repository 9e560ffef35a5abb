"""Events as iCalendar, read back by the icalendar library and by recurring-ical-events."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from sharing.booking.calendar_feed import SHOWN_AS
from sharing.booking.rules import Status
from sharing.kernel.ical import Address, CalendarEvent, Invitation, feed, invitation_of, itip, kept, text
from sharing.kernel.timespan import SHANGHAI, TimeSpan
from tests.cast import NOW, clock, span

EVENT = CalendarEvent(
    uid="0190a0b0-0000-7000-8000-000000000002@booking.instrument-sharing",
    status="CONFIRMED",
    sequence=2,
    span=span(1, "09:00", "11:30"),
    title="场发射扫描电镜",
    place="云岭大学 理科楼 B112",
    text="编号:KM-2026-000123",
    url="https://sharing.example/bookings/1",
    created_at=NOW,
    changed_at=NOW,
)


def test_one_event_in_full() -> None:
    (event,) = Calendar.from_ical(feed("我的预约", [EVENT])).walk("VEVENT")
    assert str(event["UID"]) == "0190a0b0-0000-7000-8000-000000000002@booking.instrument-sharing"
    assert event["SEQUENCE"] == 2
    assert event["STATUS"] == "CONFIRMED"
    assert event["DTSTART"].to_ical() == b"20260303T090000"
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert event.decoded("dtend").astimezone(UTC) == EVENT.span.end
    assert event.decoded("dtstamp") == event.decoded("last-modified") == NOW
    assert str(event["LOCATION"]) == EVENT.place
    assert str(event["URL"]) == EVENT.url
    assert event.errors == []


def test_the_calendar_names_its_zone_and_itself() -> None:
    calendar = Calendar.from_ical(feed("我的预约", []))
    (zone,) = calendar.walk("VTIMEZONE")
    assert zone["TZID"] == "Asia/Shanghai"
    assert zone.to_tz().utcoffset(datetime(2026, 3, 3)) == timedelta(hours=8)  # noqa: DTZ001
    assert calendar["X-WR-CALNAME"] == "我的预约"
    assert "METHOD" not in calendar  # a feed is no message (RFC 5546)


@pytest.mark.parametrize("status", list(Status))
def test_every_status_of_a_booking_has_one_here(status: Status) -> None:
    assert SHOWN_AS[status] in {"TENTATIVE", "CONFIRMED", "CANCELLED"}


def test_a_cancelled_booking_stays_and_blocks_no_time() -> None:
    (event,) = Calendar.from_ical(feed("x", [replace(EVENT, status="CANCELLED")])).walk("VEVENT")
    assert (event["STATUS"], event["TRANSP"]) == ("CANCELLED", "TRANSPARENT")


def test_lines_are_folded_at_75_octets_and_end_in_crlf() -> None:
    lines = feed("我的预约", [replace(EVENT, title="电镜" * 100, text="样品" * 400)]).split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert lines[-1] == b""
    assert all(b"\n" not in line for line in lines)
    for line in lines:
        line.decode()  # no letter is cut in two


def invited(
    event: CalendarEvent, organizer: Address, requester: Address, guests: tuple[Address, ...] = ()
) -> Calendar:
    """As a mail carries it, after it lay in the outbox."""
    given = Invitation(event, organizer, requester, guests, NOW)
    stored = json.loads(json.dumps(kept(given)))
    assert invitation_of(stored) == given
    return Calendar.from_ical(itip(invitation_of(stored)))


def test_an_invitation_and_the_feed_are_the_same_event() -> None:
    ours, others = Address("no-reply@sharing.example", "云南大仪共享网"), Address("guest@y.cn")
    calendar = invited(EVENT, ours, Address("li@uni.cn", "李静怡"), (others,))
    (entry,) = calendar.walk("VEVENT")
    (fed,) = Calendar.from_ical(feed("x", [EVENT])).walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    for name in ("UID", "SEQUENCE", "SUMMARY", "DTSTART", "DTEND", "STATUS", "LAST-MODIFIED"):
        assert entry[name].to_ical() == fed[name].to_ical()
    assert str(entry["ORGANIZER"]) == "mailto:no-reply@sharing.example"
    assert [(str(one), one.params["PARTSTAT"]) for one in entry["ATTENDEE"]] == [
        ("mailto:li@uni.cn", "ACCEPTED"),
        ("mailto:guest@y.cn", "NEEDS-ACTION"),
    ]


def test_what_will_not_be_is_taken_back() -> None:
    calendar = invited(replace(EVENT, status="CANCELLED"), Address("a@b.c"), Address("d@e.f"))
    assert calendar["METHOD"] == "CANCEL"
    assert calendar.walk("VEVENT")[0]["STATUS"] == "CANCELLED"


@pytest.mark.parametrize("status", ["cancelled", "rejected", "expired", "no_show"])
def test_a_booking_that_will_not_be_is_shown_as_cancelled(status: str) -> None:
    assert SHOWN_AS[Status(status)] == "CANCELLED"


@pytest.mark.parametrize("name", ['x"\r\nATTENDEE:mailto:evil@x.cn', "张:三;李", "a\nb", "\x00\x85"])
def test_a_name_cannot_add_a_line(name: str) -> None:
    (event,) = invited(EVENT, Address("a@b.c", name), Address("d@e.f", name)).walk("VEVENT")
    assert str(event["ATTENDEE"]) == "mailto:d@e.f"


def as_read(value: str) -> str:
    """What any text becomes: one kind of line end, no control characters."""
    for end in ("\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"):
        value = value.replace(end, "\n")
    return "".join(c for c in value if c in "\n\t" or unicodedata.category(c) != "Cc")


PIECES = st.sampled_from(
    [
        "\r\n",
        "\n",
        "\\",
        ";",
        ",",
        "\\n",
        "\\N",
        "BEGIN:VEVENT",
        "END:VEVENT\r\n",
        "样品",
        " ",
        "\t",
        '"',
        "\u2028",
        ":",
        "^",
    ]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.lists(PIECES, max_size=30).map("".join)


@given(TEXTS)
def test_any_text_comes_back_as_it_went(value: str) -> None:
    """RELIABILITY S4."""
    calendar = Calendar.from_ical(feed("x", [replace(EVENT, title=value or "x", text=value, place=value)]))
    (event,) = calendar.walk("VEVENT")
    assert len(calendar.subcomponents) == 2
    assert str(event["SUMMARY"]) == as_read(value or "x")
    for name in ("DESCRIPTION", "LOCATION"):
        assert str(event.get(name, "")) == as_read(value)


@given(TEXTS)
def test_no_text_makes_a_line_of_its_own(value: str) -> None:
    assert b"\n" not in text(value).to_ical()
    assert b"\r" not in text(value).to_ical()


EVENTS = st.lists(
    st.builds(
        lambda number, start, length: replace(
            EVENT, uid=f"{number}@x", span=TimeSpan(start, start + timedelta(minutes=length))
        ),
        st.integers(1, 2**64),
        st.integers(0, 60 * 24 * 60).map(lambda m: clock(0, "00:00").astimezone(UTC) + timedelta(minutes=m)),
        st.integers(1, 60 * 24 * 3),
    ),
    unique_by=lambda event: event.uid,
    max_size=12,
)


@given(EVENTS)
def test_another_reader_finds_the_same_events_at_the_same_times(events: list[CalendarEvent]) -> None:
    calendar = Calendar.from_ical(feed("x", events))
    found = recurring_ical_events.of(calendar).between(
        clock(0, "00:00"), clock(0, "00:00") + timedelta(days=90)
    )
    assert {
        (str(event["UID"]), event.start.astimezone(SHANGHAI), event.end.astimezone(SHANGHAI))
        for event in found
    } == {(e.uid, e.span.start.astimezone(SHANGHAI), e.span.end.astimezone(SHANGHAI)) for e in events}
