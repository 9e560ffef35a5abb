"""Nothing spills: no page is wider than its screen, and no table reaches over what stands beside it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Demo
from tests.browser.test_axe import speak
from tests.harness.chromium import NARROW, WIDE

pytestmark = pytest.mark.browser
PAGES = ("/", "/zones/honghe", "/instruments", "/docs", "/network/working-days")
SPILT = """() => {
  const wide = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
  const scrolls = (part) => ["auto", "scroll"].includes(getComputedStyle(part).overflowX);
  const right = (part) => part.getBoundingClientRect().right;
  const over = [...document.querySelectorAll(".split > * .table")].filter(
    (table) => !scrolls(table.parentElement) && right(table) > right(table.closest(".split > *")) + 1,
  );
  return [...wide, ...over.map((table) => table.className)];
}"""


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_nothing_spills(chromium: Browser, demo: Demo, language: str, size: tuple[int, int]) -> None:
    context = chromium.new_context(base_url=demo.address, viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    speak(page, demo.address, language)
    found: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(path)
        found[path] = page.evaluate(SPILT)
    context.close()
    assert found == {path: [] for path in PAGES}
