"""Chains as data: the steps in force for a scope."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from sharing.approval.models import Chain, ChainStep
from sharing.approval.rules import ChainRow, ChainStepRow, StepRole
from sharing.kernel.db import db, table_of
from sharing.network import queries as network
from sharing.network.rules import row_in_force
from sharing.registry import queries as registry
from sharing.registry.rules import Entry, Scope

CHAINS: Final = registry.Kind(table_of(Chain), "chain.edit", "approval.chain")


def chain_for(scope_keys: Sequence[str], on: date) -> ChainRow | None:
    """The chain in force on a day for a scope chain, the most specific first; None when none was ever entered."""
    return row_in_force(chains(scope_keys), scope_keys, on)


def chains(scope_keys: Sequence[str]) -> tuple[ChainRow, ...]:
    """Every dated chain of these scopes, past and coming, oldest first; kept until a rule changes."""
    keys = tuple(scope_keys)
    return network.per_epoch(("approval.chains", keys), lambda: _read_chains(keys))


def _read_chains(keys: tuple[str, ...]) -> tuple[ChainRow, ...]:
    c = table_of(Chain).c
    rows = db.session.execute(
        select(c.id, c.scope_key, c.valid_from, c.inherit, c.source_document, c.name, c.name_en)
        .where(c.scope_key.in_(keys), c.withdrawn_at.is_(None))
        .order_by(c.valid_from, c.id)
    ).all()
    steps = steps_of([row.id for row in rows])
    return tuple(ChainRow(*row, steps=steps.get(row.id, ())) for row in rows)


def steps_of(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[ChainStepRow, ...]]:
    """The steps of these chains in order; one statement."""
    s = table_of(ChainStep).c
    asked = select(s.chain_id, s.role, s.position, s.needed_when, s.working_hours).where(s.chain_id.in_(ids))
    steps: dict[uuid.UUID, list[ChainStepRow]] = defaultdict(list)
    for chain_id, role, position, when, hours in db.session.execute(asked.order_by(s.chain_id, s.position)):
        steps[chain_id].append(ChainStepRow(StepRole(role), position, tuple(when or ()), hours))
    return {chain_id: tuple(rows) for chain_id, rows in steps.items()}


def chain_entries(scope: Scope, on: date) -> list[Entry[ChainRow]]:
    """Every chain ever entered for one scope, withdrawn ones too, the latest first."""
    found = registry.entries(CHAINS, scope.key, on, _chain)
    steps = steps_of([one.row.id for one in found])
    return [replace(one, row=replace(one.row, steps=steps.get(one.row.id, ()))) for one in found]


def _chain(row: Mapping[str, Any]) -> ChainRow:
    return ChainRow(**{name: row[name] for name in ChainRow.__dataclass_fields__ if name != "steps"})
