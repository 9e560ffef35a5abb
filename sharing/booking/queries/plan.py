"""Which approval a request takes, and which of its steps a rule has decided."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sharing.approval import queries as approvals
from sharing.approval.rules import (
    ChainRow,
    Facts,
    RuleDecision,
    StepPlan,
    StepRole,
    can_be_approved,
    earliest_start_that_can_be_approved,
    needed,
    step_plan,
)
from sharing.booking.queries.judgement import month_use
from sharing.booking.rules import Advice, Case, heads
from sharing.funds import queries as funds
from sharing.funds.rules import Spending, covers
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people.rules import Actor
from sharing.pricing.rules import QuoteState
from sharing.registry.rules import BookingMode

LATEST_MINUTES: Final = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """The approval of one request. No steps: it stands approved at once.

    latest_at  no step may be decided after this: an hour before the start
    """

    chain: ChainRow | None
    steps: tuple[StepPlan, ...]
    latest_at: datetime

    @property
    def by_people(self) -> bool:
        """True when somebody must be asked."""
        return any(step.decided_by_rule is None for step in self.steps)


def plan(
    case: Case,
    *,
    answers: Mapping[str, Any],
    booking_id: uuid.UUID | None,
    now: datetime,
    booker: Actor | None = None,
) -> Plan:
    """The steps that the chain in force asks of this request; self-service asks none, nor does a service run.

    booker  who asks for her, where she does not herself
    """
    instrument = case.terms.instrument
    latest_at = max(case.span.start - _latest_before(now), now)
    if case.service or instrument.booking_mode is not BookingMode.APPROVAL:
        return Plan(None, (), latest_at)
    chain = approvals.chain_for(instrument.scope_keys, shanghai_day(now))
    facts = Facts(case.external, case.span.minutes, case.quote.amount, case.outside_hours, answers)
    path = replace(instrument.path, group_id=case.group_id)
    steps = []
    for step in needed(chain.steps, facts) if chain else ():
        if step.role is StepRole.PAYER:
            if case.group_id is not None:  # a company pays itself: its own word is its request
                home = replace(path, institution_id=case.by.institution_id)
                steps.append(step_plan(step, home, by_rule=_payer_by_rule(case, booking_id, booker)))
        else:
            steps.append(step_plan(step, path))
    return Plan(chain, tuple(steps), latest_at)


def _payer_by_rule(case: Case, booking_id: uuid.UUID | None, booker: Actor | None) -> RuleDecision | None:
    """A head on her own group's money has given her word, for a member too; so has one who gave it in advance."""
    if case.group_id is None:
        return None
    if any(heads(one, case.group_id) for one in (case.by, booker) if one):
        return RuleDecision("own-group", case.group_id)
    on = shanghai_day(case.span.start)
    leaves = funds.authorisation_for(case.group_id, case.by.user_id, on)
    if not leaves:
        return None
    fen, minutes = month_use(case.group_id, case.by.user_id, case.span.start, without=booking_id)
    spending = Spending(
        case.quote.amount, case.span.minutes, case.terms.instrument.id, case.card_id, on, fen, minutes
    )
    covered = covers(leaves, spending).by
    return RuleDecision("authorisation", covered.id) if covered else None


def advice(case: Case, planned: Plan, now: datetime) -> list[Advice]:
    """What is worth knowing before submitting and refuses nothing."""
    told: list[Advice] = []
    office, calendar = network.office_hours(shanghai_day(now)), network.work_calendar()
    before = _latest_before(now)
    ahead = case.span.start > now
    if ahead and planned.by_people and not can_be_approved(now, case.span.start, before, office, calendar):
        told.append(
            Advice("late-decision", earliest_start_that_can_be_approved(now, before, office, calendar))
        )
    if case.quote.state is QuoteState.UNPUBLISHED:
        told.append(Advice("unpublished-price"))
    if case.provisional:
        told.append(Advice("provisional-calendar"))
    return told


def _latest_before(now: datetime) -> timedelta:
    kept = network.setting("approval_latest_before_start_minutes", shanghai_day(now))
    return timedelta(minutes=LATEST_MINUTES if kept is None else int(kept))
