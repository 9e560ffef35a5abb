"""Entering chains: dated rows, never changed. A chain with nobody to decide is refused when it is saved."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sharing.approval import queries
from sharing.approval.models import Chain, ChainStep
from sharing.approval.rules import ChainStepRow, SeatPlan, StepRole, step_plan, wrong_steps
from sharing.audit import service as audit
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import service as network
from sharing.network.rules import scope_key
from sharing.people import queries as people
from sharing.people.rules import Actor, Role, ScopeKind, ScopePath

_chain, _step = table_of(Chain), table_of(ChainStep)
KNOWN_SCOPES: Final = ("instrument", "institution")
ANYBODY_BUT_ME: Final = 2  # whoever asks, one more must be there to decide


@dataclass(frozen=True, slots=True)
class NewChain:
    """A chain to enter, from a day on; `inherit` ends this scope's own chain and hands back to the wider scope."""

    valid_from: date
    source_document: str
    name: str = ""
    name_en: str = ""
    steps: tuple[ChainStepRow, ...] = ()
    inherit: bool = False


@transactional
def save_chain(
    new: NewChain,
    *,
    scope_kind: str,
    path: ScopePath,
    by: Actor,
    now: datetime,
    category_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Enter one chain with its steps and give its key.

    scope_kind  instrument, institution, zone or network: the scope whose id `path` names; or category with its
                `category_id`, which spans institutions and so is the province's to set
    raises      Refused: forbidden; invalid-input with every wrong field; duplicate when the scope has a chain for this
                day; chain-without-approver with the first `step` (and its `position`) that could have nobody to
                decide. Zones, categories and the network span institutions: there it shows when a request is made.
    """
    scope_id = _scope_id(scope_kind, path, category_id)
    if not by.may("chain.edit", path.of_scope(scope_kind)):
        raise Refused("forbidden")
    on = shanghai_day(now)
    if wrong := _wrong_fields(new, on):
        raise Refused("invalid-input", fields=wrong)
    if scope_kind in KNOWN_SCOPES and not new.inherit:
        _must_have_deciders(new.steps, path, on)
    return _insert(new, scope_kind, scope_id, by, now)


def _scope_id(kind: str, path: ScopePath, category_id: uuid.UUID | None) -> uuid.UUID | None:
    found = {
        "instrument": path.instrument_id,
        "category": category_id,
        "institution": path.institution_id,
        "zone": path.zone_id,
        "network": None,
    }[kind]
    if found is None and kind != ScopeKind.NETWORK:
        raise ValueError(f"a chain of a {kind} names it")
    return found


def _wrong_fields(new: NewChain, today: date) -> list[dict[str, str]]:
    wrong: list[dict[str, str]] = []
    if new.valid_from < today:
        wrong.append(
            {"field": "valid_from", "message": _("新审批流程从今天或以后的日期起执行，不能改写过去")}
        )
    if not new.source_document.strip():
        wrong.append({"field": "source_document", "message": _("请写明依据文件")})
    if not new.inherit:
        said = _("步骤须有 1 至 10 步，次序不重复，时限为 1 至 400 个工作小时，条件填写完整")
        wrong += [{"field": name, "message": said} for name in wrong_steps(new.steps)]
    return wrong


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


def _insert(
    new: NewChain, scope_kind: str, scope_id: uuid.UUID | None, by: Actor, now: datetime
) -> uuid.UUID:
    row: dict[str, Any] = {
        "id": new_id(),
        "scope_kind": scope_kind,
        "scope_id": scope_id,
        "scope_key": scope_key(scope_kind, scope_id),
        "valid_from": new.valid_from,
        "inherit": new.inherit,
        "source_document": new.source_document.strip(),
        "created_at": now,
        "name": new.name,
        "name_en": new.name_en,
    }
    statement = (
        insert(_chain).values(**row).on_conflict_do_nothing(index_elements=["scope_key", "valid_from"])
    )
    if db.session.execute(statement.returning(_chain.c.id)).first() is None:
        raise Refused("duplicate", valid_from=new.valid_from)
    steps = [
        {
            "id": new_id(),
            "chain_id": row["id"],
            "position": step.position,
            "role": step.role.value,
            "needed_when": [dict(one) for one in step.needed_when],
            "working_hours": step.working_hours,
        }
        for step in new.steps
    ]
    if steps:
        db.session.execute(_step.insert(), steps)
    audit.record(
        "approval.chain", about=("approval_chain", row["id"]), by=by, now=now, after=row | {"steps": steps}
    )
    network.raise_epoch()
    chain_id: uuid.UUID = row["id"]
    return chain_id
