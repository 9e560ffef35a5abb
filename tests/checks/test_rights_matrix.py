"""Every route × every role × our own and another institution: the verdict is what the table says (goal S2).

The table (`rights/`) must name every route of the URL map. Whoever is refused has changed nothing; no GET
changes anything; the auditor changes nothing but what is her own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import inspect, text
from werkzeug.test import TestResponse

from sharing.kernel.db import db
from sharing.kernel.rights import ATTRIBUTE
from sharing.people import service
from tests import cast
from tests.checks.rights import ROUTES
from tests.checks.rights.who import HOLDERS, Route
from tests.checks.rights_world import PEOPLE, SIDES, VISITOR, World, world
from tests.harness.browser import Browser

ALLOWED, SIGN_IN, FORBIDDEN, HIDDEN = "allowed", "sign-in", "forbidden", "hidden"
SAFE = {"GET", "HEAD", "OPTIONS"}
SOME = {VISITOR, "researcher", "head", "manager", "finance", "province_admin", "auditor", "enterprise"}
ENDS_THE_SESSION = {"people.sign_out", "people.sign_out_everywhere"}


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


class Asker:
    """One person at a browser and with a token, or a visitor with neither."""

    def __init__(self, app: Flask, world: World, name: str) -> None:
        self.app, self.name = app, name
        self.browser = Browser(app)
        self.bearer: dict[str, str] = {}
        if name != VISITOR:
            self.browser.sign_in(world.people[name])
            by = cast.actor(world.people[name])
            token = service.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
            self.bearer = {"Authorization": f"Bearer {token}"}
            self.browser.client.get("/api/v1/me", headers=self.bearer)  # its first use is written down here
        self.token = self.browser.token()

    def ask(self, method: str, path: str, form: dict[str, Any]) -> TestResponse:
        client = self.browser.client
        if path.startswith("/api/"):
            body = {"json": form} if method not in SAFE else {}
            return client.open(path, method=method, headers={"If-Match": '"1"', **self.bearer}, **body)
        data = {"csrf_token": self.token, **form} if method not in SAFE else None
        return client.open(path, method=method, data=data)


def verdict(answer: TestResponse) -> str:
    """What an answer means for rights: a form that is wrong was let through."""
    if answer.status_code == 401 or (answer.location or "").startswith("/sign-in?next="):
        return SIGN_IN
    return {403: FORBIDDEN, 404: HIDDEN}.get(answer.status_code, ALLOWED)


def expected(route: Route, name: str, side: str) -> str:
    """What the table says."""
    if name not in HOLDERS[route.right]:
        return SIGN_IN if name == VISITOR else FORBIDDEN
    if name == VISITOR or name in getattr(route.may, side):
        return ALLOWED
    return FORBIDDEN if name in getattr(route.knows, side) else HIDDEN


def tries(route: Route) -> Iterator[tuple[str, str]]:
    """Every person, on each side where the thing lies on one; who is stopped at the door is tried on one side."""
    for side in SIDES if route.sided else SIDES[:1]:
        for name in (VISITOR, *PEOPLE):
            if side == SIDES[0] or name in HOLDERS[route.right]:
                yield side, name


def address(app: Flask, world: World, key: str, side: str) -> tuple[str, str, dict[str, Any]]:
    """Method, path and form of a route at a fresh thing of a side."""
    db.session.rollback()  # what was asked meanwhile is written
    method, endpoint = key.split(" ")
    route, where = ROUTES[key], world.side(side)
    adapter = app.url_map.bind("localhost")
    return method, adapter.build(endpoint, route.args(where), method), route.form(where)


def contents() -> dict[str, str]:
    """A checksum of every table."""
    db.session.rollback()
    found: dict[str, str] = {}
    for name in inspect(db.engine).get_table_names():
        if "_fts" not in name:
            rows = sorted(map(repr, db.session.execute(text(f'SELECT * FROM "{name}"'))))
            found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    db.session.rollback()
    return found


def changed(before: dict[str, str]) -> list[str]:
    return [name for name, sum_now in contents().items() if before[name] != sum_now]


# --- the table is whole ------------------------------------------------------------------------------------


def routes_of(app: Flask) -> dict[str, str]:
    """Each method of each endpoint of the URL map, with the right that its view states."""
    found: dict[str, str] = {}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if rule.endpoint != "static":
                found[f"{method} {rule.endpoint}"] = getattr(view, ATTRIBUTE, "none stated")
    return found


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_table_names_every_route_with_its_right(kind: str, application: Any) -> None:
    app, _clone = application(kind)
    stated = routes_of(app)
    assert sorted(set(stated) - set(ROUTES)) == [], "routes without a verdict"
    assert sorted(set(ROUTES) - set(stated)) == [], "verdicts without a route"
    assert {key: right for key, right in stated.items() if ROUTES[key].right != right} == {}


def test_the_auditor_may_change_nothing_but_what_is_her_own() -> None:
    changing = {key: route for key, route in ROUTES.items() if key.split(" ")[0] not in SAFE}
    lets = [
        key
        for key, route in changing.items()
        if not route.own and any(expected(route, "auditor", side) == ALLOWED for side in SIDES)
    ]
    assert lets == ["POST panel.check"]  # which only computes


# --- the table is true -------------------------------------------------------------------------------------


Ask = tuple[str, str, Asker, str, str, dict[str, Any]]  # what, verdict, who, method, path, form


def refusals(app: Flask, around: World, askers: dict[str, Asker]) -> list[Ask]:
    """Every try that the table says is refused, with all that it needs made beforehand."""
    asked: list[Ask] = []
    for key, route in ROUTES.items():
        where = {side: address(app, around, key, side) for side in (SIDES if route.sided else SIDES[:1])}
        asked += [
            (f"{key} as {name} on {side}", wanted, askers[name], *where[side])
            for side, name in tries(route)
            if (wanted := expected(route, name, side)) != ALLOWED
        ]
    return asked


def misjudged(asked: list[Ask]) -> list[str]:
    """The tries that were answered otherwise."""
    wrong = []
    for what, wanted, asker, method, path, form in asked:
        answer = asker.ask(method, path, form)
        if (said := verdict(answer)) != wanted:
            wrong.append(f"{what}: {said} ({answer.status_code}), not {wanted}")
    return wrong


def test_whoever_is_refused_is_told_so_and_has_changed_nothing(app: Flask) -> None:
    around = world()
    askers = {name: Asker(app, around, name) for name in (VISITOR, *PEOPLE)}
    asked = refusals(app, around, askers)
    before = contents()
    wrong = misjudged(asked)
    assert not wrong, "\n".join(wrong)
    assert changed(before) == []
    assert len(asked) > 800


def test_a_door_left_open_is_seen(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: without the guard at the door the same tries must be misjudged, and change something."""
    around = world()
    askers = {name: Asker(app, around, name) for name in ("auditor", "finance")}
    with_form = ("POST days.enter", "GET booking.manage", "GET instruments.new")
    asked: list[Ask] = [
        (key, FORBIDDEN, asker, *address(app, around, key, "ours"))
        for key in with_form
        for asker in askers.values()
    ]
    assert misjudged(asked) == []
    monkeypatch.setitem(app.extensions, "sharing.guard", lambda _right: None)
    assert len(misjudged(asked)) >= 4


def test_whoever_may_is_let_through(app: Flask) -> None:
    around, wrong = world(), []
    askers = {name: Asker(app, around, name) for name in (VISITOR, *PEOPLE)}
    for key, route in ROUTES.items():
        for side, name in tries(route):
            if key.startswith("GET ") or expected(route, name, side) != ALLOWED:
                continue
            answer = askers[name].ask(*address(app, around, key, side))
            if verdict(answer) != ALLOWED or answer.status_code >= 500:
                wrong.append(f"{key} as {name} on {side}: {verdict(answer)} ({answer.status_code})")
            if key.split(" ")[1] in ENDS_THE_SESSION:
                askers[name] = Asker(app, around, name)
    assert not wrong, "\n".join(wrong)


def test_no_get_changes_anything_and_each_opens_for_whom_it_should(app: Flask) -> None:
    around, wrong = world(), []
    askers = {name: Asker(app, around, name) for name in (VISITOR, *PEOPLE)}
    asked = [
        (key, side, address(app, around, key, side)) for key, route in ROUTES.items() if key.startswith("GET ")
        for side in (SIDES if route.sided else SIDES[:1])
    ]  # fmt: skip
    before = contents()
    for key, side, where in asked:
        for name, asker in askers.items():
            if expected(ROUTES[key], name, side) == ALLOWED and (ROUTES[key].sided or name in SOME):
                answer = asker.ask(*where)
                if answer.status_code >= 500 or (
                    verdict(answer) != ALLOWED and key != "GET instruments.picture"
                ):
                    wrong.append(f"{key} as {name} on {side}: {verdict(answer)} ({answer.status_code})")
    assert not wrong, "\n".join(wrong)
    assert changed(before) == []
