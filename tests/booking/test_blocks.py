"""Closed time: whom it hits, what becomes of them, what it holds on each place, and how it gives time back."""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.audit import queries as audit
from sharing.booking import queries, service
from sharing.booking.rules import (
    BlockKind,
    Choice,
    Fate,
    Hit,
    ItemKind,
    Reach,
    Status,
)
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, merged
from tests import cast
from tests.booking.asking import decide, refusal, rules_broken, submit
from tests.booking.closing import close, held, mailed, refused
from tests.booking.test_scenarios import inbox_topics, self_service

KEEP, CANCEL = Choice(Fate.KEEP), Choice(Fate.CANCEL)


# --- scenario 20 -----------------------------------------------------------------------------------------------------


def test_scenario_20_the_manager_sees_whom_it_hits_and_each_is_told(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    moved = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    dropped = submit(house.colleague, laser, cast.span(1, "10:00", "11:00"))
    kept = submit(house.head, laser, cast.span(1, "11:00", "12:00"))
    aside = submit(house.researcher, laser, cast.span(1, "14:00", "15:00"))
    repair = cast.span(1, "08:00", "13:00")

    no = refused(lambda: close(laser, repair, by=house.manager))
    assert no.kind == "block-hits"
    seen: list[Hit] = no.facts["bookings"]
    assert [hit.row.id for hit in seen] == [moved.id, dropped.id, kept.id]
    # the earliest time after the block that none of the others is promised, round what is booked there
    assert [hit.proposed for hit in seen] == [
        cast.span(1, "13:00", "14:00"), cast.span(1, "15:00", "16:00"), cast.span(1, "16:00", "17:00"),
    ]  # fmt: skip
    assert queries.standing(laser.id, cast.NOW) == []

    goal = seen[0].proposed
    assert goal is not None
    choices = {moved.id: Choice(Fate.MOVE, goal.start), dropped.id: CANCEL, kept.id: KEEP}
    [block] = close(laser, repair, choices, by=house.manager)

    rows = queries.bookings([moved.id, dropped.id, kept.id, aside.id])
    assert (rows[moved.id].span, rows[moved.id].status) == (goal, Status.APPROVED)
    assert (rows[dropped.id].status, rows[dropped.id].end_note) == (Status.CANCELLED, "更换灯丝")
    assert rows[moved.id].free_cancel is rows[dropped.id].free_cancel is True
    assert rows[kept.id] == kept
    assert rows[aside.id] == aside
    assert held(laser, block.id) == {1: [cast.span(1, "08:00", "11:00"), cast.span(1, "12:00", "13:00")]}
    assert inbox_topics(house.researcher)[-1] == "booking.block-moved"
    assert inbox_topics(house.colleague)[-1] == "booking.block-cancelled"
    assert inbox_topics(house.head)[-1] == "booking.block-kept"
    assert "METHOD:REQUEST" in mailed(house.researcher, "booking.block-moved")[0]
    assert "METHOD:CANCEL" in mailed(house.colleague, "booking.block-cancelled")[0]
    assert [event.action for event in audit.history("block", block.id)] == ["block.lay"]


def test_a_hit_without_a_fitting_choice_changes_nothing(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    running = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    now = cast.clock(1, "09:05")
    service.check_in(running.id, by=cast.actor(house.researcher), now=now)
    for choice in (CANCEL, Choice(Fate.MOVE, cast.clock(1, "14:00"))):
        no = refused(
            lambda choice=choice: close(
                laser, cast.span(1, "09:30", "12:00"), {running.id: choice}, by=house.manager, now=now
            )
        )
        assert no.kind == "block-hits"
        assert no.facts["bookings"][0].fates == (Fate.KEEP,)
    assert queries.standing(laser.id, now) == []
    assert close(laser, cast.span(1, "09:30", "12:00"), {running.id: KEEP}, by=house.manager, now=now)


def test_a_move_to_taken_time_takes_everything_back(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    submit(house.colleague, laser, cast.span(1, "14:00", "15:00"))
    for start in ("14:30", "11:00"):  # another's booking; the block itself
        choices = {mine.id: Choice(Fate.MOVE, cast.clock(1, start))}
        no = refused(
            lambda choices=choices: close(laser, cast.span(1, "08:00", "12:00"), choices, by=house.manager)
        )
        assert no.kind == "booking-conflict"
    assert queries.booking(mine.id) == mine
    assert queries.standing(laser.id, cast.NOW) == []


def test_two_moves_may_follow_one_another(app: Flask) -> None:
    """The second takes the time that the first leaves outside the block."""
    house = cast.house()
    laser = self_service(house)
    first = submit(house.researcher, laser, cast.span(1, "11:00", "13:00"))
    second = submit(house.colleague, laser, cast.span(1, "09:00", "10:00"))
    choices = {
        first.id: Choice(Fate.MOVE, cast.clock(1, "14:00")),
        second.id: Choice(Fate.MOVE, cast.clock(1, "12:00")),
    }
    close(laser, cast.span(1, "08:00", "12:00"), choices, by=house.manager)
    rows = queries.bookings([first.id, second.id])
    assert rows[first.id].span == cast.span(1, "14:00", "16:00")
    assert rows[second.id].span == cast.span(1, "12:00", "13:00")


def test_an_approved_booking_keeps_its_approval_and_a_request_is_asked_anew(app: Flask) -> None:
    house = cast.house()
    sem = house.instrument
    asked = submit(house.researcher, sem, cast.span(1, "09:00", "10:00"))
    decided = submit(house.researcher, sem, cast.span(1, "10:00", "11:00"))
    for who in (house.head, house.manager):
        decide(decided.id, who)
    decide(asked.id, house.head)
    choices = {
        asked.id: Choice(Fate.MOVE, cast.clock(2, "09:00")),
        decided.id: Choice(Fate.MOVE, cast.clock(2, "10:00")),
    }
    close(sem, cast.span(1, "08:30", "12:00"), choices, by=house.manager)
    rows = queries.bookings(choices)
    assert rows[decided.id].status is Status.APPROVED
    assert rows[asked.id].status is Status.REQUESTED
    approval = queries.approval_of(rows[asked.id])
    assert approval is not None
    assert [step.state for step in approval.steps] == ["open", "waiting"]


def test_a_pending_change_in_the_way_is_refused_and_the_booking_stands(app: Flask) -> None:
    house = cast.house()
    sem = house.instrument
    mine = submit(house.researcher, sem, cast.span(1, "09:00", "10:00"))
    for who in (house.head, house.manager):
        decide(mine.id, who)
    wished = service.reschedule(
        mine.id, cast.span(2, "09:00", "10:00"), by=cast.actor(house.researcher), now=cast.NOW
    )
    assert wished.change is not None
    close(sem, cast.span(2, "08:30", "12:00"), by=house.manager)
    after = queries.booking(mine.id)
    assert after is not None
    assert (after.span, after.status, after.change) == (cast.span(1, "09:00", "10:00"), Status.APPROVED, None)
    assert inbox_topics(house.researcher)[-1] == "booking.change-refused"
    with pytest.raises(Refused):
        decide(mine.id, house.head)


# --- what a block holds ----------------------------------------------------------------------------------------------


def test_closed_time_cannot_be_booked_and_says_why(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house, capacity=2)
    [block] = close(laser, cast.span(1, "09:00", "12:00"), by=house.manager)
    assert refusal(house.researcher, laser, cast.span(1, "11:00", "13:00")).kind == "booking-conflict"
    assert submit(house.researcher, laser, cast.span(1, "12:00", "13:00"))
    shown = queries.week(queries.calendar(laser.id, None, cast.NOW), cast.span(1, "08:00", "18:00"), None)
    [item] = [one for one in shown.items if one.kind is ItemKind.BLOCK]
    assert (item.span, item.title) == (cast.span(1, "09:00", "12:00"), "更换灯丝")
    assert queries.running([laser.id], cast.clock(1, "09:00"))[laser.id].id == block.id
    assert queries.running([laser.id], cast.clock(1, "12:00")) == {}


def test_a_block_takes_every_place_and_gets_back_what_a_kept_booking_gives_up(app: Flask) -> None:
    house = cast.house()
    pair = self_service(house, capacity=2)
    early = submit(house.researcher, pair, cast.span(1, "09:00", "10:00"))
    late = submit(house.colleague, pair, cast.span(1, "10:00", "12:00"))
    whole = cast.span(1, "08:00", "14:00")
    [block] = close(pair, whole, {early.id: KEEP, late.id: KEEP}, by=house.manager)
    assert held(pair, block.id) == {
        1: [cast.span(1, "08:00", "09:00"), cast.span(1, "12:00", "14:00")],
        2: [whole],
    }
    service.cancel(early.id, by=cast.actor(house.researcher), now=cast.NOW)
    assert held(pair, block.id)[1] == [cast.span(1, "08:00", "10:00"), cast.span(1, "12:00", "14:00")]
    service.check_in(late.id, by=cast.actor(house.colleague), now=cast.clock(1, "10:00"))
    service.check_out(late.id, by=cast.actor(house.colleague), now=cast.clock(1, "10:30"))
    assert held(pair, block.id)[1] == [cast.span(1, "08:00", "10:00"), cast.span(1, "10:30", "14:00")]


def test_a_kept_booking_that_is_moved_away_leaves_its_time_to_the_block(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    [block] = close(laser, cast.span(1, "08:00", "12:00"), {mine.id: KEEP}, by=house.manager)
    service.reschedule(mine.id, cast.span(1, "15:00", "16:00"), by=cast.actor(house.researcher), now=cast.NOW)
    assert held(laser, block.id) == {1: [cast.span(1, "08:00", "12:00")]}


def test_buffers_count(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    cast.policy(laser, cleanup_minutes=30)
    mine = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    no = refused(lambda: close(laser, cast.span(1, "10:00", "11:00"), by=house.manager))
    assert [hit.row.id for hit in no.facts["bookings"]] == [mine.id]
    [block] = close(laser, cast.span(1, "10:00", "11:00"), {mine.id: KEEP}, by=house.manager)
    assert held(laser, block.id) == {1: [cast.span(1, "10:30", "11:00")]}


def test_blocks_may_lie_over_one_another(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    [first] = close(laser, cast.span(1, "09:00", "12:00"), by=house.manager)
    [second] = close(laser, cast.span(1, "11:00", "14:00"), by=house.manager)
    assert held(laser, second.id) == {1: [cast.span(1, "12:00", "14:00")]}
    service.reopen(first.id, by=cast.actor(house.manager), now=cast.NOW)
    assert held(laser, first.id) == {}
    assert held(laser, second.id) == {1: [cast.span(1, "11:00", "14:00")]}


HALF_HOURS = st.integers(0, 23).flatmap(lambda a: st.tuples(st.just(a), st.integers(a + 1, 24)))
WISHES = st.lists(st.tuples(HALF_HOURS, st.sampled_from(["keep", "cancel", "drop later"])), max_size=6)


def test_closed_time_and_kept_bookings_are_all_of_the_block(app: Flask) -> None:
    """The law of DESIGN 2.1: on each place, block and bookings together hold every minute of it, and never meet."""
    house = cast.house()

    @settings(max_examples=15)
    @given(wishes=WISHES, block=HALF_HOURS, capacity=st.integers(1, 3))
    def law(wishes: list[Any], block: tuple[int, int], capacity: int) -> None:
        laser = self_service(house, capacity=capacity)
        cast.policy(laser, longest_minutes=None)
        rows: dict[uuid.UUID, str] = {}
        for hours, fate in wishes:
            with contextlib.suppress(Refused):
                rows[submit(house.researcher, laser, _halves(*hours)).id] = fate
        whole = _halves(*block)
        close(
            laser,
            whole,
            {key: CANCEL if fate == "cancel" else KEEP for key, fate in rows.items()},
            by=house.manager,
        )
        for key, fate in rows.items():
            if fate == "drop later":
                service.cancel(key, by=cast.actor(house.researcher), now=cast.NOW)
        taken = queries.taken([laser.id], whole, capacity)[laser.id]
        for position in range(1, capacity + 1):
            held = [
                part for one in taken if one.position == position and (part := one.span.intersection(whole))
            ]
            assert merged(held) == [whole]
            assert sum(one.minutes for one in held) == whole.minutes

    law()


def _halves(a: int, b: int) -> TimeSpan:
    start = cast.clock(1, "08:00")
    step = cast.clock(1, "08:30") - start
    return TimeSpan(start + a * step, start + b * step)


# --- repeated, ended, changed ----------------------------------------------------------------------------------------


def test_a_series_is_a_block_on_each_date_and_names_every_booking_it_hits(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    hit = [submit(house.researcher, laser, cast.span(day, "09:00", "10:00")) for day in (1, 8)]
    rule = "FREQ=WEEKLY;COUNT=3"
    no = refused(lambda: close(laser, cast.span(1, "08:00", "12:00"), by=house.manager, repeat=rule))
    assert [one.row.id for one in no.facts["bookings"]] == [row.id for row in hit]
    blocks = close(
        laser, cast.span(1, "08:00", "12:00"), {row.id: KEEP for row in hit}, by=house.manager, repeat=rule
    )
    assert [one.span for one in blocks] == [cast.span(day, "08:00", "12:00") for day in (1, 8, 15)]
    assert len({one.series_id for one in blocks}) == 1
    by = cast.actor(house.manager)
    service.reopen(blocks[1].id, Reach.LATER, by=by, now=cast.NOW)
    assert [one.id for one in queries.standing(laser.id, cast.NOW)] == [blocks[0].id]
    assert submit(house.researcher, laser, cast.span(15, "09:00", "10:00"))


def test_a_rule_that_cannot_be_had_is_refused_at_its_field(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    for repeat in ("FREQ=MINUTELY;COUNT=3", "FREQ=DAILY", "FREQ=DAILY;COUNT=400"):
        no = refused(
            lambda repeat=repeat: close(
                laser, cast.span(1, "08:00", "09:00"), by=house.manager, repeat=repeat
            )
        )
        assert (no.kind, no.facts["fields"][0]["field"]) == ("invalid-input", "repeat")


def test_a_block_that_runs_ends_early_and_what_passed_stays(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    [block] = close(laser, cast.span(1, "09:00", "12:00"), by=house.manager)
    now = cast.clock(1, "10:15")
    by = cast.actor(house.manager)
    service.reopen(block.id, by=by, now=now)
    assert held(laser, block.id) == {1: [cast.span(1, "09:00", "10:15")]}
    assert queries.running([laser.id], now) == {}
    assert submit(house.researcher, laser, cast.span(1, "12:30", "13:30"), now=now)
    assert refused(lambda: service.reopen(block.id, by=by, now=now)).kind == "block-over"
    ended = queries.block(block.id)
    assert ended is not None
    assert (ended.span, ended.lifted_at) == (cast.span(1, "09:00", "10:15"), None)


def test_a_longer_block_asks_only_for_those_it_newly_hits(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    kept = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    newly = submit(house.colleague, laser, cast.span(1, "13:00", "14:00"))
    [block] = close(laser, cast.span(1, "08:00", "12:00"), {kept.id: KEEP}, by=house.manager)
    longer: dict[str, Any] = {
        "span": cast.span(1, "08:00", "15:00"),
        "kind": BlockKind.CLOSURE,
        "reason": "还没修好",
        "by": cast.actor(house.manager),
        "now": cast.NOW,
    }
    no = refused(lambda: service.edit_block(block.id, choices={}, **longer))
    assert [hit.row.id for hit in no.facts["bookings"]] == [newly.id]
    told = inbox_topics(house.researcher)
    after = service.edit_block(block.id, choices={newly.id: CANCEL}, **longer)
    assert (after.span, after.kind, after.reason) == (longer["span"], BlockKind.CLOSURE, "还没修好")
    assert held(laser, block.id) == {1: [cast.span(1, "08:00", "09:00"), cast.span(1, "10:00", "15:00")]}
    assert inbox_topics(house.researcher) == told  # she was told when it was laid


def test_only_who_runs_the_instrument_closes_it(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    for who in (house.researcher, house.admin, house.province_admin):
        no = refused(lambda who=who: close(laser, cast.span(1, "09:00", "10:00"), by=who))
        assert no.kind == "forbidden"
    [block] = close(laser, cast.span(1, "09:00", "10:00"), by=house.manager)
    no = refused(lambda: service.reopen(block.id, by=cast.actor(house.researcher), now=cast.NOW))
    assert no.kind == "forbidden"
    past = refused(lambda: close(laser, cast.span(-1, "09:00", "10:00"), by=house.manager))
    assert past.kind == "invalid-input"


def test_a_moved_booking_stays_free_to_cancel_late(app: Flask) -> None:
    house = cast.house()
    laser = self_service(house)
    mine = submit(house.researcher, laser, cast.span(1, "09:00", "10:00"))
    choices = {mine.id: Choice(Fate.MOVE, cast.clock(1, "14:00"))}
    close(laser, cast.span(1, "08:00", "12:00"), choices, by=house.manager)
    late = cast.clock(1, "13:30")
    ended = service.cancel(mine.id, by=cast.actor(house.researcher), now=late)
    assert ended.free_cancel is True
    assert rules_broken(refusal(house.researcher, laser, cast.span(-1, "09:00", "10:00"))) == ["past"]
