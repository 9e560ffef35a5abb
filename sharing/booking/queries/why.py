"""Why a time cannot be had: everything that submitting would meet, what holds the time, and the nearest that works."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sharing.booking.queries.calendar import calendar, week
from sharing.booking.queries.checking import buffered, check, judged, wish_of
from sharing.booking.queries.free import free_from
from sharing.booking.queries.judgement import case
from sharing.booking.rules import TIMELESS, Free, Item, ItemKind, Submit, Why, rules_asked
from sharing.kernel.language import named
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, at_shanghai, shanghai_day
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import PolicyRow, Terms

TRIES: Final = 8  # free spans that are judged before it is said that none works
HOLDS: Final = frozenset({ItemKind.BOOKING, ItemKind.HOLD, ItemKind.BLOCK, ItemKind.BUFFER})


def why(ask: Submit, *, by: Actor, now: datetime) -> Why:
    """The answer for one span on one instrument; nothing is written. Raises Refused: not-found."""
    terms = registry.booking_terms(ask.instrument_id)
    if terms is None:
        raise Refused("not-found")
    on = shanghai_day(ask.span.start)
    policy = terms.policy(on)
    found = check(ask, by=by, now=now, questions_later=True)
    helpless = any(one.rule in TIMELESS for one in found.violations)
    return Why(
        span=ask.span,
        check=found,
        rules=rules_asked(policy, found.violations),
        taken=_taken(terms, policy, ask.span, by, now),
        nearest=None if found.passes or helpless else _nearest(ask, terms, policy, by, now),
        ask=[named(one.name, one.name_en) for one in registry.managers(ask.instrument_id, on)],
    )


def _taken(terms: Terms, policy: PolicyRow, span: TimeSpan, by: Actor, now: datetime) -> list[Item]:
    """What holds the time, buffers counted; whose it is as far as she may know."""
    wide = buffered(span, policy.setup_minutes, policy.cleanup_minutes)
    shown = week(calendar(terms.instrument.id, by, now), wide, by)
    held = [one for one in shown.items if one.kind in HOLDS and one.span.overlaps(wide)]
    return sorted(held, key=lambda one: (one.span.start, one.position or 0))


def _nearest(ask: Submit, terms: Terms, policy: PolicyRow, by: Actor, now: datetime) -> Free | None:
    """The first free span from the wish on that breaks no rule of hers; her quotas send the search to the next day,
    then to the next week."""
    length = timedelta(minutes=_length(ask.span.minutes, policy))
    start = max(ask.span.start, now)
    for _try in range(TRIES):
        free = free_from(terms, TimeSpan(start, start + length), start, now)
        if free is None:
            return None
        wish = replace(ask, span=free.span)
        broken = {one.rule for one in judged(case(wish_of(wish, terms, by), now))[0]}
        if all(rule.startswith("answer_") for rule in broken):
            return free
        by_week = any(rule.endswith("week_minutes") for rule in broken)
        day = shanghai_day(free.span.start)
        start = at_shanghai(day + timedelta(days=7 - day.weekday() if by_week else 1))
    return None


def _length(minutes: int, policy: PolicyRow) -> int:
    """The wish's length as the policy allows it."""
    grain = policy.granularity_minutes
    least = max(minutes, policy.shortest_minutes)
    most = policy.longest_minutes if policy.longest_minutes is not None else least
    return max(grain, -(-min(least, most) // grain) * grain)
