"""A company joins with its licence, is accepted, invites its staff, asks for a test, accepts the quote, is given it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sharing.kernel.timespan import SHANGHAI
from sharing.people.rules import uscc_check
from tests.browser.conftest import (
    OWN_PASSWORD,
    SIZES,
    Demo,
    at_desk,
    invite,
    join,
    link_in,
    mailed,
    pictured,
    sign_in,
)  # fmt: skip
from tests.harness.chromium import Watched, watched

COMPANY = "昆明滇云新材料有限公司"
CONTACT, COLLEAGUE = "he.wen@dianyun.example", "bai.yu@dianyun.example"
BODY = "91530100MA6P8Q2X1"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
WHAT = "三七粉中碳、氮、硫含量，平行测定两次"

pytestmark = pytest.mark.browser


def test_must_show_1_a_company_joins_and_gets_its_test(chromium: Browser, demo: Demo, tmp_path: Path) -> None:
    with at_desk(chromium, demo) as firm, at_desk(chromium, demo, "manager") as house:
        ask_to_join(firm.page, tmp_path)
        name = open_account(firm.page, demo)
        expect(firm.page.locator("main")).to_contain_text("入网申请正在审核")
        see_prices(firm.page)
        with at_desk(chromium, demo, "zone-kunming") as zone:
            accept(zone.page)
        firm.page.goto("/profile")
        expect(firm.page.locator("main")).not_to_contain_text("入网申请正在审核")
        expect(firm.page.locator("main")).to_contain_text(COMPANY)
        staffed(chromium, demo, firm.page, name)
        order = asked(firm.page)
        quoted(house.page, order)
        accepted(firm, order, demo)
        signed(firm.page, tmp_path)
        scheduled(house.page, order)
        delivered(house.page, tmp_path)
        taken(firm.page, order)
        house.page.goto("/manage/orders?show=all")
        expect(house.page.locator("main")).to_contain_text(WHAT[:20])
        pictured(house.page, "orders-managed")
        assert house.axe() == []


# --- joining ---------------------------------------------------------------------------------------------------------


def ask_to_join(page: Page, folder: Path) -> None:
    licence = folder / "licence.pdf"
    licence.write_bytes(PDF)
    page.goto("/sign-up/enterprise")
    page.fill("input[name=name]", COMPANY)
    page.fill("input[name=uscc]", BODY + uscc_check(BODY))
    page.set_input_files("input[name=licence]", licence)
    page.select_option("select[name=zone]", "kunming")
    page.fill("input[name=contact]", "何文")
    page.fill("input[name=email]", CONTACT)
    page.fill("input[name=phone]", "13888007701")
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator("main")).to_contain_text("已收到")


def open_account(page: Page, demo: Demo) -> str:
    """Set the first password by the mailed link and sign in; returns the user name."""
    body = mailed(demo, CONTACT, "/reset/")
    page.goto(link_in(body, "/reset/"))
    page.fill("input[name=password]", OWN_PASSWORD)
    page.fill("input[name=again]", OWN_PASSWORD)
    page.locator("main form button[type=submit]").click()
    sign_in(page, "13888007701", OWN_PASSWORD)  # by telephone, as she knows it by heart
    page.goto("/profile")
    return "he.wen"


def see_prices(page: Page) -> None:
    page.goto("/instruments?q=YLU-001")
    page.locator("main a[href^='/instruments/0']").first.click()
    page.locator("a[href$='tab=prices']").first.click()
    expect(page.locator("main")).to_contain_text("450")


def accept(page: Page) -> None:
    page.goto("/people/enterprises")
    card = page.locator(".card", has_text=COMPANY)
    card.get_by_role("button", name="接受").first.click()
    expect(page.locator("body")).to_contain_text("企业现在可以预约")


def staffed(chromium: Browser, demo: Demo, page: Page, name: str) -> None:
    """A colleague is invited and comes in from a phone; nobody of another company is among its people."""
    page.goto("/people/invitations")
    invite(page, COLLEAGUE, "白雨", role="enterprise")
    with watched(chromium, address=demo.address, size=SIZES["phone"]) as colleague:
        join(colleague.page, demo, COLLEAGUE, "bai.yu")
        colleague.page.goto("/profile")
        expect(colleague.page.locator("main")).to_contain_text(COMPANY)
        assert colleague.complaints == []
    page.goto("/people/persons")
    expect(page.locator("main table")).to_contain_text("白雨")
    expect(page.locator("main table")).to_contain_text(name)
    expect(page.locator("main tbody tr")).to_have_count(2)


# --- its test --------------------------------------------------------------------------------------------------------


def asked(page: Page) -> str:
    """The order's address."""
    page.goto("/instruments?q=YLU-029")
    page.locator("main a.row-link[href^='/instruments/']").first.click()
    page.get_by_role("link", name="送样委托").first.click()
    page.fill("textarea[name=what]", WHAT)
    page.fill("input[name=samples]", "4")
    page.fill("textarea[name=nature]", "棕色粉末，每份 5 克，自封袋")
    pictured(page, "order-new")
    page.get_by_role("button", name="提交委托").click()
    page.wait_for_url("**/orders/*")
    expect(page.locator(".aside")).to_contain_text("轮到机主")
    return page.url


def quoted(page: Page, order: str) -> None:
    page.goto("/manage")
    expect(page.locator("main")).to_contain_text(WHAT[:20])
    page.goto(order)
    page.locator("input[name=item]").nth(0).fill("元素分析")
    page.locator("input[name=quantity]").nth(0).fill("4")
    page.locator("input[name=unit]").nth(0).fill("个")
    page.locator("input[name=price]").nth(0).fill("180")
    pictured(page, "order-quote")
    page.get_by_role("button", name="发出报价").click()
    expect(page.locator("main")).to_contain_text("¥720.00")


def accepted(firm: Watched, order: str, demo: Demo) -> None:
    """The quote stands on the desk, in the mailbox and on the order."""
    page = firm.page
    page.goto("/desk")
    expect(page.locator("main")).to_contain_text(WHAT[:20])
    page.goto(order)
    assert "收到报价" in mailed(demo, CONTACT, order.rsplit("/", maxsplit=1)[1])
    expect(page.locator(".aside")).to_contain_text("轮到您")
    pictured(page, "order-quoted")
    assert firm.axe() == []
    page.get_by_role("button", name="接受报价").click()
    expect(page.locator("main .state").first).to_have_text("待排期")


def signed(page: Page, folder: Path) -> None:
    contract = folder / "合同.pdf"
    contract.write_bytes(PDF)
    expect(page.locator(".aside")).to_contain_text("书面合同")
    page.set_input_files("input[name=file]", str(contract))
    page.get_by_role("button", name="登记合同").click()
    expect(page.locator("main")).to_contain_text("未登记")


def scheduled(page: Page, order: str) -> None:
    """The first working morning from five days on that is free."""
    page.goto(order)
    day = date.today() + timedelta(days=5)  # noqa: DTZ011 - the server's own day is near enough
    for _try in range(20):
        start = datetime(day.year, day.month, day.day, 14, tzinfo=SHANGHAI)
        page.fill("input[name=start]", f"{start:%Y-%m-%dT%H:%M}")
        page.fill("input[name=end]", f"{start + timedelta(hours=2):%Y-%m-%dT%H:%M}")
        page.get_by_role("button", name="排定时间").click()
        page.wait_for_load_state()
        if page.locator("main .state").first.inner_text() == "待送样":
            return
        day += timedelta(days=1)
    raise AssertionError("no free afternoon in twenty days")


def delivered(page: Page, folder: Path) -> None:
    """The samples are there, the work is done, its report goes out."""
    report = folder / "报告.pdf"
    report.write_bytes(PDF)
    page.get_by_role("button", name="已收到样品").click()
    expect(page.locator("main .state").first).to_have_text("测试中")
    page.set_input_files("input[name=files]", str(report))
    pictured(page, "order-received")
    page.get_by_role("button", name="交付结果").click()
    expect(page.locator("main .state").first).to_have_text("待验收")


def taken(page: Page, order: str) -> None:
    """The company downloads its result and accepts it."""
    page.goto(order)
    with page.expect_download() as download:
        page.get_by_role("link", name="报告.pdf").first.click()
    assert Path(download.value.path()).read_bytes() == PDF
    pictured(page, "order-delivered")
    page.get_by_role("button", name="验收结果").click()
    expect(page.locator("main .state").first).to_have_text("已验收")
    pictured(page, "order-done")
