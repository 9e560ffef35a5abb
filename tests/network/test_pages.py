"""The page of working days: open to all, changed by the province, provisional where nothing is published."""

from __future__ import annotations

from datetime import date

from flask import Flask

from sharing.network import service
from sharing.network.models import Setting
from sharing.network.service import DayChange
from tests import cast
from tests.harness.browser import KEPT, Browser

PAGE = "/network/working-days"


def test_scenario_18_the_page_says_what_is_provisional(app: Flask) -> None:
    cast.network()
    fixed = [[10, 1, "国庆节", "National Day"]]
    cast.keep(Setting(key="fixed_days", valid_from=cast.LONG_AGO, value=fixed, source_document=cast.SOURCE))
    lead = cast.actor(cast.user(role="province_admin"))
    entered = [DayChange(date(2026, 10, 5), "holiday", "国庆节")]
    service.edit_calendar(entered, source_document="国办", by=lead, now=cast.NOW)
    published, unpublished = (
        Browser(app).get(f"{PAGE}?year=2026").text,
        Browser(app).get(f"{PAGE}?year=2027").text,
    )
    assert "暂定" not in published
    assert "国办" in published
    assert "暂定" in unpublished
    assert "10月1日" in unpublished
    assert Browser(app).get(PAGE).status_code == 200
    assert Browser(app).get(f"{PAGE}?year=1").status_code == 422


def test_the_province_is_led_to_the_page_where_it_is_changed(app: Flask) -> None:
    cast.network()
    lead = Browser(app).sign_in(cast.user("lead", role="province_admin", password_hash=KEPT))
    assert "/admin/working-days" in lead.get(PAGE).text
    assert "/admin/working-days" not in Browser(app).get(PAGE).text
