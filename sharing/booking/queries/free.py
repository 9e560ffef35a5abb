"""When an instrument is free, of one or of many, in one statement for the slots of all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from sharing.booking.queries import slots
from sharing.booking.queries.judgement import quote
from sharing.booking.queries.tables import INSTRUMENT
from sharing.booking.rules import DayLoad, Fit, Free, Taken, around, bookable, first_fit, free_days
from sharing.kernel.db import db
from sharing.kernel.timespan import TimeSpan, at_shanghai, day_span, shanghai_day
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
    return bookable(window, _open(terms, window), taken, terms.instrument.capacity)


def strip(many: Iterable[Terms], start: datetime, days: int = 7) -> dict[uuid.UUID, list[DayLoad]]:
    """How full each of the coming days is, for many instruments: one statement."""
    first = day_span(shanghai_day(start)).start
    window = TimeSpan(first, first + timedelta(days=days))
    wanted = list(many)
    taken = _taken(wanted, window)
    return {
        one.instrument.id: free_days(
            window, _open(one, window), taken[one.instrument.id], one.instrument.capacity
        )
        for one in wanted
    }


def next_free(
    many: Iterable[Terms], now: datetime, *, minutes: int | None = None
) -> dict[uuid.UUID, TimeSpan | None]:
    """The earliest span that a policy allows and nobody has taken, for many instruments: one statement.

    minutes  how long; None: the shortest that each policy allows
    """
    wanted = [one for one in many if one.instrument.bookable]
    window = TimeSpan(now, now + timedelta(days=AHEAD + 1))
    taken = _taken(wanted, window)
    return {one.instrument.id: _first(one, window, now, taken[one.instrument.id], minutes) for one in wanted}


def _first(
    terms: Terms, window: TimeSpan, now: datetime, taken: Sequence[Taken], minutes: int | None
) -> TimeSpan | None:
    policy = terms.policy(shanghai_day(now))
    allowed = _allowed(policy, window, now)
    length = minutes or max(policy.shortest_minutes, policy.granularity_minutes)
    if allowed is None or (policy.longest_minutes is not None and length > policy.longest_minutes):
        return None
    return first_fit(_fit(policy, length), allowed, _open(terms, allowed), taken, terms.instrument.capacity)


def _allowed(policy: PolicyRow, window: TimeSpan, now: datetime) -> TimeSpan | None:
    """The part of a window that lead time and horizon leave."""
    start = max(window.start, now + timedelta(minutes=policy.lead_minutes))
    end = window.end
    if policy.horizon_days is not None:
        end = min(end, at_shanghai(shanghai_day(now) + timedelta(days=policy.horizon_days + 1)))
    return TimeSpan(start, end) if start < end else None


def _fit(policy: PolicyRow, minutes: int) -> Fit:
    return Fit(minutes, policy.granularity_minutes, policy.setup_minutes, policy.cleanup_minutes)


def _open(terms: Terms, window: TimeSpan) -> list[TimeSpan]:
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
    window = _allowed(policy, wish.widened(NEAR, NEAR), now)
    if window is None:
        return []
    fit = _fit(policy, wish.minutes)
    taken = _taken([terms], window)[terms.instrument.id]
    here = around(wish, fit, window, _open(terms, window), taken, terms.instrument.capacity)
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
    window = _allowed(policy, TimeSpan(wish.start, wish.start + NEAR), now)
    too_long = policy.longest_minutes is not None and wish.minutes > policy.longest_minutes
    if window is None or too_long or wish.minutes < policy.shortest_minutes:
        return None
    return first_fit(
        _fit(policy, wish.minutes), window, _open(terms, window), taken, terms.instrument.capacity
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
    allowed = _allowed(policy, window, now)
    too_long = policy.longest_minutes is not None and minutes > policy.longest_minutes
    if allowed is None or too_long or minutes < policy.shortest_minutes:
        return []
    opened, fit = _open(terms, allowed), _fit(policy, minutes)
    found: list[Free] = []
    while len(found) < limit:
        span = first_fit(fit, allowed, opened, taken, instrument.capacity)
        if span is None:
            break
        found.append(Free(instrument.id, span, instrument.name, instrument.name_en))
        if span.end >= allowed.end:
            break
        allowed = TimeSpan(span.end, allowed.end)
    return found


def _priced(free: Free, instrument: InstrumentRow, by: Actor, now: datetime) -> Free:
    group_id = by.groups[0] if len(by.groups) == 1 else None
    amount = quote(instrument, free.span, by, group_id, now).amount
    return Free(free.instrument_id, free.span, free.instrument_name, free.instrument_name_en, amount)
