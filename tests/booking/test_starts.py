"""The finder against brute force: every start is asked of the rules that judge a booking, one by one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.booking.rules import Held, Taken, cluster, free_position, limits, repacked
from sharing.booking.rules import starts as rules
from sharing.kernel.timespan import TimeSpan, at_shanghai, merged, shanghai_day
from tests.booking.test_rules import ZERO, Policy, hours

STEP = 15  # every policy here has a grain that this divides
DAYS = 3


@dataclass(frozen=True)
class Buffered(Policy):
    """A policy with set-up and clean-up."""

    setup_minutes: int = 0
    cleanup_minutes: int = 0


@dataclass(frozen=True)
class World:
    """Everything that decides when a booking could begin."""

    policy: Buffered
    sought: rules.Sought
    opened: list[TimeSpan]
    taken: list[Taken]
    capacity: int
    held: Held


maybe_limit = st.none() | st.sampled_from([0, 60, 90, 240])


@st.composite
def policies(draw: st.DrawFn) -> Buffered:
    return Buffered(
        granularity_minutes=draw(st.sampled_from([15, 30, 60])),
        shortest_minutes=0,
        lead_minutes=draw(st.sampled_from([0, 45, 600])),
        horizon_days=draw(st.none() | st.integers(0, 3)),
        person_day_minutes=draw(maybe_limit),
        person_week_minutes=draw(maybe_limit),
        group_day_minutes=draw(maybe_limit),
        group_week_minutes=draw(maybe_limit),
        runs_through_closed=draw(st.booleans()),
        setup_minutes=draw(st.sampled_from([0, 15, 20])),
        cleanup_minutes=draw(st.sampled_from([0, 10, 45])),
    )


@st.composite
def stretches(draw: st.DrawFn, longest: int = 24) -> TimeSpan:
    start = draw(st.integers(-8, DAYS * 96))
    return TimeSpan(
        ZERO + timedelta(minutes=STEP * start),
        ZERO + timedelta(minutes=STEP * (start + draw(st.integers(1, longest)))),
    )


@st.composite
def slots(draw: st.DrawFn, capacity: int) -> list[Taken]:
    """Slots of which no two on one position meet."""
    found: list[Taken] = []
    for span in draw(st.lists(stretches(), max_size=8)):
        position = draw(st.integers(1, capacity))
        if not any(one.position == position and one.span.overlaps(span) for one in found):
            found.append(Taken(uuid.uuid4(), position, span, draw(st.booleans())))
    return sorted(found, key=lambda one: one.span)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    capacity = draw(st.integers(1, 3))
    sought = rules.Sought(
        window=TimeSpan(ZERO, ZERO + timedelta(days=DAYS)),
        minutes=draw(st.sampled_from([30, 60, 120, 300, 1500])),
        now=ZERO
        + timedelta(minutes=draw(st.integers(-600, 2_000)), seconds=draw(st.sampled_from([0, 1, 59]))),
        manager=draw(st.booleans()),
    )
    booked = st.lists(stretches(8), max_size=3).map(tuple)
    return World(
        policy=draw(policies()),
        sought=sought,
        opened=merged(draw(st.lists(stretches(96), min_size=1, max_size=5))),
        taken=draw(slots(capacity)),
        capacity=capacity,
        held=Held(draw(booked), draw(booked)),
    )


def found(world: World, *, each_day: bool = False) -> list[int]:
    """What the finder says, as minutes after ZERO."""
    window, policy = world.sought.window, world.policy
    inside = [part for one in world.opened if (part := one.intersection(window))]
    starts = rules.begins(world.sought, policy, window, inside)
    starts = rules.cut(starts, rules.quota_gaps(world.sought, policy, world.held))
    wide = window.widened(timedelta(days=2), timedelta(days=2))
    busy = rules.Busy(
        rules.full_minutes(wide, world.taken, world.capacity), tuple(world.taken), world.capacity
    )
    leg = rules.Leg(policy, world.sought, starts)  # type: ignore[arg-type]
    zero = rules.minute_of(ZERO)
    return [start - zero for _leg, start in rules.found_in([leg], busy, (0, 2**60), each_day=each_day)]


def may(world: World, span: TimeSpan) -> bool:
    """What the rules that judge a booking say of one span."""
    policy, sought = world.policy, world.sought
    distance = limits.of_distance(span, policy, sought.now)
    quotas = limits.of_quotas(span, policy, world.held)
    if sought.manager:
        distance, quotas = [one for one in distance if one.rule == "past"], []
    broken = distance + quotas + limits.of_length(span, policy) + limits.of_hours(span, policy, world.opened)
    return not broken and has_place(world, span)


def has_place(world: World, span: TimeSpan) -> bool:
    """As `service.slots.place` decides."""
    policy = world.policy
    whole = span.widened(timedelta(minutes=policy.setup_minutes), timedelta(minutes=policy.cleanup_minutes))
    if free_position(whole, world.taken, world.capacity) is not None:
        return True
    return world.capacity > 1 and repacked(whole, cluster(whole, world.taken), world.capacity) is not None


def by_force(world: World) -> list[int]:
    """Every start of the window that the rules let pass."""
    every = range(0, DAYS * 1440 - world.sought.minutes + 1, STEP)
    length = timedelta(minutes=world.sought.minutes)
    spans = {n: TimeSpan(at, at + length) for n in every for at in [ZERO + timedelta(minutes=n)]}
    return [n for n, span in spans.items() if may(world, span)]


def after_each_other(starts: list[int], length: int) -> list[int]:
    kept: list[int] = []
    for start in starts:
        if not kept or start >= kept[-1] + length:
            kept.append(start)
    return kept


@settings(max_examples=150)
@given(world=worlds())
def test_the_finder_finds_what_the_rules_let_pass_one_by_one(world: World) -> None:
    assert found(world) == after_each_other(by_force(world), world.sought.minutes)


@settings(max_examples=50)
@given(world=worlds())
def test_the_first_of_each_day_is_the_first_that_the_rules_let_pass_that_day(world: World) -> None:
    every = by_force(world)
    firsts = [next(n for n in every if n // 1440 == day) for day in dict.fromkeys(n // 1440 for n in every)]
    assert found(world, each_day=True) == firsts


def test_a_day_whose_quota_is_used_is_passed_over() -> None:
    policy = Buffered(person_day_minutes=120, granularity_minutes=30)
    world = World(
        policy,
        rules.Sought(hours(0, 72), 60, ZERO),
        [hours(8, 17), hours(32, 41)],
        [],
        1,
        Held(person=(hours(8, 9.5),)),
    )
    assert found(world)[0] == 32 * 60


def test_places_that_a_pinned_slot_keeps_apart_are_not_offered() -> None:
    """Two places; each is free for part of the time, and what stands there may not move."""
    sought = rules.Sought(hours(8, 12), 120, ZERO)
    pinned = [
        Taken(uuid.uuid4(), 1, hours(8, 9), pinned=True),
        Taken(uuid.uuid4(), 2, hours(9, 12), pinned=True),
    ]
    loose = [Taken(one.source_id, one.position, one.span) for one in pinned]
    world = World(Buffered(), sought, [hours(8, 12)], pinned, 2, Held())
    assert found(world) == [540]
    assert found(World(Buffered(), sought, [hours(8, 12)], loose, 2, Held())) == [480, 600]


@pytest.mark.parametrize("grain", [1, 5, 30, 45, 360, 1440])
def test_the_grid_begins_at_shanghai_midnight(grain: int) -> None:
    midnight = rules.minute_of(at_shanghai(shanghai_day(ZERO)))
    for after in (0, 1, 479, 719, 1439):
        point = next(n for n in range(after, 2881) if n % 1440 % grain == 0)
        assert rules.next_on_grain(midnight + after, grain) == midnight + point


def test_minutes_are_cut_towards_what_is_safe() -> None:
    late = datetime(2026, 3, 2, 2, 0, 30, tzinfo=ZERO.tzinfo)
    assert rules.minute_from(late) == rules.minute_of(late) + 1
    assert rules.span_of(rules.minute_of(ZERO), 30) == hours(0, 0.5)
