"""Every page in both languages and widths: axe finds nothing serious, nothing complains, the first load is light."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from sharing.web import places
from sharing.web.app import create_app
from sharing.web.settings import Settings
from tests.browser.conftest import Demo, sign_in
from tests.harness.chromium import NARROW, WIDE, watched
from tests.harness.processes import SECRET

MOST_BYTES = 400_000  # of a first load, compressed, as the network carried it
TABS = ("book", "about", "prices", "rules", "files")
PARTS = ("record", "status", "pictures", "policy", "timetable", "questions", "licences", "managers")
PROFILE = ("", "/password", "/tokens", "/sessions", "/notices", "/calendar", "/deputies")
INSTRUMENT = "/instruments/<uuid:instrument_id>"
BOOKING = "/bookings/<uuid:booking_id>"
GROUP = "/groups/<uuid:group_id>"
HOUSE = "/admin/institutions/<uuid:institution_id>"
PERSON = "/people/persons/<uuid:user_id>"
LISTS = {  # where one of a kind is linked; a page of the asker's own
    "/instruments": ("/instruments?q=YLU-001", "/manage"),
    "/bookings": ("/desk", "/manage"),
    "/groups": ("/desk", "/manage"),
}

RULES = ("/admin/prices/network", "/admin/policies/network", "/admin/chains/network")

VISITOR = (
    "/", "/zones/kunming", "/instruments", "/instruments?q=电镜&zone=kunming", "/sign-in", "/reset", "/docs",
    "/reset/no-such-link", "/no-such-page", "/network/working-days", "/instruments/compare",
    "/sign-up", "/sign-up/enterprise", "/sign-in/institution",
    "/instruments/earliest?zone=kunming",
    *(f"{INSTRUMENT}?tab={tab}" for tab in TABS),
)  # fmt: skip
MEMBER = (
    "/",
    "/instruments",
    "/instruments/earliest?duration=PT2H",
    "/desk",
    "/desk/orders",
    "/inbox",
    INSTRUMENT,
    BOOKING,
    GROUP,
    *(f"/profile{one}" for one in PROFILE),
)
MANAGER = (
    "/manage", "/manage/today", "/manage/weeks", "/desk", BOOKING, f"{INSTRUMENT}/blocks",
    "/manage/orders", f"{INSTRUMENT}/outside", f"{INSTRUMENT}/door-sheet",
    *(f"{INSTRUMENT}/settings?part={part}" for part in PARTS),
)  # fmt: skip
PAGES = {
    "": VISITOR,
    "researcher": MEMBER,
    "pi": ("/desk", GROUP),
    "manager": MANAGER,
    "province": (
        "/instruments/new",
        "/network/working-days",
        "/records",
        "/people/roles",
        "/people/requests",
        "/people/import",
        "/people/groups",
        "/people/persons",
        "/people/invitations",
        "/people/enterprises",
        "/admin",
        "/admin/working-days",
        "/admin/prices",
        "/admin/policies",
        "/admin/chains",
        *RULES,
        "/admin/categories",
        "/admin/categories/versions/new",
        "/admin/zones",
        "/admin/zones/new",
        "/admin/zones/kunming",
        "/admin/institutions",
        "/admin/institutions/new",
        HOUSE,
        f"{HOUSE}/move",
        f"{HOUSE}/close",
        f"{HOUSE}/sign-on",
        "/admin/notices",
        "/admin/notices/new",
        "/admin/notices/<uuid:notice_id>",
        "/admin/mail-texts",
        "/admin/mail-texts/<uuid:institution_id>",
        PERSON,
        f"{PERSON}/leave",
        "/people/roles/<uuid:grant_id>/end",
        "/zones/desk",
    ),
    "zone-kunming": ("/zones/kunming/desk", "/admin"),
    "auditor": ("/", "/inbox", "/audit", "/bookings"),
}
NOT_PAGES = (
    "/calendars/", "/healthz", "/metrics", "/openapi.json", "/pictures/", "/readyz", "/static/",
    f"{BOOKING}/booking.ics", f"{BOOKING}/files/", f"{INSTRUMENT}/week", "/manage/weeks.json",
    "/documents/", "/profile/data", "/records/export", "/audit/export", "/bookings/export",
    "/manage/orders.csv", f"{INSTRUMENT}/qr.svg", "/orders/<uuid:order_id>/files/<uuid:file_id>",
    "/records/imports/<uuid:run_id>/bad.csv", "/people/enterprises/<uuid:enterprise_id>/licence",
)  # fmt: skip
ONLY_SOMETIMES = {
    f"{BOOKING}/edit",  # of a booking that was sent back; its form is that of the instrument's page
    f"{INSTRUMENT}/order",  # of an instrument that takes service orders; tests/browser/test_company.py looks at both
    "/orders/<uuid:order_id>",
    f"{INSTRUMENT}/why",  # of a span; tests/booking reads it
    "/records/imports/<uuid:run_id>",  # of a file that somebody brought; tests/registry reads it
    "/invitations/<token>",  # of a mailed link that still holds; tests/people reads it
    "/admin/sign-on",  # leads to the page of one's own institution
    "/sign-in/institution/<code>",  # leads to the institution's own page
    "/sign-in/institution/<code>/answer",
    "/admin/mail-texts/<uuid:institution_id>/<topic>",  # of one of the texts; tests/notify reads it
}
KNOWN = {one: one.replace("network", "<scope>") for one in RULES} | {
    "/zones/kunming": "/zones/<zone>",
    "/zones/kunming/desk": "/zones/<zone>/desk",
    "/admin/zones/kunming": "/admin/zones/<code>",
    "/reset/no-such-link": "/reset/<token>",
}

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize(
    ("language", "size"), [("zh-CN", WIDE), ("en", NARROW)], ids=["zh-wide", "en-narrow"]
)


def test_no_page_is_left_out(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'none.db'}", secret_key=SECRET)
    asked = {KNOWN.get(path := one.split("?")[0], path) for pages in PAGES.values() for one in pages}
    pages = {
        rule.rule
        for rule in create_app(settings).url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(("/api/", *NOT_PAGES))
    }
    assert pages - asked - ONLY_SOMETIMES == set()


@BOTH
@pytest.mark.parametrize("who", PAGES, ids=[who or "visitor" for who in PAGES])
def test_must_show_7_every_page_is_accessible_quiet_and_light(
    chromium: Browser, demo: Demo, who: str, language: str, size: tuple[int, int]
) -> None:
    found: list[str] = []
    with watched(chromium, address=demo.address, language=language, size=size) as seen:
        speak(seen.page, demo.address, language)
        if who:
            sign_in(seen.page, who)
        weight = Weight(seen.page)
        for pattern in PAGES[who]:
            address = filled(seen.page, pattern)
            seen.complaints.clear()
            weight.bytes = 0
            seen.open(address)
            missing = "no-such" in address  # its own answer is the one complaint it may have
            found += [
                f"{address}: {said}" for said in seen.complaints if not (missing and "status of 4" in said)
            ]
            found += [f"{address}: {rule}" for rule in seen.axe()]
            if weight.bytes > MOST_BYTES:
                found.append(f"{address}: {weight.bytes} bytes at the first load")
    assert found == []


class Weight:
    """What the network carried for a page, with the browser's cache off."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.loadingFinished", self._add)

    def _add(self, event: dict[str, float]) -> None:
        self.bytes += int(event["encodedDataLength"])


def speak(page: Page, address: str, language: str) -> None:
    page.context.add_cookies([{"name": "language", "value": language, "url": address}])


def filled(page: Page, pattern: str) -> str:
    """An address with its places filled by what her own pages link to."""
    if "<uuid:" not in pattern:
        return pattern
    before = pattern.partition("/<uuid:")[0]
    for place in LISTS.get(before, (before,)):
        page.goto(place)
        if found := re.search(rf"{before}/([0-9a-f-]{{36}})", page.locator("main").inner_html()):
            return re.sub(r"<uuid:\w+>", found[1], pattern)
    raise AssertionError(f"no link to one of {before}")


def test_axe_itself_sees_a_fault(chromium: Browser, demo: Demo) -> None:
    """The planted fault: a button without a name."""
    assert (places.ROOT / "var" / "vendor" / "axe.js").exists()
    with watched(chromium, address=demo.address) as seen:
        seen.page.goto("/sign-in")
        seen.page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
        assert any(rule.startswith("button-name") for rule in seen.axe())
