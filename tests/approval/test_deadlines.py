"""The clock of an approval: reminded, escalated, expired, on both databases."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from sharing.approval import queries, service
from sharing.approval.rules import (
    State,
    StepRole,
    Verdict,
)
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.network.models import CalendarDay
from tests import cast
from tests.approval.asking import ask, say, words
from tests.cast.network import rules_changed


@pytest.fixture
def house(app: Flask) -> cast.House:
    return cast.house()


def test_reminded_once_at_half_time(house: cast.House) -> None:
    outcome = ask(house, house.researcher)  # opened 10:00, half is 4 working hours: 16:00
    before, after = cast.clock(0, "15:59"), cast.clock(0, "16:00")
    assert queries.to_remind(before) == []
    assert service.remind(outcome.approval_id, now=before) is None
    [due] = queries.to_remind(after)
    said = service.remind(due.approval_id, now=after)
    assert said is not None
    assert (said.deciders, said.step_role) == ((house.head.id,), StepRole.PAYER)
    assert queries.to_remind(after) == []
    assert service.remind(due.approval_id, now=after) is None


def test_escalated_once_at_three_quarters_and_then_more_may_decide(house: cast.House) -> None:
    outcome = ask(house, house.researcher)
    at = cast.clock(1, "09:00")
    with pytest.raises(Refused, match="no-seat"):
        say(outcome, house.admin)
    [due] = queries.to_escalate(at)
    said = service.escalate(due.approval_id, now=at)
    assert said is not None
    assert said.deciders == (house.admin.id,)
    assert queries.to_escalate(at) == []
    assert service.escalate(due.approval_id, now=at) is None
    [waits] = queries.waiting_on(cast.actor(house.admin), at)
    assert waits.escalated
    assert len(queries.waiting_on(cast.actor(house.head), at)) == 1
    assert say(outcome, house.admin, now=at).step_role is StepRole.MANAGER


def test_expires_at_its_deadline_over_the_national_holiday_of_2026(house: cast.House) -> None:
    for day in range(1, 8):
        cast.keep(
            CalendarDay(day=date(2026, 10, day), kind="holiday", name="国庆节", source_document=cast.SOURCE)
        )
    rules_changed()
    db.session.commit()
    asked_at = cast.clock(date(2026, 9, 30), "16:30")
    outcome = ask(house, house.researcher, now=asked_at, latest_at=cast.clock(date(2026, 10, 20), "09:00"))
    due_at = cast.clock(date(2026, 10, 8), "17:30")  # an hour on the 30th, seven on the first workday after
    assert outcome.due_at == due_at
    during = cast.clock(date(2026, 10, 5), "12:00")
    assert queries.due(during) == []
    assert service.expire(outcome.approval_id, now=during) is None
    [late] = queries.due(due_at)
    gone = service.expire(late.approval_id, now=due_at)
    assert gone is not None
    assert (gone.state, gone.step_role) == (State.EXPIRED, StepRole.PAYER)
    assert service.expire(late.approval_id, now=due_at) is None
    assert queries.due(due_at) == []
    assert words(outcome.approval_id) == [("expire", "", "")]


def test_past_the_deadline_nobody_decides_even_before_the_job_has_run(house: cast.House) -> None:
    outcome = ask(house, house.researcher)
    assert outcome.due_at is not None
    with pytest.raises(Refused) as no:
        say(outcome, house.head, now=outcome.due_at)
    assert no.value.facts["status"] == "expired"
    assert queries.waiting_on(cast.actor(house.head), outcome.due_at) == []


def test_a_return_that_nobody_answers_expires_too(house: cast.House) -> None:
    back = say(ask(house, house.researcher), house.head, Verdict.RETURN)
    assert back.due_at is not None
    with pytest.raises(Refused, match="expired"):
        service.resume(back.approval_id, now=back.due_at)
    gone = service.expire(back.approval_id, now=back.due_at)
    assert gone is not None
    assert gone.state is State.EXPIRED
