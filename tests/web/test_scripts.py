"""The scripts of the pages, in a real browser, on the gallery of components: no database, no sign-in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from werkzeug.serving import make_server

from tests.harness.chromium import NARROW, WIDE, Watched, watched
from tools import gallery

pytestmark = pytest.mark.browser

TEN_SECONDS = 10_000


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, gallery.create(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def at(chromium: Browser, address: str, path: str, size: tuple[int, int] = WIDE) -> Iterator[Watched]:
    with watched(chromium, address=address, size=size) as seen:
        seen.page.clock.install()
        seen.page.goto(path)
        yield seen
        assert seen.complaints == []


def posts(page: Page) -> list[str]:
    """The addresses that are posted to from now on, as they come."""
    sent: list[str] = []
    page.on("request", lambda asked: asked.method == "POST" and sent.append(asked.url.split("/", 3)[3]))
    return sent


# --- 撤销 --------------------------------------------------------------------------------------------------


def test_a_step_is_held_for_ten_seconds_and_then_sent_once(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/") as seen:
        sent = posts(seen.page)
        seen.page.get_by_role("button", name="批准（可撤销）").click()
        expect(seen.page.locator(".toast")).to_contain_text("已批准 KM-2026-000123")
        seen.page.clock.run_for(TEN_SECONDS - 500)
        assert sent == []
        with seen.page.expect_navigation():
            seen.page.clock.run_for(1_000)
        assert sent == ["done"]


def test_an_undone_step_is_never_sent(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/") as seen:
        sent = posts(seen.page)
        seen.page.get_by_role("button", name="批准（可撤销）").click()
        seen.page.get_by_role("button", name="撤销", exact=True).click()
        seen.page.clock.run_for(2 * TEN_SECONDS)
        assert sent == []
        expect(seen.page.get_by_role("button", name="批准（可撤销）")).to_be_enabled()


def test_a_step_is_answered_before_the_next_page_is_asked_for(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/") as seen:
        asked: list[str] = []
        seen.page.wait_for_load_state("networkidle")
        seen.page.on("requestfinished", lambda one: asked.append(f"{one.method} {one.url.split('/', 3)[3]}"))
        seen.page.get_by_role("button", name="批准（可撤销）").click()
        with seen.page.expect_navigation():
            seen.page.get_by_role("link", name="云南大仪共享网").click()
        assert asked[0] == "POST done"


def test_a_refused_step_stands_there_again_and_says_why(chromium: Browser, address: str) -> None:
    with watched(chromium, address=address) as seen:
        page = seen.page
        page.goto("/")
        page.route(
            "**/done", lambda route: route.fulfill(status=409, body="<h1 data-refusal>已被他人处理</h1>")
        )
        page.get_by_role("button", name="批准（可撤销）").click()
        page.get_by_role("link", name="云南大仪共享网").click()
        expect(page.locator(".toast--bad")).to_contain_text("已被他人处理")
        expect(page.get_by_role("button", name="批准（可撤销）")).to_be_enabled()


def test_what_cannot_be_undone_asks_with_its_consequence(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/") as seen:
        sent = posts(seen.page)
        seen.page.get_by_role("button", name="取消预约").click()
        expect(seen.page.get_by_role("dialog")).to_contain_text("¥225.00")
        seen.page.get_by_role("button", name="不了").click()
        assert sent == []
        seen.page.get_by_role("button", name="取消预约").click()
        with seen.page.expect_navigation():
            seen.page.get_by_role("dialog").get_by_role("button", name="取消预约").click()
        assert sent == ["done"]


def test_without_scripts_a_step_is_a_plain_form(chromium: Browser, address: str) -> None:
    context = chromium.new_context(base_url=address, locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    sent = posts(page)
    page.get_by_role("button", name="批准（可撤销）").click()
    page.wait_for_load_state()
    assert sent == ["done"]
    context.close()


# --- keys --------------------------------------------------------------------------------------------------


def test_keys_search_help_and_walk_through_rows(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/") as seen:
        page = seen.page
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.locator("[data-row]").nth(1)).to_have_attribute("aria-current", "true")
        page.keyboard.press("k")
        expect(page.locator("[data-row]").nth(0)).to_have_attribute("aria-current", "true")
        page.keyboard.press("/")
        expect(page.locator("#search")).to_be_focused()
        page.keyboard.type("j?")
        expect(page.locator("#search")).to_have_value("j?")


def test_g_and_a_letter_go_to_a_desk(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/error") as seen:
        seen.page.keyboard.press("g")
        seen.page.keyboard.press("f")
        seen.page.wait_for_url("**/find")


def test_the_theme_is_kept_by_a_cookie(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/") as seen:
        seen.page.locator("summary", has_text="李静怡").click()
        seen.page.get_by_role("button", name="深色").click()
        assert seen.page.evaluate("getComputedStyle(document.body.parentElement).colorScheme") == "dark"
        assert {"theme": "dark"}.items() <= {
            c["name"]: c["value"] for c in seen.page.context.cookies()
        }.items()


# --- the week of an instrument -----------------------------------------------------------------------------


def test_dragging_fills_the_form_and_asks_the_rules(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/week") as seen:
        page = seen.page
        page.locator(".ec-event.is-wish").wait_for()
        page.fill(
            "#start", ""
        )  # tomorrow's wish of the gallery, which on some weekday lies where the drag begins
        page.locator("#start").blur()
        expect(page.locator(".ec-event.is-wish")).to_have_count(0)
        column = page.locator("[data-week-box] .ec-body .ec-day").nth(3).bounding_box()
        assert column is not None
        x, half_hour = column["x"] + 30, 22
        page.mouse.move(x, column["y"] + 2 * half_hour + 4)
        page.mouse.down()
        page.mouse.move(x, column["y"] + 5 * half_hour - 4, steps=6)
        page.mouse.up()
        start = page.input_value("#start")
        assert start.endswith("T09:00")
        assert page.input_value("#end") == start.replace("09:00", "10:30")
        expect(page.locator("#check .rules")).to_be_visible()
        expect(page.locator(".ec-event.is-wish")).to_have_count(1)
        expect(page.locator(".ec-event.is-clash")).to_have_count(0)


def test_typing_moves_the_block_and_a_broken_rule_shows_on_it(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/week") as seen:
        page = seen.page
        page.locator(".ec-event.is-wish").wait_for()
        page.fill("#start", "2026-12-02T08:00")
        page.fill("#end", "2026-12-02T09:00")
        page.locator("#end").blur()
        expect(page.locator(".ec-title").first).to_have_text("11月30日 – 12月6日")
        page.clock.run_for(1_000)
        expect(page.locator(".ec-event.is-clash")).to_have_count(1)


def test_offered_time_fills_the_form_that_stays_as_typed(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/week") as seen:
        page = seen.page
        page.locator(".ec-event.is-wish").wait_for()
        page.fill("#start", "2026-12-02T08:00")
        page.fill("#end", "2026-12-02T09:00")
        page.locator("#end").blur()
        page.clock.run_for(1_000)
        page.locator("[data-take-start]").click()
        expect(page.locator("#start")).to_have_value("2026-12-03T10:00")
        expect(page.locator("#end")).to_have_value("2026-12-03T12:00")
        assert page.url.endswith("/week")


def test_arrow_keys_choose_a_time(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/week") as seen:
        page = seen.page
        page.locator(".ec-event.is-wish").wait_for()
        page.fill("#start", "2026-12-02T09:00")
        page.fill("#end", "2026-12-02T10:00")
        page.locator("[data-week-hand]").focus()
        for key in ("ArrowDown", "ArrowRight", "Shift+ArrowDown"):
            page.keyboard.press(key)
        expect(page.locator("[data-week-live]")).to_have_text("12月3日 周四 09:30–11:00")
        page.keyboard.press("Enter")
        expect(page.locator("#start")).to_be_focused()


def test_the_week_reads_shanghai_time_wherever_the_browser_stands(chromium: Browser, address: str) -> None:
    context = chromium.new_context(base_url=address, locale="zh-CN", timezone_id="America/New_York")
    page = context.new_page()
    page.goto("/week")
    expect(page.locator(".ec-event.is-mine").first.locator(".ec-event-time")).to_have_text("09:00–11:30")
    context.close()


def test_a_dropped_booking_opens_its_proposal_and_goes_back_unsent(chromium: Browser, address: str) -> None:
    with at(chromium, address, "/week") as seen:
        page = seen.page
        expect(page.locator(".week--many .ec-event").first).to_be_visible()
        page.evaluate(
            "() => document.querySelectorAll('.ec-event').forEach((one) => one.classList.add('was'))"
        )
        page.locator(".week--many button.ec-next").click()
        event = page.locator(".week--many .ec-event.ec-draggable:not(.was)").first
        event.hover()  # waits until it stands still
        before, stood = event.bounding_box(), _place(event)
        assert before is not None
        page.mouse.move(before["x"] + 20, before["y"] + 10)
        page.mouse.down()
        page.mouse.move(before["x"] + 120, before["y"] + 10, steps=8)
        page.mouse.up()
        expect(page.locator("#move")).to_be_visible()
        expect(page.locator("#move [data-what]")).to_contain_text("KM-2026-000123")
        assert page.locator("#move form[data-action]").get_attribute("action") != "#"
        page.keyboard.press("Escape")
        expect(page.locator("#move")).to_be_hidden()
        assert _place(event) == stood


def _place(event: Locator) -> object:
    """When it lies and in which row, however high the rows above it became meanwhile."""
    return event.evaluate(
        """one => {
          const row = one.parentElement;
          return [one.offsetLeft, one.offsetWidth, [...row.parentElement.children].indexOf(row)];
        }"""
    )


def test_without_scripts_the_week_is_a_table(chromium: Browser, address: str) -> None:
    context = chromium.new_context(base_url=address, locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto("/week")
    expect(page.locator(".week-table")).to_be_visible()
    expect(page.locator("#panel")).to_be_visible()
    context.close()


# --- every page --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/home", "/home?as=visitor", "/zone", "/error", "/week"])
@pytest.mark.parametrize(("theme", "size"), [("light", WIDE), ("dark", NARROW)], ids=["day", "night"])
def test_axe_finds_nothing_serious_and_nothing_sticks_out(
    chromium: Browser, address: str, path: str, theme: str, size: tuple[int, int]
) -> None:
    joint = "&" if "?" in path else "?"
    with at(chromium, address, f"{path}{joint}theme={theme}", size) as seen:
        seen.page.clock.run_for(1_000)
        seen.page.wait_for_load_state("networkidle")
        assert seen.axe() == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
