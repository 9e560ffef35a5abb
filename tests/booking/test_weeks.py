"""The manager's timeline opens at the day that she needs."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from sharing.booking.pages import desks
from tests import cast


@pytest.mark.parametrize(
    ("first", "day"),
    [
        (None, date(2026, 3, 4)),
        (date(2026, 3, 7), date(2026, 3, 4)),
        (date(2026, 3, 9), date(2026, 3, 9)),
        (date(2026, 2, 25), date(2026, 2, 23)),
    ],
    ids=["now", "this-week", "next-week", "a-week-before"],
)
def test_it_opens_today_in_this_week_and_on_monday_in_others(
    app: Flask, first: date | None, day: date
) -> None:
    house = cast.house()
    shown = desks.weeks(cast.actor(house.manager), first=first, now=cast.clock(2, "10:00"))
    assert shown.opens_on == day
