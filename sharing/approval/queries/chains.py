"""Chains as data: the steps in force for a scope."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from sharing.approval.models import Chain, ChainStep
from sharing.approval.rules import ChainRow, ChainStepRow, StepRole
from sharing.kernel.db import db, table_of
from sharing.network import queries as network
from sharing.network.rules import row_in_force


def chain_for(scope_keys: Sequence[str], on: date) -> ChainRow | None:
    """The chain in force on a day for a scope chain, the most specific first; None when none was ever entered."""
    return row_in_force(chains(scope_keys), scope_keys, on)


def chains(scope_keys: Sequence[str]) -> tuple[ChainRow, ...]:
    """Every dated chain of these scopes, past and coming, oldest first; kept until a rule changes."""
    keys = tuple(scope_keys)
    return network.per_epoch(("approval.chains", keys), lambda: _read_chains(keys))


def _read_chains(keys: tuple[str, ...]) -> tuple[ChainRow, ...]:
    c, s = table_of(Chain).c, table_of(ChainStep).c
    rows = db.session.execute(
        select(c.id, c.scope_key, c.valid_from, c.inherit, c.source_document, c.name, c.name_en)
        .where(c.scope_key.in_(keys))
        .order_by(c.valid_from, c.id)
    ).all()
    steps: dict[uuid.UUID, list[ChainStepRow]] = defaultdict(list)
    ask = select(s.chain_id, s.role, s.position, s.needed_when, s.working_hours).order_by(
        s.chain_id, s.position
    )
    for chain_id, role, position, when, hours in db.session.execute(
        ask.where(s.chain_id.in_([row.id for row in rows]))
    ):
        steps[chain_id].append(ChainStepRow(StepRole(role), position, tuple(when or ()), hours))
    return tuple(ChainRow(*row, steps=tuple(steps[row.id])) for row in rows)
