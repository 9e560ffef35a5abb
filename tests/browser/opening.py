"""Steps of the journeys that begin with an institution: it is entered, its instrument is priced, opened and booked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from playwright.sync_api import Page, expect

from sharing.kernel.timespan import SHANGHAI
from tests.browser.conftest import invite, pictured

DOCUMENT = "滇南所〔2026〕7 号"
WORK = "霍尔效应，四个样品"
LOOK = "form:has(input[name=step][value=look])"
SAVE = "form:has(input[name=step][value=save])"


@dataclass(frozen=True)
class House:
    """An institution to be, and the mail address of its first administrator."""

    name: str
    name_en: str
    code: str
    zone: str
    admin: str


def enter_institution(page: Page, house: House) -> None:
    """The province enters it in its zone and sends its first administrator an invitation."""
    page.goto("/admin")
    page.locator("main a[href='/admin/institutions']").first.click()
    page.locator("main a[href='/admin/institutions/new']").click()
    page.fill("input[name=name]", house.name)
    page.fill("input[name=name_en]", house.name_en)
    page.select_option("select[name=kind]", "institute")
    page.fill("input[name=code]", house.code)
    page.select_option("select[name=zone]", house.zone)
    page.fill("input[name=source_document]", "入网协议 2026-31")
    pictured(page, "institution-new")
    page.get_by_role("button", name="加入", exact=True).click()
    expect(page.locator("main")).to_contain_text("还没有管理员")
    pictured(page, "institution-without-administrator")
    page.get_by_role("link", name="邀请管理员").click()
    invite(page, house.admin, "段淑琴")  # role and scope came along
    row = page.locator("main tbody tr", has_text=house.admin)
    expect(row).to_contain_text(house.name)
    expect(row).to_contain_text("单位管理员")


def today() -> date:
    return datetime.now(SHANGHAI).date()


def rules_of(page: Page, address: str, kind: str, today: date) -> None:
    """Open the form of one kind of rule of the instrument."""
    page.goto(f"/admin/{kind}/instrument:{address.rsplit('/', 1)[1]}")
    page.fill("[name=valid_from]", today.isoformat())
    page.fill("[name=source_document]", DOCUMENT)


def priced(page: Page, address: str) -> None:
    rules_of(page, address, "prices", today())
    for group, yuan in (("group", "60"), ("institution", "80"), ("academic", "160"), ("enterprise", "320")):
        page.select_option(f"[name='{group}.do']", "price")
        page.fill(f"[name='{group}.hour']", yuan)
    saved(page, "320.00", "prices")


def ruled(page: Page, address: str) -> None:
    rules_of(page, address, "policies", today())
    page.fill("[name=longest_minutes]", "240")
    page.fill("[name=lead_minutes]", "60")
    page.select_option("[name=audience]", "network")
    saved(page, "不能再约：", "policies")


def saved(page: Page, said: str, name: str) -> None:
    """Look at what the rule would change, then enter it."""
    page.locator(f"{LOOK} button[type=submit]").click()
    expect(page.locator("#effect")).to_contain_text(said)
    pictured(page, f"rule-{name}")
    page.locator(f"{SAVE} button[type=submit]").click()
    expect(page.locator("main")).to_contain_text(DOCUMENT)


def opened(page: Page, address: str, mode: str) -> None:
    page.goto(f"{address}/settings?part=record")
    page.select_option("[name=booking_mode]", mode)
    page.locator("form[action$='/edit'] button.btn--primary").click()
    page.wait_for_load_state()
    expect(page.locator("[name=booking_mode]")).to_have_value(mode)


def free_day(page: Page, address: str) -> date:
    """The first open day from the day after tomorrow on: its rules are kept at each of the hours."""
    day = today() + timedelta(days=2)
    for _try in range(14):
        page.goto(f"{address}?tab=book&start={day}T09:00&end={day}T10:00")
        if page.locator("#check .is-broken").count() == 0:
            return day
        day += timedelta(days=1)
    raise AssertionError("closed for two weeks")


def booked(page: Page, address: str, day: date, hour: int, *, yuan: str, state: str) -> tuple[str, str]:
    """One hour; gives the booking's number and address."""
    page.goto(f"{address}?tab=book&start={day}T{hour:02}:00&end={day}T{hour + 1:02}:00")
    expect(page.locator("#check .quote tfoot")).to_contain_text(yuan)
    page.fill("#panel textarea[name=purpose]", WORK)
    page.locator("#panel .actions button").last.click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f-]{36}"))
    expect(page.locator("main .state").first).to_have_text(state)
    number = re.search(r"[A-Z]{2}-\d{4}-\d{6}", page.locator("main").inner_text())
    assert number is not None
    return number[0], page.url.split("?")[0]
