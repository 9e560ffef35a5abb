"""Which steps a request takes, from where they are decided, until when."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.approval.rules import (
    ChainStepRow,
    Facts,
    Holder,
    RuleDecision,
    SeatPlan,
    StepRole,
    can_be_approved,
    deadline,
    earliest_start_that_can_be_approved,
    holds,
    needed,
    sound,
    step_plan,
    to_tell,
    wrong_steps,
)
from sharing.kernel.money import Money
from sharing.kernel.timespan import SHANGHAI
from sharing.network.rules import OfficeHours, WorkCalendar
from sharing.people.rules import Role, ScopeKind, ScopePath

OFFICE = OfficeHours()
HOLIDAYS = {date(2026, 10, day): ("holiday", "国庆节", "National Day") for day in range(1, 8)}
SHIFTED = dict.fromkeys((date(2026, 9, 20), date(2026, 10, 10)), ("workday", "调休上班", ""))
CALENDAR = WorkCalendar(listed=HOLIDAYS | SHIFTED, published=frozenset({2026}))
CHAIN = (
    ChainStepRow(StepRole.PAYER, 1),
    ChainStepRow(StepRole.MANAGER, 2),
    ChainStepRow(StepRole.INSTITUTION, 3, ({"external": True}, {"minutes_over": 480})),
)
FOREVER = datetime(2027, 1, 1, tzinfo=SHANGHAI)


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def facts(minutes: int = 60, **more: Any) -> Facts:
    return Facts(**{"external": False, "minutes": minutes, "amount": Money(100_00)} | more)


def roles(found: list[ChainStepRow]) -> list[str]:
    return [step.role.value for step in found]


@pytest.mark.parametrize(
    ("request_", "steps"),
    [
        (facts(), ["payer", "manager"]),
        (facts(480), ["payer", "manager"]),
        (facts(481), ["payer", "manager", "institution"]),
        (facts(external=True), ["payer", "manager", "institution"]),
    ],
)
def test_scenario_24_the_institution_comes_in_over_eight_hours_or_for_outsiders(
    request_: Facts, steps: list[str]
) -> None:
    assert roles(needed(CHAIN, request_)) == steps


def test_every_kind_of_condition() -> None:
    asked = facts(120, amount=Money(500_01), outside_hours=True, answers={"hazard": "toxic", "live": True})
    assert holds({"amount_over_fen": 500_00}, asked)
    assert not holds({"amount_over_fen": 500_01}, asked)
    assert holds({"outside_hours": True}, asked)
    assert holds({"answer": "hazard", "equals": "toxic"}, asked)
    assert holds({"answer": "live", "equals": True}, asked)
    assert not holds({"answer": "never-asked", "equals": "toxic"}, asked)


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"external": "yes"},
        {"external": True, "minutes_over": 3},
        {"minutes_over": "480"},
        {"minutes_over": True},
        {"minutes_over": -1},
        {"amount_over_fen": 1.5},
        {"answer": "hazard"},
        {"answer": "", "equals": "x"},
        {"answer": "hazard", "equals": ["x"]},
        {"weather": "rain"},
    ],
)
def test_a_condition_that_says_nothing_sound(condition: dict[str, Any]) -> None:
    assert not sound(condition)


def test_a_chain_names_all_that_is_wrong_with_it() -> None:
    bad = [
        ChainStepRow(StepRole.PAYER, 1, working_hours=0),
        ChainStepRow(StepRole.MANAGER, 1, ({"weather": "rain"},)),
    ]
    assert wrong_steps(bad) == ["steps", "steps.0.working_hours", "steps.1.needed_when.0"]
    assert wrong_steps([]) == ["steps"]
    assert wrong_steps(CHAIN) == []


conditions = st.one_of(
    st.booleans().map(lambda yes: {"external": yes}),
    st.booleans().map(lambda yes: {"outside_hours": yes}),
    st.integers(0, 5000).map(lambda limit: {"minutes_over": limit}),
    st.integers(0, 10**7).map(lambda limit: {"amount_over_fen": limit}),
    st.tuples(st.sampled_from(["a", "b"]), st.one_of(st.booleans(), st.text(max_size=3))).map(
        lambda pair: {"answer": pair[0], "equals": pair[1]}
    ),
)
asked = st.builds(
    Facts,
    st.booleans(),
    st.integers(0, 5000),
    st.integers(0, 10**7).map(Money),
    st.booleans(),
    st.dictionaries(st.sampled_from(["a", "b"]), st.one_of(st.booleans(), st.text(max_size=3))),
)


@given(st.lists(conditions, max_size=4), asked)
def test_a_step_is_needed_when_any_of_its_conditions_holds(
    listed: list[dict[str, Any]], request_: Facts
) -> None:
    step = ChainStepRow(StepRole.MANAGER, 1, tuple(listed))
    assert bool(needed([step], request_)) == (not listed or any(holds(one, request_) for one in listed))
    assert all(sound(one) for one in listed)


@given(st.lists(conditions, min_size=1, max_size=4), conditions, asked)
def test_one_condition_more_never_takes_a_step_away(
    listed: list[dict[str, Any]], more: dict[str, Any], request_: Facts
) -> None:
    before = needed([ChainStepRow(StepRole.MANAGER, 1, tuple(listed))], request_)
    after = needed([ChainStepRow(StepRole.MANAGER, 1, (*listed, more))], request_)
    assert len(after) >= len(before)


@given(asked, st.integers(0, 5000))
def test_a_longer_request_never_needs_fewer_steps(request_: Facts, more: int) -> None:
    longer = Facts(
        request_.external, request_.minutes + more, request_.amount, request_.outside_hours, request_.answers
    )
    assert set(roles(needed(CHAIN, request_))) <= set(roles(needed(CHAIN, longer)))


@given(st.permutations(CHAIN), asked)
def test_steps_come_in_the_order_of_their_positions(steps: list[ChainStepRow], request_: Facts) -> None:
    assert needed(steps, request_) == needed(CHAIN, request_)


# --- seats ----------------------------------------------------------------------------------------------------------

PATH = ScopePath(uuid.uuid4(), uuid.uuid4(), uuid.uuid4(), uuid.uuid4())


def test_the_payer_is_the_head_of_the_group_and_escalates_to_the_institution() -> None:
    assert PATH.group_id is not None
    assert PATH.institution_id is not None
    plan = step_plan(CHAIN[0], PATH)
    assert plan.seats == (SeatPlan(Role.HEAD, ScopeKind.GROUP, PATH.group_id),)
    assert plan.escalation == (SeatPlan(Role.INSTITUTION_ADMIN, ScopeKind.INSTITUTION, PATH.institution_id),)


def test_the_institution_escalates_to_its_zone() -> None:
    assert PATH.zone_id is not None
    plan = step_plan(CHAIN[2], PATH)
    assert plan.escalation == (SeatPlan(Role.ZONE_ADMIN, ScopeKind.ZONE, PATH.zone_id),)


def test_a_step_that_a_rule_decides_keeps_the_rule() -> None:
    rule = RuleDecision("own-group", PATH.group_id)
    assert step_plan(CHAIN[0], PATH, by_rule=rule).decided_by_rule == rule


def test_whom_to_tell_leaves_out_the_requester_and_who_would_act_in_her_name() -> None:
    seat = SeatPlan(Role.MANAGER, ScopeKind.INSTRUMENT, uuid.uuid4())
    me, other, deputy = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    mine = Holder(seat, me, "我", deputy, "代理")
    hers = Holder(seat, other, "她", me, "我")
    assert to_tell([mine], me) == []
    assert to_tell([mine, hers], me) == [other]
    assert to_tell([mine, hers], other) == [me, deputy]


# --- deadlines ------------------------------------------------------------------------------------------------------


def test_eight_working_hours_go_over_the_night() -> None:
    ends = deadline(at(3, 2, 10), 8, FOREVER, OFFICE, CALENDAR)
    assert ends.due_at == at(3, 3, 11)  # 5.5 h on Monday, 2.5 h on Tuesday
    assert ends.remind_at == at(3, 2, 16)
    assert ends.escalate_at == at(3, 3, 9)


def test_a_deadline_counts_no_holidays_and_counts_shifted_workdays() -> None:
    ends = deadline(at(9, 30, 16, 30), 8, FOREVER, OFFICE, CALENDAR)
    assert ends.due_at == at(10, 8, 17, 30)  # an hour on Wednesday, then the first workday after the holiday


def test_a_shifted_saturday_counts() -> None:
    ends = deadline(at(10, 9, 17), 8, FOREVER, OFFICE, CALENDAR)
    assert ends.due_at == at(
        10, 12, 9
    )  # half an hour on Friday, 7 h on Saturday the 10th, the rest on Monday


def test_never_later_than_an_hour_before_the_start_allows() -> None:
    latest = at(3, 2, 12)
    ends = deadline(at(3, 2, 10), 8, latest, OFFICE, CALENDAR)
    assert (ends.remind_at, ends.escalate_at, ends.due_at) == (at(3, 2, 11), at(3, 2, 11, 30), latest)


def test_without_any_office_time_there_is_nothing_to_remind_of() -> None:
    ends = deadline(at(3, 7, 10), 8, at(3, 8, 10), OFFICE, CALENDAR)  # a weekend
    assert (ends.remind_at, ends.escalate_at, ends.due_at) == (None, None, at(3, 8, 10))


def test_nobody_approves_over_the_weekend_and_the_form_offers_monday() -> None:
    hour = timedelta(hours=1)
    saturday = at(3, 7, 10)
    assert not can_be_approved(saturday, at(3, 9, 9), hour, OFFICE, CALENDAR)
    earliest = earliest_start_that_can_be_approved(saturday, hour, OFFICE, CALENDAR)
    assert earliest == at(3, 9, 9, 31)
    assert can_be_approved(saturday, earliest, hour, OFFICE, CALENDAR)


instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(  # noqa: DTZ001
    lambda naive: naive.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
)


@given(instants, st.integers(1, 40), st.integers(0, 60 * 24 * 20))
def test_reminder_escalation_and_end_come_in_order_inside_the_latest(
    opened_at: datetime, hours: int, room: int
) -> None:
    latest = opened_at + timedelta(minutes=room)
    ends = deadline(opened_at, hours, latest, OFFICE, CALENDAR)
    assert opened_at <= ends.due_at <= latest
    if ends.remind_at and ends.escalate_at:
        assert opened_at < ends.remind_at <= ends.escalate_at <= ends.due_at
        assert OFFICE.between(opened_at, ends.due_at, CALENDAR) <= hours * 60


@given(instants)
def test_the_earliest_start_that_can_be_approved_is_the_earliest(now: datetime) -> None:
    hour = timedelta(hours=1)
    earliest = earliest_start_that_can_be_approved(now, hour, OFFICE, CALENDAR)
    assert can_be_approved(now, earliest, hour, OFFICE, CALENDAR)
    assert not can_be_approved(now, earliest - timedelta(minutes=1), hour, OFFICE, CALENDAR)
