"""Fixtures that every slice's tests stand on.

app         the application on a migrated, empty database, its context open; each test runs on both databases
client      a browser without a session on that application
chromium    a running Chromium, for tests marked `browser`; tests.harness.chromium.watched opens a session in it
database    the same database as a value (kind, url), for tests that start processes or connect by themselves
"""

from __future__ import annotations

import contextvars
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

from sharing.kernel import numbering
from sharing.kernel.db import db, forget_connections
from sharing.web.app import create_app
from sharing.web.settings import Settings
from tests.harness import chromium as chrome
from tests.harness import counting
from tests.harness.databases import KINDS, POSTGRES_TEMPLATE, Clone, Templates

KEY = "a key that only tests know"
_templates = pytest.StashKey[Templates]()


class ApartClient(FlaskClient):
    """Runs each request apart from the test's own application context, as a server would: nothing in `g` leaks.

    An answer is read whole there, one that streams too.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("buffered", True)
        return contextvars.Context().run(super().open, *args, **kwargs)


# Two busy cores are slower than Hypothesis expects of one example; what failed once is tried first the next time.
settings.register_profile("sharing", deadline=None, database=DirectoryBasedExampleDatabase("var/hypothesis"))
settings.load_profile("sharing")


# --- the run ----------------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    for kind in KINDS:
        config.addinivalue_line("markers", f"{kind}: a test of the database, run on {kind}")
    config.addinivalue_line("markers", "property: a Hypothesis test (marked by itself)")
    if getattr(config.option, "numprocesses", None):
        config.stash[_templates] = Templates()


def pytest_unconfigure(config: pytest.Config) -> None:
    if templates := config.stash.get(_templates, None):
        templates.remove()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    counting.mark_properties(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(counting.summary(terminalreporter))


# --- databases and the application ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def templates() -> Iterator[None]:
    if POSTGRES_TEMPLATE in os.environ:  # the controller made them
        yield
        return
    mine = Templates()
    yield
    mine.remove()


@pytest.fixture(scope="session")
def application(templates: None) -> Iterator[Callable[[str], tuple[Flask, Clone]]]:
    """One application and one database of each kind for all tests of this process, made when first asked for."""
    made: dict[str, tuple[Flask, Clone]] = {}

    def of(kind: str) -> tuple[Flask, Clone]:
        if kind not in made:
            clone = Clone(kind)
            try:
                app = create_app(settings_for(clone))
            except BaseException:
                clone.remove()
                raise
            app.test_client_class = ApartClient
            made[kind] = app, clone
        return made[kind]

    yield of
    for app, clone in made.values():
        with app.app_context():
            forget_connections()
        clone.remove()


def settings_for(clone: Clone, **others: Any) -> Settings:
    return Settings(
        database_url=clone.url,
        secret_key=KEY,
        base_url="http://localhost",
        storage_dir=clone.folder / "storage",
        synchronous="NORMAL",
        **others,
    )


@pytest.fixture(params=[pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in KINDS])
def database(request: pytest.FixtureRequest, application: Callable[[str], tuple[Flask, Clone]]) -> Clone:
    app, clone = application(request.param)
    with app.app_context():
        clone.empty(db.engine)
    app.extensions.pop(numbering.CACHE, None)  # numbers that a process took belong to the rows that are gone
    shutil.rmtree(clone.folder / "storage", ignore_errors=True)
    return clone


@pytest.fixture
def app(database: Clone, application: Callable[[str], tuple[Flask, Clone]]) -> Iterator[Flask]:
    app, _clone = application(database.kind)
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


# --- a browser --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> Iterator[chrome.Browser]:
    """A running Chromium; use it in tests marked `browser`. Skips where the machine has none."""
    with chrome.running() as browser:
        yield browser
