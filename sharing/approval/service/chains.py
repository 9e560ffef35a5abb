"""Entering chains: dated rows, never changed. A chain with nobody to decide is refused when it is saved."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sharing.approval import queries
from sharing.approval.models import ChainStep
from sharing.approval.rules import ChainStepRow, SeatPlan, StepRole, step_plan, wrong_steps
from sharing.kernel.db import db, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network.rules import scope_key
from sharing.people import queries as people
from sharing.people.rules import Actor, Role, ScopeKind, ScopePath
from sharing.registry import queries as places
from sharing.registry import service as registry
from sharing.registry.service import Dates

_step = table_of(ChainStep)
KNOWN_SCOPES: Final = ("instrument", "institution")
ANYBODY_BUT_ME: Final = 2  # whoever asks, one more must be there to decide


@dataclass(frozen=True, slots=True)
class NewChain:
    """A chain to enter; without steps where its dates say that it hands back to the wider scope."""

    name: str = ""
    name_en: str = ""
    steps: tuple[ChainStepRow, ...] = ()


@transactional
def save_chain(
    new: NewChain, dates: Dates, *, scope: tuple[str, uuid.UUID | None], by: Actor | None, now: datetime
) -> uuid.UUID:
    """Enter one chain with its steps and give its key.

    scope   its kind and key; of a category, which spans institutions, it is the province's to set
    raises  Refused: not-found, forbidden; invalid-input with every wrong field; edit-conflict; duplicate when the scope
            has a chain from that day; chain-without-approver when an instrument or an institution has nobody who could
            decide. Zones, categories and the network span institutions: there it shows when a request is made.
    """
    check_chain(new, dates, scope=scope, now=now)
    values = {"name": new.name, "name_en": new.name_en}
    standing = [one for one in queries.chains([scope_key(*scope)]) if one.valid_from < dates.valid_from]
    besides = (_told(standing[-1].steps if standing else ()), _told(new.steps))
    made = registry.enter(queries.CHAINS, scope, [values], dates, by=by, now=now, besides=besides)
    chain_id = made[0]
    _insert_steps(chain_id, new.steps)
    return chain_id


def check_chain(new: NewChain, dates: Dates, *, scope: tuple[str, uuid.UUID | None], now: datetime) -> None:
    """Raises Refused: invalid-input with every wrong field, chain-without-approver."""
    on = shanghai_day(now)
    wrong = registry.wrong_dates(dates, on)
    if not dates.inherit:
        said = _("步骤须有 1 至 10 步，次序不重复，时限为 1 至 400 个工作小时，条件填写完整")
        wrong += [{"field": name, "message": said} for name in wrong_steps(new.steps)]
    if wrong:
        raise Refused("invalid-input", fields=wrong)
    if scope[0] in KNOWN_SCOPES and not dates.inherit:
        _must_have_deciders(new.steps, places.scope_of(*scope).path, on)


def withdraw_chain(
    row_id: uuid.UUID, *, reason: str, by: Actor | None, now: datetime
) -> tuple[str, uuid.UUID | None]:
    """Take back a chain that has not begun; gives its scope. Raises Refused: not-found, forbidden, rule-begun."""
    steps = _told(queries.steps_of([row_id]).get(row_id, ()))
    return registry.withdraw(queries.CHAINS, row_id, reason=reason, by=by, now=now, besides=steps)


def _must_have_deciders(steps: Sequence[ChainStepRow], path: ScopePath, on: date) -> None:
    for step in sorted(steps, key=lambda one: one.position):
        seats, enough = _possible_seats(step, path)
        there = {holder.user_id for holder in queries.holders(seats, on)}
        if len(there) < enough:
            raise Refused("chain-without-approver", step=step.role.value, position=step.position)


def _possible_seats(step: ChainStepRow, path: ScopePath) -> tuple[list[SeatPlan], int]:
    """From where the step could ever be decided here, and how many persons it takes so that any requester finds one.

    The payer is the head of whichever group pays: some group of the house must have one. A head who asks has agreed.
    """
    if step.role is StepRole.PAYER:
        groups = people.groups(path.institution_id)
        return [SeatPlan(Role.HEAD, ScopeKind.GROUP, group.id) for group in groups], 1
    plan = step_plan(step, path)
    return [*plan.seats, *plan.otherwise], ANYBODY_BUT_ME


def _told(steps: Sequence[ChainStepRow]) -> dict[str, Any]:
    """The steps as the audit keeps them."""
    return {
        "steps": [
            {
                "position": step.position,
                "role": step.role.value,
                "needed_when": [dict(one) for one in step.needed_when],
                "working_hours": step.working_hours,
            }
            for step in steps
        ]
    }


def _insert_steps(chain_id: uuid.UUID, steps: Sequence[ChainStepRow]) -> None:
    rows = [{"id": new_id(), "chain_id": chain_id, **step} for step in _told(steps)["steps"]]
    if rows:
        db.session.execute(_step.insert(), rows)
