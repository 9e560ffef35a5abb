"""An instrument whose calendar is kept in a campus system: read over HTTP, shown as taken, never booked on old news."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from sharing.audit import queries as audit
from sharing.booking import calendar_feed, jobs, queries, service
from sharing.booking.queries.tables import BLOCK, SLOT
from sharing.booking.rules import BlockKind, Choice, OutsideAsk, OutsideRow, Reach
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from tests import cast
from tests.booking.asking import refusal, rules_broken, submit
from tests.booking.test_api import World, world
from tests.booking.test_scenarios import inbox_topics, self_service
from tests.harness.browser import KEPT, Browser
from tests.harness.webserver import Reply, WebServer, webserver
from tests.kernel.test_busy import calendar

__all__ = ["world"]

BUSY = cast.span(1, "09:00", "11:00")
LINK = "https://campus.example/book"


def event(span: TimeSpan, uid: str = "1") -> str:
    start, end = (at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") for at in (span.start, span.end))
    return f"UID:{uid}\r\nDTSTART:{start}\r\nDTEND:{end}"


@pytest.fixture
def campus(app: Flask) -> Iterator[WebServer]:
    """A campus system on loopback, which the installation lists."""
    settings = app.extensions["sharing.settings"]
    with webserver() as server:
        server.reply = Reply(body=calendar(event(BUSY)), headers={"ETag": '"1"'})
        allowed = settings.model_copy(update={"inside_allowed": f"{server.host}:{server.port}"})
        app.extensions["sharing.settings"] = allowed
        yield server
    app.extensions["sharing.settings"] = settings


def kept(house: cast.House, on: Any, address: str) -> OutsideRow:
    ask = OutsideAsk(address, LINK, 60)
    return service.keep_outside(on.id, ask, by=cast.actor(house.manager), now=cast.NOW)


def row_of(on: Any) -> OutsideRow:
    found = queries.outside_row(on.id)
    assert found is not None
    return found


def slots_of(on: Any) -> list[TimeSpan]:
    c = SLOT.c
    rows = db.session.execute(
        select(c.starts_at, c.ends_at).where(c.instrument_id == on.id).order_by(c.starts_at)
    )
    return [TimeSpan(*row) for row in rows]


def test_what_is_busy_there_is_taken_here_until_it_is_free_there(app: Flask, campus: WebServer) -> None:
    house = cast.house()
    laser = self_service(house)
    kept(house, laser, campus.address)
    assert rules_broken(refusal(house.researcher, laser, BUSY)) == ["outside_stale"]  # never read yet
    assert jobs.outside(cast.NOW) == 1
    assert slots_of(laser) == [BUSY]
    no = refusal(house.researcher, laser, cast.span(1, "10:00", "12:00"))
    assert no.kind == "booking-conflict"
    lin = cast.actor(house.researcher)
    week = queries.week(queries.calendar(laser.id, lin, cast.NOW), cast.span(1, "08:00", "18:00"), lin)
    assert [(i.span, i.title) for i in week.items if i.kind == "block"] == [(BUSY, "校内系统已占用")]
    campus.reply = Reply(body=calendar(event(cast.span(1, "14:00", "15:00"))), headers={"ETag": '"2"'})
    later = cast.NOW + timedelta(minutes=5)
    assert jobs.outside(later) == 1
    assert slots_of(laser) == [cast.span(1, "14:00", "15:00")]
    assert submit(house.researcher, laser, BUSY, now=later)
    assert jobs.outside(later) == 0  # nothing is due


def test_an_unchanged_calendar_is_not_read_again_and_counts_as_read(app: Flask, campus: WebServer) -> None:
    house = cast.house()
    laser = self_service(house)
    kept(house, laser, campus.address)
    jobs.outside(cast.NOW)
    later = cast.NOW + timedelta(minutes=5)
    jobs.outside(later)
    assert [asked.get("If-None-Match") for asked in campus.asked] == [None, '"1"']
    assert (row_of(laser).read_at, row_of(laser).whole_at) == (later, cast.NOW)
    assert slots_of(laser) == [BUSY]
    tomorrow = cast.NOW + timedelta(hours=13)  # repetitions reach further by then
    jobs.outside(tomorrow)
    assert campus.asked[-1].get("If-None-Match") is None
    assert row_of(laser).whole_at == tomorrow


def test_old_news_takes_no_booking_and_says_where_to_go(app: Flask, campus: WebServer) -> None:
    house = cast.house()
    laser = self_service(house)
    kept(house, laser, campus.address)
    jobs.outside(cast.NOW)
    campus.reply = Reply(503)
    for minutes, fits in ((60, True), (61, False)):
        now = cast.NOW + timedelta(minutes=minutes)
        jobs.outside(now)
        assert row_of(laser).fault == "http-503"
        assert slots_of(laser)[0] == BUSY  # the last reading stays
        wish = cast.span(2, "09:00", "10:00")
        if fits:
            submit(house.researcher, laser, wish, now=now)
        else:
            no = refusal(house.researcher, laser, cast.span(3, "09:00", "10:00"), now=now)
            one = no.facts["violations"][0]
            assert (one.rule, one.limit, one.actual, one.facts["link"]) == ("outside_stale", 60, 61, LINK)
    shown = Browser(app).get(f"/instruments/{laser.id}?tab=book").text
    assert LINK in shown


def test_a_booking_in_the_way_stays_and_its_manager_is_told_once(app: Flask, campus: WebServer) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, cast.span(1, "10:00", "12:00"))
    kept(house, laser, campus.address)
    for minutes in (0, 5):
        jobs.outside(cast.NOW + timedelta(minutes=minutes))
    assert slots_of(laser) == [cast.span(1, "09:00", "10:00"), cast.span(1, "10:00", "12:00")]
    assert inbox_topics(house.manager).count("booking.outside-clash") == 1
    assert [one.action for one in audit.history("booking", mine.id)].count("booking.outside-clash") == 1
    house.manager.password_hash = KEPT
    db.session.commit()
    with time_machine.travel(cast.NOW, tick=False):
        wang = Browser(app).sign_in(house.manager)
        assert mine.number in wang.get(f"/instruments/{laser.id}/outside").text
    service.cancel(mine.id, by=cast.actor(house.researcher), now=cast.NOW)
    assert slots_of(laser) == [cast.span(1, "09:00", "10:00"), cast.span(1, "10:00", "11:00")]
    assert refusal(house.colleague, laser, cast.span(1, "10:00", "11:00")).kind == "booking-conflict"


def test_our_own_bookings_that_come_back_are_no_clash(app: Flask, campus: WebServer) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, BUSY)
    campus.reply = Reply(body=calendar(event(BUSY, f"{mine.id}@{calendar_feed.UID_DOMAIN}")))
    kept(house, laser, campus.address)
    jobs.outside(cast.NOW)
    assert slots_of(laser) == [BUSY]
    assert "booking.outside-clash" not in inbox_topics(house.manager)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(body=b"<html>please sign in</html>"), "broken"),
        (Reply(302, headers={"Location": "http://127.0.0.1/"}), "redirect"),
        (Reply(body=b"x" * (2 * 1024 * 1024 + 1)), "too-large"),
    ],
)
def test_a_reading_that_fails_changes_nothing(
    app: Flask, campus: WebServer, reply: Reply, fault: str
) -> None:
    house = cast.house()
    laser = self_service(house)
    kept(house, laser, campus.address)
    jobs.outside(cast.NOW)
    campus.reply = reply
    later = cast.NOW + timedelta(minutes=5)
    assert jobs.outside(later) == 0
    assert (row_of(laser).fault, row_of(laser).read_at, row_of(laser).tried_at) == (fault, cast.NOW, later)
    assert slots_of(laser) == [BUSY]


def test_a_private_address_is_refused_unless_the_installation_lists_it(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    with webserver() as server:
        kept(house, laser, server.address)
        jobs.outside(cast.NOW)
        assert server.asked == []
    assert row_of(laser).fault == "private"


def test_a_file_is_dropped_instead_and_the_calendar_comes_home_again(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    by = cast.actor(house.manager)
    kept(house, laser, "")
    assert jobs.outside(cast.NOW) == 0
    service.drop_file(laser.id, calendar(event(BUSY)), by=by, now=cast.NOW)
    assert slots_of(laser) == [BUSY]
    with pytest.raises(Refused) as no:
        service.drop_file(laser.id, b"nothing", by=by, now=cast.NOW)
    assert (no.value.kind, no.value.facts["reason"]) == ("file-refused", "broken")
    service.drop_outside(laser.id, by=by, now=cast.NOW)
    assert slots_of(laser) == []
    assert db.session.scalar(select(func.count()).select_from(BLOCK)) == 0
    assert submit(house.researcher, laser, BUSY)


def test_what_runs_keeps_its_past_and_the_manager_cannot_lift_it(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    by = cast.actor(house.manager)
    kept(house, laser, "")
    span = cast.span(0, "10:30", "12:00")
    service.drop_file(laser.id, calendar(event(span)), by=by, now=cast.NOW)
    during = cast.clock(0, "11:00")
    service.drop_file(laser.id, calendar(event(span)), by=by, now=during)
    assert slots_of(laser) == [span]
    ((_span, block_id),) = queries.outside_blocks(laser.id, during).items()
    with pytest.raises(Refused) as no:
        service.reopen(block_id, Reach.THIS, by=by, now=during)
    assert no.value.kind == "forbidden"
    with pytest.raises(Refused) as no:
        service.edit_block(
            block_id,
            span=span,
            kind=BlockKind.CLOSURE,
            reason="x",
            choices=dict[Any, Choice](),
            by=by,
            now=during,
        )
    assert no.value.kind == "forbidden"


def test_who_may_set_it_up_and_with_what(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    ask = OutsideAsk("https://campus.example/a.ics", LINK, 60)
    with pytest.raises(Refused) as no:
        service.keep_outside(laser.id, ask, by=cast.actor(house.researcher), now=cast.NOW)
    assert no.value.kind == "forbidden"
    for wrong in ("ftp://campus.example/a", "javascript:alert(1)", "https://me:secret@campus.example/"):
        with pytest.raises(Refused) as no:
            service.keep_outside(
                laser.id, replace(ask, link=wrong), by=cast.actor(house.manager), now=cast.NOW
            )
        assert [one["field"] for one in no.value.facts["fields"]] == ["link"]


def test_the_api_sets_it_up_drops_a_file_and_ends_it(world: World) -> None:
    house, at = world.house, f"/instruments/{world.laser.id}/outside-calendar"
    made = world.call(house.manager, "PUT", at, {"link": LINK, "limit_minutes": 120})
    assert (made.status_code, made.json["kind"], made.json["stale"]) == (200, "file", True)
    headers = {"Authorization": f"Bearer {world.tokens[house.manager.username]}"}
    dropped = world.client.put(f"/api/v1{at}/file", data=calendar(event(BUSY)), headers=headers)
    assert (dropped.status_code, dropped.json["stale"], dropped.json["fault"]) == (200, False, None)
    blocks: Any = world.call(house.researcher, "GET", f"/blocks?instrument={world.laser.id}").json
    assert [(one["kind"], datetime.fromisoformat(one["start"])) for one in blocks["items"]] == [
        ("outside", BUSY.start)
    ]
    assert world.call(house.manager, "POST", f"{at}/read").status_code == 404
    assert world.call(house.manager, "DELETE", at).status_code == 204
    assert world.call(house.manager, "GET", at).status_code == 404
