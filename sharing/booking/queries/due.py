"""What the clock asks of bookings by now and nobody has done, oldest first, in bounded batches."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, select

from sharing.approval import queries as approvals
from sharing.approval.queries import DueRow
from sharing.booking.queries.bookings import changes
from sharing.booking.queries.tables import BOOKING, CHANGE
from sharing.booking.rules import is_open
from sharing.kernel.db import db, table_of
from sharing.kernel.timespan import TimeSpan, shanghai_day
from sharing.network import queries as network
from sharing.network.rules import WorkCalendar
from sharing.people.models import User
from sharing.registry import queries as registry
from sharing.registry.models import Policy
from sharing.registry.rules import Terms, open_spans

BATCH: Final = 200
WARNED_FOR: Final = timedelta(minutes=10)  # between the warning and the release of a slot
GRACE: Final = timedelta(minutes=15)  # after the end, before the manager is asked how it ended
_POLICY: Final = table_of(Policy)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A booking with an approval of it, or of its pending change, that the clock asks something of."""

    booking_id: uuid.UUID
    approval_id: uuid.UUID


def _of(rows: list[DueRow]) -> list[Waiting]:
    found = changes(row.subject_id for row in rows if row.subject_kind == "change")
    out: list[Waiting] = []
    for row in rows:
        if row.subject_kind == "booking":
            out.append(Waiting(row.subject_id, row.approval_id))
        elif row.subject_id in found:
            out.append(Waiting(found[row.subject_id].booking_id, row.approval_id))
    return out


def to_expire(now: datetime) -> list[Waiting]:
    return _of(approvals.due(now))


def to_remind(now: datetime) -> list[Waiting]:
    return _of(approvals.to_remind(now))


def to_escalate(now: datetime) -> list[Waiting]:
    return _of(approvals.to_escalate(now))


def unanswered(now: datetime) -> list[uuid.UUID]:
    """Bookings with a proposal that nobody answered by its deadline, oldest first."""
    c = CHANGE.c
    over = and_(c.state == "pending", c.proposed, c.due_at <= now)
    return list(db.session.scalars(select(c.booking_id).where(over).order_by(c.due_at, c.id).limit(BATCH)))


def warned_at(booking_id: uuid.UUID) -> datetime | None:
    """When she was warned that her slot will be given away."""
    ask = select(BOOKING.c.no_show_warned_at).where(BOOKING.c.id == booking_id)
    found: datetime | None = db.session.execute(ask).scalar_one_or_none()
    return found


def late(now: datetime) -> list[tuple[uuid.UUID, datetime | None]]:
    """Approved bookings under way without a check-in, where the policy gives slots away and the warning is due.

    With when each was warned; the warning comes ten minutes before the release, or at the start.
    """
    c, p = BOOKING.c, _POLICY.c
    rows = db.session.execute(
        select(c.id, c.no_show_warned_at, c.starts_at, p.no_show_minutes)
        .join_from(BOOKING, _POLICY, p.id == c.policy_id)
        .where(
            c.status == "approved",
            c.starts_at <= now,
            c.ends_at > now,
            ~c.service,
            p.check_in_required,
            p.no_show_minutes.is_not(None),
        )
        .order_by(c.starts_at, c.id)
        .limit(BATCH)
    ).all()
    return [
        (row.id, row.no_show_warned_at)
        for row in rows
        if row.starts_at + timedelta(minutes=row.no_show_minutes) - WARNED_FOR <= now
    ]


def over(now: datetime) -> list[uuid.UUID]:
    """Bookings past their end and the grace, which nobody ended and the manager was not asked about."""
    c = BOOKING.c
    ask = (
        select(c.id)
        .where(c.ends_at <= now - GRACE, c.status.in_(["approved", "in_use"]), c.confirm_asked_at.is_(None))
        .order_by(c.ends_at, c.id)
        .limit(BATCH)
    )
    return list(db.session.scalars(ask))


def of_people_who_left(now: datetime) -> list[uuid.UUID]:
    """Bookings that have not begun, of people who have left since."""
    c, user = BOOKING.c, table_of(User)
    ask = select(c.id).join_from(BOOKING, user, user.c.id == c.requester_id)
    coming = and_(c.starts_at > now, c.status.in_(["requested", "approved"]))
    return list(
        db.session.scalars(ask.where(coming, user.c.left_at <= now).order_by(c.starts_at).limit(BATCH))
    )


def shut_out(now: datetime, after: uuid.UUID | None = None) -> tuple[list[uuid.UUID], uuid.UUID | None]:
    """Coming bookings that the opening hours of today's rules no longer hold, one batch, and where the next begins.

    They kept to the hours when they were made: the State Council's list or a timetable came later (SCENARIOS 18).
    """
    c = BOOKING.c
    coming = and_(c.starts_at > now, c.status.in_(["requested", "approved"]))
    if after is not None:
        coming = and_(coming, c.id > after)
    ask = select(c.id, c.instrument_id, c.starts_at, c.ends_at).where(coming).order_by(c.id).limit(BATCH)
    rows = db.session.execute(ask).all()
    terms = registry.terms_of({row[1] for row in rows})
    calendar = network.work_calendar()
    found = [
        row[0]
        for row in rows
        if row[1] in terms and not _holds(terms[row[1]], TimeSpan(row[2], row[3]), calendar)
    ]
    return found, rows[-1][0] if len(rows) == BATCH else None


def _holds(terms: Terms, span: TimeSpan, calendar: WorkCalendar) -> bool:
    around = span.widened(timedelta(days=1), timedelta(days=1))
    through = terms.policy(shanghai_day(span.start)).runs_through_closed
    return is_open(span, open_spans(terms, around, calendar), through_closed=through)
