"""Timed work of orders. Each job asks what is due by now and not done; one transaction a thing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from sharing.kernel.jobs import Job
from sharing.kernel.refusals import Refused
from sharing.orders import queries, service

log = structlog.get_logger("sharing.orders.jobs")
MINUTE: Final = timedelta(minutes=1)


def _each(ids: Iterable[uuid.UUID], work: Callable[[uuid.UUID], object]) -> int:
    """How many were done, one by one; what is refused or finds the database away holds up none of the others."""
    done = 0
    for one in ids:
        try:
            done += bool(work(one))
        except (Refused, DBAPIError) as error:
            log.warning("due work refused", error=str(error))
    return done


def lapse(now: datetime) -> int:
    """Quotes whose time is over."""
    return _each(queries.lapsed(now), lambda one: service.lapse(one, now=now))


def remind(now: datetime) -> int:
    """Deadlines that passed."""
    return _each(queries.overdue(now), lambda one: service.remind(one, now=now))


def follow(now: datetime) -> int:
    """Slots that were moved or went."""
    return _each(queries.strayed(), lambda one: service.follow(one, now=now))


JOBS: Final = (
    Job("orders.lapse", every=MINUTE, work=lapse),
    Job("orders.remind", every=5 * MINUTE, work=remind),
    Job("orders.follow", every=MINUTE, work=follow),
)
