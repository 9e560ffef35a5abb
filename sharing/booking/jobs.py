"""Timed work of bookings. Each job asks what is due by now and not done; one transaction a thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from sharing.booking import queries, service
from sharing.kernel.jobs import Job
from sharing.kernel.refusals import Refused

T = TypeVar("T")
log = structlog.get_logger("sharing.booking.jobs")
MINUTE: Final = timedelta(minutes=1)
READING: Final = 4 * MINUTE  # what a round of readings may take


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


def left(now: datetime) -> int:
    """Bookings that have not begun, of people who have left."""
    return _each(queries.of_people_who_left(now), lambda one: service.end_of_leaver(one, now=now))


def left_behind(now: datetime) -> int:
    """Coming bookings whose house has left the network."""
    return _each(queries.left_behind(now), lambda one: service.cancel_left_behind(one, now=now))


def outside(now: datetime) -> int:
    """Calendars kept in campus systems, one after the other, as many as there is time for before the next round."""
    until = monotonic() + READING.total_seconds()
    return _each(
        (one for one in queries.outside_due(now) if monotonic() < until),
        lambda one: service.read_outside(one, now=now),
    )


JOBS: Final = (
    Job("booking.left", every=MINUTE, work=left),
    Job("booking.expire", every=MINUTE, work=expire),
    Job("booking.remind", every=5 * MINUTE, work=remind),
    Job("booking.escalate", every=5 * MINUTE, work=escalate),
    Job("booking.no-show", every=MINUTE, work=no_shows),
    Job("booking.unanswered", every=MINUTE, work=unanswered),
    Job("booking.confirm", every=5 * MINUTE, work=confirm),
    Job("booking.left-behind", every=5 * MINUTE, work=left_behind),
    Job("booking.outside", every=5 * MINUTE, work=outside),
    Job("booking.shut-out", every=60 * MINUTE, work=shut_out),
)
