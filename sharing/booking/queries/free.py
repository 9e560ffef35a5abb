"""When an instrument is free, of one or of many, in one statement for the slots of all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from sharing.booking.queries import slots
from sharing.booking.queries.judgement import quote
from sharing.booking.queries.tables import INSTRUMENT
from sharing.booking.rules import Fit, Free, Taken, around, bookable, first_fit, full_spans, halves, load
from sharing.kernel.db import db
from sharing.kernel.timespan import TimeSpan, at_shanghai, shanghai_day
from sharing.network import queries as network
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow, PolicyRow, Terms, open_spans

NEAR: Final = timedelta(days=7)  # how far before and after a wish alternatives are looked for
LIKE: Final = 12  # instruments like the one asked for that are looked at
OTHERS: Final = 3  # of them, how many are offered
AHEAD: Final = 30  # days in which the next free time is looked for, where the policy's horizon is wider
SCANNED: Final = 60  # instruments of a category that an availability search looks at


def free_spans(terms: Terms, window: TimeSpan) -> list[TimeSpan]:
    """Open time of the window in which at least one place is free, buffers taken off nothing."""
    taken = slots.taken([terms.instrument.id], window, terms.instrument.capacity)[terms.instrument.id]
    return bookable(window, open_time(terms, window), taken, terms.instrument.capacity)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the list says of an instrument's coming time.

    next_free  as `next_free` finds it; None too where it cannot be booked at all
    week       of each half day the share that is taken, None where it is closed or over
    """

    next_free: TimeSpan | None
    week: Sequence[float | None]


def outlook(many: Iterable[Terms], now: datetime, days: int = 7) -> dict[uuid.UUID, Outlook]:
    """The next free time and the coming days in halves, for many instruments: one statement, two where one of them
    has no free time in these days."""
    all_of, parts = list(many), halves(shanghai_day(now), days)
    wanted, near = [one for one in all_of if one.instrument.bookable], TimeSpan(now, parts[-1].end)
    taken = _taken(wanted, near)
    free = _next_free(wanted, near, taken, now, None)
    weeks = {one.instrument.id: _week(one, parts, near, taken[one.instrument.id]) for one in wanted}
    shut: Sequence[float | None] = [None] * len(parts)
    return {
        key: Outlook(free.get(key), weeks.get(key, shut)) for key in (one.instrument.id for one in all_of)
    }


def _week(
    terms: Terms, parts: Sequence[TimeSpan], near: TimeSpan, taken: Sequence[Taken]
) -> list[float | None]:
    return load(parts, open_time(terms, near), full_spans(near, taken, terms.instrument.capacity))


def next_free(
    many: Iterable[Terms], now: datetime, *, minutes: int | None = None
) -> dict[uuid.UUID, TimeSpan | None]:
    """The earliest span that a policy allows and nobody has taken, for many instruments: at most two statements.

    minutes  how long; None: the shortest that each policy allows
    """
    wanted = [one for one in many if one.instrument.bookable]
    near = TimeSpan(now, now + NEAR)
    return _next_free(wanted, near, _taken(wanted, near), now, minutes)


def _next_free(
    wanted: Sequence[Terms],
    near: TimeSpan,
    taken: Mapping[uuid.UUID, Sequence[Taken]],
    now: datetime,
    minutes: int | None,
) -> dict[uuid.UUID, TimeSpan | None]:
    """Nearly all are free soon; only for the others are the weeks after that read."""
    found = {one.instrument.id: _first(one, near, now, taken[one.instrument.id], minutes) for one in wanted}
    rest = [one for one in wanted if found[one.instrument.id] is None]
    window = TimeSpan(now, now + timedelta(days=AHEAD + 1))
    later = _taken(rest, window)
    found |= {one.instrument.id: _first(one, window, now, later[one.instrument.id], minutes) for one in rest}
    return found


def _first(
    terms: Terms, window: TimeSpan, now: datetime, taken: Sequence[Taken], minutes: int | None
) -> TimeSpan | None:
    policy = terms.policy(shanghai_day(now))
    may = allowed(policy, window, now)
    length = minutes or max(policy.shortest_minutes, policy.granularity_minutes)
    if may is None or (policy.longest_minutes is not None and length > policy.longest_minutes):
        return None
    return first_fit(fit_of(policy, length), may, open_time(terms, may), taken, terms.instrument.capacity)


def allowed(policy: PolicyRow, window: TimeSpan, now: datetime) -> TimeSpan | None:
    """The part of a window that lead time and horizon leave."""
    start = max(window.start, now + timedelta(minutes=policy.lead_minutes))
    end = window.end
    if policy.horizon_days is not None:
        end = min(end, at_shanghai(shanghai_day(now) + timedelta(days=policy.horizon_days + 1)))
    return TimeSpan(start, end) if start < end else None


def fit_of(policy: PolicyRow, minutes: int) -> Fit:
    """How a booking of that length lies under a policy."""
    return Fit(minutes, policy.granularity_minutes, policy.setup_minutes, policy.cleanup_minutes)


def open_time(terms: Terms, window: TimeSpan) -> list[TimeSpan]:
    """The opening hours in a window, by the calendar in force."""
    return open_spans(terms, window, network.work_calendar())


def _taken(many: Sequence[Terms], window: TimeSpan) -> Mapping[uuid.UUID, list[Taken]]:
    """Slots of all of them, a day wider than the window, so that buffers at its edges are seen."""
    wide = window.widened(timedelta(days=1), timedelta(days=1))
    capacity = max((one.instrument.capacity for one in many), default=1)
    return slots.taken([one.instrument.id for one in many], wide, capacity)


# --- instead of a span that is taken ---------------------------------------------------------------------------------


def alternatives(terms: Terms, wish: TimeSpan, by: Actor, now: datetime) -> list[Free]:
    """The nearest free spans of the same length on this instrument, before and after; then like instruments of the
    category that she may book. At most six statements, whatever the calendars hold."""
    policy = terms.policy(shanghai_day(wish.start))
    window = allowed(policy, wish.widened(NEAR, NEAR), now)
    if window is None:
        return []
    fit = fit_of(policy, wish.minutes)
    taken = _taken([terms], window)[terms.instrument.id]
    here = around(wish, fit, window, open_time(terms, window), taken, terms.instrument.capacity)
    name, name_en = terms.instrument.name, terms.instrument.name_en
    found = [Free(terms.instrument.id, span, name, name_en) for span in here]
    return found + _elsewhere(terms.instrument, wish, by, now)


def _elsewhere(instrument: InstrumentRow, wish: TimeSpan, by: Actor, now: datetime) -> list[Free]:
    """Like instruments: the same category, in the same institution or zone; the same hour where it is free there."""
    c = INSTRUMENT.c
    nearness = [c.institution_id != instrument.institution_id, c.zone_id != instrument.zone_id, c.code]
    ids = db.session.scalars(
        select(c.id)
        .where(
            c.category_code == instrument.category_code,
            c.status == "in_service",
            c.booking_mode.in_(["self_service", "approval"]),
            c.id != instrument.id,
        )
        .order_by(*nearness)
        .limit(LIKE)
    ).all()
    like = [one for one in registry.terms_of(ids).values() if _may_book(one, wish, by)]
    like.sort(key=lambda one: list(ids).index(one.instrument.id))
    taken = _taken(like, wish.widened(NEAR, NEAR))
    found: list[Free] = []
    for one in like:
        span = _at_or_after(one, wish, now, taken[one.instrument.id])
        if span is not None:
            found.append(Free(one.instrument.id, span, one.instrument.name, one.instrument.name_en))
    found.sort(key=lambda free: free.span.start)
    return found[:OTHERS]


def free_from(terms: Terms, wish: TimeSpan, start: datetime, now: datetime) -> Free | None:
    """The first free span as long as the wish that begins at an instant or in the week after it."""
    later = TimeSpan(start, start + (wish.end - wish.start))
    taken = _taken([terms], later.widened(timedelta(), NEAR))[terms.instrument.id]
    span = _at_or_after(terms, later, now, taken)
    return Free(terms.instrument.id, span, terms.instrument.name, terms.instrument.name_en) if span else None


def _at_or_after(terms: Terms, wish: TimeSpan, now: datetime, taken: Sequence[Taken]) -> TimeSpan | None:
    policy = terms.policy(shanghai_day(wish.start))
    window = allowed(policy, TimeSpan(wish.start, wish.start + NEAR), now)
    too_long = policy.longest_minutes is not None and wish.minutes > policy.longest_minutes
    if window is None or too_long or wish.minutes < policy.shortest_minutes:
        return None
    return first_fit(
        fit_of(policy, wish.minutes), window, open_time(terms, window), taken, terms.instrument.capacity
    )


def _may_book(terms: Terms, wish: TimeSpan, by: Actor) -> bool:
    """Open to her by audience and customs, without a licence that would have to be looked up."""
    instrument, policy = terms.instrument, terms.policy(shanghai_day(wish.start))
    fits = {
        "group": instrument.group_id is not None and instrument.group_id in by.groups,
        "institution": by.institution_id == instrument.institution_id,
        "network": by.kind == "member",
        "everyone": True,
    }
    barred = instrument.customs_supervised and by.kind == "enterprise"
    return instrument.bookable and fits[policy.audience] and policy.licence_level is None and not barred


# --- the earliest of a category --------------------------------------------------------------------------------------


def availability(
    by: Actor,
    window: TimeSpan,
    now: datetime,
    *,
    minutes: int,
    instrument_id: uuid.UUID | None = None,
    category: str | None = None,
    zone: str | None = None,
    limit: int = 20,
) -> list[Free]:
    """The earliest free spans of that length across the instruments that she may book, soonest first.

    category  a code of any level: a class asks for everything below it
    """
    c = INSTRUMENT.c
    ask = select(c.id).where(c.status == "in_service", c.booking_mode.in_(["self_service", "approval"]))
    if instrument_id is not None:
        ask = ask.where(c.id == instrument_id)
    if category is not None:
        ask = ask.where(c.category_code.like(category.rstrip("0").ljust(2, "0") + "%"))
    if zone is not None:
        found_zone = network.zone(zone)
        if found_zone is None:
            return []
        ask = ask.where(c.zone_id == found_zone.id)
    terms = registry.terms_of(db.session.scalars(ask.order_by(c.code).limit(SCANNED)).all())
    may = [one for one in terms.values() if _may_book(one, window, by)]
    taken = _taken(may, window)
    found: list[Free] = []
    for one in may:
        found += _earliest(one, window, now, taken[one.instrument.id], minutes, limit)
    found.sort(key=lambda free: (free.span.start, str(free.instrument_id)))
    return [_priced(one, terms[one.instrument_id].instrument, by, now) for one in found[:limit]]


def _earliest(
    terms: Terms, window: TimeSpan, now: datetime, taken: Sequence[Taken], minutes: int, limit: int
) -> list[Free]:
    """Spans that follow each other, from the first free one on."""
    policy, instrument = terms.policy(shanghai_day(window.start)), terms.instrument
    may = allowed(policy, window, now)
    too_long = policy.longest_minutes is not None and minutes > policy.longest_minutes
    if may is None or too_long or minutes < policy.shortest_minutes:
        return []
    opened, fit = open_time(terms, may), fit_of(policy, minutes)
    found: list[Free] = []
    while len(found) < limit:
        span = first_fit(fit, may, opened, taken, instrument.capacity)
        if span is None:
            break
        found.append(Free(instrument.id, span, instrument.name, instrument.name_en))
        if span.end >= may.end:
            break
        may = TimeSpan(span.end, may.end)
    return found


def _priced(free: Free, instrument: InstrumentRow, by: Actor, now: datetime) -> Free:
    group_id = by.groups[0] if len(by.groups) == 1 else None
    amount = quote(instrument, free.span, by, group_id, now).amount
    return Free(free.instrument_id, free.span, free.instrument_name, free.instrument_name_en, amount)
