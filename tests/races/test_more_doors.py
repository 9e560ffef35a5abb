"""R1 through three doors more: a proposed time, a calendar that is kept outside, and an import of the register.

As in `test_doors.py`: nobody meets a 5xx, the database sees no deadlock and nothing overlaps by SQL, with the
application's own check and with the schema alone; without either the twin oversells.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from sharing.booking.models import Outside, Slot
from sharing.kernel.db import db
from sharing.registry.models import Instrument
from tests import cast
from tests.harness.databases import Clone
from tests.harness.processes import SHARING
from tests.races.ground import (
    Ground,
    deadlocks,
    drop_the_guard,
    ground,
    overlaps,
    put_the_guard_back,
    scattered,
    wish,
)
from tests.races.rivals import Call, Rivals, Said, api
from tests.races.test_doors import FEW, RIVALS, rivals_of
from tests.registry.importing import applied, csv_of

PROPOSED, READINGS = 10, 6
UNGUARDED = (sys.executable, "-m", "tests.races.unguarded")
COMMANDS = pytest.mark.parametrize("command", [SHARING, UNGUARDED], ids=["guarded", "database-alone"])

pytestmark = pytest.mark.race


def of(command: tuple[str, ...]) -> int:
    return FEW if command == UNGUARDED else RIVALS


def sound(before: int) -> None:
    assert overlaps() == {"slots": 0, "bookings": 0}
    assert deadlocks() == before


def asked(at: Ground, span: Any, number: int) -> list[Call]:
    return [api("POST", "/bookings", at.tokens["researcher"], wish(at.laser, span))] * number


def counted(said: list[Said], allowed: set[int]) -> Counter[int]:
    statuses = Counter(one.status for one in said)
    assert set(statuses) <= allowed, statuses
    return statuses


# --- a proposed time -------------------------------------------------------------------------------------------------


def proposals(at: Ground, rivals: Rivals, rounds: int) -> Counter[int]:
    """Who has each slot: its manager proposes it to somebody who then accepts, and rivals ask for it both times."""
    ids = scattered(
        at.laser, at.house.researcher, at.house.group.id, [at.slot(5000 + n) for n in range(rounds)]
    )
    winners: Counter[int] = Counter()
    for number, booking_id in enumerate(ids):
        span = at.slot(6000 + number)
        to = {key: wish(at.laser, span)[key] for key in ("start", "end")}
        propose = api("POST", f"/bookings/{booking_id}/propose", at.tokens["manager"], to)
        accept = api("POST", f"/bookings/{booking_id}/accept", at.tokens["researcher"])
        if number % 5 == 0:  # every fifth slot is proposed while they ask
            first = counted(rivals.race([propose, *asked(at, span, rivals.number - 1)]), {200, 201, 409})
            held = first[200]
        else:
            first, held = Counter[int](), counted([rivals.one(propose)], {200})[200]
        second = counted(rivals.race([accept, *asked(at, span, rivals.number - 1)]), {200, 201, 409})
        assert second[200] == held  # what is held for her nobody takes, what was not is not hers
        winners[first[201] + second[201] + held] += 1
    return winners


@COMMANDS
def test_r1_a_proposed_time_is_one_persons(app: Flask, database: Clone, command: tuple[str, ...]) -> None:
    at, before, began = ground(app), deadlocks(), time.monotonic()
    with rivals_of(database, command, of(command)) as rivals:
        assert proposals(at, rivals, PROPOSED) == {1: PROPOSED}
    print(f"proposed: {PROPOSED} slots x {rivals.number} rivals in {time.monotonic() - began:.1f} s")
    sound(before)


def test_r1_without_any_guard_a_proposed_time_is_sold_twice(app: Flask, database: Clone) -> None:
    at = ground(app)
    drop_the_guard()
    try:
        with rivals_of(database, UNGUARDED) as rivals:
            assert max(proposals(at, rivals, 2)) > 1
        assert overlaps()["slots"] > 0
    finally:
        put_the_guard_back()


# --- a calendar kept outside -----------------------------------------------------------------------------------------


def kept_outside(at: Ground) -> None:
    """The laser's calendar is kept elsewhere, and dropped here as a file."""
    cast.keep(
        Outside(
            instrument_id=at.laser.id,
            kind="file",
            link="https://campus.example",
            limit_minutes=60,
            read_at=datetime.now(UTC),
            set_by=at.house.manager.id,
            created_at=cast.NOW,
        )
    )


def reading(at: Ground, numbers: int) -> Call:
    """The file as it grew: busy on each slot so far."""
    events = ""
    for number in range(numbers + 1):
        span = at.slot(number)
        times = (f"{name}:{when.astimezone(UTC):%Y%m%dT%H%M%SZ}" for name, when in
                 (("DTSTART", span.start), ("DTEND", span.end)))  # fmt: skip
        lines = ("BEGIN:VEVENT", f"UID:{number}@campus", "DTSTAMP:20260101T000000Z", *times, "END:VEVENT")
        events += "".join(f"{line}\r\n" for line in lines)
    body = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//campus//EN\r\n{events}END:VCALENDAR\r\n"
    headers = {"Authorization": f"Bearer {at.tokens['manager']}", "Content-Type": "text/calendar"}
    path = f"/api/v1/instruments/{at.laser.id}/outside-calendar/file"
    return Call("PUT", path, body.encode(), headers)


def readings(at: Ground, rivals: Rivals, rounds: int, alone: set[int]) -> Counter[int]:
    """Bookings that got each slot while a reading closed it: none or one."""
    kept_outside(at)
    winners: Counter[int] = Counter()
    for number in range(rounds):
        calls = asked(at, at.slot(number), rivals.number - 1)
        calls.insert(number * 7 % rivals.number, reading(at, number))
        said = counted(rivals.race(calls), {200, 201, *alone})
        assert said[200] == 1 or 409 in alone, said
        winners[said[201]] += 1
    return winners


def held(at: Ground, rounds: int) -> list[int]:
    """How many hold each slot now."""
    db.session.rollback()
    spans = [at.slot(number) for number in range(rounds)]
    counts = (
        select(func.count())
        .select_from(Slot)
        .where(Slot.instrument_id == at.laser.id, Slot.starts_at < span.end, Slot.ends_at > span.start)
        for span in spans
    )
    return [int(db.session.scalar(one) or 0) for one in counts]


@COMMANDS
def test_r1_a_slot_is_booked_here_or_busy_outside(
    app: Flask, database: Clone, command: tuple[str, ...]
) -> None:
    """A booking that came first stands and is reported; else the time is closed. Alone, the schema may send the
    reading away (409), and it comes again."""
    at, before, began = ground(app), deadlocks(), time.monotonic()
    with rivals_of(database, command, of(command)) as rivals:
        winners = readings(at, rivals, READINGS, {409})
        assert set(winners) <= {0, 1}, winners
        counted([rivals.one(reading(at, READINGS - 1))], {200})
    print(
        f"outside: {READINGS} slots x {rivals.number} in {time.monotonic() - began:.1f} s, booked {winners}"
    )
    assert held(at, READINGS) == [1] * READINGS
    sound(before)


# --- an import of the register ---------------------------------------------------------------------------------------

HEAD = "仪器编号,状态,状态说明,预约方式,同时可用位数"
SELF, CLOSED = "自助预约", "不开放预约"
CHANGES = (  # what the file says, and how many of 32 get one slot afterwards
    ("维护中,换灯丝,,", 0),
    ("在用,,,2", 2),
    (f",,{CLOSED},", 0),
    (f",,{SELF},1", 1),
)


def spread(at: Ground, number: int, rivals: int) -> list[Call]:
    """Rivals for slots of their own, so that all may win."""
    return [asked(at, at.slot(7000 + number * 100 + n), 1)[0] for n in range(rivals)]


@COMMANDS
def test_r1_what_an_import_closed_nobody_books(
    app: Flask, database: Clone, command: tuple[str, ...], tmp_path: Path
) -> None:
    """While the file is written they book by the old terms or the new; once it is, by the new alone."""
    at, before, began = ground(app), deadlocks(), time.monotonic()
    code = db.session.get_one(Instrument, at.laser.id).code
    with rivals_of(database, command, of(command)) as rivals, ThreadPoolExecutor(1) as apart:
        for number, (row, most) in enumerate(CHANGES):
            meanwhile = apart.submit(rivals.race, spread(at, number, rivals.number))
            run = applied(csv_of(HEAD, f"{code},{row}"), tmp_path)
            assert run.counts.written == 1, run
            counted(meanwhile.result(), {201, 409, 422})
            after = counted(rivals.race(asked(at, at.slot(8000 + number), rivals.number)), {201, 409, 422})
            assert after[201] <= most if command == UNGUARDED else after[201] == most, (row, after)
    print(f"import: {len(CHANGES)} files x {2 * rivals.number} in {time.monotonic() - began:.1f} s")
    sound(before)
