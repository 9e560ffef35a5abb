"""A message opened in a chat program's own browser: it asks to sign in, comes back to its page, opens no new window."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from sharing.kernel.db import db
from sharing.web import places
from tests import cast
from tests.booking.asking import submit
from tests.harness.browser import KEPT, PASSWORD, Browser

AGENTS = {
    "wecom": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile wxwork/4.1.22 "
    "MicroMessenger/7.0.1 Language/zh",
    "dingtalk": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 "
    "AliApp(DingTalk/7.5.10) com.alibaba.android.rimet",
}


@pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS)
def test_signing_in_keeps_the_page_that_the_message_opens(
    app: Flask, client: FlaskClient, agent: str
) -> None:
    with time_machine.travel(cast.NOW, tick=False):
        _opened_in(app, client, agent)


def _opened_in(app: Flask, client: FlaskClient, agent: str) -> None:
    house = cast.house()
    house.head.password_hash = KEPT
    db.session.commit()
    row = submit(house.researcher, house.instrument, cast.span(1, "09:00", "10:00"))
    headers = {"User-Agent": agent}
    link = f"/bookings/{row.id}"
    sent = client.get(link, headers=headers)
    door = urlsplit(sent.headers["Location"])
    assert (sent.status_code, door.path) == (302, "/sign-in")
    browser = Browser(app)
    page = browser.get(sent.headers["Location"], headers=headers)
    assert f'value="{link}"' in page.text
    back = browser.post("/sign-in", username="head", password=PASSWORD, next=link)
    assert (back.status_code, back.headers["Location"]) == (303, link)
    decided = browser.get(link, headers=headers)
    assert f'action="{link}/approve"' in decided.text


def test_nothing_opens_a_window_of_its_own() -> None:
    """These browsers have one window: a new one is either blocked or loses the way back."""
    new_windows = ('target="_blank"', "window.open")
    found = [
        f"{path.relative_to(places.ROOT)}"
        for folder, kind in ((places.TEMPLATES, "*.html"), (places.ROOT / "static" / "js", "*.js"))
        for path in folder.rglob(kind)
        if any(one in path.read_text("utf8") for one in new_windows)
    ]
    assert found == []


def test_pages_are_drawn_at_the_width_of_the_phone() -> None:
    base = (places.TEMPLATES / "base.html").read_text("utf8")
    assert 'name="viewport" content="width=device-width' in base
