"""Other people's calendar programs read a feed from a running server: vdirsyncer fetches it, khal prints the day.

Both run as their own processes in a home of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.serving import make_server

from sharing.booking import calendar_feed
from sharing.booking.models import Booking
from sharing.kernel import clock
from sharing.kernel.db import db, table_of
from sharing.kernel.ical import itip
from sharing.kernel.timespan import shanghai_day
from sharing.people import queries as people
from sharing.people import service as keys
from tests import cast
from tests.cast import House

PROGRAMS = Path(sys.executable).parent
VDIRSYNCER = """
[general]
status_path = "{home}/status"

[pair feed]
a = "platform"
b = "mine"
collections = null
conflict_resolution = "a wins"

[storage platform]
type = "http"
url = "{url}"

[storage mine]
type = "filesystem"
path = "{home}/calendar"
fileext = ".ics"
"""
KHAL = """
[calendars]
[[mine]]
path = {home}/calendar

[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Asia/Shanghai
default_timezone = Asia/Shanghai

[sqlite]
path = {home}/khal.db
"""


class Programs:
    """A home with khal, and with vdirsyncer for one feed when it is named."""

    def __init__(self, home: Path, url: str = "") -> None:
        self.home = home
        (home / "calendar").mkdir()
        (home / "khal").write_text(KHAL.format(home=home))
        if url:
            (home / "vdirsyncer").write_text(VDIRSYNCER.format(home=home, url=url))
            self._run("vdirsyncer", "-c", str(home / "vdirsyncer"), "discover", "feed")

    def fetch(self) -> list[str]:
        """Sync; the files that stand there now."""
        self._run("vdirsyncer", "-c", str(self.home / "vdirsyncer"), "sync", "--force-delete")
        return sorted(file.read_text("utf-8") for file in (self.home / "calendar").glob("*.ics"))

    def day(self, on: str) -> str:
        """What khal prints for a day: one line an event."""
        line = "{start-time}-{end-time} {title} @ {location} [{status}]"
        return self._run("khal", "-c", str(self.home / "khal"), "list", "--format", line, on, "1d")

    def take(self, invitation: str) -> None:
        """Give khal the file of a mail."""
        file = self.home / "invite.ics"
        file.write_text(invitation, "utf-8", newline="")
        self._run("khal", "-c", str(self.home / "khal"), "import", "--batch", "-a", "mine", str(file))

    def _run(self, program: str, *arguments: str) -> str:
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        done = subprocess.run(
            [PROGRAMS / program, *arguments],
            env={**kept, "HOME": str(self.home), "LC_ALL": "C.UTF-8", "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def base_url(app: Flask) -> Iterator[str]:
    """The application behind a real socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def house(app: Flask) -> House:
    return cast.house()


def change(booking: Booking, **columns: object) -> None:
    """As the service does: the row, its revision, SEQUENCE and instant of change."""
    db.session.refresh(booking)
    raised = {"revision": booking.revision + 1, "sequence": booking.sequence + 1, "changed_at": clock.now()}
    db.session.execute(
        update(table_of(Booking)).where(table_of(Booking).c.id == booking.id).values(**raised | columns)
    )
    db.session.commit()


def test_khal_shows_what_is_asked_for_approved_moved_and_cancelled(
    house: House, base_url: str, tmp_path: Path
) -> None:
    now = clock.now()
    reader = people.actor(house.researcher.id, now)
    assert reader is not None
    secret = keys.create_calendar_key(kind="person", about_id=None, by=reader, now=now)
    day, next_day = (shanghai_day(now) + timedelta(days=n) for n in (1, 2))
    instrument = house.instrument
    booking = cast.booking(instrument, house.researcher, cast.span(day, "09:00", "11:30"), status="requested")
    programs = Programs(tmp_path, f"{base_url}/calendars/{secret}.ics")

    (file,) = programs.fetch()
    assert "STATUS:TENTATIVE" in file
    assert f"09:00-11:30 {instrument.name}（待审批）" in programs.day(f"{day}")

    change(booking, status="approved")
    (file,) = programs.fetch()
    assert "STATUS:CONFIRMED" in file
    shown = programs.day(f"{day}")
    assert f"09:00-11:30 {instrument.name} @ {house.university.name}" in shown
    assert "待审批" not in shown

    change(booking, starts_at=cast.clock(next_day, "14:00"), ends_at=cast.clock(next_day, "15:00"))
    assert len(programs.fetch()) == 1  # the same event moved, not a second one
    assert instrument.name not in programs.day(f"{day}")
    assert f"14:00-15:00 {instrument.name}" in programs.day(f"{next_day}")

    change(booking, status="cancelled")
    (file,) = programs.fetch()
    assert "STATUS:CANCELLED" in file
    assert "CANCELLED" in programs.day(f"{next_day}")
    assert f"SEQUENCE:{booking.sequence + 1}" in file


def test_khal_takes_an_invitation_as_its_own_event(house: House, app: Flask, tmp_path: Path) -> None:
    """The file of a mail and the feed's event are one: the import changes the event, it does not double it."""
    now = clock.now()
    day = shanghai_day(now) + timedelta(days=1)
    booking = cast.booking(house.instrument, house.researcher, cast.span(day, "09:00", "10:00"))
    programs = Programs(tmp_path)
    for span in (None, ("14:00", "15:00")):
        if span:
            starts, ends = (cast.clock(day, hour) for hour in span)
            change(booking, starts_at=starts, ends_at=ends)
        programs.take(itip(calendar_feed.invitation(booking.id, now=now)))
    shown = programs.day(f"{day}")
    assert f"14:00-15:00 {house.instrument.name}" in shown
    assert "09:00-10:00" not in shown
