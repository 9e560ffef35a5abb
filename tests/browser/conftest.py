"""The demo network on a real server, with a real SMTP server beside it, for tests that drive a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.harness.mailserver import MailServer
from tests.harness.processes import Server, environment, serving, sharing

PASSWORD = "sharing-demo"


@dataclass(frozen=True)
class Demo:
    """A running demo: its web server and the mails that went out."""

    server: Server
    post: MailServer

    @property
    def address(self) -> str:
        return self.server.address


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    with MailServer() as post:
        env = environment(
            database_url=f"sqlite:///{folder / 'demo.db'}",
            storage_dir=folder / "files",
            mail_url=post.url,
            demo="1",
        )
        for command in (("db", "upgrade"), ("demo", "load")):
            done = sharing(*command, env=env, cwd=folder)
            assert done.returncode == 0, done.stderr
        with serving("--workers", "2", env=env, folder=folder) as server:
            yield Demo(server, post)


def sign_in(page: Page, name: str) -> None:
    """Sign in as one of the demo's people."""
    page.goto("/sign-in")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
