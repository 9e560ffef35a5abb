"""`python -m tests.browser.screens`: pictures of every page into docs/screens, in both languages and both widths.

Serves the demo network on a scratch database. `JOURNEY_PICTURES=docs/screens/journeys` has the journeys (tests named
`must_show_1` beside this file) take theirs.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from sharing.web import places
from tests.harness import chromium
from tests.harness.pictures import save
from tests.harness.processes import environment, serving

SIZES = {"wide": (1440, 900), "phone": (390, 844)}
LANGUAGES = {"zh": "zh-CN", "en": "en"}
PASSWORD = "sharing-demo"
# name -> who looks (None: a visitor), path; {code} is an instrument's code, {booking} the first booking on her desk,
# {compare} four that a search finds, {/list} the first order of a list, {institution} the first of the list
PAGES: dict[str, tuple[str | None, str]] = {
    "home": (None, "/"),
    "home-signed-in": ("researcher", "/"),
    "zone": (None, "/zones/honghe"),
    "catalogue": ("researcher", "/instruments?q=电镜"),
    "earliest": ("researcher", "/instruments/earliest?zone=kunming&category=010000"),
    "compare": ("researcher", "{compare}"),
    "instrument": ("researcher", "/instruments/{YLU-001}?tab=book"),
    "instrument-about": (None, "/instruments/{YLU-001}?tab=about"),
    "instrument-prices": ("enterprise", "/instruments/{YLU-001}?tab=prices"),
    "instrument-rules": (None, "/instruments/{YLU-001}?tab=rules"),
    "instrument-settings": ("manager", "/instruments/{YLU-001}?tab=settings"),
    "instrument-blocks": ("manager", "/instruments/{YLU-001}/blocks"),
    "instrument-for-somebody": ("manager", "/instruments/{YLU-001}?tab=book&for=researcher"),
    "instrument-outside": ("manager", "/instruments/{YLU-001}/outside"),
    "week-plan": ("manager", "/instruments/{YLU-001}/week-plan"),
    "door-sheet": (None, "/instruments/{YLU-001}/door-sheet"),
    "booking": ("researcher", "{booking}"),
    "desk": ("researcher", "/desk"),
    "group": ("pi", "{group}"),
    "order-new": ("enterprise", "/instruments/{YLU-029}/order"),
    "orders": ("enterprise", "/desk/orders"),
    "order": ("enterprise", "{/desk/orders?show=waiting}"),
    "manage-orders": ("manager", "/manage/orders"),
    "manage-order": ("manager", "{/manage/orders?show=waiting}"),
    "manage-queue": ("manager", "/manage"),
    "manage-today": ("manager", "/manage/today"),
    "manage-weeks": ("manager", "/manage/weeks"),
    "records": ("province", "/records"),
    "prices": ("finance", "/admin/prices/instrument:{YLU-001}"),
    "policies": ("manager", "/admin/policies/instrument:{YLU-001}"),
    "chains": ("province", "/admin/chains/network"),
    "working-days": ("province", "/admin/working-days"),
    "admin": ("province", "/admin"),
    "audit": ("auditor", "/audit?action=booking."),
    "bookings": ("auditor", "/bookings"),
    "zones": ("province", "/admin/zones"),
    "zone-new": ("province", "/admin/zones/new"),
    "institutions": ("province", "/admin/institutions"),
    "institution": ("province", "{institution}"),
    "sign-on": ("province", "{institution}/sign-on"),
    "categories": ("province", "/admin/categories"),
    "notices": ("province", "/admin/notices"),
    "zone-desk": ("zone-kunming", "/zones/kunming/desk"),
    "inbox": ("manager", "/inbox"),
    "profile": ("researcher", "/profile"),
    "notice-choices": ("manager", "/profile/notices"),
    "profile-calendar": ("researcher", "/profile/calendar"),
    "sign-in": (None, "/sign-in"),
    "sign-up-enterprise": (None, "/sign-up/enterprise"),
    "people": ("province", "/people/persons"),
    "people-import": ("province", "/people/import"),
    "roles": ("province", "/people/roles"),
    "enterprises": ("province", "/people/enterprises"),
    "not-found": (None, "/nowhere"),
    "docs": (None, "/docs"),
}


def main() -> int:
    """Take every picture; says where they lie."""
    target = places.ROOT / "docs" / "screens"
    wanted = sys.argv[1:] or list(PAGES)
    with tempfile.TemporaryDirectory() as folder, chromium.running() as browser:
        settings = environment(database_url=f"sqlite:///{folder}/demo.db") | {"SHARING_DEMO": "1"}
        with serving("--no-scheduler", env=settings, folder=Path(folder)) as server:
            for picture, name in _pictures(browser, server.address, wanted):
                save(picture, target / f"{name}.png")
    print(target)
    return 0


def _pictures(browser: Browser, address: str, wanted: list[str]) -> Iterator[tuple[bytes, str]]:
    for width, size in SIZES.items():
        for short, language in LANGUAGES.items():
            pages: dict[str | None, Page] = {}
            for name in wanted:
                who, path = PAGES[name]
                if who not in pages:
                    pages[who] = _session(browser, address, language, size, who)
                page = pages[who]
                page.goto(_found(page, path))
                page.wait_for_load_state("networkidle")
                yield page.screenshot(), f"{name}-{short}-{width}"


def _session(browser: Browser, address: str, language: str, size: tuple[int, int], who: str | None) -> Page:
    """A page of a browser session of its own, signed in as `who`."""
    context = browser.new_context(
        base_url=address,
        locale=language,
        timezone_id="Asia/Shanghai",
        viewport={"width": size[0], "height": size[1]},
    )
    context.add_cookies([{"name": "language", "value": language, "url": address}])
    page = context.new_page()
    if who:
        page.goto("/sign-in")
        page.fill("input[name=username]", who)
        page.fill("input[name=password]", PASSWORD)
        page.click("main form[method=post] button[type=submit]")
        page.wait_for_load_state()
    return page


def _found(page: Page, path: str) -> str:
    """The path with its places filled: an instrument by its code, the first booking or group of the one who looks."""
    if path == "{booking}":
        page.goto("/desk")
        return page.locator("a[href^='/bookings/']").first.get_attribute("href") or "/desk"
    if path == "{group}":
        page.goto("/desk")
        return page.locator("a[href^='/groups/']").first.get_attribute("href") or "/desk"
    if path.startswith("{institution}"):
        page.goto("/admin/institutions")
        first = page.locator("main a[href^='/admin/institutions/']:not([href$='/new'])").first.get_attribute(
            "href"
        )
        return (first or "/admin/institutions") + path.removeprefix("{institution}")
    if path.startswith("{/"):
        page.goto(path.strip("{}"))
        return page.locator("main tr a[href^='/orders/']").first.get_attribute("href") or "/desk/orders"
    if path == "{compare}":
        page.goto("/instruments?q=电镜")
        boxes = page.locator("input[form=compare]")
        chosen = [boxes.nth(n).get_attribute("value") for n in range(4)]
        return "/instruments/compare?" + "&".join(f"id={one}" for one in chosen)
    if "{" not in path:
        return path
    code = path.split("{")[1].split("}", maxsplit=1)[0]
    page.goto(f"/instruments?q={code}")
    href = page.locator("main a[href^='/instruments/0']").first.get_attribute("href") or ""
    return path.replace("{" + code + "}", href.removeprefix("/instruments/").split("?")[0])


if __name__ == "__main__":
    sys.exit(main())
