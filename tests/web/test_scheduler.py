"""Three schedulers as processes on one database: one is active, its death is taken over, each due time runs once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, select
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from sharing.kernel import clock, jobs
from sharing.kernel.db import db, table_of
from sharing.kernel.idempotency import IdempotencyKey
from sharing.kernel.jobs import Job, JobRun
from sharing.kernel.lease import LEASE, Lease, LeaseHold, hold
from sharing.web import scheduler
from tests.cast import NOW
from tests.harness.databases import Clone

TICK = timedelta(seconds=1)
PROGRAM = """
import sys
from datetime import timedelta
from flask import Flask
from sharing.kernel import lease
from sharing.kernel.db import db, prepare
from sharing.kernel.jobs import Job
from sharing.web import scheduler

app = Flask("rival")  # the database alone: a whole application takes seconds to make
app.config["SQLALCHEMY_DATABASE_URI"] = sys.argv[1]
db.init_app(app)
with app.app_context():
    prepare(db.engine)

def fail(now):
    raise RuntimeError("this job always fails")

scheduler.all_jobs = lambda: [
    Job("test.tick", every=timedelta(seconds=1), work=lambda now: "ticked"),
    Job("test.fail", every=timedelta(seconds=2), work=fail),
]
scheduler.BEAT = 0.3
lease.LEASE = timedelta(seconds=3)
scheduler.run(app)
"""


class Rivals:
    """Schedulers as processes on one database."""

    def __init__(self, url: str, folder: Path, number: int) -> None:
        self.engine = create_engine(url, poolclass=NullPool)
        self.logs = [folder / f"{n}.log" for n in range(number)]
        self.processes = [self._started(url, log) for log in self.logs]

    def _started(self, url: str, log: Path) -> subprocess.Popen[bytes]:
        found = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        with log.open("wb") as said:
            return subprocess.Popen([sys.executable, "-c", PROGRAM, url], stdout=said, stderr=said, env=found)

    def runs(self, job: str = "test.tick") -> list[Any]:
        table = table_of(JobRun)
        with self.engine.connect() as connection:
            asked = select(table).where(table.c.job == job).order_by(table.c.due_at)
            return list(connection.execute(asked))

    def wait_for(self, happened: Callable[[], bool], seconds: float = 60) -> None:
        ends = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < ends, "\n".join(log.read_text() for log in self.logs)
            time.sleep(0.1)

    def holder(self) -> str:
        return str(self.runs()[-1].holder)

    def active(self) -> subprocess.Popen[bytes]:
        pid = int(self.holder().split(":")[1])
        return next(process for process in self.processes if process.pid == pid)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)


@pytest.fixture
def rivals(app: Flask, database: Clone, tmp_path: Path) -> Iterator[Rivals]:
    db.session.rollback()
    three = Rivals(database.url, tmp_path, 3)
    yield three
    three.stop()


@pytest.mark.race
def test_three_schedulers_one_active_and_a_killed_one_is_replaced(rivals: Rivals) -> None:
    rivals.wait_for(lambda: len(rivals.runs()) >= 4)
    assert len({run.holder for run in rivals.runs()}) == 1
    first = rivals.holder()
    rivals.active().send_signal(signal.SIGKILL)
    killed = clock.now()
    rivals.wait_for(lambda: rivals.holder() != first)
    assert clock.now() - killed < timedelta(minutes=1)
    rivals.wait_for(lambda: len(rivals.runs("test.fail")) >= 4)
    rivals.stop()

    runs = rivals.runs()
    assert max(Counter(run.due_at for run in runs).values()) == 1  # each due time once
    assert len({run.holder for run in runs}) == 2
    assert {run.outcome for run in runs[:-1]} <= {"done", "running"}  # the killed one may have been at work
    failed = rivals.runs("test.fail")
    # it failed each time and held up nobody
    assert {run.outcome for run in failed[1:-1]} <= {"failed", "running"}
    assert "this job always fails" in failed[0].found
    assert [process.returncode for process in rivals.processes].count(0) == 2  # the others ended well


# --- the parts --------------------------------------------------------------------------------------------------------


def test_due_times_lie_on_a_grid_that_is_the_same_everywhere() -> None:
    job = Job("x", every=timedelta(minutes=10), work=str, after=timedelta(minutes=3))
    at = datetime(2026, 3, 2, 2, 9, 59, tzinfo=UTC)
    assert job.due_at(at) == datetime(2026, 3, 2, 2, 3, tzinfo=UTC)
    assert job.due_at(job.due_at(at)) == job.due_at(at)
    daily = Job("x", every=timedelta(days=1), work=str)
    assert daily.due_at(at) == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_due_time_runs_once_and_stands_in_the_history(app: Flask) -> None:
    calls: list[datetime] = []
    job = Job("test.once", every=timedelta(days=1), work=lambda now: calls.append(now) or "worked")
    for holder in ("a", "b"):
        scheduler.run_once(app, job, holder)
    assert len(calls) == 1
    (run,) = db.session.execute(select(table_of(JobRun))).all()
    assert (run.holder, run.outcome, run.found) == ("a", "done", "worked")
    assert list(jobs.latest_runs()) == ["test.once"]


def test_a_failing_job_says_why_and_is_due_again(app: Flask) -> None:
    def work(_now: datetime) -> None:
        raise ValueError("no good")

    with pytest.raises(ValueError, match="no good"):
        scheduler.run_once(app, Job("test.bad", every=timedelta(days=1), work=work), "a")
    (run,) = db.session.execute(select(table_of(JobRun))).all()
    assert (run.outcome, run.found) == ("failed", "ValueError('no good')")


def test_one_holds_the_name_and_gives_it_back(app: Flask) -> None:
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    first, second = hold(url, "test", "one"), hold(url, "test", "two")
    assert first.keep(NOW)
    assert not second.keep(NOW)
    assert first.keep(NOW)
    first.drop()
    assert second.keep(NOW)
    second.drop()


def test_a_lease_that_is_not_kept_runs_out(tmp_path: Path) -> None:
    """SQLite; PostgreSQL frees the lock with its connection, not by time."""
    engine = create_engine(f"sqlite:///{tmp_path / 'lease.db'}", poolclass=NullPool)
    table_of(Lease).create(engine)
    first, second = LeaseHold(engine, "test", "one"), LeaseHold(engine, "test", "two")
    assert first.keep(NOW)
    assert not second.keep(NOW + LEASE)
    assert second.keep(NOW + LEASE + TICK)
    assert not first.keep(NOW + LEASE + TICK)


def test_old_keys_and_runs_are_forgotten(app: Flask) -> None:
    table = table_of(IdempotencyKey)
    for number, age in enumerate((timedelta(hours=47), timedelta(hours=49))):
        db.session.execute(
            table.insert().values(
                id=db_id(number), user_id=db_id(9), key=str(number), asked="x", created_at=NOW - age
            )
        )
    db.session.commit()
    assert scheduler.forget_keys(NOW) == 1
    job = Job("test.old", every=timedelta(hours=1), work=str)
    for age in (timedelta(days=13), timedelta(days=15)):
        jobs.begun(job, holder="a", now=NOW - age)
    assert scheduler.forget_runs(NOW) == 1


def db_id(number: int) -> uuid.UUID:
    return uuid.UUID(int=number)


def test_every_job_has_a_name_of_its_own() -> None:
    names = [job.name for job in scheduler.all_jobs()]
    assert {"notify.deliver", "audit.seal", "kernel.forget-keys"} <= set(names)
    assert len(names) == len(set(names))
