"""Whether this process lives, whether it can serve, and its figures for Prometheus.

Counters are kept for each worker and added up when PROMETHEUS_MULTIPROC_DIR names a folder (set by the server before
it forks); what the database knows is read when it is asked, and so is the same on every worker.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Final

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sharing.kernel import clock, jobs
from sharing.kernel.db import db
from sharing.kernel.rights import PUBLIC, needs
from sharing.notify import queries as notify
from sharing.web import schema

bp = Blueprint("health", __name__)

PLACE: Final = "PROMETHEUS_MULTIPROC_DIR"
REGISTRY: Final = CollectorRegistry()
disable_created_metrics()  # type: ignore[no-untyped-call]
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
REQUESTS: Final = Counter(
    "sharing_requests_total", "Requests answered.", ("endpoint", "method", "status"), registry=REGISTRY
)
SECONDS: Final = Histogram(
    "sharing_request_seconds", "Time to answer.", ("endpoint",), registry=REGISTRY, buckets=BUCKETS
)


@bp.before_app_request
def begin() -> None:
    g.measured_from = time.perf_counter()


@bp.after_app_request
def measure(response: Response) -> Response:
    """Named by endpoint, never by path: a secret address stays out of the figures, and their number is bounded."""
    counter, seconds = _figures(request.endpoint or "none", _method(), response.status_code)
    counter.inc()
    if "measured_from" in g:
        seconds.observe(time.perf_counter() - g.measured_from)
    return response


@cache
def _figures(endpoint: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """The two figures of one kind of answer, looked up once: there are few kinds."""
    return REQUESTS.labels(endpoint, method, str(status)), SECONDS.labels(endpoint)


def _method() -> str:
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return request.method if request.method in known else "other"


@bp.get("/healthz")
@needs(PUBLIC)
def alive() -> ResponseReturnValue:
    """200 whenever the process lives."""
    return _plain("ok\n")


@bp.get("/readyz")
@needs(PUBLIC)
def ready() -> ResponseReturnValue:
    """200 when the database answers and is migrated, else 503."""
    try:
        found = _revision()
    except SQLAlchemyError:
        return _plain("the database does not answer or has no schema\n", 503)
    if found != _newest():
        return _plain("the database is not migrated to this version\n", 503)
    return _plain("ready\n")


@bp.get("/metrics")
@needs(PUBLIC)
def metrics() -> ResponseReturnValue:
    """Prometheus text: requests of all workers, the outbox, the timed work."""
    registry = CollectorRegistry()
    if PLACE in os.environ:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Kept())
    registry.register(_Database(clock.now()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Kept(Collector):
    """This one process's counters."""

    def collect(self) -> Iterable[Metric]:
        return REGISTRY.collect()


class _Database(Collector):
    """What the database knows; only `sharing_database_up 0` when it is away."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        try:
            box, runs = notify.outbox(), jobs.latest_runs()
        except SQLAlchemyError:
            db.session.rollback()
            yield GaugeMetricFamily("sharing_database_up", "Whether the database answers.", 0)
            return
        yield GaugeMetricFamily("sharing_database_up", "Whether the database answers.", 1)
        yield GaugeMetricFamily("sharing_outbox_waiting", "Mails that wait to be sent.", box.waiting)
        late = max((self.now - box.oldest_due_at).total_seconds(), 0) if box.oldest_due_at else 0
        yield GaugeMetricFamily("sharing_outbox_late_seconds", "How long the oldest mail is overdue.", late)
        yield GaugeMetricFamily("sharing_outbox_failed", "Mails that were given up.", box.failed)
        ended = GaugeMetricFamily(
            "sharing_job_last_done_timestamp_seconds", "When timed work last ended well.", labels=["job"]
        )
        for job, at in runs.items():
            ended.add_metric([job], at.timestamp())
        yield ended


def _revision() -> str | None:
    """The database's migration. Asked twice: a pooled connection may be of before its last restart."""
    for last in (False, True):
        try:
            found: str | None = db.session.scalar(text("SELECT version_num FROM alembic_version"))
            return found
        except SQLAlchemyError:
            db.session.rollback()
            if last:
                raise
    raise AssertionError("unreachable")


@cache
def _newest() -> str:
    return schema.head()


def _plain(said: str, status: int = 200) -> Response:
    answer = Response(said, status, content_type="text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    return answer
