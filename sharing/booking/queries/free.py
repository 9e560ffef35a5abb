"""When an instrument is free, of one or of many, in one statement for the slots of all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from sharing.booking.queries import slots
from sharing.booking.queries.tables import INSTRUMENT
from sharing.booking.rules import Free, Taken, bookable, full_spans, halves, load
from sharing.booking.rules.starts import (
    EVER,
    Busy,
    Leg,
    Sought,
    begins,
    busy_with,
    found_in,
    last_before,
    minute_from,
    minute_of,
    span_of,
)
from sharing.kernel.db import db
from sharing.kernel.timespan import TimeSpan, shanghai_day
from sharing.network import queries as network
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow, PolicyRow, Terms, open_spans

NEAR: Final = timedelta(days=7)  # how far before and after a wish alternatives are looked for
SOON: Final = timedelta(
    days=1
)  # how far at first, for there nearly every calendar has some; rivals wait for it
CLUSTER: Final = timedelta(days=7)  # how far round a time bookings are seen that could move to make room
_DAY: Final = timedelta(days=1)  # wider than any buffer
LIKE: Final = 12  # instruments like the one asked for that are looked at
OTHERS: Final = 3  # of them, how many are offered
AHEAD: Final = 30  # days in which the next free time is looked for, where the policy's horizon is wider


def free_spans(terms: Terms, window: TimeSpan) -> list[TimeSpan]:
    """Open time of the window in which at least one place is free, buffers taken off nothing."""
    taken = slots.taken([terms.instrument.id], window, terms.instrument.capacity)[terms.instrument.id]
    return bookable(window, open_time(terms, window), taken, terms.instrument.capacity)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the list says of an instrument's coming time.

    next_free  for whoever may book it; None too where it cannot be booked at all
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
    free = _next_free(wanted, near, taken, now)
    weeks = {one.instrument.id: _week(one, parts, near, taken[one.instrument.id]) for one in wanted}
    shut: Sequence[float | None] = [None] * len(parts)
    return {
        key: Outlook(free.get(key), weeks.get(key, shut)) for key in (one.instrument.id for one in all_of)
    }


def _week(
    terms: Terms, parts: Sequence[TimeSpan], near: TimeSpan, taken: Sequence[Taken]
) -> list[float | None]:
    return load(parts, open_time(terms, near), full_spans(near, taken, terms.instrument.capacity))


def _next_free(
    wanted: Sequence[Terms],
    near: TimeSpan,
    taken: Mapping[uuid.UUID, Sequence[Taken]],
    now: datetime,
) -> dict[uuid.UUID, TimeSpan | None]:
    """The earliest span that a policy allows and nobody has taken, whoever asks. Nearly all are free soon; only for the
    others are the weeks after that read."""
    found = {one.instrument.id: _first(one, near, now, taken[one.instrument.id]) for one in wanted}
    rest = [one for one in wanted if found[one.instrument.id] is None]
    window = TimeSpan(now, now + timedelta(days=AHEAD + 1))
    later = _taken(rest, window)
    found |= {one.instrument.id: _first(one, window, now, later[one.instrument.id]) for one in rest}
    return found


def _first(terms: Terms, window: TimeSpan, now: datetime, taken: Sequence[Taken]) -> TimeSpan | None:
    policy = terms.policy(shanghai_day(now))
    leg = leg_of(terms, policy, max(policy.shortest_minutes, policy.granularity_minutes), window, now)
    return first_in(leg, busy_with(window.widened(_DAY, _DAY), taken, terms.instrument.capacity))


def leg_of(terms: Terms, policy: PolicyRow, minutes: int, window: TimeSpan, now: datetime) -> Leg:
    """Where anybody's booking of that length may begin in a window, whoever has taken the time."""
    sought = Sought(window, minutes, now)
    return Leg(policy, sought, begins(sought, policy, window, open_time(terms, window)))


def first_in(leg: Leg, busy: Busy, start: datetime | None = None) -> TimeSpan | None:
    """The earliest span that rules and slots leave, from an instant on."""
    bounds = (minute_from(start) if start else 0, EVER)
    found = next(found_in([leg], busy, bounds), None)
    return span_of(found[1], leg.sought.minutes) if found else None


def open_time(terms: Terms, window: TimeSpan) -> list[TimeSpan]:
    """The opening hours in a window, by the calendar in force."""
    return open_spans(terms, window, network.work_calendar())


def _taken(many: Sequence[Terms], window: TimeSpan) -> Mapping[uuid.UUID, list[Taken]]:
    """Slots of all of them, a day wider than the window, so that buffers at its edges are seen."""
    capacity = max((one.instrument.capacity for one in many), default=1)
    return slots.taken([one.instrument.id for one in many], window.widened(_DAY, _DAY), capacity)


def busy_of(many: Iterable[Terms], window: TimeSpan) -> dict[uuid.UUID, Busy]:
    """What is taken of instruments in a window: a statement for those with one place, one for those with several."""
    capacity = {one.instrument.id: one.instrument.capacity for one in many}
    found = {
        key: Busy(full)
        for key, full in slots.busy([k for k, n in capacity.items() if n == 1], window).items()
    }
    several = {key: n for key, n in capacity.items() if n > 1}
    taken = slots.taken(several, window.widened(CLUSTER, CLUSTER), max(several.values(), default=1))
    return found | {key: busy_with(window, taken[key], n) for key, n in several.items()}


# --- instead of a span that is taken ---------------------------------------------------------------------------------


def alternatives(terms: Terms, wish: TimeSpan, by: Actor, now: datetime) -> list[Free]:
    """The nearest free spans of the same length on this instrument, before and after; then like instruments of the
    category that she may book. At most eight statements, whatever the calendars hold."""
    name, name_en = terms.instrument.name, terms.instrument.name_en
    found = [Free(terms.instrument.id, span, name, name_en) for span in _beside(terms, wish, now)]
    return found + _elsewhere(terms.instrument, wish, by, now)


def _beside(terms: Terms, wish: TimeSpan, now: datetime) -> list[TimeSpan]:
    """The nearest before and the nearest after, where there are any near."""
    at, minutes = minute_from(wish.start), wish.minutes
    policy = terms.policy(shanghai_day(wish.start))
    leg = leg_of(terms, policy, minutes, wish.widened(NEAR, NEAR), now)
    before = after = None
    for reach in (SOON, NEAR):
        if leg.starts and (before is None or after is None):
            window = wish.widened(reach, reach)
            busy = busy_of([terms], window.widened(_DAY, _DAY))[terms.instrument.id]
            low, high = minute_of(window.start), minute_of(window.end) - minutes
            before = last_before(leg, busy, (low, at - 1))
            after = next((start for _leg, start in found_in([leg], busy, (at + 1, high))), None)
    return [span_of(start, minutes) for start in (before, after) if start is not None]


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
    terms = registry.terms_of(ids)
    like = [one for key in ids if _may_book(one := terms[key], wish, by)]
    found: list[Free] = []
    for reach in (SOON, NEAR):
        if len(found) < OTHERS:
            known = {one.instrument_id for one in found}
            found += _after([one for one in like if one.instrument.id not in known], wish, reach, now)
    found.sort(key=lambda free: free.span.start)
    return found[:OTHERS]


def _after(like: Sequence[Terms], wish: TimeSpan, reach: timedelta, now: datetime) -> list[Free]:
    """Of each the first free span from the wish on, that is over no later than that after its start."""
    window = TimeSpan(wish.start, wish.start + reach)
    legs = {one.instrument.id: _leg_from(one, wish, window, now) for one in like}
    busy = busy_of([one for one in like if legs[one.instrument.id].starts], window.widened(_DAY, _DAY))
    found: list[Free] = []
    for one in like:
        key = one.instrument.id
        if key in busy and (span := first_in(legs[key], busy[key])) is not None:
            found.append(Free(key, span, one.instrument.name, one.instrument.name_en))
    return found


def _leg_from(terms: Terms, wish: TimeSpan, window: TimeSpan, now: datetime) -> Leg:
    """No starts where a booking of that length is too short or too long there."""
    policy = terms.policy(shanghai_day(wish.start))
    leg = leg_of(terms, policy, wish.minutes, window, now)
    too_long = policy.longest_minutes is not None and wish.minutes > policy.longest_minutes
    return replace(leg, starts=[]) if too_long or wish.minutes < policy.shortest_minutes else leg


def free_from(terms: Terms, wish: TimeSpan, start: datetime, now: datetime) -> Free | None:
    """The first free span as long as the wish that begins at an instant or in the week after it."""
    found = _after([terms], TimeSpan(start, start + (wish.end - wish.start)), NEAR, now)
    return found[0] if found else None


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
