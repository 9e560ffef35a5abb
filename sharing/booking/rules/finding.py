"""What stands between a person and the free time of an instrument, and what she may begin there: no slot is read yet.

Judged as `case.violations` judges a request, but for what a request is still asked: which of several groups pays, the
booking questions, the card.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from sharing.booking.rules import leave, limits
from sharing.booking.rules.leave import Training
from sharing.booking.rules.limits import Held, has_quotas, of_open_bookings
from sharing.booking.rules.starts import Leg, Sought, Starts, cut, quota_gaps
from sharing.booking.rules.words import Violation
from sharing.kernel.timespan import TimeSpan, at_shanghai, shanghai_day
from sharing.people.rules import Actor
from sharing.pricing.rules import Quote
from sharing.registry.rules import Audience, InstrumentRow, LicenceRow, PolicyRow, Terms

LEVELS: Final = leave.LEVELS
OPEN_TO_MEMBERS: Final = frozenset({Audience.NETWORK, Audience.EVERYONE})


def no_quotas(_policy: PolicyRow, _instrument_id: uuid.UUID) -> Held:
    """Nothing is counted of her."""
    return Held()


@dataclass(frozen=True, slots=True)
class Person:
    """Who looks for time and what she brings. Nobody signed in is judged as any member of the network.

    licences  all that she ever held, by instrument
    used_on   the day of her last use, by instrument, where leave lapses for want of it
    held      what quotas of a policy count of her and her group on an instrument
    """

    by: Actor | None
    group_id: uuid.UUID | None = None
    licences: Mapping[uuid.UUID, Sequence[LicenceRow]] = field(default_factory=dict)
    used_on: Mapping[uuid.UUID, date] = field(default_factory=dict)
    held: Callable[[PolicyRow, uuid.UUID], Held] = no_quotas

    def manages(self, instrument: InstrumentRow) -> bool:
        return self.by is not None and self.by.may("booking.manage", instrument.path)

    def training(self, instrument_id: uuid.UUID, on: date) -> Training:
        """Her furthest licence of a day, and how long it lies idle; without one, the day her last one ended."""
        mine = self.licences.get(instrument_id, ())
        held = max(
            (one for one in mine if one.holds(on)), key=lambda one: LEVELS.index(one.level), default=None
        )
        last = max(mine, key=lambda one: (one.starts_on, one.id), default=None)
        lapsed = last.ends_on if last and last.ends_on and last.ends_on <= on else None
        idle = (on - self.fresh_on(instrument_id, held)).days if held else None
        return Training(held=held, lapsed_on=lapsed, idle_days=idle)

    def fresh_on(self, instrument_id: uuid.UUID, licence: LicenceRow) -> date:
        """The day from which a licence lies idle: of her last use, or of her leave where that came later."""
        return max(licence.starts_on, self.used_on.get(instrument_id, licence.starts_on))


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked for: so many minutes (None: the shortest that each policy allows) within a window."""

    window: TimeSpan
    minutes: int | None = None


def stretches(terms: Terms, window: TimeSpan, person: Person) -> list[TimeSpan]:
    """The window cut where a policy row, a licence or customs supervision begins or ends, or leave lapses unused."""
    key = terms.instrument.id
    licences = person.licences.get(key, ())
    days = {row.valid_from for row in terms.policies} | {terms.instrument.customs_until}
    days |= {day for one in licences for day in (one.starts_on, one.ends_on)}
    idle = {n for row in terms.policies if (n := row.licence_idle_days) is not None}
    days |= {person.fresh_on(key, one) + timedelta(days=n + 1) for one in licences for n in idle}
    inside = sorted(edge for day in days if day and window.start < (edge := at_shanghai(day)) < window.end)
    return [TimeSpan(a, b) for a, b in pairwise([window.start, *inside, window.end])]


def against_person(
    instrument: InstrumentRow, policy: PolicyRow, person: Person, on: date, *, manager: bool
) -> list[Violation]:
    """What keeps her from booking this instrument on a day at all."""
    by = person.by
    if by is None:
        shut = [] if policy.audience in OPEN_TO_MEMBERS else [Violation("audience", policy.audience)]
        return shut + leave.of_training(policy.licence_level, Training())
    broken = leave.of_instrument(instrument, by, on)
    if not manager:
        broken += leave.of_audience(policy.audience, instrument, by)
        known = person.training(instrument.id, on)
        broken += leave.of_training(policy.licence_level, known, policy.licence_idle_days)
    unpaid = leave.of_payer(person.group_id, by, manager=manager)
    return broken + [one for one in unpaid if one.actual != "several"]


def length_under(policy: PolicyRow, look: Look) -> int:
    return look.minutes or max(policy.shortest_minutes, policy.granularity_minutes)


def against_length(policy: PolicyRow, length: int, on: date) -> list[Violation]:
    """What a policy says of a booking of that length, whenever it begins."""
    midnight = at_shanghai(on)
    return limits.of_length(TimeSpan(midnight, midnight + timedelta(minutes=length)), policy)


Begins = Callable[[Terms, PolicyRow, Sought, TimeSpan], Starts]
"""Starts that the time rules of a policy leave on some days: `starts.begins` over an instrument's opening hours."""


def alike(terms: Terms, person: Person) -> Hashable:
    """Instruments of which this is equal have the same legs for her: the same rules, and nothing of their own that
    `legs` reads."""
    instrument = terms.instrument
    return (
        tuple(map(id, terms.policies)),
        tuple(map(id, terms.timetables)),
        instrument.institution_id,
        instrument.group_id,
        instrument.customs_supervised and (instrument.customs_until or True),
        (instrument.status, instrument.status_reason),
        instrument.booking_mode,
        person.manages(instrument),
        instrument.id if instrument.id in person.licences else None,
    )


def legs(terms: Terms, person: Person, look: Look, now: datetime, begin: Begins) -> list[Leg]:
    """What she may begin on an instrument, by the days on which the same rules hold for her."""
    instrument, found = terms.instrument, []
    manager = person.manages(instrument)
    for stretch in stretches(terms, look.window, person):
        on = shanghai_day(stretch.start)
        policy = terms.policy(on)
        sought = Sought(look.window, length_under(policy, look), now, manager)
        broken = against_person(instrument, policy, person, on, manager=manager)
        broken += against_length(policy, sought.minutes, on)
        held = person.held(policy, instrument.id) if has_quotas(policy) and not manager else None
        broken += of_open_bookings(policy, held) if held else []
        starts = [] if broken else begin(terms, policy, sought, stretch)
        found.append(
            Leg(policy, sought, cut(starts, quota_gaps(sought, policy, held)) if held else starts, broken)
        )
    return found


@dataclass(frozen=True, slots=True)
class Offer:
    """The earliest times of one instrument that she may book, each with what it costs her."""

    instrument: InstrumentRow
    policy: PolicyRow
    times: Sequence[tuple[TimeSpan, Quote]]


@dataclass(frozen=True, slots=True)
class Barred:
    """An instrument that she may not book so in all the window, and why."""

    instrument: InstrumentRow
    broken: Sequence[Violation]


@dataclass(frozen=True, slots=True)
class Earliest:
    """What a search for time found, the earliest first.

    looked_at  instruments whose time was looked at; `beyond` is how many more there were
    """

    offers: Sequence[Offer]
    barred: Sequence[Barred]
    looked_at: int
    beyond: int = 0

    @property
    def without(self) -> int:
        """Those that have no time for her in the window; to be told only where all were looked at to the end."""
        return self.looked_at - len(self.barred) - len(self.offers)
