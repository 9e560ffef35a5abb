"""An approval from its opening to its end, on both databases."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from sharing.approval import queries, service
from sharing.approval.formats import approval_json
from sharing.approval.models import Decision
from sharing.approval.rules import (
    Facts,
    RuleDecision,
    State,
    StepRole,
    Verdict,
    needed,
    step_plan,
)
from sharing.kernel.db import db, table_of
from sharing.kernel.money import Money
from sharing.kernel.refusals import Refused
from sharing.people.models import User
from sharing.people.rules import ScopePath
from tests import cast
from tests.approval.asking import CHAIN, MANAGER, PAYER, ask, plans, say, stand_in, where, words


@pytest.fixture
def house(app: Flask) -> cast.House:
    return cast.house()


# --- the usual way --------------------------------------------------------------------------------------------------


def test_scenario_24_payer_then_manager_each_told_in_turn(house: cast.House) -> None:
    opened = ask(house, house.researcher)
    assert (opened.state, opened.step_role, opened.deciders) == (State.OPEN, StepRole.PAYER, (house.head.id,))
    second = say(opened, house.head)
    assert second.step_role is StepRole.MANAGER
    assert set(second.deciders) == {house.manager.id, house.deputy.id}
    done = say(second, house.manager, note="请带样品台")
    assert (done.state, done.deciders) == (State.APPROVED, ())
    row = queries.of("booking", opened.subject_id)
    assert row is not None
    assert (row.state, row.closed_at, row.turn) == (State.APPROVED, cast.NOW + timedelta(minutes=5), None)
    assert words(row.id) == [("approve", house.head.name, ""), ("approve", house.manager.name, "")]


def test_scenario_24_over_eight_hours_the_institution_decides_last(house: cast.House) -> None:
    facts = Facts(external=False, minutes=540, amount=Money(900_00))
    outcome = ask(house, house.researcher, steps=plans(house, needed(CHAIN, facts)))
    third = say(say(outcome, house.head), house.manager)
    assert (third.state, third.step_role, third.deciders) == (
        State.OPEN,
        StepRole.INSTITUTION,
        (house.admin.id,),
    )
    assert say(third, house.admin).state is State.APPROVED


def test_scenario_24_nobody_decides_on_her_own_request(house: cast.House) -> None:
    outcome = ask(house, house.manager, steps=plans(house, [MANAGER]))
    assert outcome.deciders == (house.deputy.id,)
    with pytest.raises(Refused) as no:
        say(outcome, house.manager)
    assert (no.value.kind, no.value.facts["reason"]) == ("not-your-decision", "own-request")
    assert say(outcome, house.deputy).state is State.APPROVED


def test_a_managers_own_request_goes_to_the_institution_where_there_is_no_deputy(house: cast.House) -> None:
    lonely = cast.instrument(house.university, manager=house.manager)
    step = step_plan(MANAGER, replace(where(house), instrument_id=lonely.id))
    outcome = ask(house, house.manager, steps=[step])
    assert outcome.deciders == (house.admin.id,)
    usual = ask(house, house.researcher, steps=[step])
    assert usual.deciders == (house.manager.id,)
    with pytest.raises(Refused, match="no-seat"):
        say(usual, house.admin)


def test_a_step_with_nobody_to_decide_is_refused_and_named(house: cast.House) -> None:
    elsewhere = ScopePath(group_id=house.group.id, instrument_id=uuid.uuid4())
    with pytest.raises(Refused) as no:
        ask(house, house.researcher, steps=[step_plan(step, elsewhere) for step in (PAYER, MANAGER)])
    assert (no.value.kind, no.value.facts) == ("no-approver", {"step": "manager"})


def test_strangers_and_holders_of_other_seats_may_not_decide(house: cast.House) -> None:
    outcome = ask(house, house.researcher)
    for who in (house.stranger, house.manager, house.auditor, house.province_admin, house.colleague):
        with pytest.raises(Refused, match="no-seat"):
            say(outcome, who)
        assert queries.waiting_on(cast.actor(who), cast.NOW) == []
    assert words(outcome.approval_id) == []


# --- deputies -------------------------------------------------------------------------------------------------------


def test_scenario_24_a_deputy_decides_inside_his_dates_and_both_names_stay(house: cast.House) -> None:
    stand_in(house.head, house.colleague, cast.TODAY, cast.TODAY + timedelta(days=2))
    outcome = ask(house, house.researcher)
    assert set(outcome.deciders) == {house.head.id, house.colleague.id}
    [waits] = queries.waiting_on(cast.actor(house.colleague), cast.NOW)
    assert (waits.standing_for_id, waits.standing_for) == (house.head.id, house.head.name)
    done = say(outcome, house.colleague)
    assert (done.standing_for_id, done.standing_for) == (house.head.id, house.head.name)
    assert words(outcome.approval_id) == [("approve", house.colleague.name, house.head.name)]


@pytest.mark.parametrize("day", [-1, 2])
def test_scenario_24_outside_his_dates_a_deputy_decides_nothing(house: cast.House, day: int) -> None:
    stand_in(house.head, house.colleague, cast.TODAY, cast.TODAY + timedelta(days=2))
    now = cast.clock(day, "10:00")
    outcome = ask(house, house.researcher, now=now)
    assert house.colleague.id not in outcome.deciders
    assert queries.waiting_on(cast.actor(house.colleague), now) == []
    with pytest.raises(Refused, match="no-seat"):
        say(outcome, house.colleague, now=now)


def test_whoever_stands_in_for_the_requester_does_not_decide_for_her(house: cast.House) -> None:
    stand_in(house.manager, house.colleague, cast.TODAY, cast.TODAY + timedelta(days=9))
    outcome = ask(house, house.manager, steps=plans(house, [MANAGER]))
    assert outcome.deciders == (house.deputy.id,)
    with pytest.raises(Refused, match="no-seat"):
        say(outcome, house.colleague)
    assert queries.waiting_on(cast.actor(house.colleague), cast.NOW) == []


def test_a_requester_who_stands_in_for_the_decider_does_not_decide_on_her_own(house: cast.House) -> None:
    stand_in(house.head, house.researcher, cast.TODAY, cast.TODAY + timedelta(days=9))
    outcome = ask(house, house.researcher)
    assert outcome.deciders == (house.head.id,)
    with pytest.raises(Refused, match="own-request"):
        say(outcome, house.researcher)


def test_scenario_28_who_has_left_decides_nothing_and_is_not_told(house: cast.House) -> None:
    db.session.execute(update(User).where(User.id == house.manager.id).values(left_at=cast.NOW))
    db.session.commit()
    outcome = ask(house, house.researcher, steps=plans(house, [MANAGER]))
    assert outcome.deciders == (house.deputy.id,)


# --- rules that decide ----------------------------------------------------------------------------------------------


def test_a_step_decided_by_rule_says_which(house: cast.House) -> None:
    leave = cast.authorisation(house.group, house.researcher, by=house.head)
    by_rule = step_plan(PAYER, where(house), by_rule=RuleDecision("authorisation", leave.id))
    outcome = ask(house, house.researcher, steps=[by_rule, step_plan(MANAGER, where(house))])
    assert outcome.step_role is StepRole.MANAGER
    row = queries.of("booking", outcome.subject_id)
    assert row is not None
    said = row.steps[0].last
    assert said is not None
    assert (said.rule, said.rule_id, said.by_id) == ("authorisation", leave.id, None)
    assert queries.waiting_on(cast.actor(house.head), cast.NOW) == []


def test_where_rules_decide_every_step_it_is_approved_as_it_opens(house: cast.House) -> None:
    own = step_plan(PAYER, where(house), by_rule=RuleDecision("own-group", house.group.id))
    outcome = ask(house, house.head, steps=[own])
    assert (outcome.state, outcome.deciders) == (State.APPROVED, ())
    assert ask(house, house.head, steps=[]).state is State.APPROVED


def test_a_later_step_decided_by_rule_is_passed_over(house: cast.House) -> None:
    steps = [
        step_plan(MANAGER, where(house)),
        step_plan(PAYER, where(house), by_rule=RuleDecision("own-group")),
    ]
    assert say(ask(house, house.head, steps=steps), house.manager).state is State.APPROVED


# --- no, and back for change ----------------------------------------------------------------------------------------


def test_a_no_ends_it_and_drops_what_was_to_come(house: cast.House) -> None:
    outcome = say(ask(house, house.researcher), house.head, Verdict.REJECT, note="本月经费已用完")
    assert (outcome.state, outcome.step_role) == (State.REJECTED, StepRole.PAYER)
    row = queries.approval(outcome.approval_id)
    assert row is not None
    assert [step.state for step in row.steps] == ["rejected", "dropped"]
    with pytest.raises(Refused) as no:
        say(outcome, house.manager)
    assert (no.value.kind, no.value.facts["status"]) == ("invalid-transition", "rejected")


def test_returned_for_change_and_sent_again(house: cast.House) -> None:
    first = say(ask(house, house.researcher), house.head)
    back = say(first, house.manager, Verdict.RETURN, note="请写明样品是否有毒")
    assert (back.state, back.deciders, back.step_role) == (State.RETURNED, (), StepRole.MANAGER)
    assert queries.waiting_on(cast.actor(house.manager), cast.NOW) == []
    with pytest.raises(Refused, match="returned"):
        say(back, house.manager)
    again = service.resume(back.approval_id, now=cast.clock(0, "15:00"))
    assert (again.state, again.step_role) == (State.OPEN, StepRole.MANAGER)
    assert again.due_at == cast.clock(1, "16:00")  # 2.5 h today, 5.5 h tomorrow
    assert say(again, house.deputy, now=cast.clock(0, "16:00")).state is State.APPROVED
    assert [word[0] for word in words(back.approval_id)] == ["approve", "return", "approve"]


def test_what_is_not_returned_cannot_be_sent_again(house: cast.House) -> None:
    outcome = ask(house, house.researcher)
    with pytest.raises(Refused, match="invalid-transition"):
        service.resume(outcome.approval_id, now=cast.NOW)
    with pytest.raises(Refused, match="not-found"):
        service.resume(uuid.uuid4(), now=cast.NOW)


def test_withdrawn_with_its_subject_and_only_while_it_lives(house: cast.House) -> None:
    outcome = ask(house, house.researcher)
    assert service.withdraw(outcome.approval_id, now=cast.NOW).state is State.WITHDRAWN
    assert queries.waiting_on(cast.actor(house.head), cast.NOW) == []
    with pytest.raises(Refused, match="withdrawn"):
        say(outcome, house.head)
    ended = say(ask(house, house.researcher), house.head, Verdict.REJECT)
    assert service.withdraw(ended.approval_id, now=cast.NOW).state is State.REJECTED


# --- reading --------------------------------------------------------------------------------------------------------


def test_waiting_is_the_same_as_may_decide(house: cast.House) -> None:
    stand_in(house.deputy, house.colleague, cast.TODAY, cast.TODAY + timedelta(days=1))
    outcomes = [ask(house, by, steps=plans(house, [MANAGER])) for by in (house.manager, house.researcher)]
    for who in house.people().values():
        actor = cast.actor(who)
        waits = {row.approval_id for row in queries.waiting_on(actor, cast.NOW)}
        for outcome in outcomes:
            row = queries.approval(outcome.approval_id)
            assert row is not None
            assert queries.may_decide(row, actor, cast.TODAY) == (row.id in waits), who.username
            assert (who.id in queries.turn_of(row, cast.TODAY)) == (row.id in waits), who.username


def test_the_contracts_list_of_approvals(house: cast.House) -> None:
    outcome = say(ask(house, house.researcher), house.head, note="同意")
    row = queries.of("booking", outcome.subject_id)
    payer, manager = approval_json(row)
    assert payer | {"step": "payer", "by": house.head.name, "decision": "approve", "note": "同意"} == payer
    assert payer["at"] == "2026-03-02T10:05:00+08:00"
    assert manager | {"step": "manager", "by": None, "decision": None, "at": None, "state": "open"} == manager
    assert approval_json(None) == []


def test_many_give_the_newest_of_each(house: cast.House) -> None:
    thing = ("booking", uuid.uuid4())
    old = ask(house, house.researcher, subject=thing)
    service.withdraw(old.approval_id, now=cast.NOW)
    new = ask(house, house.researcher, subject=thing, now=cast.NOW + timedelta(minutes=1))
    other = ask(house, house.researcher)
    found = queries.many("booking", [thing[1], other.subject_id, uuid.uuid4()])
    assert {row.id for row in found.values()} == {new.approval_id, other.approval_id}
    assert [row.id for row in queries.all_of(*thing)] == [old.approval_id, new.approval_id]


@pytest.mark.parametrize("change", [update(Decision).values(note="x"), table_of(Decision).delete()])
def test_a_decision_can_be_neither_changed_nor_deleted(house: cast.House, change: Any) -> None:
    say(ask(house, house.researcher), house.head)
    with pytest.raises(DBAPIError):
        db.session.execute(change)
    db.session.rollback()
