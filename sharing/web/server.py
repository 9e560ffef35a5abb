"""The production server: gunicorn with threads, which starts again every worker that dies, and the scheduler beside it.

The application is made once, by the caller, before the workers are forked: a worker killed is replaced within a tick
(decision 0001).
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from sharing.kernel.db import forget_connections
from sharing.web.crew import Crew

log = structlog.get_logger("sharing.server")

SCHEDULER = (sys.executable, "-m", "sharing.web.cli", "scheduler")
FIGURES = "PROMETHEUS_MULTIPROC_DIR"
GRACE_SECONDS = 20
BETWEEN_STARTS_SECONDS = 5  # a scheduler that cannot start is tried again this often


def share_figures() -> None:
    """Give all workers one folder to count in, so that /metrics adds them up.

    To be called before anything imports the application: the counters choose their kind when they are imported.
    """
    folder, owner = tempfile.mkdtemp(prefix="sharing-figures-"), os.getpid()
    os.environ[FIGURES] = folder
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)


class PlainLogger(Logger):
    """Gunicorn's messages go where all others go; requests are logged by the application."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Keeper(Arbiter):
    """Gunicorn's master, which also keeps one scheduler process alive."""

    def __init__(self, served: Served) -> None:
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.scheduler_started = 0.0
        self.with_scheduler = served.with_scheduler
        super().__init__(served)

    def manage_workers(self) -> None:
        """Called about once a second and whenever a child dies."""
        super().manage_workers()
        if not self.with_scheduler or (self.scheduler is not None and self.scheduler.poll() is None):
            return
        if time.monotonic() - self.scheduler_started < BETWEEN_STARTS_SECONDS:
            return
        if self.scheduler is not None:
            log.error("the scheduler ended and is started again", code=self.scheduler.returncode)
        self.scheduler_started = time.monotonic()
        self.scheduler = subprocess.Popen([*SCHEDULER, "--beside", str(self.pid)])

    def stop(self, graceful: bool = True) -> None:
        if self.scheduler is not None:
            self.scheduler.terminate()
        super().stop(graceful)
        if self.scheduler is not None:
            try:
                self.scheduler.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self.scheduler.kill()


class Worker(ThreadWorker):
    """gunicorn's worker with threads, which work as `Crew` says."""

    def get_thread_pool(self) -> Crew:  # type: ignore[override]  # any executor does
        return Crew(self.cfg.threads)


class Served(BaseApplication):
    """What gunicorn is told; nothing is read from its own environment variables or files."""

    def __init__(
        self,
        app: Flask,
        *,
        bind: str,
        workers: int,
        threads: int,
        with_scheduler: bool,
        ready: Callable[[], None],
    ) -> None:
        self.flask = app
        self.with_scheduler = with_scheduler
        self.options = {
            "bind": bind,
            "workers": workers,
            "threads": threads,
            "worker_class": Worker,
            "preload_app": True,
            "timeout": 60,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": 5,
            "max_requests": 100_000,
            "max_requests_jitter": 10_000,
            "control_socket_disable": True,
            "logger_class": PlainLogger,
            "loglevel": "warning",
            "proc_name": "sharing",
            "when_ready": lambda _arbiter: ready(),
            "post_fork": self.forked,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self.flask

    def forked(self, _arbiter: Arbiter, _worker: Any) -> None:
        """A worker makes its own connections: those of the master are forgotten, not closed."""
        with self.flask.app_context():
            forget_connections(close=False)

    def run(self) -> None:
        """Serve until told to stop; ends the process."""
        Keeper(self).run()
