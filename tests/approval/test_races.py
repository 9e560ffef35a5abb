"""Rivals at one approval: one decision, whoever comes second hears that it is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from sharing.approval import queries, service
from sharing.approval.models import Decision
from sharing.approval.rules import State, Verdict
from sharing.approval.service import Outcome
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.people.rules import Actor
from tests import cast
from tests.approval.asking import MANAGER, ask, plans, say
from tests.harness.together import at_once

ROUNDS = 15


def deciding(outcome: Outcome, by: Actor, verdict: Verdict) -> Callable[[], str]:
    def work() -> str:
        try:
            return service.record(outcome.approval_id, verdict, by=by, now=cast.NOW).state.value
        except Refused as no:
            return no.kind

    return work


@pytest.mark.race
def test_scenario_24_manager_and_deputy_at_once_make_one_decision(app: Flask) -> None:
    house = cast.house()
    manager, deputy = cast.actor(house.manager), cast.actor(house.deputy)
    for number in range(ROUNDS):
        outcome = ask(house, house.researcher, steps=plans(house, [MANAGER]))
        other = Verdict.REJECT if number % 2 else Verdict.APPROVE
        db.session.rollback()
        answers = at_once(app, deciding(outcome, manager, Verdict.APPROVE), deciding(outcome, deputy, other))
        assert Counter(answers)["invalid-transition"] == 1, answers
        said = db.session.scalar(
            select(func.count()).select_from(Decision).where(Decision.approval_id == outcome.approval_id)
        )
        assert said == 1
        row = queries.approval(outcome.approval_id)
        assert row is not None
        assert row.state.value in answers


@pytest.mark.race
def test_a_decision_and_the_clock_at_once_end_it_once(app: Flask) -> None:
    house = cast.house()
    manager = cast.actor(house.manager)
    for _number in range(ROUNDS):
        outcome = ask(house, house.researcher, steps=plans(house, [MANAGER]))
        due_at = outcome.due_at
        assert due_at is not None
        db.session.rollback()

        def expire(outcome: Outcome = outcome) -> str:
            assert outcome.due_at is not None
            gone = service.expire(outcome.approval_id, now=outcome.due_at)
            return gone.state.value if gone else "not due"

        answers = at_once(app, deciding(outcome, manager, Verdict.APPROVE), expire)
        assert sorted(answers) in (["approved", "not due"], ["expired", "invalid-transition"])


@pytest.mark.race
def test_escalating_twice_at_once_is_escalating_once(app: Flask) -> None:
    house = cast.house()
    outcome = ask(house, house.researcher)
    at = cast.clock(1, "09:00")
    db.session.rollback()

    def escalate() -> str:
        return "told" if service.escalate(outcome.approval_id, now=at) else "done before"

    assert sorted(at_once(app, escalate, escalate, escalate)) == ["done before", "done before", "told"]
    assert say(outcome, house.admin, now=at).state is State.OPEN
