"""Everything that a request is judged by, read in a few small statements; the judging itself is in `rules`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select

from sharing.booking.queries.outside import outside
from sharing.booking.queries.tables import BOOKING
from sharing.booking.rules import Case, Held, Training, default_payer, has_quotas, has_sums
from sharing.funds import queries as funds
from sharing.kernel.db import db, table_of
from sharing.kernel.language import named
from sharing.kernel.money import ZERO
from sharing.kernel.timespan import TimeSpan, month_span, shanghai_day, week_span
from sharing.network import queries as network
from sharing.network.rules import WorkCalendar
from sharing.people.rules import Actor
from sharing.pricing import queries as pricing
from sharing.pricing.rules import Quote, offer, price_groups
from sharing.registry import queries as registry
from sharing.registry.models import Policy
from sharing.registry.rules import InstrumentRow, PolicyRow, Terms, open_spans

LONGEST: Final = timedelta(days=92)  # how far back a booking can begin and still reach into a window
REACH: Final = timedelta(days=4)  # how far round a span the nearest opening hours are looked for
_POLICY: Final = table_of(Policy)
COUNTS = and_(BOOKING.c.status.not_in(["rejected", "cancelled", "expired"]), ~BOOKING.c.service)
_OPEN = and_(BOOKING.c.status.in_(["requested", "approved"]), ~BOOKING.c.service)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is judged: a new booking, or the move of one.

    by        whose booking it is
    manager   whoever asks runs the instrument
    booking   the booking that is moved, left out of every sum; None for a new one
    was       its span before the move
    service   the house runs it for a service order
    """

    terms: Terms
    span: TimeSpan
    by: Actor
    manager: bool
    group_id: uuid.UUID | None
    card_id: uuid.UUID | None = None
    position: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    booking_id: uuid.UUID | None = None
    was: TimeSpan | None = None
    service: bool = False


def case(wish: Wish, now: datetime) -> Case:
    """The wish with all that it is judged by: at most three small statements, none where the policy sets no limit."""
    terms, span, by = wish.terms, wish.span, wish.by
    on = shanghai_day(span.start)
    policy = terms.policy(on)
    calendar = network.work_calendar()
    group_id = wish.group_id if wish.was or wish.service else default_payer(wish.group_id, by)
    cards = funds.cards(group_id, on) if wish.card_id and group_id else ()
    return Case(
        span=span,
        by=by,
        now=now,
        manager=wish.manager,
        terms=terms,
        policy=policy,
        group_id=group_id,
        quote=Quote(span, ZERO) if wish.service else quote(terms.instrument, span, by, group_id, now),
        open_spans=open_round(terms, span, calendar),
        provisional=any(calendar.fact(day).provisional for day in span.days()),
        training=_training(terms.instrument, policy, wish, span),
        cards=tuple(card.id for card in cards),
        card_id=wish.card_id,
        position=wish.position,
        answers=wish.answers,
        held=held(policy, wish, group_id, now) if has_quotas(policy) else Held(),
        was=wish.was,
        service=wish.service,
        outside=outside(terms.instrument.id),
    )


def open_round(terms: Terms, span: TimeSpan, calendar: WorkCalendar) -> list[TimeSpan]:
    """The open time of the span; some days round it where it is not all open, so that the nearest can be named."""
    inside = open_spans(terms, span, calendar)
    return inside if inside == [span] else open_spans(terms, span.widened(REACH, REACH), calendar)


def quote(
    instrument: InstrumentRow, span: TimeSpan, by: Actor, group_id: uuid.UUID | None, now: datetime
) -> Quote:
    """What the span costs her by the prices that are valid today (SCENARIOS, decisions)."""
    on = shanghai_day(now)
    groups = price_groups(by, instrument, group_id)
    rows = pricing.prices(instrument.scope_keys, on)
    return offer(span, rows, groups, network.work_calendar(), pricing.group_order(on))


def _training(instrument: InstrumentRow, policy: PolicyRow, wish: Wish, span: TimeSpan) -> Training:
    if policy.licence_level is None or wish.manager:
        return Training()
    on = shanghai_day(span.start)
    found = registry.licence(instrument.id, wish.by.user_id, on)
    idle = None
    if found is not None and policy.licence_idle_days is not None:
        key = (instrument.id, wish.by.user_id)
        last = last_uses(key[:1], key[1:]).get(key)
        idle = idle_days(last, found.starts_on, on)
    fresh = idle is None or policy.licence_idle_days is None or idle <= policy.licence_idle_days
    if found is not None and found.level == policy.licence_level and fresh:
        return Training(held=found)
    former = registry.last_licence(instrument.id, wish.by.user_id)
    ask = tuple(named(one.name, one.name_en) for one in registry.managers(instrument.id, on))
    lapsed = former.ends_on if former and former.ends_on and former.ends_on <= on else None
    return Training(held=found, lapsed_on=lapsed, ask=ask, idle_days=idle)


def last_uses(
    instruments: Iterable[uuid.UUID], persons: Iterable[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], datetime]:
    """When each of these persons last used each of these instruments; one statement."""
    c = BOOKING.c
    ask = (
        select(c.instrument_id, c.requester_id, func.max(func.coalesce(c.checked_out_at, c.ends_at)))
        .where(c.instrument_id.in_(list(instruments)), c.requester_id.in_(list(persons)))
        .where(c.status == "completed")
        .group_by(c.instrument_id, c.requester_id)
    )
    return {(instrument, person): last for instrument, person, last in db.session.execute(ask)}


def idle_days(last: datetime | None, granted_on: date, on: date) -> int:
    """Whole days from her last use of an instrument, or from her leave where that came later, to a day."""
    since = max(granted_on, shanghai_day(last)) if last else granted_on
    return (on - since).days


# --- what a person and her group hold already ------------------------------------------------------------------------


def _counted(policy: PolicyRow, wish: Wish) -> ColumnElement[bool]:
    """Bookings that a quota counts: those of the instrument, or, where the policy stands at a wider scope, those
    made under any row of that scope."""
    c = BOOKING.c
    if policy.scope_key.startswith("instrument:"):
        same = c.instrument_id == wish.terms.instrument.id
    else:
        rows = select(_POLICY.c.id).where(_POLICY.c.scope_key == policy.scope_key)
        same = c.policy_id.in_(rows)
    return same if wish.booking_id is None else same & (c.id != wish.booking_id)


def held(policy: PolicyRow, wish: Wish, group_id: uuid.UUID | None, now: datetime) -> Held:
    """Sums over the weeks that the span touches, and the number of open bookings; a statement each where asked."""
    person, group = _spans(policy, wish, group_id) if has_sums(policy) else ((), ())
    return Held(person, group, _open_bookings(policy, wish, now) if policy.most_open_bookings else 0)


def _spans(
    policy: PolicyRow, wish: Wish, group_id: uuid.UUID | None
) -> tuple[tuple[TimeSpan, ...], tuple[TimeSpan, ...]]:
    c, me = BOOKING.c, wish.by.user_id
    days = list(wish.span.days())
    window = TimeSpan(week_span(days[0]).start, week_span(days[-1]).end)
    whose = c.requester_id == me
    if group_id is not None:
        whose = or_(whose, c.group_id == group_id)
    rows = db.session.execute(
        select(c.requester_id, c.group_id, c.starts_at, c.ends_at).where(
            whose,
            COUNTS,
            c.starts_at < window.end,
            c.starts_at >= window.start - LONGEST,
            c.ends_at > window.start,
            _counted(policy, wish),
        )
    ).all()
    person = tuple(TimeSpan(row.starts_at, row.ends_at) for row in rows if row.requester_id == me)
    group = tuple(
        TimeSpan(row.starts_at, row.ends_at)
        for row in rows
        if group_id is not None and row.group_id == group_id
    )
    return person, group


def _open_bookings(policy: PolicyRow, wish: Wish, now: datetime) -> int:
    c = BOOKING.c
    counted = select(func.count()).where(
        c.requester_id == wish.by.user_id,
        c.starts_at >= now - LONGEST,
        c.ends_at > now,
        _OPEN,
        _counted(policy, wish),
    )
    return int(db.session.execute(counted).scalar_one())


def month_use(
    group_id: uuid.UUID,
    member_id: uuid.UUID,
    on: datetime,
    *,
    card_id: uuid.UUID | None = None,
    instruments: tuple[str, ...] = (),
    without: uuid.UUID | None = None,
) -> tuple[int, int]:
    """What a member has booked on her group's account in the Shanghai month of an instant: fen and whole minutes.

    card_id, instruments  what the authorisation is bound to; nothing means any
    without               the booking at hand
    """
    c, day = BOOKING.c, shanghai_day(on)
    month = month_span(day.year, day.month)
    ask = select(c.starts_at, c.ends_at, c.amount_fen).where(
        c.requester_id == member_id,
        c.group_id == group_id,
        c.starts_at >= month.start,
        c.starts_at < month.end,
        COUNTS,
    )
    if card_id is not None:
        ask = ask.where(c.card_id == card_id)
    if instruments:
        ask = ask.where(c.instrument_id.in_([uuid.UUID(one) for one in instruments]))
    if without is not None:
        ask = ask.where(c.id != without)
    rows = db.session.execute(ask).all()
    return sum(row.amount_fen for row in rows), sum(
        TimeSpan(row.starts_at, row.ends_at).minutes for row in rows
    )


def month_use_of(group_id: uuid.UUID, on: datetime) -> dict[uuid.UUID, tuple[int, int]]:
    """`month_use` of everybody who booked on a group's account in the Shanghai month of an instant, by person."""
    c, day = BOOKING.c, shanghai_day(on)
    month = month_span(day.year, day.month)
    ask = select(c.requester_id, c.starts_at, c.ends_at, c.amount_fen).where(
        c.group_id == group_id, c.starts_at >= month.start, c.starts_at < month.end, COUNTS
    )
    used: dict[uuid.UUID, tuple[int, int]] = {}
    for who, starts_at, ends_at, fen in db.session.execute(ask):
        before = used.get(who, (0, 0))
        used[who] = (before[0] + fen, before[1] + TimeSpan(starts_at, ends_at).minutes)
    return used
