"""Reading orders: one, a page of them, what waits for whom, and what the clock asks."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true

from sharing.kernel.db import db, snapshot
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE, Page
from sharing.kernel.refusals import Refused
from sharing.orders.queries.tables import (
    BOOKING,
    GONE,
    INSTRUMENT,
    ORDER,
    row_of,
    rows_of,
)
from sharing.orders.rules import RUNNING, TURN, OrderRow, Side, Status, readable
from sharing.people.rules import Actor, Role, ScopeFilter, ScopeKind

BATCH: Final = 200
_BY_ID = rows_of()


@dataclass(frozen=True, slots=True)
class Search:
    """Which orders of those she may know of.

    side     only those in which she is the customer, or runs the instrument
    waiting  only those in which that side acts next; needs `side`
    words    part of a number or of what is to be tested
    """

    side: Side | None = None
    waiting: bool = False
    statuses: tuple[Status, ...] = ()
    instrument_id: uuid.UUID | None = None
    words: str = ""
    page: int = 1
    per_page: int = PER_PAGE


def order(order_id: uuid.UUID) -> OrderRow | None:
    """One order, whoever asks: `rules.readable` says whether she may know of it."""
    row = db.session.execute(_BY_ID.where(ORDER.c.id == order_id)).first()
    return row_of(row) if row else None


def readable_order(order_id: uuid.UUID, by: Actor) -> OrderRow:
    """One order that she may know of. Raises Refused: not-found."""
    row = order(order_id)
    if row is None or not readable(row, by):
        raise Refused("not-found")
    return row


def order_by_number(number: str) -> OrderRow | None:
    row = db.session.execute(_BY_ID.where(ORDER.c.number == number)).first()
    return row_of(row) if row else None


# --- lists -----------------------------------------------------------------------------------------------------------


def _within(scopes: ScopeFilter) -> ColumnElement[bool]:
    """Orders on instruments inside these scopes."""
    if scopes.everything:
        return true()
    columns = (
        (INSTRUMENT.c.zone_id, scopes.zones),
        (ORDER.c.institution_id, scopes.institutions),
        (ORDER.c.instrument_id, scopes.instruments),
    )
    return or_(false(), *(column.in_(ids) for column, ids in columns if ids))


def _hers(by: Actor) -> ColumnElement[bool]:
    """Orders in which she is, or acts for, the customer."""

    def held(role: Role, kind: ScopeKind) -> list[uuid.UUID | None]:
        return [one.scope_id for one in by.grants if one.role is role and one.scope_kind is kind]

    homes = held(Role.ENTERPRISE_ADMIN, ScopeKind.INSTITUTION)
    groups = held(Role.HEAD, ScopeKind.GROUP)
    return or_(
        ORDER.c.customer_id == by.user_id,
        ORDER.c.customer_institution_id.in_(homes) if homes else false(),
        ORDER.c.group_id.in_(groups) if groups else false(),
    )


def _of_side(side: Side, by: Actor) -> ColumnElement[bool]:
    return _hers(by) if side is Side.CUSTOMER else _within(by.scopes("order.manage"))


def known_to(by: Actor) -> ColumnElement[bool]:
    """The list form of `rules.readable`."""
    return or_(*(_of_side(side, by) for side in Side), _within(by.scopes("order.read-all")))


def _turn_of(side: Side) -> ColumnElement[bool]:
    return ORDER.c.status.in_([status.value for status, whose in TURN.items() if whose is side])


def _asked(asked: Search, by: Actor) -> ColumnElement[bool]:
    c = ORDER.c
    conditions = [_of_side(asked.side, by) if asked.side else known_to(by)]
    if asked.side and asked.waiting:
        conditions.append(_turn_of(asked.side))
    if asked.statuses:
        conditions.append(c.status.in_([one.value for one in asked.statuses]))
    if asked.instrument_id is not None:
        conditions.append(c.instrument_id == asked.instrument_id)
    if words := asked.words.strip().lower().replace("\\", "").replace("%", "").replace("_", r"\_"):
        fields = (c.number, c.what, INSTRUMENT.c.name, INSTRUMENT.c.name_en)
        conditions.append(or_(*(func.lower(field).like(f"%{words}%", escape="\\") for field in fields)))
    return and_(*conditions)


def search(asked: Search, by: Actor) -> Page[OrderRow]:
    """A page of the orders she may know of: what is due first stands first, then the newest."""
    condition, per_page = _asked(asked, by), min(asked.per_page, MOST_PER_PAGE)
    c = ORDER.c
    order_by = (c.due_at.is_(None), c.due_at, c.id) if asked.waiting else (c.created_at.desc(), c.id.desc())
    found = rows_of().where(condition).order_by(*order_by).limit(per_page).offset((asked.page - 1) * per_page)
    rows = [row_of(row) for row in db.session.execute(found)]
    if asked.page == 1 and len(rows) < per_page:
        return Page(rows, len(rows), 1, per_page)
    counted = select(func.count()).select_from(
        ORDER.join(INSTRUMENT, INSTRUMENT.c.id == ORDER.c.instrument_id)
    )
    total = db.session.execute(counted.where(condition)).scalar_one()
    return Page(rows, total, asked.page, per_page)


def counts(side: Side, by: Actor) -> dict[Status, int]:
    """How many orders of hers stand where, on one side; one statement."""
    joined = ORDER.join(INSTRUMENT, INSTRUMENT.c.id == ORDER.c.instrument_id)
    ask = select(ORDER.c.status, func.count()).select_from(joined).where(_of_side(side, by))
    return {Status(status): number for status, number in db.session.execute(ask.group_by(ORDER.c.status))}


def every(
    *,
    statuses: tuple[Status, ...] = (),
    instrument_id: uuid.UUID | None = None,
    overdue_at: datetime | None = None,
) -> Iterator[OrderRow]:
    """Every order, whoever's, the newest first, read as it is asked for; for whoever runs the server."""
    conditions: list[ColumnElement[bool]] = [true()]
    if statuses:
        conditions.append(ORDER.c.status.in_([one.value for one in statuses]))
    if instrument_id is not None:
        conditions.append(ORDER.c.instrument_id == instrument_id)
    if overdue_at is not None:
        conditions += [ORDER.c.due_at <= overdue_at, or_(*map(_turn_of, Side))]
    asked = rows_of().where(and_(*conditions)).order_by(ORDER.c.created_at.desc(), ORDER.c.id.desc())
    with snapshot():
        yield from map(row_of, db.session.execute(asked.execution_options(yield_per=BATCH)))


# --- what the clock asks ---------------------------------------------------------------------------------------------


def lapsed(now: datetime) -> list[uuid.UUID]:
    """Orders whose quote was not accepted in time, oldest first."""
    return _ids(and_(ORDER.c.status == Status.QUOTED.value, ORDER.c.due_at <= now), ORDER.c.due_at)


def overdue(now: datetime) -> list[uuid.UUID]:
    """Orders past the deadline of whoever's turn it is, who was not reminded of it yet."""
    waits = ORDER.c.status.in_(
        [one.value for one in TURN if one is not Status.QUOTED and one is not Status.LAPSED]
    )
    return _ids(and_(waits, ORDER.c.due_at <= now, ORDER.c.reminded_at.is_(None)), ORDER.c.due_at)


def strayed() -> list[uuid.UUID]:
    """Orders whose booking was moved or is gone since both sides were told of the slot."""
    o, b = ORDER.c, BOOKING.c
    moved = or_(b.starts_at != o.slot_starts_at, b.ends_at != o.slot_ends_at)
    gone = b.status.in_([one.value for one in GONE])
    runs = o.status.in_([one.value for one in RUNNING])
    ask = select(o.id).join_from(ORDER, BOOKING, b.id == o.booking_id).where(runs, or_(gone, moved))
    return list(db.session.scalars(ask.order_by(o.id).limit(BATCH)))


def _ids(condition: ColumnElement[bool], by: Any) -> list[uuid.UUID]:
    return list(db.session.scalars(select(ORDER.c.id).where(condition).order_by(by, ORDER.c.id).limit(BATCH)))
