"""Reading bookings: one, mine, those on my desk."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select, true

from sharing.booking.queries.tables import (
    ANSWER,
    BOOKING,
    CHANGE,
    GROUP,
    INSTRUMENT,
    QUESTION,
    row_of,
    rows_of,
)
from sharing.booking.rules import LIVE, BookingRow, ChangeRow, Status, shown_en
from sharing.kernel.db import db
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE, Page
from sharing.kernel.timespan import TimeSpan, day_span, shanghai_day
from sharing.people.rules import Actor, Role, ScopeFilter, ScopeKind

MOST: Final = 500
BACK: Final = timedelta(days=92)  # how far back a booking can begin and still reach into a window
_BY_ID = rows_of()


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What was answered to one question, as the question read then."""

    key: str
    label: str
    label_en: str
    value: Any
    shown: str
    shown_en: str


@dataclass(frozen=True, slots=True)
class Search:
    """Which bookings of those she may know of.

    mine       only her own
    since      that end after this; until: that begin before it
    """

    mine: bool = False
    instrument_id: uuid.UUID | None = None
    statuses: tuple[Status, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = False
    page: int = 1
    per_page: int = PER_PAGE


def booking(booking_id: uuid.UUID) -> BookingRow | None:
    """One booking, whoever asks: `rules.readable` says whether she may know of it."""
    row = db.session.execute(_BY_ID.where(BOOKING.c.id == booking_id)).first()
    return row_of(row) if row else None


def id_of_number(number: str) -> uuid.UUID | None:
    """Which booking has this number."""
    return db.session.execute(select(BOOKING.c.id).where(BOOKING.c.number == number)).scalar_one_or_none()


def bookings(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, BookingRow]:
    """These bookings by id, one statement."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = db.session.execute(_BY_ID.where(BOOKING.c.id.in_(wanted)))
    return {row.id: row for row in map(row_of, rows)}


def changes(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, ChangeRow]:
    """Pending changes by id, one statement."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = map(row_of, db.session.execute(_BY_ID.where(CHANGE.c.id.in_(wanted))))
    return {row.change.id: row.change for row in rows if row.change}


def answers(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[AnswerRow]]:
    """What was answered for each of these bookings, in the order of the questions; one statement."""
    wanted, c, q = list(ids), ANSWER.c, QUESTION.c
    found: dict[uuid.UUID, list[AnswerRow]] = {}
    if wanted:
        ask = select(c.booking_id, c.key, c.label, c.label_en, c.value, c.shown, q.choices)
        asked = ask.join(QUESTION, q.id == c.question_id).where(c.booking_id.in_(wanted))
        for row in db.session.execute(asked.order_by(q.position, q.key)):
            english = shown_en(row[4], row[5], row[6] or ())
            found.setdefault(row[0], []).append(AnswerRow(*row[1:6], english))
    return found


# --- lists -----------------------------------------------------------------------------------------------------------


def within(scopes: ScopeFilter) -> ColumnElement[bool]:
    """Bookings on instruments inside these scopes; the group scope means the group that pays."""
    if scopes.everything:
        return true()
    columns: Sequence[tuple[ColumnElement[Any], frozenset[uuid.UUID]]] = (
        (INSTRUMENT.c.zone_id, scopes.zones),
        (BOOKING.c.institution_id, scopes.institutions),
        (BOOKING.c.group_id, scopes.groups),
        (BOOKING.c.instrument_id, scopes.instruments),
    )
    return or_(false(), *(column.in_(ids) for column, ids in columns if ids))


def known_to(by: Actor) -> ColumnElement[bool]:
    """The list form of `rules.readable`."""
    headed = [g.scope_id for g in by.grants if g.role is Role.HEAD and g.scope_kind is ScopeKind.GROUP]
    return or_(
        BOOKING.c.requester_id == by.user_id,
        BOOKING.c.booked_by_id == by.user_id,
        BOOKING.c.group_id.in_(headed) if headed else false(),
        within(by.scopes("booking.read-all")),
    )


def search(asked: Search, by: Actor) -> Page[BookingRow]:
    """A page of the bookings she may know of, by start."""
    c = BOOKING.c
    conditions = [c.requester_id == by.user_id if asked.mine else known_to(by)]
    if asked.instrument_id is not None:
        conditions.append(c.instrument_id == asked.instrument_id)
    if asked.statuses:
        conditions.append(c.status.in_([status.value for status in asked.statuses]))
    if asked.since is not None:
        conditions.append(c.ends_at > asked.since)
    if asked.until is not None:
        conditions.append(c.starts_at < asked.until)
    return _page(and_(*conditions), asked)


def _page(condition: ColumnElement[bool], asked: Search) -> Page[BookingRow]:
    per_page = min(asked.per_page, MOST_PER_PAGE)
    order = (BOOKING.c.starts_at.desc(), BOOKING.c.id.desc())
    if not asked.newest_first:
        order = (BOOKING.c.starts_at.asc(), BOOKING.c.id.asc())
    rows = db.session.execute(
        rows_of().where(condition).order_by(*order).limit(per_page).offset((asked.page - 1) * per_page)
    ).all()
    counted = select(func.count()).select_from(_counted()).where(condition)
    total = (
        len(rows) if asked.page == 1 and len(rows) < per_page else db.session.execute(counted).scalar_one()
    )
    return Page([row_of(row) for row in rows], total, asked.page, per_page)


def _counted() -> Any:
    return BOOKING.join(INSTRUMENT, INSTRUMENT.c.id == BOOKING.c.instrument_id).outerjoin(
        GROUP, GROUP.c.id == BOOKING.c.group_id
    )


def mine(
    by: Actor,
    now: datetime,
    *,
    coming: bool = True,
    statuses: Sequence[Status] = (),
    page: int = 1,
    per_page: int = PER_PAGE,
) -> Page[BookingRow]:
    """Her own: live and not over yet, the next first; or everything else, the last first."""
    c = BOOKING.c
    live = and_(c.status.in_(["requested", "approved", "in_use"]), c.ends_at > now)
    conditions = [c.requester_id == by.user_id, live if coming else not_(live)]
    if statuses:
        conditions.append(c.status.in_([status.value for status in statuses]))
    return _page(and_(*conditions), Search(newest_first=not coming, page=page, per_page=per_page))


def _listed(condition: ColumnElement[bool]) -> list[BookingRow]:
    ask: Select[Any] = rows_of().where(condition).order_by(BOOKING.c.starts_at, BOOKING.c.id).limit(MOST)
    return [row_of(row) for row in db.session.execute(ask)]


def own_in(instrument_id: uuid.UUID, user_id: uuid.UUID, span: TimeSpan) -> list[BookingRow]:
    """What a person holds herself of an instrument's time: why a request sent twice finds it taken."""
    c = BOOKING.c
    touches = and_(c.starts_at < span.end, c.starts_at >= span.start - BACK, c.ends_at > span.start)
    hers = and_(c.requester_id == user_id, c.instrument_id == instrument_id)
    return _listed(and_(hers, touches, c.status.in_([status.value for status in LIVE])))


def offered_to(by: Actor, now: datetime) -> list[BookingRow]:
    """Bookings of others that wait for her to take them over."""
    c = CHANGE.c
    return _listed(and_(c.to_id == by.user_id, c.state == "pending", c.proposed, c.due_at > now))


def running_today(by: Actor, now: datetime) -> list[BookingRow]:
    """What runs or is due today on the instruments she runs, by start; for the board."""
    c, day = BOOKING.c, day_span(shanghai_day(now))
    touches = and_(c.starts_at < day.end, c.starts_at >= day.start - BACK, c.ends_at > day.start)
    live = c.status.in_(["requested", "approved", "in_use", "completed", "no_show"])
    return _listed(and_(within(by.scopes("booking.manage")), touches, live))


def to_confirm(by: Actor, now: datetime) -> list[BookingRow]:
    """Bookings on her instruments that are over and whose end nobody has said, the oldest first."""
    c = BOOKING.c
    over = and_(c.ends_at <= now, c.status.in_(["approved", "in_use"]))
    return _listed(and_(within(by.scopes("booking.manage")), over))


def timeline(by: Actor, window: TimeSpan) -> list[BookingRow]:
    """Everything live on her instruments in a window, for the view of many weeks."""
    c = BOOKING.c
    touches = and_(c.starts_at < window.end, c.starts_at >= window.start - BACK, c.ends_at > window.start)
    live = c.status.in_(["requested", "approved", "in_use", "completed"])
    return _listed(and_(within(by.scopes("booking.manage")), touches, live))


# --- beside a request ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a person's bookings of the last 365 days ended."""

    done: int = 0
    no_shows: int = 0


def conduct(requester_ids: Iterable[uuid.UUID], now: datetime) -> dict[uuid.UUID, Conduct]:
    """What an approver may know of these people, one statement."""
    wanted, c = set(requester_ids), BOOKING.c
    counts: dict[uuid.UUID, dict[str, int]] = {key: {} for key in wanted}
    if wanted:
        ask = select(c.requester_id, c.status, func.count()).where(
            c.requester_id.in_(wanted),
            c.starts_at >= now - timedelta(days=365),
            c.starts_at < now,
            c.status.in_(["completed", "no_show"]),
        )
        for who, status, number in db.session.execute(ask.group_by(c.requester_id, c.status)):
            counts[who][status] = number
    return {who: Conduct(found.get("completed", 0), found.get("no_show", 0)) for who, found in counts.items()}


@dataclass(frozen=True, slots=True)
class TakenOn:
    """A live booking beside another, without its buffers."""

    span: TimeSpan
    status: str
    booking_id: uuid.UUID


def taken_on(ids: Iterable[uuid.UUID], window: TimeSpan) -> dict[uuid.UUID, list[TakenOn]]:
    """What is booked on these instruments in a window, by start; one statement."""
    wanted, c = list(ids), BOOKING.c
    found: dict[uuid.UUID, list[TakenOn]] = {key: [] for key in wanted}
    if wanted:
        ask = select(c.instrument_id, c.starts_at, c.ends_at, c.status, c.id).where(
            c.instrument_id.in_(wanted),
            c.starts_at < window.end,
            c.starts_at >= window.start - BACK,
            c.ends_at > window.start,
            c.status.in_(["requested", "approved", "in_use", "completed"]),
        )
        for key, start, end, status, booking_id in db.session.execute(ask.order_by(c.starts_at)):
            found[key].append(TakenOn(TimeSpan(start, end), status, booking_id))
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """An instrument as a line of a board."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    location: str


def run_by(by: Actor) -> list[Place]:
    """The instruments she runs that are not retired, by name; at most 500."""
    scopes, i = by.scopes("booking.manage"), INSTRUMENT.c
    if scopes.nothing:
        return []
    mine = or_(
        true() if scopes.everything else false(),
        i.zone_id.in_(scopes.zones),
        i.institution_id.in_(scopes.institutions),
        i.id.in_(scopes.instruments),
    )
    ask = select(i.id, i.code, i.name, i.name_en, i.location).where(mine, i.status != "retired")
    return [Place(*row) for row in db.session.execute(ask.order_by(i.name, i.code).limit(MOST))]
