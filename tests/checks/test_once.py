"""Every POST of the API keeps its `Idempotency-Key`: sent twice it has one effect and one answer, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from sharing.people import service
from tests import cast
from tests.checks.rights import ROUTES
from tests.checks.rights.who import HOLDERS
from tests.checks.rights_world import World, world
from tests.checks.test_rights_matrix import address


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(cast.NOW, tick=False):
        yield


def posts(app: Flask) -> list[str]:
    return sorted(
        f"POST {rule.endpoint}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and "POST" in (rule.methods or ())
    )


def test_every_post_answers_its_key_once(app: Flask) -> None:
    around = world()
    client, wrong, kept = app.test_client(), [], 0
    for key in posts(app):
        _method, path, form = address(app, around, key, "ours")
        headers = {"Authorization": f"Bearer {_token(around, key)}", "If-Match": '"1"'}

        def ask(
            once: str, path: str = path, form: Any = form, headers: dict[str, str] = headers
        ) -> TestResponse:
            return client.post(path, json=form, headers=headers | {"Idempotency-Key": once})

        if ask("k" * 201).status_code < 400:
            wrong.append(f"{key}: took a key that is too long")
        first = ask(key)
        if first.status_code < 300:
            kept += 1
            again = ask(key)
            same = (again.status_code, again.data) == (first.status_code, first.data)
            if not same or again.headers.get("Idempotency-Replayed") != "true":
                wrong.append(f"{key}: {first.status_code}, then {again.status_code}")
    assert not wrong, "\n".join(wrong)
    assert kept > 50


def _token(around: World, key: str) -> str:
    """Of somebody who may."""
    route = ROUTES[key]
    name = max(route.may.ours & HOLDERS[route.right] or HOLDERS[route.right])
    by = cast.actor(around.people[name])
    return service.create_token(by.user_id, label=key[:40], ends_at=None, by=by, now=cast.NOW)
