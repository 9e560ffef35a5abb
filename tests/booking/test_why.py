"""Why a time cannot be had: every rule, what holds the time, whom to ask, and the nearest time that works."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask

from sharing.booking import queries
from sharing.booking.rules import Submit, Why
from sharing.kernel.db import db
from sharing.kernel.timespan import TimeSpan
from sharing.people.models import User
from sharing.registry.models import Instrument
from tests import cast
from tests.booking.asking import refusal, rules_broken, submit
from tests.booking.test_api import World, world
from tests.booking.test_scenarios import self_service
from tests.harness.browser import KEPT, Browser

__all__ = ["world"]

SPAN = cast.span(1, "09:00", "10:00")


def why(who: User, on: Instrument, span: TimeSpan = SPAN) -> Why:
    return queries.why(Submit(on.id, span, ""), by=cast.actor(who), now=cast.NOW)


def broken(found: Why) -> list[str]:
    return [one.rule for one in found.rules if one.broken]


def test_free_time_works_and_every_limit_is_named_as_kept(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    cast.policy(laser, lead_minutes=60, person_day_minutes=120)
    found = why(house.researcher, laser)
    assert found.works
    assert (broken(found), found.taken, found.nearest) == ([], [], None)
    kept = {one.rule: one.limit for one in found.rules}
    assert (kept["lead_minutes"], kept["person_day_minutes"], kept["granularity_minutes"]) == (60, 120, 30)
    assert "opening_hours" in kept


def test_whose_it_is_shows_only_to_who_may_know_and_the_nearest_is_free(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    theirs = submit(house.colleague, laser, SPAN)
    stranger, runs = why(house.researcher, laser), why(house.manager, laser)
    assert [(one.kind.value, one.title, one.booking_id) for one in stranger.taken] == [
        ("booking", None, None)
    ]
    assert [(one.title, one.booking_id) for one in runs.taken] == [(house.colleague.name, theirs.id)]
    assert not stranger.works
    assert stranger.nearest is not None
    assert stranger.nearest.span == cast.span(1, "10:00", "11:00")
    assert [row.id for row in why(house.colleague, laser).check.own] == [theirs.id]


def test_a_closure_says_why_and_whom_to_ask(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    cast.block(laser, cast.span(1, "08:00", "12:00"), by=house.manager, reason="更换灯丝")
    found = why(house.researcher, laser)
    assert [one.reason for one in found.check.closed] == ["更换灯丝"]
    assert list(found.ask) == [house.manager.name]
    assert found.nearest is not None
    assert found.nearest.span.start == cast.clock(1, "12:00")


def test_a_quota_sends_the_search_to_the_day_on_which_it_holds(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    cast.policy(laser, person_day_minutes=60)
    submit(house.researcher, laser, cast.span(1, "14:00", "15:00"))
    found = why(house.researcher, laser)
    assert broken(found) == ["person_day_minutes"]
    assert found.nearest is not None
    assert found.nearest.span.start == cast.clock(2, "00:00")


def test_where_another_time_mends_nothing_none_is_named(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    cast.policy(laser, licence_level="independent")
    found = why(house.researcher, laser)
    assert (broken(found), found.nearest) == (["licence_level"], None)


def used(house: cast.House, on: Instrument, days_ago: int) -> None:
    day = cast.span(1 - days_ago, "09:00", "10:00")
    cast.booking(on, house.researcher, day, status="completed", checked_out_at=day.end)


def test_scenario_26_a_licence_lapses_after_180_days_without_use(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    cast.policy(laser, licence_level="independent", licence_idle_days=180)
    cast.licence(laser, house.researcher, by=house.manager)
    used(house, laser, 181)
    no = refusal(house.researcher, laser, SPAN)
    assert rules_broken(no) == ["licence_idle_days"]
    one = no.facts["violations"][0]
    assert (one.limit, one.actual, one.facts["ask"]) == (180, 181, [house.manager.name])
    used(house, laser, 179)
    assert submit(house.researcher, laser, SPAN)
    # without any use the count runs from the day it was granted, and a new licence begins it again
    cast.licence(laser, house.colleague, by=house.manager)
    assert rules_broken(refusal(house.colleague, laser, cast.span(2, "09:00", "10:00"))) == [
        "licence_idle_days"
    ]
    cast.licence(laser, house.colleague, by=house.manager, starts_on=cast.TODAY - timedelta(days=1))
    assert submit(house.colleague, laser, cast.span(2, "09:00", "10:00"))


def test_the_api_and_the_panel_answer(world: World) -> None:
    house = world.house
    made = world.call(house.colleague, "POST", "/bookings", world.wish()).json
    at = f"/instruments/{world.laser.id}/why?from={_plus(made['start'])}&to={_plus(made['end'])}"
    found = world.call(house.researcher, "GET", at).json
    assert (found["works"], [one["kind"] for one in found["taken"]]) == (False, ["booking"])
    assert "title" not in found["taken"][0]
    assert found["nearest"]["start"] == "2026-03-03T10:00:00+08:00"
    backwards = at.replace("from=", "x=").replace("to=", "from=").replace("x=", "to=")
    assert world.call(house.researcher, "GET", backwards).status_code == 422
    house.researcher.password_hash = KEPT
    db.session.commit()
    lin = Browser(world.client.application).sign_in(house.researcher)
    query = "start=2026-03-03T09:00&end=2026-03-03T10:00"
    page: Any = lin.get(f"/instruments/{world.laser.id}/why?{query}")
    assert "为什么约不了" in page.text
    assert "10:00–11:00" in page.text
    part = lin.get(f"/instruments/{world.laser.id}/why?{query}", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert f"/instruments/{world.laser.id}/why" in lin.get(f"/instruments/{world.laser.id}?{query}").text


def _plus(at: str) -> str:
    return str(at).replace("+", "%2B")
