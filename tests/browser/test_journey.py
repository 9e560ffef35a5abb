"""The main job, whole: found, booked by dragging, approved by two others, in a calendar program and in mailboxes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from sharing.kernel.timespan import SHANGHAI
from tests.browser.conftest import Demo, at_desk, words
from tests.calendars.test_clients import Programs

LENGTH = timedelta(hours=2)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PURPOSE = "钴酸锂颗粒形貌，三个样品"
WAIT_MS = 30_000

pytestmark = pytest.mark.browser


def test_must_show_1_a_booking_from_the_drag_to_the_calendar_and_the_mailbox(
    chromium: Browser, demo: Demo, tmp_path: Path
) -> None:
    with (
        at_desk(chromium, demo, "researcher") as researcher,
        at_desk(chromium, demo, "pi") as pi,
        at_desk(chromium, demo, "manager") as manager,
    ):
        start = book_by_dragging(researcher.page)
        number, address = booked(researcher.page, start)
        approve(pi.page, "/desk", address)
        approve(manager.page, "/manage", address)
        researcher.page.reload()
        expect(researcher.page.locator("main .state").first).to_have_text("已批准")
        feed = demo.address + feed_path(researcher.page)
    day = start.date().isoformat()
    programs = Programs(tmp_path, feed)
    programs.fetch()
    [line] = [one for one in programs.day(day).splitlines() if f"{start:%H:%M}-{start + LENGTH:%H:%M}" in one]
    assert "CONFIRMED" in line
    mails = mailed(demo, number)
    assert invitation(mails["researcher@ylu.example"]) & {"METHOD:REQUEST", "STATUS:CONFIRMED"} == {
        "METHOD:REQUEST",
        "STATUS:CONFIRMED",
    }
    assert {"pi@ylu.example", "manager@ylu.example"} <= set(mails)


# --- the researcher ----------------------------------------------------------------------------------------


def book_by_dragging(page: Page) -> datetime:
    """Find the microscope, drag two free hours on its calendar, see rules and price, send the request."""
    page.goto("/")
    page.fill("main input[type=search]", "YLU-001")
    page.keyboard.press("Enter")
    page.locator("main a[href^='/instruments/0']").first.click()
    page.locator("a[href$='tab=book']").first.click()
    page.locator(".ec-event").first.wait_for()
    start = show_free_time(page)
    drag(page, start, start + LENGTH)
    expect(page.locator("#panel input[name=start]")).to_have_value(f"{start:%Y-%m-%dT%H:%M}")
    check = page.locator("#check")
    expect(check.locator(".quote tfoot")).to_contain_text("¥", timeout=WAIT_MS)
    expect(check.locator(".is-broken")).to_have_count(0)
    page.fill("#panel textarea[name=purpose]", PURPOSE)
    page.locator("#panel button[type=submit], #panel .actions button").last.click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f-]{36}"))
    return start


def show_free_time(page: Page) -> datetime:
    """Turn to the first of the coming weeks with two free hours, and give their start."""
    for _week in range(4):
        with page.expect_response(re.compile(r"/week\?start=")) as answer:
            page.locator(".ec-next").last.click()
        monday = date.fromisoformat(parse_qs(urlsplit(answer.value.url).query)["start"][0][:10])
        if found := free(answer.value.json()["items"], monday):
            return found
    raise AssertionError("no two free hours in four weeks")


def free(items: list[dict[str, str]], monday: date) -> datetime | None:
    spans = [
        (one["kind"], datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"]))
        for one in items
    ]
    for hour in range(8, 17):
        for day in range(7):
            at = datetime(monday.year, monday.month, monday.day, hour, tzinfo=SHANGHAI) + timedelta(days=day)
            inside = any(kind == "open" and a <= at and at + LENGTH <= b for kind, a, b in spans)
            taken = any(kind != "open" and a < at + LENGTH and at < b for kind, a, b in spans)
            if inside and not taken:
                return at
    return None


def drag(page: Page, start: datetime, end: datetime) -> None:
    """Press at the beginning of a span in its day's column, move to its end, let go."""
    column = page.locator(f".ec-body .ec-day.ec-{DAYS[start.weekday()]}").first
    column.scroll_into_view_if_needed()
    box = column.bounding_box()
    assert box is not None

    week = page.locator("[data-week-url]")
    first, last = (minutes(week.get_attribute(name)) for name in ("data-from", "data-to"))

    def y(at: datetime) -> float:
        return box["y"] + box["height"] * (at.hour * 60 + at.minute - first) / (last - first)

    x = box["x"] + box["width"] / 2
    page.mouse.move(x, y(start) + 3)
    page.mouse.down()
    page.mouse.move(x, y(start) + 20, steps=4)
    page.mouse.move(x, y(end) - 3, steps=8)
    page.mouse.up()


def minutes(clock: str | None) -> int:
    hour, minute = str(clock).split(":")
    return int(hour) * 60 + int(minute)


def booked(page: Page, start: datetime) -> tuple[str, str]:
    """The booking's page says when, and that it waits: its number and address."""
    expect(page.locator("main")).to_contain_text(f"{start:%H:%M}–{start + LENGTH:%H:%M}")
    expect(page.locator("main .state").first).to_have_text("待审批")
    number = re.search(r"KM-\d{4}-\d{6}", page.locator("main").inner_text())
    assert number is not None
    return number[0], page.url.split("?")[0]


def feed_path(page: Page) -> str:
    """Ask for a calendar address; the path of it."""
    page.goto("/profile/calendar")
    page.get_by_role("button", name="我的预约").click()
    value = page.locator("[data-copy] input").input_value()
    return "/calendars/" + value.rsplit("/", 1)[1]


# --- who decides -------------------------------------------------------------------------------------------


def approve(page: Page, desk: str, booking: str) -> None:
    """Approve the card of one booking; it counts when the ten seconds to take it back are over."""
    page.goto(desk)
    card = page.locator(
        "article", has=page.locator(f"a[href$='{booking[booking.index('/bookings/') :]}']")
    ).first
    expect(card).to_contain_text(PURPOSE)
    with page.expect_response(re.compile("/approve"), timeout=WAIT_MS) as answer:
        card.get_by_role("button", name="批准").click()
    assert answer.value.ok or answer.value.status in {302, 303}
    expect(page.locator(f"article a[href$='{booking[booking.index('/bookings/') :]}']")).to_have_count(0)


# --- the mailbox -------------------------------------------------------------------------------------------


def mailed(demo: Demo, number: str) -> dict[str, EmailMessage]:
    """The last mail about a booking by address, once the researcher has been told of her approval."""

    def about() -> dict[str, EmailMessage]:
        return {str(mail["To"]).strip("<>"): mail for mail in list(demo.post.mails) if number in words(mail)}

    return eventually(
        about, lambda found: "STATUS:CONFIRMED" in invitation(found.get("researcher@ylu.example"))
    )


def eventually(
    look: Callable[[], dict[str, EmailMessage]], there: Callable[[dict[str, EmailMessage]], bool]
) -> dict[str, EmailMessage]:
    deadline = time.monotonic() + 90
    while not there(found := look()):
        assert time.monotonic() < deadline, f"mails: {sorted(found)}"
        time.sleep(0.2)
    return found


def invitation(mail: EmailMessage | None) -> set[str]:
    """The lines of a mail's calendar part (RFC 6047); none when it carries none."""
    for part in mail.walk() if mail else ():
        if part.get_content_type() == "text/calendar":
            return {f"METHOD:{part.get_param('method')}", *str(part.get_content()).splitlines()}
    return set()
