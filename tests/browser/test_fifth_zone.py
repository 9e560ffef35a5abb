"""A fifth zone is added on a page and used by every process without a restart: named, joined, registered in, booked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demo, at_desk, join, pictured
from tests.browser.opening import House, booked, enter_institution, free_day, opened, priced, ruled

WORKERS = 2
OFTEN = 3 * WORKERS  # so that each process has answered, and most likely each several times
HOUSE = House(
    "苍山仪器研究所", "Cangshan Institute of Instruments", "CSI", "dali", "zhao.cangshan@csi.example"
)

pytestmark = pytest.mark.browser


def test_must_show_1_a_fifth_zone_is_added_and_used_without_a_restart(chromium: Browser, demo: Demo) -> None:
    assert len(demo.server.workers()) == WORKERS
    with at_desk(chromium, demo) as visitor, at_desk(chromium, demo) as admin:
        everywhere(visitor.page, zones=4)
        with at_desk(chromium, demo, "province") as province:
            add_zone(province.page)
            assert province.axe() == []
            enter_institution(province.page, HOUSE)
        join(admin.page, demo, HOUSE.admin, "zhao.cangshan")
        address = registered(admin.page)
        priced(admin.page, address)
        ruled(admin.page, address)
        opened(admin.page, address, "self_service")
        everywhere(visitor.page, zones=5)
        expect(visitor.page.locator(".zones--bar")).to_contain_text("大理")
        visitor.page.locator(".zones--bar a[href='/zones/dali']").click()
        expect(visitor.page.locator("main")).to_contain_text(HOUSE.name)
        pictured(visitor.page, "fifth-zone")
        assert visitor.axe() == []
        visitor.page.goto("/instruments?zone=dali")
        expect(visitor.page.locator("main")).to_contain_text("洱海电镜")
        with at_desk(chromium, demo, "researcher") as guest:
            day = free_day(guest.page, address)
            number, _booking = booked(guest.page, address, day, 9, yuan="160.00", state="已批准")
        assert number.startswith("DL-")


def everywhere(page: Page, *, zones: int) -> None:
    """Every process shows as many zones."""
    for _time in range(OFTEN):
        page.goto("/", wait_until="domcontentloaded")
        expect(page.locator(".place")).to_have_count(zones)


def add_zone(page: Page) -> None:
    page.goto("/admin")
    page.locator("main a[href='/admin/zones']").click()
    page.locator("a[href='/admin/zones/new']").click()
    page.fill("#name", "大理")
    page.fill("#name_en", "Dali")
    page.fill("#code", "dali")
    page.fill("#number_prefix", "DL")
    page.locator("input[name=places][value='532900']").check()
    page.fill("#source_document", "云科规〔2026〕9号")
    pictured(page, "zone-new")
    page.locator("main form .actions button").first.click()
    page.wait_for_url(re.compile("/admin/zones/dali$"))


def registered(page: Page) -> str:
    """An instrument of the institution, entered on the page; gives its address."""
    page.goto("/instruments/new")
    page.select_option("#institution", HOUSE.code)
    page.fill("#name", "洱海电镜")
    page.select_option("#category", "010102")
    page.select_option("#zone", "dali")
    page.locator("main form .actions button").first.click()
    page.wait_for_url(re.compile("/instruments/[0-9a-f-]{36}/settings"))
    return page.url.split("/settings")[0]
