"""Limits of time: length, grain, lead, horizon, opening hours, quotas. Everything that is broken, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from sharing.booking.rules.words import Violation, local
from sharing.kernel.timespan import (
    SHANGHAI,
    TimeSpan,
    at_shanghai,
    day_span,
    minutes,
    shanghai_day,
    week_span,
)

NEAREST: Final = 3
DAY_MINUTES: Final = 1440


class Limits(Protocol):
    """What a policy row says of time; `registry.rules.PolicyRow` is one. None is no limit."""

    @property
    def granularity_minutes(self) -> int: ...
    @property
    def shortest_minutes(self) -> int: ...
    @property
    def longest_minutes(self) -> int | None: ...
    @property
    def lead_minutes(self) -> int: ...
    @property
    def horizon_days(self) -> int | None: ...
    @property
    def person_day_minutes(self) -> int | None: ...
    @property
    def person_week_minutes(self) -> int | None: ...
    @property
    def group_day_minutes(self) -> int | None: ...
    @property
    def group_week_minutes(self) -> int | None: ...
    @property
    def most_open_bookings(self) -> int | None: ...
    @property
    def runs_through_closed(self) -> bool: ...


def of_length(span: TimeSpan, policy: Limits) -> list[Violation]:
    """Grain, shortest and longest, in whole minutes."""
    broken: list[Violation] = []
    grain = policy.granularity_minutes
    off = max(_past_grain(span.start, grain), _past_grain(span.end, grain))
    if off:
        start = span.start - timedelta(minutes=_past_grain(span.start, grain))
        end = span.end + timedelta(minutes=-_past_grain(span.end, grain) % grain)
        broken.append(Violation("granularity_minutes", grain, off, local(TimeSpan(start, end))))
    if span.minutes < policy.shortest_minutes:
        broken.append(Violation("shortest_minutes", policy.shortest_minutes, span.minutes))
    if policy.longest_minutes is not None and span.minutes > policy.longest_minutes:
        broken.append(Violation("longest_minutes", policy.longest_minutes, span.minutes))
    return broken


def _past_grain(instant: datetime, grain: int) -> int:
    """Minutes past the last point of the grid that begins at Shanghai midnight."""
    local_time = instant.astimezone(SHANGHAI)
    return (local_time.hour * 60 + local_time.minute) % grain


def first_start(after: datetime, policy: Limits, spans: Sequence[TimeSpan]) -> datetime:
    """The first start on the grid from which the shortest booking fits into open time, whoever may have taken it.

    spans  open time from `after` on, in order; where nothing fits in them, the grid alone says
    """
    shortest = timedelta(minutes=policy.shortest_minutes)
    starts = (_next_grain(max(after, s.start), policy.granularity_minutes) for s in spans)
    fits = (start for start, s in zip(starts, spans, strict=True) if start + shortest <= s.end)
    return next(fits, _next_grain(after, policy.granularity_minutes))


def _next_grain(instant: datetime, grain: int) -> datetime:
    whole = instant.replace(second=0, microsecond=0)
    whole += timedelta(minutes=whole < instant)
    return whole + timedelta(minutes=-_past_grain(whole, grain) % grain)


def of_distance(
    span: TimeSpan, policy: Limits, now: datetime, spans: Sequence[TimeSpan] = ()
) -> list[Violation]:
    """Begun already, too soon, or too far ahead. A day ahead is counted as calendars count it, in Shanghai.

    spans  open time round the span, for the way out
    """
    ahead = minutes(now, span.start)
    if ahead < 0:
        return [Violation("past", None, -ahead)]
    broken: list[Violation] = []
    if ahead < policy.lead_minutes:
        earliest = first_start(now + timedelta(minutes=policy.lead_minutes), policy, spans)
        facts = {"earliest": earliest.astimezone(SHANGHAI).isoformat()}
        broken.append(Violation("lead_minutes", policy.lead_minutes, ahead, facts))
    today = shanghai_day(now)
    days = (shanghai_day(span.start) - today).days
    if policy.horizon_days is not None and days > policy.horizon_days:
        latest = today + timedelta(days=policy.horizon_days)
        broken.append(Violation("horizon_days", policy.horizon_days, days, {"latest_on": latest.isoformat()}))
    return broken


def is_open(span: TimeSpan, spans: Sequence[TimeSpan], *, through_closed: bool) -> bool:
    """Whether a span keeps to opening hours.

    spans           disjoint and in order; spans that touch are one, so that round-the-clock days make a long one
    through_closed  it may run on over closed time as long as it begins and ends in open time
    """
    if through_closed:
        starts = any(s.start <= span.start < s.end for s in spans)
        return starts and any(s.start < span.end <= s.end for s in spans)
    return any(s.contains(span) for s in spans)


def nearest_open(span: TimeSpan, spans: Sequence[TimeSpan]) -> list[TimeSpan]:
    """The open spans nearest to what was asked, at most three, in order."""

    def away(one: TimeSpan) -> timedelta:
        return max(one.start - span.end, span.start - one.end, timedelta())

    return sorted(sorted(spans, key=away)[:NEAREST])


def of_hours(
    span: TimeSpan,
    policy: Limits,
    spans: Sequence[TimeSpan],
    *,
    provisional: bool = False,
    now: datetime | None = None,
) -> list[Violation]:
    """Outside opening hours.

    spans        open time some days round the span, merged and in order
    now          what is over by now is no way out
    provisional  a day in it lies in a year whose statutory calendar is not published yet (SCENARIOS 18)
    """
    if is_open(span, spans, through_closed=policy.runs_through_closed):
        return []
    days = TimeSpan(at_shanghai(shanghai_day(span.start)), day_span(list(span.days())[-1]).end)
    that_day = [part for s in spans if (part := s.intersection(days))]
    coming = [s for s in spans if now is None or s.end > now]
    facts = {"nearest": [local(s) for s in nearest_open(span, coming)], "provisional": provisional}
    return [Violation("opening_hours", [local(s) for s in that_day], local(span), facts)]


@dataclass(frozen=True, slots=True)
class Held:
    """What a person and her group hold already, the booking at hand left out.

    person, group  spans of bookings that count, which touch the weeks asked about
    open_bookings  how many of hers are requested or approved and not over
    """

    person: tuple[TimeSpan, ...] = ()
    group: tuple[TimeSpan, ...] = ()
    open_bookings: int = 0


def has_quotas(policy: Limits) -> bool:
    return policy.most_open_bookings is not None or has_sums(policy)


def has_sums(policy: Limits) -> bool:
    """True when minutes must be summed, not only bookings counted."""
    limits = (policy.person_day_minutes, policy.person_week_minutes)
    return any(x is not None for x in (*limits, policy.group_day_minutes, policy.group_week_minutes))


def of_quotas(span: TimeSpan, policy: Limits, held: Held) -> list[Violation]:
    """Minutes a day and a week of person and group, and the most open bookings.

    A span over midnight counts to each Shanghai day the minutes that lie in it; weeks begin on Monday.
    """
    broken: list[Violation] = []
    for rule, limit, spans, period in (
        ("person_day_minutes", policy.person_day_minutes, held.person, day_span),
        ("person_week_minutes", policy.person_week_minutes, held.person, week_span),
        ("group_day_minutes", policy.group_day_minutes, held.group, day_span),
        ("group_week_minutes", policy.group_week_minutes, held.group, week_span),
    ):
        if limit is not None:
            periods = dict.fromkeys(period(day) for day in span.days())
            broken += [v for one in periods if (v := _over(rule, limit, span, spans, one))]
    return broken + of_open_bookings(policy, held)


def of_open_bookings(policy: Limits, held: Held) -> list[Violation]:
    """One more would be too many that are not over yet."""
    most = policy.most_open_bookings
    if most is None or held.open_bookings + 1 <= most:
        return []
    return [Violation("most_open_bookings", most, held.open_bookings + 1)]


def _over(
    rule: str, limit: int, span: TimeSpan, spans: Sequence[TimeSpan], period: TimeSpan
) -> Violation | None:
    asked, taken = _within(span, period), sum(_within(one, period) for one in spans)
    if asked + taken <= limit:
        return None
    on: date = shanghai_day(period.start)
    return Violation(rule, limit, taken + asked, {"held": taken, "asked": asked, "on": on.isoformat()})


def _within(span: TimeSpan, period: TimeSpan) -> int:
    part = span.intersection(period)
    return part.minutes if part else 0
