"""Calendar addresses over HTTP: what each shows to whom, and that "unchanged" is said before anything is made."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import update

from sharing.booking import calendar_feed
from sharing.booking.models import Booking
from sharing.kernel.db import db, table_of
from sharing.kernel.ical import itip
from sharing.people import queries as people
from sharing.people import service as keys
from sharing.people.models import User
from tests import cast
from tests.cast import NOW, House
from tests.harness.statements import statements


@pytest.fixture
def house(app: Flask) -> Iterator[House]:
    with time_machine.travel(NOW, tick=False):
        yield cast.house()


def address(of: User, kind: str = "person", about: uuid.UUID | None = None) -> str:
    actor = people.actor(of.id, NOW)
    assert actor is not None
    secret = keys.create_calendar_key(kind=kind, about_id=about, by=actor, now=NOW)
    return f"/calendars/{secret}.ics"


def events(answer: Any) -> list[Any]:
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.data).walk("VEVENT"))


def change(booking: Booking, **columns: Any) -> None:
    raised = {"revision": booking.revision + 1, "sequence": booking.sequence + 1}
    db.session.execute(
        update(table_of(Booking)).where(table_of(Booking).c.id == booking.id).values(**raised | columns)
    )
    db.session.commit()


def test_a_person_sees_her_own_bookings_with_their_states(house: House, client: FlaskClient) -> None:
    mine = cast.booking(
        house.instrument, house.researcher, cast.span(1, "09:00", "11:00"), status="requested"
    )
    cast.booking(house.instrument, house.colleague, cast.span(1, "14:00", "15:00"))
    cast.booking(house.instrument, house.researcher, cast.span(2, "09:00", "10:00"), status="cancelled")
    first, second = events(client.get(address(house.researcher)))
    assert (str(first["UID"]), first["STATUS"]) == (f"{mine.id}@booking.instrument-sharing", "TENTATIVE")
    assert str(first["SUMMARY"]).endswith("（待审批）")
    assert mine.number in first["DESCRIPTION"]
    assert str(first["URL"]) == f"http://localhost/bookings/{mine.id}"
    assert second["STATUS"] == "CANCELLED"


def test_the_past_reaches_sixty_days_back(house: House, client: FlaskClient) -> None:
    for days in (-61, -59, 300):
        cast.booking(house.instrument, house.researcher, cast.span(days, "09:00", "10:00"))
    assert len(events(client.get(address(house.researcher)))) == 2


def test_whose_booking_it_is_shows_only_to_those_who_may_see(house: House, client: FlaskClient) -> None:
    cast.booking(house.instrument, house.researcher, cast.span(1, "09:00", "11:00"), purpose="机密样品")
    about = house.instrument.id
    for reader, sees in (
        (house.researcher, True),
        (house.manager, True),
        (house.head, False),  # her group does not pay this one
        (house.colleague, False),
        (house.enterprise, False),
        (house.auditor, True),
    ):
        answer = client.get(address(reader, "instrument", about))
        (one,) = events(answer)
        assert ("机密样品" in answer.text) is sees, reader.username
        assert (house.researcher.name in answer.text) is sees, reader.username
        assert ("已占用" in one["SUMMARY"]) is not sees
        assert ("/bookings/" in one["URL"]) is sees


def test_the_head_of_the_group_that_pays_may_see(house: House, client: FlaskClient) -> None:
    cast.booking(house.instrument, house.researcher, cast.span(1, "09:00", "11:00"), group_id=house.group.id)
    answer = client.get(address(house.head, "instrument", house.instrument.id))
    assert house.researcher.name in answer.text


def test_a_desk_has_every_instrument_that_its_manager_runs_and_no_other(
    house: House, client: FlaskClient
) -> None:
    other = cast.instrument(house.elsewhere)
    second = cast.instrument(house.university, manager=house.manager)
    for number, instrument in enumerate((house.instrument, second, other)):
        cast.booking(instrument, house.researcher, cast.span(1 + number, "09:00", "10:00"))
    found = events(client.get(address(house.manager, "desk")))
    assert len(found) == 2
    assert all(house.researcher.name in one["SUMMARY"] for one in found)


def test_a_desk_empties_when_its_manager_is_one_no_more(house: House, client: FlaskClient) -> None:
    cast.booking(house.instrument, house.researcher, cast.span(1, "09:00", "10:00"))
    where = address(house.manager, "desk")
    first = client.get(where)
    db.session.execute(db.text("UPDATE people_grant SET ends_on = :on WHERE user_id = :id"),
                       {"on": "2026-03-01", "id": _bound(house.manager.id)})  # fmt: skip
    db.session.commit()
    second = client.get(where, headers={"If-None-Match": first.headers["ETag"]})
    assert len(events(first)) == 1
    assert events(second) == []


def _bound(key: uuid.UUID) -> str:
    return key.hex if db.engine.dialect.name == "sqlite" else str(key)


def test_unchanged_is_said_by_304_and_every_change_ends_it(house: House, client: FlaskClient) -> None:
    booking = cast.booking(
        house.instrument, house.researcher, cast.span(1, "09:00", "11:00"), status="requested"
    )
    where = address(house.researcher)
    tags = []
    for columns in (
        {},
        {"status": "approved"},
        {"starts_at": cast.clock(2, "09:00"), "ends_at": cast.clock(2, "10:00")},
        {"status": "cancelled"},
    ):
        if columns:
            change(booking, **columns)
            db.session.refresh(booking)
        answer = client.get(where, headers={"If-None-Match": ", ".join(tags)})
        assert answer.status_code == 200
        assert events(answer)[0]["SEQUENCE"] == booking.sequence
        tags.append(answer.headers["ETag"])
        again = client.get(where, headers={"If-None-Match": tags[-1]})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tags[-1])
    assert len(set(tags)) == 4


def test_a_renamed_instrument_ends_it_too(house: House, client: FlaskClient) -> None:
    cast.booking(house.instrument, house.researcher, cast.span(1, "09:00", "11:00"))
    where = address(house.researcher)
    tag = client.get(where).headers["ETag"]
    house.instrument.name, house.instrument.revision = "新名字", house.instrument.revision + 1
    db.session.commit()
    assert "新名字" in client.get(where, headers={"If-None-Match": tag}).text


def test_a_304_reads_little(house: House, client: FlaskClient) -> None:
    for day in range(1, 20):
        cast.booking(house.instrument, house.researcher, cast.span(day, "09:00", "10:00"))
    where = address(house.researcher)
    tag = client.get(where).headers["ETag"]
    sent: list[str] = []

    with statements(sent):
        assert client.get(where, headers={"If-None-Match": tag}).status_code == 304
    assert len(sent) == 3  # the key, its owner with her rights, the version


def test_revoked_and_unknown_addresses_are_not_found(house: House, client: FlaskClient) -> None:
    where = address(house.researcher)
    assert client.get(where).status_code == 200
    actor = people.actor(house.researcher.id, NOW)
    assert actor is not None
    (key,) = people.calendar_keys(house.researcher.id)
    keys.revoke_calendar_key(key.id, by=actor, now=NOW)
    assert client.get(where).status_code == 404
    assert client.get("/calendars/guessed.ics").status_code == 404
    assert client.get(f"/calendars/{key.id}.ics").status_code == 404


def test_who_has_left_has_no_calendar(house: House, client: FlaskClient) -> None:
    where = address(house.researcher)
    house.researcher.left_at = NOW - timedelta(days=1)
    db.session.commit()
    assert client.get(where).status_code == 404


def test_headers_keep_it_private_and_small(house: House, client: FlaskClient) -> None:
    for day in range(1, 30):
        cast.booking(house.instrument, house.researcher, cast.span(day, "09:00", "10:00"))
    where = address(house.researcher)
    plain = client.get(where)
    packed = client.get(where, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 4 < len(plain.data)
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Cache-Control"].startswith("private")
    assert "Accept-Encoding" in ",".join(plain.headers.getlist("Vary"))
    assert plain.headers["Last-Modified"]
    assert client.head(where).headers["ETag"] == plain.headers["ETag"]


def test_the_same_state_is_the_same_file_byte_for_byte(house: House, client: FlaskClient) -> None:
    cast.booking(house.instrument, house.researcher, cast.span(1, "09:00", "11:00"))
    where = address(house.researcher)
    assert client.get(where).data == client.get(where).data


def test_english_readers_read_english(house: House, client: FlaskClient) -> None:
    house.researcher.language = "en"
    db.session.commit()
    cast.booking(house.instrument, house.researcher, cast.span(1, "09:00", "11:00"), status="requested")
    answer = client.get(address(house.researcher))
    assert "waiting for approval" in answer.text
    assert Calendar.from_ical(answer.data)["X-WR-CALNAME"] == "My bookings"


def test_one_booking_as_a_file_is_the_feeds_event(house: House, client: FlaskClient) -> None:
    booking = cast.booking(house.instrument, house.researcher, cast.span(1, "09:00", "11:00"))
    reader = people.actor(house.researcher.id, NOW)
    stranger = people.actor(house.stranger.id, NOW)
    assert reader is not None
    assert stranger is not None
    number, body = calendar_feed.single(booking.id, reader=reader)
    assert number == booking.number
    (alone,), (fed,) = (
        Calendar.from_ical(b).walk("VEVENT") for b in (body, client.get(address(house.researcher)).data)
    )
    assert alone.to_ical() == fed.to_ical()
    with pytest.raises(Exception, match="not-found"):
        calendar_feed.single(booking.id, reader=stranger)


def test_an_invitation_follows_the_booking(house: House) -> None:
    booking = cast.booking(
        house.instrument, house.researcher, cast.span(1, "09:00", "11:00"), attendees=["guest@y.cn"]
    )
    asked = Calendar.from_ical(itip(calendar_feed.invitation(booking.id, now=NOW)))
    (event_asked,) = asked.walk("VEVENT")
    assert asked["METHOD"] == "REQUEST"
    assert [str(one) for one in event_asked["ATTENDEE"]] == [
        f"mailto:{house.researcher.email}",
        "mailto:guest@y.cn",
    ]
    change(booking, status="cancelled")
    db.session.expire_all()
    taken_back = Calendar.from_ical(itip(calendar_feed.invitation(booking.id, now=NOW)))
    assert taken_back["METHOD"] == "CANCEL"
    (event_back,) = taken_back.walk("VEVENT")
    assert event_back["UID"] == event_asked["UID"]
    assert event_back["SEQUENCE"] > event_asked["SEQUENCE"]


def test_a_feed_is_bounded(house: House, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_feed, "MOST", 3)
    for day in range(1, 6):
        cast.booking(house.instrument, house.researcher, cast.span(day, "09:00", "10:00"))
    found = events(client.get(address(house.researcher)))
    assert [one["DTSTART"].to_ical()[:8] for one in found] == [b"20260305", b"20260306", b"20260307"]


def test_the_version_differs_with_the_readers_eyes(house: House) -> None:
    seen_by = {}
    for who in (house.manager, house.colleague):
        actor = people.actor(who.id, NOW)
        assert actor is not None
        source = calendar_feed.Source("instrument", actor, house.instrument.id)
        seen_by[who.username] = calendar_feed.version(source, now=NOW).tag
        assert calendar_feed.version(replace(source), now=NOW).tag == seen_by[who.username]
    assert len(set(seen_by.values())) == 2
