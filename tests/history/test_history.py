"""R2: a history of bookings under kill -9 of workers and immediate stops of PostgreSQL is true.

32 clients book random windows; unknown outcomes are asked again with the same key; then all that was answered is held
against the stored rows. Each run plants one fault of each kind into its own history and must see it; and a careless
twin of the application, which neither locks nor looks nor keeps its transaction whole, must be found out. R3's gaps
are recorded in `var/history-*.json`.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from sharing.booking.queries.tables import BOOKING
from sharing.kernel.db import db, forget_connections
from sharing.web import schema
from sharing.web.app import create_app
from sharing.web.places import ROOT
from sharing.web.settings import Settings
from tests import cast
from tests.conftest import KEY
from tests.harness.postgres import Postgres
from tests.harness.processes import SHARING, Server, environment, serving
from tests.history.checker import Attempt, History, Stored, judged
from tests.history.clients import Client, Load, settled
from tests.history.nemesis import Nemesis, gaps
from tests.races.ground import ALL_DAY, Ground, drop_the_guard, ground

CLIENTS = 32
INSTRUMENTS = 6
CARELESS = (sys.executable, "-m", "tests.history.careless")
GAP_AFTER = {"kill-all": 2.0, "stop": 3.0}  # R3, on a machine at rest

pytestmark = pytest.mark.race


@dataclass(frozen=True)
class Size:
    """How long a run is: until all of these are reached, at most `longest` seconds."""

    seconds: float
    attempts: int
    kills: int
    stops: int
    longest: float
    days: int
    settle: float = 300  # seconds at most: an outcome still unknown after that is a fault


QUICK = Size(seconds=20, attempts=2_000, kills=15, stops=2, longest=150, days=12)
SHORT = Size(seconds=5, attempts=300, kills=4, stops=0, longest=60, days=2, settle=10)


def long() -> Size:
    """`make soak`: 20,000 attempts, 50 kills, 5 stops; MINUTES makes it longer."""
    minutes = float(os.environ.get("MINUTES", "10"))
    return Size(
        seconds=60 * min(minutes, 60) / 4,
        attempts=20_000,
        kills=50,
        stops=5,
        longest=60 * minutes,
        days=60,
        settle=90 * minutes,  # under this many faults half of the outcomes are unknown at first
    )


# --- the stage -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """An application of this process on the run's own database, and how the server reaches it."""

    kind: str
    url: str
    folder: Path
    postgres: Postgres | None


@contextmanager
def stage(kind: str) -> Iterator[Stage]:
    """A database of its own with default durability: a file on disk, or a PostgreSQL server that may be stopped."""
    with tempfile.TemporaryDirectory(prefix="history-") as name:
        folder = Path(name)
        if kind == "sqlite":
            url = f"sqlite:///{folder / 'history.db'}"
            schema.upgrade(url)
            yield Stage(kind, url, folder, None)
            return
        server = Postgres(durable=True).start()
        try:
            schema.upgrade(server.url())
            yield Stage(kind, server.url(), folder, server)
        finally:
            server.remove()


@contextmanager
def inside(at: Stage) -> Iterator[Flask]:
    """Look at the database from this process; no connection stays open afterwards."""
    app = create_app(Settings(database_url=at.url, secret_key=KEY, storage_dir=at.folder / "storage"))
    with app.app_context():
        yield app
        db.session.remove()
        forget_connections()


def prepared(at: Stage, *, guarded: bool) -> tuple[Ground, list[str]]:
    with inside(at) as app:
        here = ground(app)
        house = here.house
        more = [
            cast.instrument(house.university, manager=house.manager, booking_mode="self_service")
            for _n in range(INSTRUMENTS - 1)
        ]
        for one in more:
            cast.timetable(one, days=ALL_DAY)
        cast.policy(house.university, granularity_minutes=15, shortest_minutes=15)
        if not guarded:
            drop_the_guard()
        return here, [str(one.id) for one in (here.laser, *more)]


# --- the run ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """What a run left behind."""

    history: History
    load: Load
    nemesis: Nemesis
    seed: int


def played(at: Stage, size: Size, command: tuple[str, ...] = SHARING, *, guarded: bool = True) -> Run:
    """Clients and nemesis until the size is reached; then every unknown outcome is settled and the rows are read."""
    here, instruments = prepared(at, guarded=guarded)
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    env = environment(database_url=at.url, secret_key=KEY, storage_dir=at.folder / "storage", pool_size="8")
    env["PYTHONPATH"] = str(ROOT)
    with serving("--workers", "4", "--no-scheduler", env=env, folder=at.folder, command=command) as server:
        load = Load(server.address, here.tokens["researcher"], instruments, here.day, size.days, seed)
        nemesis = _fought(load, server, at, size, seed)
        attempts = settled(load, load.attempts, seconds=size.settle)
        attempts = _asked_again(load, attempts, seed)
    with inside(at):
        return Run(_read(attempts), load, nemesis, seed)


def _fought(load: Load, server: Server, at: Stage, size: Size, seed: int) -> Nemesis:
    nemesis = Nemesis(server, at.postgres if size.stops else None, seed)
    clients = [Client(load, number) for number in range(CLIENTS)]
    began = time.monotonic()
    for thread in (nemesis, *clients):
        thread.start()

    def enough() -> bool:
        passed = time.monotonic() - began
        reached = len(load.attempts) >= size.attempts and nemesis.kills >= size.kills
        stops = nemesis.count("stop") >= size.stops or at.postgres is None
        return passed > size.longest or (passed > size.seconds and reached and stops)

    while not enough():
        nemesis.stop_now.wait(0.2)
    nemesis.stop_now.set()
    nemesis.join(60)
    load.stop.set()
    for client in clients:
        client.join(60)
    return nemesis


def _asked_again(load: Load, attempts: list[Attempt], seed: int) -> list[Attempt]:
    """200 accepted bookings are asked for once more with their key; the answer must name the same booking."""
    chosen = set(
        random.Random(seed).sample([a.key for a in attempts if a.status == 201], k=min(200, _yes(attempts)))
    )
    again = settled(load, [replace(a, status=0) for a in attempts if a.key in chosen], seconds=60)
    by_key = {one.key: one for one in again}
    return [replace(by_key.get(a.key, a), ended=a.ended) for a in attempts]


def _yes(attempts: list[Attempt]) -> int:
    return sum(1 for one in attempts if one.status == 201)


def _read(attempts: list[Attempt]) -> History:
    c = BOOKING.c
    columns = (c.id, c.instrument_id, c.position, c.starts_at, c.ends_at)
    rows = db.session.execute(select(*columns).where(c.status == "approved")).all()
    stored = [Stored(str(row[0]), str(row[1]), row[2], row[3], row[4]) for row in rows]
    return History(
        attempts,
        stored,
        audit_rows=_count("audit_event WHERE action = 'booking.submit'"),
        key_rows=_count("kernel_idempotency_key WHERE status = 201"),
    )


def _count(what: str) -> int:
    return int(db.session.execute(text(f"SELECT count(*) FROM {what}")).scalar_one())


# --- what must hold --------------------------------------------------------------------------------------------------


def planted(history: History) -> dict[str, History]:
    """The same history with one fault of each kind: what the checker must see."""
    first, second = history.stored[0], history.stored[1]
    yes = next(one for one in history.attempts if one.status == 201)
    no = next(one for one in history.attempts if one.status == 409)
    far = no.end + timedelta(days=4000)
    elsewhere = {"start": far, "end": far + timedelta(hours=1)}
    return {
        "overlap": replace(history, stored=[*history.stored, replace(first, id=second.id)]),
        "lost": replace(history, stored=[row for row in history.stored if row.id not in yes.ids]),
        "phantom": replace(history, stored=[*history.stored, replace(first, id="nobody", **elsewhere)]),
        "doubled": replace(history, attempts=[*history.attempts, replace(yes, key="another")]),
        "unexplained": replace(history, attempts=[*history.attempts, replace(no, **elsewhere)]),
        "torn": replace(history, audit_rows=history.audit_rows - 1),
    }


def told(run: Run, kind: str, size: Size) -> dict[str, object]:
    """The figures of a run, printed and kept."""
    statuses = [status for _at, status in run.load.statuses]
    figures: dict[str, object] = {
        "database": kind,
        "seed": run.seed,
        "attempts": len(run.history.attempts),
        "requests": len(statuses),
        "unknown": sum(1 for one in run.history.attempts if one.unknown_first),
        "stored": len(run.history.stored),
        "audit": run.history.audit_rows,
        "keys": run.history.key_rows,
        "kills": run.nemesis.kills,
        "stops": run.nemesis.count("stop"),
        "statuses": {str(code): statuses.count(code) for code in sorted(set(statuses))},
        "gaps_seconds": {k: round(v, 2) for k, v in _gaps(run).items()},
        "gap_goals_seconds": GAP_AFTER,
        "faults": judged(run.history).counts(),
    }
    print(json.dumps(figures))
    place = ROOT / "var" / f"history-{kind}-{'quick' if size is QUICK else 'long'}.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(figures, indent=2))
    return figures


def _gaps(run: Run) -> dict[str, float]:
    return gaps(run.nemesis.faults, run.load.statuses, lambda status: status in {201, 409})


def a_true_history(kind: str, size: Size) -> None:
    with stage(kind) as at:
        run = played(at, size)
        figures = told(run, kind, size)
    assert judged(run.history).counts() == {}, figures
    assert len(run.history.attempts) >= size.attempts, figures
    assert run.nemesis.kills >= size.kills, figures
    assert run.nemesis.count("stop") >= (size.stops if kind == "postgresql" else 0), figures
    assert {status for _at, status in run.load.statuses} <= {0, 201, 409, 503}, figures
    for fault, history in planted(run.history).items():
        assert fault in judged(history).counts(), f"the checker is blind to {fault}"


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=getattr(pytest.mark, k)) for k in ("sqlite", "postgresql")]
)
def test_r2_a_history_under_kills_and_stops_is_true(kind: str) -> None:
    a_true_history(kind, QUICK)


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=getattr(pytest.mark, k)) for k in ("sqlite", "postgresql")]
)
def test_r2_a_careless_twin_is_found_out(kind: str) -> None:
    """The negative control: without lock, look, rule and whole transactions the same check finds faults."""
    with stage(kind) as at:
        run = played(at, SHORT, CARELESS, guarded=False)
    found = judged(run.history).counts()
    print(found)
    assert "overlap" in found


@pytest.mark.soak
@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=getattr(pytest.mark, k)) for k in ("sqlite", "postgresql")]
)
def test_r2_at_length(kind: str) -> None:
    a_true_history(kind, long())
