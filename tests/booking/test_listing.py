"""The list of bookings for those who oversee them: whose, filters, pages, the file, the command."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask

from sharing.booking import cli, queries
from sharing.booking.queries import Listing
from sharing.kernel.db import db
from sharing.people.rules import ScopeFilter
from tests import cast
from tests.harness.browser import KEPT, Browser
from tests.harness.statements import statements

EVERYWHERE = ScopeFilter(everything=True)


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    for user in found.people().values():
        user.password_hash = KEPT
    db.session.commit()
    return found


def booked(house: cast.House, days: int) -> list[Any]:
    return [
        cast.booking(house.instrument, house.researcher, cast.span(n, "09:00", "10:00")) for n in range(days)
    ]


def test_the_auditor_reads_every_booking_and_no_more(app: Flask, house: cast.House) -> None:
    (row,) = booked(house, 1)
    page = Browser(app).sign_in(house.auditor).get("/bookings")
    assert row.number in page.text
    assert f"/bookings/{row.id}" in page.text
    assert Browser(app).sign_in(house.researcher).get("/bookings").status_code == 403


def test_an_administrator_reads_those_of_her_own_house(app: Flask, house: cast.House) -> None:
    (row,) = booked(house, 1)
    other_admin = cast.user("other_admin", role="institution_admin", at=house.elsewhere, password_hash=KEPT)
    assert row.number in Browser(app).sign_in(house.admin).get("/bookings").text
    assert row.number not in Browser(app).sign_in(other_admin).get("/bookings").text


def test_pages_follow_each_other_and_are_not_counted(house: cast.House) -> None:
    rows, seen, older = booked(house, 5), [], None
    for _page in range(3):
        sent: list[str] = []
        with statements(sent):
            found = queries.listing(Listing(older_than=older, most=2), EVERYWHERE)
        assert len(sent) == 1
        seen += [row.id for row in found.rows]
        older = found.older
    assert seen == [row.id for row in reversed(rows)]
    assert older is None


def test_filters(app: Flask, house: cast.House) -> None:
    first, second, third = booked(house, 3)
    cancelled = cast.booking(
        house.instrument, house.colleague, cast.span(5, "09:00", "10:00"), status="cancelled"
    )
    browser = Browser(app).sign_in(house.auditor)

    def numbers(query: str) -> set[str]:
        text = browser.get(f"/bookings?{query}").text
        return {row.number for row in (first, second, third, cancelled) if row.number in text}

    assert numbers(f"q={first.number}") == {first.number}
    assert numbers("q=colleague") == numbers("status=cancelled") == {cancelled.number}
    assert numbers("since=2026-03-03&last=2026-03-03") == {second.number}
    assert numbers("zone=honghe") == set()
    assert browser.get("/bookings?institution=nothing").status_code == 422


def test_the_file_and_the_command_hold_the_same_rows(app: Flask, house: cast.House) -> None:
    booked(house, 2)
    data = Browser(app).sign_in(house.auditor).get("/bookings/export?last=2026-03-02").data
    header, line = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert header[:2] == ["预约号", "状态"]
    assert line[2] == "2026-03-02 09:00"
    done = CliRunner().invoke(cli.booking, ["export", "--until", "2026-03-02"])
    assert done.exit_code == 0, done.output
    assert line[0] in done.stdout_bytes.decode()
