"""The home page, zone pages and the choice of language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from sharing.booking.queries import figures
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import month_span
from sharing.web import front
from tests import cast
from tests.cast import NOW, House
from tests.harness.browser import KEPT, Browser


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def house(app: Flask) -> House:
    return cast.house()


def test_an_open_and_untaken_instrument_is_free_now(house: House) -> None:
    assert figures.free_now(NOW)["kunming"] == 1


def test_a_taken_one_is_not_free(house: House) -> None:
    cast.booking(house.instrument, house.researcher, cast.span(0, "09:30", "10:30"), status="in_use")
    assert figures.free_now(NOW)["kunming"] == 0


def test_one_that_ended_this_minute_is_free_again(house: House) -> None:
    cast.booking(house.instrument, house.researcher, cast.span(0, "09:00", "10:00"))
    assert figures.free_now(NOW)["kunming"] == 1


def test_nothing_is_free_at_night(house: House) -> None:
    assert figures.free_now(cast.clock(0, "20:00"))["kunming"] == 0


def test_two_places_are_free_until_both_are_taken(house: House) -> None:
    two = cast.instrument(house.elsewhere, capacity=2)
    cast.booking(two, house.researcher, cast.span(0, "09:00", "11:00"), position=1)
    assert figures.free_now(NOW)["honghe"] == 1
    cast.booking(two, house.stranger, cast.span(0, "09:30", "10:30"), position=2)
    assert figures.free_now(NOW)["honghe"] == 0


def test_an_instrument_with_its_own_hours_is_judged_by_them(house: House) -> None:
    cast.timetable(house.instrument, days={"workday": [[13 * 60, 17 * 60]]})
    assert figures.free_now(NOW)["kunming"] == 0
    assert figures.free_now(cast.clock(0, "13:00"))["kunming"] == 1


def test_completed_bookings_of_the_month_are_used_minutes(house: House) -> None:
    for day, status in ((-1, "completed"), (0, "cancelled"), (0, "no_show")):
        cast.booking(house.instrument, house.researcher, cast.span(day, "08:30", "09:15"), status=status)
    month = month_span(2026, 3)
    assert figures.used_minutes(month, NOW) == {"kunming": 45}
    assert figures.used_minutes(month_span(2026, 2), NOW) == {}


def test_my_last_booking_of_each_instrument(house: House) -> None:
    for day in (-3, -2):
        cast.booking(house.instrument, house.researcher, cast.span(day, "09:00", "10:00"), status="completed")
    rows = figures.last_used(house.researcher.id)
    assert [row.span for row in rows] == [cast.span(-2, "09:00", "10:00")]


def test_home_shows_a_member_what_she_may_book_today(house: House) -> None:
    page = front.home(cast.actor(house.researcher), NOW)
    assert [slot.instrument.id for slot in page.slots] == [house.instrument.id]
    assert page.slots[0].span.start >= NOW
    assert page.slots[0].price is not None
    assert page.slots[0].outside is None


def test_home_shows_nobody_a_slot_she_may_not_book(house: House) -> None:
    cast.policy(house.instrument, audience="institution")
    assert front.home(cast.actor(house.stranger), NOW).slots == []
    assert front.home(None, NOW).slots == []
    assert len(front.home(cast.actor(house.researcher), NOW).slots) == 1


def test_training_opens_a_slot(house: House) -> None:
    cast.policy(house.instrument, licence_level="independent")
    assert front.home(cast.actor(house.researcher), NOW).slots == []
    cast.licence(house.instrument, house.researcher, level="independent", by=house.manager)
    assert len(front.home(cast.actor(house.researcher), NOW).slots) == 1


def test_a_visitor_sees_inside_and_outside_prices(house: House) -> None:
    slot = front.home(None, NOW).slots[0]
    assert slot.price is not None
    assert slot.outside is not None


def test_slots_lie_in_the_next_24_hours(house: House) -> None:
    friday_evening = cast.clock(4, "18:00")
    assert front.home(cast.actor(house.researcher), friday_evening).slots == []


def test_home_begins_with_my_next_booking_and_what_i_used(house: House) -> None:
    done = cast.booking(
        house.instrument, house.researcher, cast.span(-4, "09:00", "10:00"), status="completed"
    )
    coming = cast.booking(house.instrument, house.researcher, cast.span(1, "09:00", "10:00"))
    page = front.home(cast.actor(house.researcher), NOW)
    assert page.next_booking is not None
    assert page.next_booking.id == coming.id
    assert [(one.instrument.id, one.last and one.last.id) for one in page.favourites] == [
        (house.instrument.id, coming.id)
    ]
    assert done.id != coming.id


def test_wide_figures_are_kept_a_minute_and_rights_are_not(house: House) -> None:
    before = front.home(cast.actor(house.researcher), NOW)
    cast.booking(house.instrument, house.colleague, cast.span(0, "10:00", "17:30"))
    after = front.home(cast.actor(house.researcher), NOW)
    assert after.province == before.province
    assert after.slots[0].span.start > before.slots[0].span.start


def test_a_zone_page_has_its_owners_and_figures(house: House) -> None:
    page = front.zone_page("kunming", None, NOW)
    assert page.place.instruments == 1
    assert [(owner.code, number) for owner, number in page.owners] == [("uni", 1)]
    assert [slot.instrument.id for slot in page.slots] == [house.instrument.id]
    assert front.zone_page("honghe", None, NOW).slots == []


@pytest.mark.parametrize("code", ["atlantis", "province"])
def test_there_is_no_page_of_what_is_no_zone(house: House, code: str) -> None:
    with pytest.raises(Refused) as no:
        front.zone_page(code, None, NOW)
    assert no.value.kind == "not-found"


@pytest.mark.parametrize("path", ["/", "/zones/kunming"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_pages_answer_a_visitor_in_both_languages(
    house: House, client: FlaskClient, path: str, language: str
) -> None:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.text
    assert ("Find an instrument" in answer.text) == (language == "en" and path == "/")


def test_home_stands_before_there_is_anything(client: FlaskClient) -> None:
    cast.network()
    assert client.get("/").status_code == 200


def test_the_language_is_kept_and_leads_back(house: House, client: FlaskClient) -> None:
    answer = client.post("/language", data=_with_token(client, language="en", next="/zones/kunming"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/zones/kunming")
    assert 'lang="en"' in client.get("/").text


def test_the_language_never_leads_away(house: House, client: FlaskClient) -> None:
    answer = client.post("/language", data=_with_token(client, language="en", next="//elsewhere.test/"))
    assert answer.headers["Location"] == "/"


def test_an_unknown_language_is_refused(house: House, client: FlaskClient) -> None:
    assert client.post("/language", data=_with_token(client, language="fr")).status_code == 400


def _with_token(client: FlaskClient, **fields: str) -> dict[str, str]:
    page = client.get("/").text
    return {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0], **fields}


def test_a_kept_figure_is_read_again_after_its_time(house: House) -> None:
    calls: list[int] = []
    for minutes in (0, 0.5, 1):
        front._kept("a figure", NOW + timedelta(minutes=minutes), 1, lambda: calls.append(1))
    assert len(calls) == 2


def test_a_demo_is_marked_for_the_auditor_too(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = app.extensions["sharing.settings"].model_copy(update={"demo": True})
    said = app.template_context_processors
    monkeypatch.setitem(said, None, [*said[None], lambda: {"settings": shown}])
    house.auditor.password_hash = KEPT
    db.session.commit()
    page = Browser(app).sign_in(house.auditor).get("/").text
    assert "只读" in page
    assert "示例数据" in page
