"""What tests of an approval stand on: a chain of steps, asking, deciding, standing in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from sharing.approval import service
from sharing.approval.models import Decision
from sharing.approval.rules import (
    ChainStepRow,
    StepPlan,
    StepRole,
    Verdict,
    step_plan,
)
from sharing.kernel.db import db
from sharing.people.models import Deputy, User
from sharing.people.rules import ScopePath
from tests import cast

PAYER, MANAGER = ChainStepRow(StepRole.PAYER, 1), ChainStepRow(StepRole.MANAGER, 2)
INSTITUTION = ChainStepRow(StepRole.INSTITUTION, 3, ({"external": True}, {"minutes_over": 480}))
CHAIN = (PAYER, MANAGER, INSTITUTION)
LATER = cast.clock(7, "09:00")


def where(house: cast.House) -> ScopePath:
    return ScopePath(house.university.zone_id, house.university.id, house.group.id, house.instrument.id)


def plans(house: cast.House, steps: Sequence[ChainStepRow] = (PAYER, MANAGER)) -> list[StepPlan]:
    return [step_plan(step, where(house)) for step in steps]


def ask(
    house: cast.House, by: User, *, steps: Sequence[StepPlan] | None = None, **more: Any
) -> service.Outcome:
    given = {
        "subject": ("booking", uuid.uuid4()),
        "requester": cast.actor(by),
        "zone_code": "kunming",
        "chain": None,
        "steps": plans(house) if steps is None else steps,
        "latest_at": LATER,
        "now": cast.NOW,
    }
    return service.open(**given | more)


def say(
    outcome: service.Outcome, who: User, verdict: Verdict = Verdict.APPROVE, **more: Any
) -> service.Outcome:
    now = more.pop("now", cast.NOW + timedelta(minutes=5))
    by = cast.actor(who, now.date())
    return service.record(outcome.approval_id, verdict, by=by, now=now, **more)


def stand_in(for_: User, deputy: User, starts_on: date, ends_on: date) -> Deputy:
    return cast.keep(
        Deputy(
            user_id=for_.id, deputy_id=deputy.id, starts_on=starts_on, ends_on=ends_on, created_at=cast.NOW
        )
    )


def words(approval_id: uuid.UUID) -> list[tuple[str, str, str]]:
    rows = db.session.scalars(
        select(Decision).where(Decision.approval_id == approval_id).order_by(Decision.id)
    )
    return [(row.decision, row.by_name, row.for_name) for row in rows]
