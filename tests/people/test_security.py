"""What an attacker tries: replayed cookies, forms from elsewhere, guesses spread over workers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.routing import Rule

from sharing.kernel.db import db
from sharing.people import service
from sharing.people.service.throttle import PER_ACCOUNT
from sharing.web.app import create_app
from tests import cast
from tests.conftest import ApartClient, settings_for
from tests.harness.browser import KEPT, PASSWORD, Browser
from tests.harness.databases import Clone

NEW = "滇池的水很清，也很深很蓝"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def lin(app: Flask) -> Any:
    cast.network()
    return cast.user("lin", password_hash=KEPT)


def cookie(browser: Browser, name: str = "sharing") -> str:
    found = browser.client.get_cookie(name)
    return found.value if found else ""


def replayed(app: Flask, value: str) -> Browser:
    """Another browser that holds a copy of a session cookie."""
    thief = Browser(app, "10.6.6.6")
    thief.client.set_cookie("sharing", value)
    return thief


# --- replay (ASVS 7.4) -------------------------------------------------------------------------------------


def test_a_copied_cookie_is_worth_nothing_after_sign_out(app: Flask, lin: Any) -> None:
    victim = Browser(app).sign_in(lin)
    thief = replayed(app, cookie(victim))
    assert thief.signed_in()
    victim.post("/sign-out")
    assert not thief.signed_in()


def test_a_copied_cookie_is_worth_nothing_after_sign_out_everywhere(app: Flask, lin: Any) -> None:
    victim, elsewhere = Browser(app).sign_in(lin), Browser(app).sign_in(lin)
    thief = replayed(app, cookie(elsewhere))
    victim.post("/sign-out/everywhere")
    assert not thief.signed_in()


def test_a_copied_cookie_of_another_browser_is_worth_nothing_after_a_new_password(
    app: Flask, lin: Any
) -> None:
    victim, elsewhere = Browser(app).sign_in(lin), Browser(app).sign_in(lin)
    thief = replayed(app, cookie(elsewhere))
    answer = victim.post("/profile/password", old=PASSWORD, password=NEW, again=NEW)
    assert answer.status_code == 303
    assert not thief.signed_in()


def test_a_copied_cookie_is_worth_nothing_once_its_owner_has_left(app: Flask, lin: Any) -> None:
    thief = replayed(app, cookie(Browser(app).sign_in(lin)))
    service.leave(lin.id, reason="", by=None, now=cast.NOW)
    assert not thief.signed_in()


def test_a_cookie_ends_when_idle_and_for_good(app: Flask, lin: Any, monday: Any) -> None:
    settings = app.extensions["sharing.settings"]
    browser = Browser(app).sign_in(lin)
    monday.shift(timedelta(hours=settings.session_idle_hours) - timedelta(seconds=1))
    assert browser.signed_in()
    monday.shift(timedelta(hours=settings.session_idle_hours))
    assert not browser.signed_in()
    busy = Browser(app).sign_in(lin)
    for _half in range(2 * settings.session_hours // settings.session_idle_hours - 1):
        monday.shift(timedelta(hours=settings.session_idle_hours / 2))
        assert busy.signed_in()
    monday.shift(timedelta(hours=settings.session_idle_hours / 2))
    assert not busy.signed_in()


def test_a_session_from_before_sign_in_is_not_carried_over(app: Flask, lin: Any) -> None:
    planted = Browser(app)
    token = planted.token()
    before = cookie(planted)
    planted.post("/sign-in", username="lin", password=PASSWORD)
    assert cookie(planted) != before
    assert not replayed(app, before).signed_in()
    old = planted.client.post("/sign-out", data={"csrf_token": token})
    assert old.status_code == 400
    assert planted.signed_in()


def test_the_cookie_is_for_pages_and_the_bearer_for_the_api(app: Flask, lin: Any) -> None:
    browser = Browser(app).sign_in(lin)
    assert browser.get("/api/v1/me").status_code == 401
    token = service.create_token(lin.id, label="x", ends_at=None, by=None, now=cast.NOW)
    bearer = {"Authorization": f"Bearer {token}"}
    assert Browser(app).get("/api/v1/me", headers=bearer).status_code == 200
    assert Browser(app).get("/profile", headers=bearer).status_code == 302
    for header in (f"Basic {token}", "Bearer", "Bearer x", f"Token {token}"):
        answer = Browser(app).get("/api/v1/zones", headers={"Authorization": header})
        assert answer.status_code == 401, header
        assert answer.mimetype == "application/problem+json"


# --- cookies (ASVS 3.3) ------------------------------------------------------------------------------------


def flags(answer: Any) -> dict[str, set[str]]:
    """Each cookie that an answer sets, with its attributes."""
    return {
        line.split("=")[0]: {part.strip().split("=")[0].lower() for part in line.split(";")[1:]}
        | {line.lower()}
        for line in answer.headers.getlist("Set-Cookie")
    }


def test_cookies_are_kept_from_scripts_and_other_sites(app: Flask, lin: Any) -> None:
    answer = Browser(app).post("/sign-in", username="lin", password=PASSWORD)
    set_now = flags(answer)
    assert set(set_now) == {"sharing", "device"}
    for attributes in set_now.values():
        assert {"httponly", "samesite", "path"} <= attributes
        assert "secure" not in attributes  # the tests' server speaks plain HTTP on loopback


def test_over_https_cookies_are_host_bound_and_secure(database: Clone) -> None:
    with served(database, base_url="https://sharing.example") as app:
        cast.network()
        cast.user("lin", password_hash=KEPT)
        browser = Browser(app)
        page = browser.client.get("/reset", base_url="https://sharing.example")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        answer = browser.client.post(
            "/sign-in",
            data={"csrf_token": token, "username": "lin", "password": PASSWORD},
            base_url="https://sharing.example",
            headers={"Referer": "https://sharing.example/sign-in"},
        )
        assert answer.status_code == 303
        set_now = flags(answer)
        assert set(set_now) == {"__Host-sharing", "__Host-device"}
        for attributes in set_now.values():
            assert {"httponly", "secure", "samesite", "path"} <= attributes
            assert "domain" not in attributes
        assert "max-age" in answer.headers["Strict-Transport-Security"]


# --- forms from elsewhere (ASVS 3.5): every route of the map that is not read-only -------------------------


def changing(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Each page route that changes something: the rule, a method, an address with made-up ids."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            if not rule.rule.startswith("/api/"):
                made_up = {name: _sample(rule, name) for name in rule.arguments}
                yield rule, method, app.url_map.bind("localhost").build(rule.endpoint, made_up, method)


def _sample(rule: Rule, name: str) -> Any:
    kind = type(rule._converters[name]).__name__
    return {"UUIDConverter": uuid.UUID(int=7), "IntegerConverter": 7}.get(kind, "x")


def test_no_form_is_taken_without_its_token_or_from_elsewhere(app: Flask, lin: Any) -> None:
    browser, other = Browser(app).sign_in(lin), Browser(app).sign_in(lin)
    good, foreign = browser.token(), other.token()
    tries: dict[str, tuple[dict[str, str], dict[str, str]]] = {
        "without a token": ({}, {}),
        "with a made-up token": ({"csrf_token": "x" * 40}, {}),
        "with another session's token": ({"csrf_token": foreign}, {}),
        "from a foreign origin": ({"csrf_token": good}, {"Origin": "https://evil.example"}),
        "from a foreign site": ({"csrf_token": good}, {"Sec-Fetch-Site": "cross-site"}),
        "from an origin that looks alike": (
            {"csrf_token": good},
            {"Origin": "http://localhost.evil.example"},
        ),
    }
    taken, seen = [], 0
    for rule, method, path in changing(app):
        seen += 1
        for name, (data, headers) in tries.items():
            answer = browser.client.open(path, method=method, data=data, headers=headers)
            if answer.status_code != 400:
                taken.append(f"{method} {rule.rule} {name}: {answer.status_code}")
    assert taken == []
    assert seen > 15
    assert browser.signed_in()


def test_the_api_takes_no_cookie_and_so_needs_no_token(app: Flask, lin: Any) -> None:
    browser = Browser(app).sign_in(lin)
    taken = []
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            if rule.rule.startswith("/api/"):
                made_up = {name: _sample(rule, name) for name in rule.arguments}
                path = app.url_map.bind("localhost").build(rule.endpoint, made_up, method)
                if browser.client.open(path, method=method, json={}).status_code != 401:
                    taken.append(f"{method} {rule.rule}")
    assert taken == []


# --- guesses over several workers (ASVS 6.3.1) -------------------------------------------------------------


class served:  # noqa: N801 - reads like the function that it is
    """Another application on the same database, as another worker or host is."""

    def __init__(self, database: Clone, **others: Any) -> None:
        settings = settings_for(database).model_copy(update=others)
        self.app = create_app(settings)
        self.app.test_client_class = ApartClient
        self.context = self.app.app_context()

    def __enter__(self) -> Flask:
        self.context.push()
        return self.app

    def __exit__(self, *_why: object) -> None:
        db.session.remove()
        db.engine.dispose()
        self.context.pop()


def test_guesses_spread_over_two_workers_are_counted_together(app: Flask, database: Clone, lin: Any) -> None:
    here = Browser(app)
    with served(database) as other:
        there = Browser(other)
        codes = [
            browser.post("/sign-in", username="lin", password="wrong").status_code
            for _n in range(PER_ACCOUNT.free)
            for browser in (here, there)
        ]
        assert codes == [401] * PER_ACCOUNT.free + [429] * PER_ACCOUNT.free
        assert there.post("/sign-in", username="lin", password=PASSWORD).status_code == 429


def test_a_session_and_its_end_hold_on_every_worker(app: Flask, database: Clone, lin: Any) -> None:
    browser = Browser(app).sign_in(lin)
    with served(database) as other:
        same = Browser(other)
        same.client.set_cookie("sharing", cookie(browser))
        assert same.signed_in()
        browser.post("/sign-out")
        assert not same.signed_in()


# --- nothing that opens a door is written down -------------------------------------------------------------


def test_no_secret_stands_in_the_log(app: Flask, lin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    browser = Browser(app).sign_in(lin)
    token = browser.post("/profile/tokens", label="x", days="1").text.split("sharing_")[1][:43]
    feed = browser.post("/profile/calendar", kind="person").text.split("/calendars/")[1][:43]
    browser.get(f"/calendars/{feed}.ics")
    browser.get("/reset/a-secret-link-that-nobody-made")
    browser.get("/api/v1/me", headers={"Authorization": f"Bearer sharing_{token}"})
    said = "".join(capsys.readouterr())
    assert "profile/tokens" in said
    for secret in (token, feed, "a-secret-link-that-nobody-made", PASSWORD, cookie(browser)):
        assert secret not in said
