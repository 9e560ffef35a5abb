"""Paper: the week plan names people to who runs the instrument, the door sheet nobody; the code opens the page."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from flask import Flask

from sharing.booking.pages import sheets
from tests import cast
from tests.booking.asking import submit
from tests.booking.test_scenarios import self_service
from tests.harness.browser import KEPT, Browser


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False):
        yield


def test_the_plan_names_people_and_the_door_sheet_nobody(app: Flask) -> None:
    house = cast.house()
    house.manager.password_hash = KEPT
    laser = self_service(house)
    submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    cast.block(laser, cast.span(2, "18:00", "20:00"), by=house.manager, reason="更换灯丝")
    wang = Browser(app).sign_in(house.manager)
    plan = wang.get(f"/instruments/{laser.id}/week-plan").text
    assert house.researcher.name in plan
    assert "09:00–10:00" in plan
    for door in (Browser(app), wang):
        shown = door.get(f"/instruments/{laser.id}/door-sheet").text
        assert house.researcher.name not in shown
        for word in (
            "09:00–10:00",
            "停用：更换灯丝",
            house.manager.name,
            f"http://localhost/instruments/{laser.id}",
        ):
            assert word in shown
    later = wang.get(f"/instruments/{laser.id}/week-plan?start=2026-03-10").text
    assert house.researcher.name not in later


def test_the_code_is_square_quiet_and_stands_alone(app: Flask) -> None:
    house = cast.house()
    found = Browser(app).get(f"/instruments/{house.instrument.id}/qr.svg")
    assert (found.status_code, found.mimetype) == (200, "image/svg+xml")
    box = re.search(r'viewBox="0 0 (\d+) (\d+)"', found.text)
    assert box is not None
    assert box[1] == box[2]
    assert 'xmlns="http://www.w3.org/2000/svg"' in found.text
    with app.test_request_context():
        address = sheets.page_address(house.instrument.id)
    assert address == f"http://localhost/instruments/{house.instrument.id}"
    assert sheets.code(address) != sheets.code(address + "x")
