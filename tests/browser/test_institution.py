"""An institution joins, opens an instrument that came by file, is booked, and repairs it while bookings stand on it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demo, at_desk, invite, join, mailed, pictured
from tests.browser.opening import (
    House,
    booked,
    enter_institution,
    free_day,
    opened,
    priced,
    ruled,
    rules_of,
    saved,
    today,
)  # fmt: skip

HOUSE = House(
    "滇南仪器研究所", "Diannan Institute of Instruments", "DNI", "honghe", "duan.shuqin@dni.example"
)
MANAGER, RESEARCHER = "he.zhixiong@dni.example", "yang.lihua@dni.example"
SCOPE = f"institution:{HOUSE.code}"
ROWS = (
    "仪器编号,仪器名称,英文名称,分类编码,管理单位代码,片区代码,规格型号,预约方式,存放地点\n"
    "DNI-001,低温探针台,Cryogenic probe station,010102,DNI,honghe,CRX-4K,closed,物理楼 108\n"
)
WHY = "压缩机更换"
HOURS = (9, 10, 14)  # when its three bookings begin, an hour each
FATES = {"move": "改期", "cancel": "取消，不收费", "keep": "保留"}

pytestmark = pytest.mark.browser


def test_must_show_1_an_institution_joins_is_booked_and_repairs(
    chromium: Browser, demo: Demo, tmp_path: Path
) -> None:
    with (
        at_desk(chromium, demo) as admin,
        at_desk(chromium, demo) as manager,
        at_desk(chromium, demo) as researcher,
    ):
        with at_desk(chromium, demo, "province") as province:
            enter_institution(province.page, HOUSE)
            assert province.axe() == []
        join(admin.page, demo, HOUSE.admin, "duan.shuqin")
        admin.page.goto("/people/invitations")
        invite(admin.page, MANAGER, "和志雄", role="manager", scope=SCOPE)
        invite(admin.page, RESEARCHER, "杨丽华", role="researcher", scope=SCOPE)
        pictured(admin.page, "institution-invitations")
        join(manager.page, demo, MANAGER, "he.zhixiong")  # a chain without an approver is refused
        address = imported(admin.page, tmp_path)
        priced(admin.page, address)
        ruled(admin.page, address)
        chained(admin.page, address)
        opened(admin.page, address, "approval")
        join(researcher.page, demo, RESEARCHER, "yang.lihua")
        grouped(admin.page)
        day = free_day(researcher.page, address)
        made = [booked(researcher.page, address, day, hour, yuan="80.00", state="待审批") for hour in HOURS]
        numbers = [number for number, _address in made]
        assert all(number.startswith("HH-") for number in numbers)
        approve_all(manager.page, numbers)
        close_for_repair(manager.page, address, day, numbers)
        told(demo, numbers)
        after(researcher.page, day, [booking for _number, booking in made])


# --- its instrument --------------------------------------------------------------------------------------------------


def imported(page: Page, folder: Path) -> str:
    """Bring a file of our layout, see what it would do, write it; gives the instrument's address."""
    file = folder / "探针台.csv"
    file.write_text(ROWS, "utf-8")
    page.goto("/records")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="上传并核对").click()
    expect(page.locator("main")).to_contain_text("低温探针台")
    pictured(page, "import-looked")
    page.goto("/instruments?q=DNI-001")
    expect(page.locator("main a[href^='/instruments/0']")).to_have_count(0)  # nothing was written
    page.go_back()
    page.get_by_role("button", name="写入 1 条").click()
    expect(page.locator("main")).to_contain_text("写入 1 条：新增 1")
    page.goto("/instruments?q=DNI-001")
    page.locator("main a[href^='/instruments/0']", has_text="低温探针台").first.click()
    page.wait_for_url(re.compile("/instruments/0"))
    return page.url.split("?")[0]


def chained(page: Page, address: str) -> None:
    rules_of(page, address, "chains", today())
    page.fill("[name=name]", "探针台审批")
    page.select_option("[name='step.0.role']", "manager")
    for later in (1, 2):
        page.select_option(f"[name='step.{later}.role']", "")
    saved(page, "没有正在审批的申请", "chains")


def grouped(page: Page) -> None:
    """A research group that pays, headed by the researcher."""
    page.goto("/people/groups")
    page.get_by_text("建立课题组").first.click()
    page.fill("input[name=code]", "DNI-G1")
    page.fill("input[name=name]", "低温电学组")
    page.fill("input[name=head]", "yang.lihua")
    page.get_by_role("button", name="建立", exact=True).click()
    expect(page.locator("main h1")).to_contain_text("低温电学组")


# --- three bookings --------------------------------------------------------------------------------------------------


def approve_all(page: Page, numbers: list[str]) -> None:
    """Tick the three and approve them together."""
    page.goto("/manage")
    pictured(page, "institution-queue")
    for number in numbers:
        page.get_by_label(f"选中 {number}").check()
    page.get_by_role("button", name="批准选中的").click()
    expect(page.locator("main")).to_contain_text("没有等您审批的预约")


# --- repair ----------------------------------------------------------------------------------------------------------


def close_for_repair(page: Page, address: str, day: date, numbers: list[str]) -> None:
    """Close the whole day: see whom it hits, move one, cancel one, keep one."""
    page.goto(f"{address}/blocks")
    page.fill("input[name=start]", f"{day}T08:30")
    page.fill("input[name=end]", f"{day}T17:30")
    page.fill("[name=reason]", WHY)
    page.get_by_role("button", name="停用", exact=True).click()
    expect(page.locator("main")).to_contain_text("这段时间里已有 3 个预约")
    pictured(page, "repair-whom-it-hits")
    for number, fate in zip(numbers, FATES, strict=True):
        card = page.locator("article.card", has_text=number)
        expect(card).to_contain_text("杨丽华")
        card.locator(f"input[value={fate}]").check()
    page.get_by_role("button", name="按以上选择停用").click()
    expect(page.locator("body")).to_contain_text("受影响的预约人已收到通知")
    expect(page.locator("main")).to_contain_text(WHY)
    pictured(page, "repair-closed")


def told(demo: Demo, numbers: list[str]) -> None:
    """Each is told by mail what became of hers, and why."""
    for number, words in zip(numbers, ("改到", "已取消", "照常"), strict=True):
        assert words in mailed(demo, RESEARCHER, number, WHY)


def after(page: Page, day: date, bookings: list[str]) -> None:
    """The first stands on another day, the second is gone without a fee, the third where it was."""
    said = f"{day.month}月{day.day}日"
    for booking, state, there in zip(
        bookings, ("已批准", "已取消", "已批准"), (False, True, True), strict=True
    ):
        page.goto(booking)
        expect(page.locator("main .state").first).to_have_text(state)
        assert (said in page.locator("main dl dd").first.inner_text()) is there
    pictured(page, "repair-kept")
