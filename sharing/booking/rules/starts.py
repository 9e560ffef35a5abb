"""When a booking could begin: intervals of whole minutes, cut by each rule until only what may be booked is left.

A set of starts is a list of closed ranges `(first, last)` of whole minutes since the epoch, disjoint and in order. What
stands here says of sets at once what `limits` says of one span; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sharing.booking.rules.limits import DAY_MINUTES, Held, Limits
from sharing.booking.rules.places import Taken, cluster, free_position, full_spans, repacked
from sharing.booking.rules.words import Violation
from sharing.kernel.timespan import MINUTE, TimeSpan, at_shanghai, day_span, shanghai_day, week_span
from sharing.registry.rules import PolicyRow

Range = tuple[int, int]
Starts = list[Range]

EVER: Final = 2**60  # minutes: later than any start
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SHANGHAI_MINUTES: Final = (
    480  # what Shanghai's midnight lies before that of UTC, without exception since 1991
)


@dataclass(frozen=True, slots=True)
class Sought:
    """A booking of so many whole minutes, anywhere in a window.

    manager  of the instrument: exempt from lead, horizon and quotas
    """

    window: TimeSpan
    minutes: int
    now: datetime
    manager: bool = False


def minute_of(instant: datetime) -> int:
    """Whole minutes since the epoch, cut towards the past."""
    return (instant - EPOCH) // MINUTE


def minute_from(instant: datetime) -> int:
    """The first whole minute that is not before an instant."""
    return -((EPOCH - instant) // MINUTE)


def span_of(start: int, length: int) -> TimeSpan:
    begin = EPOCH + timedelta(minutes=start)
    return TimeSpan(begin, begin + timedelta(minutes=length))


# --- what each rule leaves -------------------------------------------------------------------------------------------


def begins(sought: Sought, policy: Limits, on: TimeSpan, opened: Sequence[TimeSpan]) -> Starts:
    """Starts that distance and opening hours leave, on the grid or off it, whoever may have taken the time.

    on      the days on which this policy row is in force: it is the start that counts
    opened  open time of the window, merged and in order
    """
    length = sought.minutes
    if length % policy.granularity_minutes:
        return []
    first = max(minute_from(sought.window.start), minute_from(sought.now), minute_from(on.start))
    last = min(minute_of(sought.window.end) - length, minute_from(on.end) - 1)
    if not sought.manager:
        first = max(first, minute_from(sought.now) + policy.lead_minutes)
        if policy.horizon_days is not None:
            beyond = shanghai_day(sought.now) + timedelta(days=policy.horizon_days + 1)
            last = min(last, minute_of(at_shanghai(beyond)) - 1)
    if first > last:
        return []
    return both([(first, last)], _open_starts(length, policy, opened))


def _open_starts(length: int, policy: Limits, opened: Sequence[TimeSpan]) -> Starts:
    """Inside opening hours; where runs go on through closed time, from open time into open time."""
    spans = [(minute_from(span.start), minute_of(span.end)) for span in opened]
    if not policy.runs_through_closed:
        return [(start, end - length) for start, end in spans if start + length <= end]
    return both(
        [(start, end - 1) for start, end in spans],
        [(start + 1 - length, end - length) for start, end in spans],
    )


def both(some: Starts, others: Starts) -> Starts:
    """What lies in both sets."""
    found: Starts = []
    here = there = 0
    while here < len(some) and there < len(others):
        first, last = max(some[here][0], others[there][0]), min(some[here][1], others[there][1])
        if first <= last:
            found.append((first, last))
        if some[here][1] < others[there][1]:
            here += 1
        else:
            there += 1
    return found


def cut(starts: Starts, gaps: Iterable[Range]) -> Starts:
    """The starts that lie inside none of the gaps; a start on the edge of one is left."""
    todo = sorted(gaps)
    if not todo:
        return starts
    found: Starts = []
    passed = 0
    for begin, last in starts:
        first = begin
        while passed < len(todo) and todo[passed][1] <= first:
            passed += 1
        for low, high in todo[passed:]:
            if low >= last or first > last:
                break
            if low >= first:
                found.append((first, low))
            first = max(first, high)
        if first <= last:
            found.append((first, last))
    return found


def taken_gaps(busy: Iterable[Range], length: int, setup: int, cleanup: int) -> list[Range]:
    """Where a booking with its buffers would meet time that is taken."""
    return [(start - length - cleanup, end + setup) for start, end in busy]


def quota_gaps(sought: Sought, policy: Limits, held: Held) -> list[Range]:
    """Where a booking would leave a person or her group with more minutes of a day or a week than the policy allows."""
    if sought.manager:
        return []
    gaps: list[Range] = []
    for limit, spans, period in (
        (policy.person_day_minutes, held.person, day_span),
        (policy.person_week_minutes, held.person, week_span),
        (policy.group_day_minutes, held.group, day_span),
        (policy.group_week_minutes, held.group, week_span),
    ):
        if limit is not None and (spans or limit < sought.minutes):
            for one in dict.fromkeys(period(day) for day in sought.window.days()):
                used = sum(part.minutes for span in spans if (part := span.intersection(one)))
                room = max(limit - used, 0)
                if room < min(sought.minutes, one.minutes):
                    gaps.append((minute_of(one.start) + room - sought.minutes, minute_of(one.end) - room))
    return gaps


def busy_with(window: TimeSpan, taken: Sequence[Taken], capacity: int) -> Busy:
    """What is taken of an instrument in a window, of its slots."""
    return Busy(full_minutes(window, taken, capacity), taken, capacity)


def full_minutes(window: TimeSpan, taken: Sequence[Taken], capacity: int) -> list[Range]:
    """When every place is taken at once."""
    return [(minute_of(one.start), minute_from(one.end)) for one in full_spans(window, taken, capacity)]


# --- what is shown of them -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leg:
    """Days on which one policy row and one licence hold for somebody: the starts that they leave her.

    sought  with the length that is looked for under this policy
    broken  what stands against every start of them; then there are no starts
    """

    policy: PolicyRow
    sought: Sought
    starts: Starts
    broken: Sequence[Violation] = ()


@dataclass(frozen=True, slots=True)
class Busy:
    """What is taken of one instrument: `full`, when no place is left; `taken`, by place, where it has several."""

    full: Sequence[Range] = ()
    taken: Sequence[Taken] = ()
    capacity: int = 1


def found_in(
    legs: Iterable[Leg], busy: Busy, bounds: Range, *, each_day: bool = False
) -> Iterator[tuple[Leg, int]]:
    """Starts that rules and slots leave within bounds, the earliest first, so that the bookings follow each other.

    each_day  only the first of each Shanghai day

    The grid comes last, for buffers and quotas may end off it.
    """
    after = bounds[0]
    for leg in legs:
        length, policy = leg.sought.minutes, leg.policy
        gaps = taken_gaps(busy.full, length, policy.setup_minutes, policy.cleanup_minutes)
        for first, last in cut(both(leg.starts, [bounds]), gaps):
            start = next_on_grain(max(first, after), policy.granularity_minutes)
            while start <= last:
                if busy.capacity > 1 and not has_room(leg, start, busy):
                    start += policy.granularity_minutes
                    continue
                yield leg, start
                after = _midnight_after(start) if each_day else start + length
                start = next_on_grain(after, policy.granularity_minutes)


def last_before(leg: Leg, busy: Busy, bounds: Range) -> int | None:
    """The latest start within bounds that rules and slots leave."""
    grain, policy = leg.policy.granularity_minutes, leg.policy
    gaps = taken_gaps(busy.full, leg.sought.minutes, policy.setup_minutes, policy.cleanup_minutes)
    for first, last in reversed(cut(both(leg.starts, [bounds]), gaps)):
        start = last - (last + SHANGHAI_MINUTES) % grain
        while start >= first:
            if busy.capacity == 1 or has_room(leg, start, busy):
                return start
            start -= grain
    return None


def has_room(leg: Leg, start: int, busy: Busy) -> bool:
    """Whether one place is free for a booking with its buffers, or can be made so by moving what may move."""
    before, after = timedelta(minutes=leg.policy.setup_minutes), timedelta(minutes=leg.policy.cleanup_minutes)
    span = span_of(start, leg.sought.minutes).widened(before, after)
    if free_position(span, busy.taken, busy.capacity) is not None:
        return True
    return repacked(span, cluster(span, busy.taken), busy.capacity) is not None


def next_on_grain(minute: int, grain: int) -> int:
    """The first point from a minute on of the grid that begins at Shanghai midnight; the grain divides a day."""
    return minute + -(minute + SHANGHAI_MINUTES) % grain


def _midnight_after(minute: int) -> int:
    return next_on_grain(minute + 1, DAY_MINUTES)
