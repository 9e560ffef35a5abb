"""Timed work: of all schedulers that are started, one is active; its death is taken over within half a minute.

Jobs are found in each slice's `jobs.py` by the name JOBS. APScheduler keeps time in memory only: whoever becomes active
runs every job at once for its latest due time, which catches up after a sleep, and the history's unique rows let no due
time run twice (DESIGN 2.6).
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Final

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from sqlalchemy.engine import make_url

from sharing.kernel import clock, idempotency, jobs
from sharing.kernel.db import db, transactional
from sharing.kernel.jobs import Job
from sharing.kernel.lease import Hold, hold, holder
from sharing.kernel.timespan import SHANGHAI
from sharing.web import places
from sharing.web.mount import SLICES

log = structlog.get_logger("sharing.scheduler")

NAME: Final = "sharing.scheduler"
BEAT: Final = 3.0  # seconds between two looks at the lease, well under `kernel.lease.LEASE`
THREADS: Final = 4


@transactional
def forget_keys(now: datetime) -> int:
    """Idempotency keys that have outlived their 48 hours."""
    return int(db.session.execute(idempotency.outlived(now)).rowcount)  # type: ignore[attr-defined]


@transactional
def forget_runs(now: datetime) -> int:
    """The history of runs older than a fortnight."""
    return int(db.session.execute(jobs.outlived(now)).rowcount)  # type: ignore[attr-defined]


OWN: Final = (
    Job("kernel.forget-keys", every=timedelta(hours=1), work=forget_keys, after=timedelta(minutes=7)),
    Job("kernel.forget-runs", every=timedelta(hours=6), work=forget_runs, after=timedelta(minutes=11)),
)


def all_jobs() -> Iterator[Job]:
    """The shell's own and those of every slice that has any."""
    yield from OWN
    for name in ("audit", *SLICES):
        if (places.PACKAGE / name / "jobs.py").exists():
            yield from import_module(f"sharing.{name}.jobs").JOBS


def run_once(app: Flask, job: Job, me: str) -> None:
    """Run a job for its latest due time, unless that was done.

    An error stands in the history and passes on to APScheduler, which logs it and goes on with the others.
    """
    with app.app_context():
        run_id = jobs.begun(job, holder=me, now=clock.now())
        if run_id is None:
            return
        with jobs.noted(run_id, clock.now) as found:
            found.append(job.work(clock.now()))


class Scheduler:
    """One process's part: waits for the lease, works while it has it, waits again when it is lost."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.me = holder()
        self.stopped = threading.Event()
        url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
        self.lease: Hold = hold(url, NAME, self.me)
        self.at_work: Any = None

    def run(self) -> None:
        """Until `stop`."""
        log.info("scheduler started", holder=self.me)
        while not self.stopped.is_set():
            mine = self.lease.keep(clock.now())
            if mine and self.at_work is None:
                self._begin()
            elif not mine and self.at_work is not None:
                log.warning("scheduler lost its lease", holder=self.me)
                self._end(wait=False)
            self.stopped.wait(BEAT)
        self._end(wait=True)
        self.lease.drop()

    def stop(self, *_signal: object) -> None:
        self.stopped.set()

    def _begin(self) -> None:
        log.info("scheduler active", holder=self.me)
        self.at_work = BackgroundScheduler(
            timezone=SHANGHAI,
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        now = clock.now()
        for job in all_jobs():
            grid = IntervalTrigger(
                seconds=int(job.every.total_seconds()), start_date=job.due_at(now), timezone=SHANGHAI
            )
            arguments = (self.app, job, self.me)
            self.at_work.add_job(run_once, grid, args=arguments, id=job.name)
            self.at_work.add_job(run_once, args=arguments, id=f"{job.name} at once")
        self.at_work.start()

    def _end(self, *, wait: bool) -> None:
        if self.at_work is not None:
            self.at_work.shutdown(wait=wait)
            self.at_work = None


def run(app: Flask) -> None:
    """Wait for the lease and do timed work until SIGTERM or SIGINT."""
    logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of each run; errors stay
    scheduler = Scheduler(app)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, scheduler.stop)
    scheduler.run()
