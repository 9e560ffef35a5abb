"""A Chromium for browser tests: the machine's own, found by name; nothing is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from sharing.web import places

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STILL, MOMENT = 120, 30  # milliseconds
WIDE, NARROW = (1280, 800), (390, 844)
AXE = places.ROOT / "var" / "vendor" / "axe.js"


def executable() -> str:
    """The browser's path; skips the test, and says so, where there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    pytest.skip(f"no browser here ({', '.join(NAMES)}): this test drives one")


@contextmanager
def running() -> Iterator[Browser]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *sandbox])
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page and everything it complained of: console errors, uncaught errors, broken policies, failed requests."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self._under_way: set[Request] = set()
        self.page.on("request", self._began)
        self.page.on("requestfinished", self._ended)
        self.page.on("requestfailed", self._ended)
        self.page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self._failed)

    def open(self, address: str) -> None:
        """Go there; done when nothing has been under way for a moment."""
        self._under_way.clear()
        self.page.goto(address)
        still = 0
        while still < STILL:
            self.page.wait_for_timeout(MOMENT)
            still = 0 if self._under_way else still + MOMENT

    def _began(self, request: Request) -> None:
        self._under_way.add(request)

    def _ended(self, request: Request) -> None:
        self._under_way.discard(request)

    def _failed(self, request: Request) -> None:
        if (
            request.failure != "net::ERR_ABORTED"
        ):  # so ends what a page still loads when one goes on to the next
            self.complaints.append(f"{request.url}: {request.failure}")

    def axe(self) -> list[str]:
        """What axe finds serious or critical on the page as it stands: rule and places."""
        self.page.evaluate(Path(AXE).read_text("utf8"))
        found = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{rule['id']} ({rule['impact']}): {', '.join(str(node['target']) for node in rule['nodes'][:3])}"
            for rule in found["violations"]
            if rule["impact"] in {"serious", "critical"}
        ]


@contextmanager
def watched(
    browser: Browser, *, address: str, language: str = "zh-CN", size: tuple[int, int] = WIDE
) -> Iterator[Watched]:
    """A fresh browser session on a server, its clock in Shanghai."""
    context = browser.new_context(
        base_url=address,
        locale=language,
        timezone_id="Asia/Shanghai",
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    try:
        yield Watched(context)
    finally:
        context.close()
