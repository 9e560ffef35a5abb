"""Deny by default: every address states the right it needs, and the right is one that somebody can hold."""

from __future__ import annotations

import pytest
from flask import Flask

from sharing.kernel.rights import ATTRIBUTE, PUBLIC, SIGNED_IN
from sharing.people.rules import RIGHTS
from sharing.web.app import create_app
from sharing.web.settings import Settings

OPEN = {"static"}


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    url = f"sqlite:///{tmp_path_factory.mktemp('routes') / 'never-opened.db'}"
    return create_app(Settings(database_url=url, secret_key="only for reading the map"))


def test_every_route_states_what_it_needs(routes: Flask) -> None:
    views = routes.view_functions
    assert sorted(name for name in views if name not in OPEN and not hasattr(views[name], ATTRIBUTE)) == []


def test_every_stated_right_exists(routes: Flask) -> None:
    stated = {getattr(view, ATTRIBUTE, PUBLIC) for view in routes.view_functions.values()}
    assert stated - set(RIGHTS) - {PUBLIC, SIGNED_IN} == set()


def test_every_right_is_held_by_somebody() -> None:
    assert [right for right, roles in RIGHTS.items() if not roles] == []
