"""Laws of the pure rules, each with an example that names the case: conflicts, opening hours, quotas, places, gaps."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.booking.rules import (
    TRANSITIONS,
    Action,
    Held,
    Status,
    Taken,
    allowed,
    cluster,
    extra,
    free_position,
    full_spans,
    halves,
    is_open,
    limits,
    load,
    meeting,
    moved,
    peak,
    repacked,
)
from sharing.booking.rules.starts import (
    EVER,
    Leg,
    Sought,
    begins,
    busy_with,
    found_in,
    last_before,
    minute_of,
    span_of,
)
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, merged, shanghai_day

ZERO = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # midnight in Shanghai
GRAIN = 30
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Policy:
    """A policy without limits but those given."""

    granularity_minutes: int = 30
    shortest_minutes: int = 30
    longest_minutes: int | None = None
    lead_minutes: int = 0
    horizon_days: int | None = None
    person_day_minutes: int | None = None
    person_week_minutes: int | None = None
    group_day_minutes: int | None = None
    group_week_minutes: int | None = None
    most_open_bookings: int | None = None
    runs_through_closed: bool = False
    setup_minutes: int = 0
    cleanup_minutes: int = 0


def hours(start: float, end: float) -> TimeSpan:
    return TimeSpan(ZERO + timedelta(hours=start), ZERO + timedelta(hours=end))


@st.composite
def spans(draw: st.DrawFn, days: int = 4) -> TimeSpan:
    start = draw(st.integers(0, days * 48 - 2))
    length = draw(st.integers(1, 40))
    return hours(start / 2, (start + length) / 2)


shifts = st.integers(-20_000, 20_000).map(lambda n: timedelta(minutes=n))


# --- conflicts -------------------------------------------------------------------------------------------------------


def test_back_to_back_bookings_do_not_meet() -> None:
    assert meeting(hours(2, 4), [hours(0, 2), hours(4, 6)]) == []
    assert meeting(hours(2, 4), [hours(1, 3)]) == [hours(1, 3)]


@given(wish=spans(), taken=st.lists(spans(), max_size=8))
def test_conflicts_are_what_brute_force_finds(wish: TimeSpan, taken: list[TimeSpan]) -> None:
    def halves(span: TimeSpan) -> set[datetime]:
        count = span.minutes // GRAIN
        return {span.start + timedelta(minutes=GRAIN * n) for n in range(count)}

    assert meeting(wish, taken) == [one for one in taken if halves(one) & halves(wish)]


@given(wish=spans(), taken=st.lists(spans(), max_size=8), by=shifts)
def test_moving_everything_in_time_changes_nothing(
    wish: TimeSpan, taken: list[TimeSpan], by: timedelta
) -> None:
    after = meeting(wish.moved(by), [one.moved(by) for one in taken])
    assert after == [one.moved(by) for one in meeting(wish, taken)]


@given(wish=spans(), held=spans())
def test_a_pending_change_holds_exactly_the_minutes_not_held_yet(wish: TimeSpan, held: TimeSpan) -> None:
    parts = extra(wish, held)
    shared = wish.intersection(held)
    assert sum(part.minutes for part in parts) == wish.minutes - (shared.minutes if shared else 0)
    assert all(wish.contains(part) and not part.overlaps(held) for part in parts)


# --- places ----------------------------------------------------------------------------------------------------------


def packed(wishes: list[TimeSpan], capacity: int) -> list[Taken]:
    """Bookings taken one after another as the service takes them: the first free place, else by re-packing."""
    taken: list[Taken] = []
    for wish in wishes:
        near = [one for one in taken if one in cluster(wish, taken)]
        position = free_position(wish, near, capacity)
        moves: dict[uuid.UUID, int] = {}
        if position is None:
            found = repacked(wish, near, capacity)
            if found is None:
                continue
            position, moves = found[0], dict(found[1])
        taken = [Taken(t.source_id, moves.get(t.source_id, t.position), t.span) for t in taken]
        taken.append(Taken(uuid.uuid4(), position, wish))
    return taken


@given(wishes=st.lists(spans(days=2), max_size=14), capacity=st.integers(1, 3))
def test_no_two_meet_on_a_place_and_none_is_refused_that_the_peak_allows(
    wishes: list[TimeSpan], capacity: int
) -> None:
    taken = packed(wishes, capacity)
    for n, one in enumerate(taken):
        assert 1 <= one.position <= capacity
        assert not [o for o in taken[:n] if o.position == one.position and o.span.overlaps(one.span)]
    accepted = [one.span for one in taken]
    for wish in wishes:
        if wish not in accepted:
            assert peak(wish, accepted) >= capacity


@given(wishes=st.lists(spans(days=2), max_size=10), capacity=st.integers(1, 3))
def test_full_time_is_where_every_place_is_taken(wishes: list[TimeSpan], capacity: int) -> None:
    taken, window = packed(wishes, capacity), hours(0, 72)
    full = full_spans(window, taken, capacity)
    for n in range(144):
        cell = hours(n / 2, (n + 1) / 2)
        count = sum(one.span.overlaps(cell) for one in taken)
        assert any(span.contains(cell) for span in full) is (count >= capacity)


# --- opening hours and gaps ------------------------------------------------------------------------------------------


@given(wish=spans(), opened=st.lists(spans(), max_size=6))
def test_open_is_what_brute_force_finds(wish: TimeSpan, opened: list[TimeSpan]) -> None:
    cells = [wish.start + timedelta(minutes=GRAIN * n) for n in range(wish.minutes // GRAIN)]
    inside = all(any(s.start <= cell < s.end for s in opened) for cell in cells)
    assert is_open(wish, merged(opened), through_closed=False) is inside


def test_a_long_run_may_pass_closed_time_where_the_policy_says_so() -> None:
    opened = [hours(8, 12), hours(32, 36)]
    assert is_open(hours(10, 34), opened, through_closed=True)
    assert not is_open(hours(10, 34), opened, through_closed=False)
    assert not is_open(hours(6, 34), opened, through_closed=True)


@given(
    opened=st.lists(spans(), min_size=1, max_size=5),
    busy=st.lists(spans(), max_size=6),
    length=st.integers(1, 6),
    setup=st.sampled_from([0, 30]),
    cleanup=st.sampled_from([0, 30]),
)
def test_the_first_and_the_last_start_are_what_brute_force_finds(
    opened: list[TimeSpan], busy: list[TimeSpan], length: int, setup: int, cleanup: int
) -> None:
    window, taken = hours(0, 120), [Taken(uuid.uuid4(), 1, span) for span in merged(busy)]
    spans_open = merged(opened)
    policy: Any = Policy(granularity_minutes=GRAIN, setup_minutes=setup, cleanup_minutes=cleanup)
    sought = Sought(window, length * GRAIN, window.start)
    leg = Leg(policy, sought, begins(sought, policy, window, spans_open))
    taken_time = busy_with(window.widened(DAY, DAY), taken, 1)
    found = [span_of(start, sought.minutes) for _leg, start in found_in([leg], taken_time, (0, EVER))]
    before, after = timedelta(minutes=setup), timedelta(minutes=cleanup)
    expected = [
        wish
        for n in range(240 - length)
        for wish in [hours(n / 2, (n + length) / 2)]
        if any(s.contains(wish) for s in spans_open)
        and not meeting(wish.widened(before, after), [t.span for t in taken])
    ]
    assert found[:1] == expected[:1]
    middle = minute_of(hours(60, 61).start)
    last = last_before(leg, taken_time, (0, middle - 1))
    earlier = [wish for wish in expected if wish.start < hours(60, 61).start]
    assert (span_of(last, sought.minutes) if last is not None else None) == (earlier or [None])[-1]


@given(opened=st.lists(spans(), max_size=6), busy=st.lists(spans(), max_size=6), first=st.integers(0, 60))
def test_half_days_are_as_full_as_counting_cells_says(
    opened: list[TimeSpan], busy: list[TimeSpan], first: int
) -> None:
    window, parts = hours(first, 120), halves(shanghai_day(ZERO), 5)
    inside = [part for span in merged(opened) if (part := span.intersection(window))]
    full = [part for span in merged(busy) if (part := span.intersection(window))]
    found = load(parts, inside, full)
    for part, share in zip(parts, found, strict=True):
        cells = [part.start + timedelta(minutes=GRAIN * n) for n in range(part.minutes // GRAIN)]
        there = [cell for cell in cells if any(s.start <= cell < s.end for s in inside)]
        taken = [cell for cell in there if any(s.start <= cell < s.end for s in full)]
        assert share == (len(taken) / len(there) if there else None)


def test_a_day_is_cut_at_thirteen_and_halves_join() -> None:
    parts = halves(shanghai_day(ZERO), 2)
    assert [part.minutes for part in parts] == [780, 660, 780, 660]
    assert merged(parts) == [TimeSpan(parts[0].start, parts[-1].end)]


# --- quotas ----------------------------------------------------------------------------------------------------------


@given(wish=spans(days=6), held=st.lists(spans(days=6), max_size=6), limit=st.integers(1, 2000))
def test_a_day_quota_is_what_counting_minutes_by_day_finds(
    wish: TimeSpan, held: list[TimeSpan], limit: int
) -> None:
    def by_day(span: TimeSpan) -> dict[object, int]:
        found: dict[object, int] = {}
        for n in range(span.minutes // GRAIN):
            on = shanghai_day(span.start + timedelta(minutes=GRAIN * n))
            found[on] = found.get(on, 0) + GRAIN
        return found

    asked = by_day(wish)
    over = {on for on, count in asked.items() if count + sum(by_day(one).get(on, 0) for one in held) > limit}
    broken = limits.of_quotas(wish, Policy(person_day_minutes=limit), Held(person=tuple(held)))
    assert {one.facts["on"] for one in broken} == {on.isoformat() for on in over}  # type: ignore[attr-defined]


@given(wish=spans(), held=st.lists(spans(), max_size=5), limit=st.integers(1, 3000), more=st.integers(0, 600))
def test_a_wider_quota_breaks_no_more(wish: TimeSpan, held: list[TimeSpan], limit: int, more: int) -> None:
    narrow = limits.of_quotas(wish, Policy(person_week_minutes=limit), Held(person=tuple(held)))
    wide = limits.of_quotas(wish, Policy(person_week_minutes=limit + more), Held(person=tuple(held)))
    assert len(wide) <= len(narrow)


def test_most_open_bookings_counts_the_one_asked_for() -> None:
    policy = Policy(most_open_bookings=2)
    assert limits.of_quotas(hours(0, 1), policy, Held(open_bookings=1)) == []
    broken = limits.of_quotas(hours(0, 1), policy, Held(open_bookings=2))
    assert [(one.limit, one.actual) for one in broken] == [(2, 3)]


# --- length and distance ---------------------------------------------------------------------------------------------


@given(wish=spans(), ahead=st.integers(-500, 5000), lead=st.integers(0, 3000))
def test_lead_time_is_whole_minutes_to_the_start(wish: TimeSpan, ahead: int, lead: int) -> None:
    now = wish.start - timedelta(minutes=ahead)
    rules = [one.rule for one in limits.of_distance(wish, Policy(lead_minutes=lead), now)]
    assert rules == (["past"] if ahead < 0 else ["lead_minutes"] if ahead < lead else [])


@given(
    opened=st.lists(spans(), max_size=6),
    after=st.integers(-600, 6000),
    seconds=st.integers(0, 59),
    grain=st.sampled_from([15, 30, 60]),
    shortest=st.integers(15, 240),
)
def test_the_way_out_of_a_lead_time_is_the_first_start_that_the_rules_allow(
    opened: list[TimeSpan], after: int, seconds: int, grain: int, shortest: int
) -> None:
    asked = hours(0, 1).start + timedelta(minutes=after, seconds=seconds)
    coming = [one for one in merged(opened) if one.end > asked]
    policy = Policy(granularity_minutes=grain, shortest_minutes=shortest)
    found = limits.first_start(asked, policy, coming)
    length = timedelta(minutes=shortest)
    step = asked.replace(second=0, microsecond=0)
    last = max([one.end for one in coming], default=step)
    allowed: list[datetime] = []
    while step <= last:
        wish = TimeSpan(step, step + length)
        on_grid = not limits.of_length(TimeSpan(step, step + timedelta(minutes=grain)), Policy(grain, grain))
        if step >= asked and on_grid and any(one.contains(wish) for one in coming):
            allowed.append(step)
            break
        step += timedelta(minutes=1)
    if allowed:
        assert found == allowed[0]
    else:
        assert timedelta() <= found - asked < timedelta(minutes=grain)


def test_hours_that_are_over_are_no_way_out() -> None:
    spans_open = [hours(0, 1), hours(24, 25), hours(48, 49), hours(72, 73)]
    wish = hours(26, 27)
    (broken,) = limits.of_hours(wish, Policy(), spans_open, now=hours(25, 26).start)
    nearest = [datetime.fromisoformat(one["start"]) for one in broken.facts["nearest"]]
    assert nearest == [hours(48, 49).start, hours(72, 73).start]


@given(wish=spans(), off=st.integers(0, 29))
def test_the_grid_begins_at_shanghai_midnight(wish: TimeSpan, off: int) -> None:
    shifted = wish.moved(timedelta(minutes=off))
    broken = [one.rule for one in limits.of_length(shifted, Policy())]
    assert ("granularity_minutes" in broken) is (off > 0)


# --- transitions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_what_the_table_does_not_name_is_refused_with_what_it_does(status: Status, action: Action) -> None:
    if (status, action) in TRANSITIONS:
        assert moved(status, action) is TRANSITIONS[status, action]
        return
    with pytest.raises(Refused) as no:
        moved(status, action)
    assert no.value.facts == {"status": status.value, "allowed": allowed(status)}
