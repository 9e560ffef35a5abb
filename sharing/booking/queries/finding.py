"""The nearest free time over many instruments: a bounded number of statements, whatever their number.

Nearly always the first day on which anything is open has enough; only where it has not are the weeks after it read. Of
the instruments that are shown, and of no others, the whole window is read.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Any, Final

from sqlalchemy import func, or_, select

from sharing.booking.queries.free import busy_of
from sharing.booking.queries.judgement import COUNTS, LONGEST
from sharing.booking.queries.outside import outside_of
from sharing.booking.queries.priced import barred_by_price
from sharing.booking.queries.tables import BOOKING
from sharing.booking.rules import OPEN, Held, Violation, default_payer, has_quotas
from sharing.booking.rules.finding import (
    Barred,
    Begins,
    Earliest,
    Look,
    Offer,
    Person,
    alike,
    legs,
    no_quotas,
)
from sharing.booking.rules.outside import of_outside
from sharing.booking.rules.starts import (
    EVER,
    Busy,
    Leg,
    Range,
    Sought,
    Starts,
    begins,
    found_in,
    span_of,
)
from sharing.kernel.db import db, table_of
from sharing.kernel.language import named
from sharing.kernel.timespan import TimeSpan, shanghai_day, week_span
from sharing.network import queries as network
from sharing.people.rules import Actor
from sharing.pricing import queries as pricing
from sharing.pricing.rules import offer, price_groups
from sharing.registry import queries as registry
from sharing.registry.models import Policy
from sharing.registry.rules import BookingMode, InstrumentRow, PolicyRow, Status, Terms, open_spans
from sharing.registry.rules.search import Search

MOST: Final = 1_000  # instruments whose time one search looks at
NEAR: Final = 1_440  # minutes after the first start of all that are read for all of them at first
_POLICY: Final = table_of(Policy)


def to_look_at(search: Search, by: Actor | None, now: datetime) -> tuple[list[uuid.UUID], int]:
    """The bookable instruments that a search finds, at most MOST, those near the reader first; and how many more."""
    bookable = replace(
        search, statuses=(Status.IN_SERVICE,), modes=(BookingMode.SELF_SERVICE, BookingMode.APPROVAL)
    )
    rows = registry.everything(bookable, on=shanghai_day(now))
    if by is not None and len(rows) > MOST:
        rows.sort(key=lambda row: (row.institution_id != by.institution_id, row.zone_id != by.zone_id))
    return [row.id for row in rows[:MOST]], max(0, len(rows) - MOST)


def earliest(
    ids: Sequence[uuid.UUID],
    look: Look,
    by: Actor | None,
    now: datetime,
    *,
    limit: int,
    each_day: bool = False,
    total: int | None = None,
    beyond: int = 0,
) -> Earliest:
    """The earliest times that she may book on these instruments, for the `limit` that have them soonest; at the same
    time those of her institution come first, then of her zone.

    each_day  of each instrument the first time of every day, not every time after the other
    total     so many times of all instruments together, the earliest; only these are priced
    """
    terms = registry.terms_of(ids)
    person = _person(by, terms.values(), look.window, now)
    begin = _begins(look.window)
    known = _legs(terms, person, look, now, begin)
    barred = _barred(known, terms, person, now)
    may = {key: some for key, some in known.items() if key not in barred and any(leg.starts for leg in some)}
    firsts = _firsts(may, terms, limit)
    chosen = sorted(firsts, key=lambda key: (firsts[key], *_nearness(terms[key].instrument, by)))[:limit]
    times = _times(chosen, may, terms, each_day=each_day, most=limit)
    if total is not None:
        times = _soonest(times, total)
    return Earliest(
        offers=_offers(times, terms, person, now),
        barred=list(barred.values()),
        looked_at=len(terms),
        beyond=beyond,
    )


def _legs(
    terms: Mapping[uuid.UUID, Terms], person: Person, look: Look, now: datetime, begin: Begins
) -> dict[uuid.UUID, list[Leg]]:
    """`legs` of each, worked out once for all instruments that are alike to her."""
    kept: dict[Any, list[Leg]] = {}
    found = {}
    for key, one in terms.items():
        kind = alike(one, person)
        if kind not in kept:
            kept[kind] = legs(one, person, look, now, begin)
        found[key] = kept[kind]
    return found


def _nearness(instrument: InstrumentRow, by: Actor | None) -> tuple[bool, bool, str]:
    house, zone = (by.institution_id, by.zone_id) if by else (None, None)
    return instrument.institution_id != house, instrument.zone_id != zone, instrument.code


# --- who looks -------------------------------------------------------------------------------------------------------


def _person(by: Actor | None, many: Collection[Terms], window: TimeSpan, now: datetime) -> Person:
    """What she brings: a statement for her licences where one is asked for, one for her uses where leave lapses without
    them, one for her bookings where they count."""
    if by is None:
        return Person(None)
    group_id = default_payer(None, by)
    asked = any(policy.licence_level for one in many for policy in one.policies)
    lapses = any(policy.licence_idle_days is not None for one in many for policy in one.policies)
    counted = any(has_quotas(policy) for one in many for policy in one.policies)
    return Person(
        by,
        group_id,
        licences=registry.every_licence_of(by.user_id) if asked else {},
        used_on=_used_on(by.user_id) if asked and lapses else {},
        held=_held(_booked(by, group_id, window, now), by, group_id, now) if counted else no_quotas,
    )


def _used_on(user_id: uuid.UUID) -> dict[uuid.UUID, date]:
    """The day of her last use of each instrument, as `judgement` reads it of one."""
    c = BOOKING.c
    rows = db.session.execute(
        select(c.instrument_id, func.max(func.coalesce(c.checked_out_at, c.ends_at)))
        .where(c.requester_id == user_id, c.status == "completed")
        .group_by(c.instrument_id)
    )
    return {row[0]: shanghai_day(row[1]) for row in rows}


@dataclass(frozen=True, slots=True)
class _Booked:
    """One booking of hers or of her group, as quotas count it."""

    requester_id: uuid.UUID
    group_id: uuid.UUID | None
    instrument_id: uuid.UUID
    scope_key: str | None  # of the policy it was made under
    span: TimeSpan
    status: str


def _booked(by: Actor, group_id: uuid.UUID | None, window: TimeSpan, now: datetime) -> list[_Booked]:
    """What `judgement.held` reads for one instrument, here for all."""
    c, days = BOOKING.c, list(window.days())
    since = min(week_span(days[0]).start, now)
    whose = c.requester_id == by.user_id
    if group_id is not None:
        whose = or_(whose, c.group_id == group_id)
    rows = db.session.execute(
        select(c.requester_id, c.group_id, c.instrument_id, _POLICY.c.scope_key)
        .add_columns(c.starts_at, c.ends_at, c.status)
        .outerjoin_from(BOOKING, _POLICY, _POLICY.c.id == c.policy_id)
        .where(whose, COUNTS, c.starts_at >= since - LONGEST, c.ends_at > since)
    )
    return [
        _Booked(who, group, where, scope, TimeSpan(start, end), status)
        for who, group, where, scope, start, end, status in rows
    ]


def _held(
    booked: Sequence[_Booked], by: Actor, group_id: uuid.UUID | None, now: datetime
) -> Callable[[PolicyRow, uuid.UUID], Held]:
    """Of her bookings those that a policy counts: of the instrument, or of its own wider scope."""

    @cache
    def counted(scope_key: str, instrument_id: uuid.UUID | None) -> Held:
        some = [
            one
            for one in booked
            if instrument_id == one.instrument_id or (not instrument_id and scope_key == one.scope_key)
        ]
        mine = [one for one in some if one.requester_id == by.user_id]
        return Held(
            person=tuple(one.span for one in mine),
            group=tuple(one.span for one in some if group_id is not None and one.group_id == group_id),
            open_bookings=sum(one.status in OPEN and one.span.end > now for one in mine),
        )

    def of(policy: PolicyRow, instrument_id: uuid.UUID) -> Held:
        own = policy.scope_key.startswith("instrument:")
        return counted(policy.scope_key, instrument_id if own else None)

    return of


def _begins(window: TimeSpan) -> Callable[[Terms, PolicyRow, Sought, TimeSpan], Starts]:
    """`starts.begins`, worked out once for all instruments that share opening hours and policy."""
    calendar = network.work_calendar()
    hours: dict[Any, list[TimeSpan]] = {}
    kept: dict[Any, Starts] = {}

    def begin(terms: Terms, policy: PolicyRow, sought: Sought, on: TimeSpan) -> Starts:
        alike = tuple(row.id for row in terms.timetables)
        key = (policy.id, sought.manager, on, alike)
        if key not in kept:
            if alike not in hours:
                hours[alike] = open_spans(terms, window, calendar)
            kept[key] = begins(sought, policy, on, hours[alike])
        return kept[key]

    return begin


def _barred(
    known: Mapping[uuid.UUID, Sequence[Leg]], terms: Mapping[uuid.UUID, Terms], person: Person, now: datetime
) -> dict[uuid.UUID, Barred]:
    """What she may not book so on any day of the window, by what stands against the first; nor anybody, while it is not
    known what is free."""
    found = {
        key: Barred(terms[key].instrument, some[0].broken)
        for key, some in known.items()
        if all(leg.broken for leg in some)
    }
    for key, row in outside_of([key for key in terms if key not in found]).items():
        if broken := of_outside(row, now):
            found[key] = Barred(terms[key].instrument, broken)
    rest = {key: one.instrument for key, one in terms.items() if key not in found}
    for key in barred_by_price(rest, person.by, person.group_id, shanghai_day(now)):
        found[key] = Barred(terms[key].instrument, [Violation("price")])
    return found


# --- what is taken ---------------------------------------------------------------------------------------------------


def _firsts(
    may: Mapping[uuid.UUID, Sequence[Leg]], terms: Mapping[uuid.UUID, Terms], limit: int
) -> dict[uuid.UUID, int]:
    """The first start of each instrument; where enough have one soon, only of those."""
    if not may:
        return {}
    edge = min(leg.starts[0][0] for some in may.values() for leg in some if leg.starts) + NEAR
    found = _first_within(may, terms, (0, edge))
    if len(found) >= limit:
        return found
    rest = {key: some for key, some in may.items() if key not in found}
    return found | _first_within(rest, terms, (edge + 1, EVER))


def _first_within(
    may: Mapping[uuid.UUID, Sequence[Leg]], terms: Mapping[uuid.UUID, Terms], bounds: Range
) -> dict[uuid.UUID, int]:
    busy = _busy(may, terms, bounds)
    firsts = {key: next(found_in(some, busy[key], bounds), None) for key, some in may.items()}
    return {key: first[1] for key, first in firsts.items() if first is not None}


def _times(
    chosen: Sequence[uuid.UUID],
    may: Mapping[uuid.UUID, Sequence[Leg]],
    terms: Mapping[uuid.UUID, Terms],
    *,
    each_day: bool,
    most: int,
) -> dict[uuid.UUID, list[tuple[Leg, TimeSpan]]]:
    """Of a few instruments the times within all the window, `most` of each."""
    some, bounds = {key: may[key] for key in chosen}, (0, EVER)
    busy = _busy(some, terms, bounds)
    return {
        key: [
            (leg, span_of(start, leg.sought.minutes))
            for leg, start in islice(found_in(some[key], busy[key], bounds, each_day=each_day), most)
        ]
        for key in chosen
    }


def _soonest(
    times: Mapping[uuid.UUID, Sequence[tuple[Leg, TimeSpan]]], limit: int
) -> dict[uuid.UUID, list[tuple[Leg, TimeSpan]]]:
    """The earliest of all of them; at the same time in the order of the instruments, which stays."""
    starts = sorted((span.start, place) for place, some in enumerate(times.values()) for _leg, span in some)[
        :limit
    ]
    counts = Counter(place for _start, place in starts)
    cut = ((key, some[: counts[place]]) for place, (key, some) in enumerate(times.items()))
    return {key: list(some) for key, some in cut if some}


def _busy(
    may: Mapping[uuid.UUID, Sequence[Leg]], terms: Mapping[uuid.UUID, Terms], bounds: Range
) -> dict[uuid.UUID, Busy]:
    """What is taken where a booking that begins within bounds, with its buffers, could lie: a statement for the
    instruments with one place, one for those with several."""
    window = _reach(may.values(), bounds)
    if window is None:
        return {key: Busy() for key in may}
    return busy_of([terms[key] for key in may], window)


def _reach(many: Iterable[Sequence[Leg]], bounds: Range) -> TimeSpan | None:
    """From the first to the last minute that such a booking could take."""
    ends = [
        (
            max(leg.starts[0][0], bounds[0]) - leg.policy.setup_minutes,
            min(leg.starts[-1][1], bounds[1]) + leg.sought.minutes + leg.policy.cleanup_minutes,
        )
        for some in many
        for leg in some
        if leg.starts and leg.starts[0][0] <= bounds[1] and leg.starts[-1][1] >= bounds[0]
    ]
    if not ends:
        return None
    start = min(first for first, _last in ends)
    return span_of(start, max(last for _first, last in ends) - start)


# --- what it costs ---------------------------------------------------------------------------------------------------


def _offers(
    times: Mapping[uuid.UUID, Sequence[tuple[Leg, TimeSpan]]],
    terms: Mapping[uuid.UUID, Terms],
    person: Person,
    now: datetime,
) -> list[Offer]:
    """With the price of each time for her, by the prices that are valid today."""
    on, calendar = shanghai_day(now), network.work_calendar()
    order = pricing.group_order(on)
    prices = pricing.prices_of({key: terms[key].scope_keys for key in times}, on)
    found = []
    for key in times:
        instrument = terms[key].instrument
        groups = price_groups(person.by, instrument, person.group_id)
        priced = [(span, offer(span, prices[key], groups, calendar, order)) for _leg, span in times[key]]
        found.append(Offer(instrument, times[key][0][0].policy, priced))
    return found


def with_names(barred: Sequence[Barred], now: datetime) -> list[Barred]:
    """The same, a missing licence with the names of those who grant one; one statement."""
    managers = registry.managers_of([one.instrument.id for one in barred], shanghai_day(now))

    def asked(one: Barred, broken: Violation) -> Violation:
        if broken.rule not in {"licence_level", "licence_idle_days"}:
            return broken
        names = [named(row.name, row.name_en) for row in managers.get(one.instrument.id, ())]
        return replace(broken, facts={**broken.facts, "ask": names})

    return [Barred(one.instrument, [asked(one, broken) for broken in one.broken]) for one in barred]
