"""Timed work of bookings. Each job asks what is due by now and not done; one transaction a thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from sharing.booking import queries, service
from sharing.kernel.jobs import Job
from sharing.kernel.refusals import Refused

T = TypeVar("T")
log = structlog.get_logger("sharing.booking.jobs")
MINUTE: Final = timedelta(minutes=1)


def _each(items: Iterable[T], work: Callable[[T], object]) -> int:
    """How many were done, one by one; what is refused or finds the database away holds up none of the others."""
    done = 0
    for one in items:
        try:
            done += bool(work(one))
        except (Refused, DBAPIError) as error:
            log.warning("due work refused", error=str(error))
    return done


def expire(now: datetime) -> int:
    """Requests and changes whose deadline passed."""
    return _each(queries.to_expire(now), lambda one: service.expire(one.booking_id, now=now))


def remind(now: datetime) -> int:
    return _each(queries.to_remind(now), lambda one: service.remind(one.booking_id, one.approval_id, now=now))


def escalate(now: datetime) -> int:
    return _each(
        queries.to_escalate(now), lambda one: service.escalate(one.booking_id, one.approval_id, now=now)
    )


def no_shows(now: datetime) -> int:
    """First the warning, ten minutes later at the soonest the release."""
    late = queries.late(now)
    unwarned = [one for one, warned_at in late if warned_at is None]
    warned = [one for one, warned_at in late if warned_at is not None]
    return _each(unwarned, lambda one: service.warn_no_show(one, now=now)) + _each(
        warned, lambda one: service.release_no_show(one, now=now)
    )


def unanswered(now: datetime) -> int:
    """Times that were proposed and not answered by their deadline."""
    return _each(queries.unanswered(now), lambda one: service.drop_proposal(one, now=now))


def confirm(now: datetime) -> int:
    return _each(queries.over(now), lambda one: service.ask_to_confirm(one, now=now))


def shut_out(now: datetime) -> int:
    """Coming bookings that a later list of holidays or timetable closes are reported, each once."""
    done, after = 0, None
    while True:
        found, after = queries.shut_out(now, after)
        done += _each(found, lambda one: service.tell_shut_out(one, now=now))
        if after is None:
            return done


JOBS: Final = (
    Job("booking.expire", every=MINUTE, work=expire),
    Job("booking.remind", every=5 * MINUTE, work=remind),
    Job("booking.escalate", every=5 * MINUTE, work=escalate),
    Job("booking.no-show", every=MINUTE, work=no_shows),
    Job("booking.unanswered", every=MINUTE, work=unanswered),
    Job("booking.confirm", every=5 * MINUTE, work=confirm),
    Job("booking.shut-out", every=60 * MINUTE, work=shut_out),
)
