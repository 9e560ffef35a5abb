"""The demo network on a real server, with a real SMTP server beside it, for tests that drive a browser."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.harness.chromium import Watched, watched
from tests.harness.mailserver import MailServer
from tests.harness.pictures import save
from tests.harness.processes import Server, environment, serving, sharing

PASSWORD = "sharing-demo"
OWN_PASSWORD = "滇池的水很清，也很深很蓝"  # of whoever joins
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
PICTURES = os.environ.get("JOURNEY_PICTURES")  # a folder: pictures of each step are put there
PASSING = (
    "ERR_ABORTED",
    "status of 422",
    "status of 409",
)  # a download or a load left; a form that asks back


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
        shared = tmp_path_factory.getbasetemp()
        filled_demo(shared if WORKER is None else shared.parent, folder, env)
        with serving("--workers", "2", env=env, folder=folder) as server:
            yield Demo(server, post)


def filled_demo(shared: Path, folder: Path, env: dict[str, str]) -> None:
    """Database and files of the demo in a folder; loaded once a run, whoever of its processes comes first."""
    made = shared / "demo-loaded"
    with (shared / "demo-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            for command in (("db", "upgrade"), ("demo", "load")):
                done = sharing(*command, env=env, cwd=folder)
                assert done.returncode == 0, done.stderr
            shutil.copytree(folder, made)
            return
    shutil.copytree(made, folder, dirs_exist_ok=True)


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Sign in as one of the demo's people, or as somebody who joined."""
    page.goto("/sign-in")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


@contextmanager
def at_desk(chromium: Browser, demo: Demo, name: str = "") -> Iterator[Watched]:
    """A browser of one's own, signed in as somebody of the demo where named; nothing may complain until one leaves."""
    with watched(chromium, address=demo.address, size=SIZES["wide"]) as seen:
        if name:
            sign_in(seen.page, name)
        try:
            yield seen
        except BaseException:
            if PICTURES:
                seen.page.screenshot(path=Path(PICTURES) / f"failed-{name}-{id(seen)}.png", full_page=True)
            raise
        assert [one for one in seen.complaints if not any(part in one for part in PASSING)] == []


def pictured(page: Page, name: str) -> None:
    """The page at both widths: nothing runs out of it sideways."""
    for width, size in SIZES.items():
        page.set_viewport_size({"width": size[0], "height": size[1]})
        wide = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, (name, width)
        if PICTURES:
            page.evaluate("() => scrollTo(0, 0)")  # else what sticks to the top is painted amid the page
            save(page.screenshot(full_page=True), Path(PICTURES) / f"{name}-{width}.png")
    page.set_viewport_size({"width": SIZES["wide"][0], "height": SIZES["wide"][1]})


# --- the mailbox -----------------------------------------------------------------------------------------------------


def mailed(demo: Demo, to: str, *holding: str) -> str:
    """Subject and text of the last mail to an address that holds all these words; waits for it."""
    deadline = time.monotonic() + 90
    while True:
        found = [words(mail) for mail in list(demo.post.mails) if to in str(mail["To"])]
        if wanted := [said for said in found if all(one in said for one in holding)]:
            return wanted[-1]
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def words(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return f"{mail['Subject']} {body.get_content() if body else ''}"


def link_in(said: str, path: str) -> str:
    """The first link of a mail under a path."""
    found = re.search(rf"{path}\S+", said.replace("=\n", ""))
    assert found
    return found[0]


def invite(page: Page, email: str, name: str, *, role: str = "", scope: str = "") -> None:
    """Send an invitation; what the form was opened with stays where nothing else is said."""
    page.fill("input[name=email]", email)
    page.fill("input[name=name]", name)
    for field, value in (("role", role), ("scope", scope)):
        if value:
            page.select_option(f"select[name={field}]", value)
    page.get_by_role("button", name="寄出邀请").click()
    page.get_by_text("邀请已寄出").first.wait_for()


def join(page: Page, demo: Demo, email: str, username: str) -> None:
    """Open the link of an invitation, make an account, sign in."""
    page.goto(link_in(mailed(demo, email, "/invitations/"), "/invitations/"))
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", OWN_PASSWORD)
    page.fill("input[name=again]", OWN_PASSWORD)
    page.get_by_role("button", name="开通账号并接受").click()
    page.wait_for_url("**/sign-in")
    sign_in(page, username, OWN_PASSWORD)
