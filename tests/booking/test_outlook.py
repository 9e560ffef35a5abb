"""The next free time of a list and its strip of seven days."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask

from sharing.booking import queries
from sharing.kernel.db import db
from sharing.kernel.timespan import TimeSpan
from sharing.registry import queries as registry
from sharing.registry.models import Instrument
from tests import cast


@pytest.fixture
def lab(app: Flask) -> dict[str, Instrument]:
    """Open on working days 8:30-17:30, half hours; it is Monday."""
    cast.network()
    house = cast.institution("a")
    cast.policy()
    cast.timetable()
    names = ("free", "busy for nine days", "busy for good", "two places", "far ahead", "service only")
    made = {
        name: cast.instrument(house, name=name, capacity=2 if name == "two places" else 1) for name in names
    }
    cast.policy(made["far ahead"], lead_minutes=9 * 24 * 60)
    made["service only"].booking_mode = "service_only"
    db.session.commit()
    taken(made["busy for nine days"], cast.clock(0, "00:00"), cast.clock(9, "10:00"))
    taken(made["busy for good"], cast.clock(0, "00:00"), cast.clock(40, "00:00"))
    taken(made["two places"], cast.clock(1, "08:30"), cast.clock(1, "17:30"))
    taken(made["two places"], cast.clock(1, "08:30"), cast.clock(1, "13:00"), position=2)
    return made


def taken(row: Instrument, start: object, end: object, position: int = 1) -> None:
    cast.slot(row, TimeSpan(start, end), position=position, source_id=uuid.uuid4())  # type: ignore[arg-type]


def outlook(lab: dict[str, Instrument], clock: str = "07:00") -> dict[str, queries.Outlook]:
    names = {row.id: name for name, row in lab.items()}
    found = queries.outlook(registry.terms_of(names).values(), cast.clock(0, clock))
    return {names[key]: one for key, one in found.items()}


def test_the_next_free_time_is_found_beyond_the_week_that_the_strip_shows(lab: dict[str, Instrument]) -> None:
    free = {name: one.next_free for name, one in outlook(lab).items()}
    first = cast.span(0, "08:30", "09:00")
    assert free == {
        "free": first,
        "busy for nine days": cast.span(9, "10:00", "10:30"),
        "busy for good": None,
        "two places": first,
        "far ahead": cast.span(9, "08:30", "09:00"),
        "service only": None,
    }


def test_the_strip_shows_what_is_taken_of_open_time_from_now_on(lab: dict[str, Instrument]) -> None:
    week = {name: list(one.week) for name, one in outlook(lab, "14:00").items()}
    shut = [None] * 4  # Saturday, Sunday
    assert week["free"] == [None, 0, *[0] * 8, *shut]  # Monday's morning is over
    assert week["busy for good"] == [None, 1, *[1] * 8, *shut]
    assert week["two places"] == [None, 0, 1, 0, *[0] * 6, *shut]  # in the morning both places, then one
    assert week["service only"] == [None] * 14
