"""Reading the registry as a table: every record in somebody's scope, streamed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final

from sqlalchemy import ColumnElement, or_, true

from sharing.kernel.db import db, snapshot
from sharing.people.rules import ScopeFilter
from sharing.registry.queries.instruments import INSTRUMENT, row_of, rows_of
from sharing.registry.rules import InstrumentRow, Status

PIECE: Final = 500
EVERYTHING: Final = ScopeFilter(everything=True)
_C: Final = INSTRUMENT.c


def within(scopes: ScopeFilter) -> ColumnElement[bool]:
    """The instruments of a scope; agrees with `Actor.may` at each one's path."""
    if scopes.everything:
        return true()
    return or_(
        _C.zone_id.in_(scopes.zones),
        _C.institution_id.in_(scopes.institutions),
        _C.group_id.in_(scopes.groups),
        _C.id.in_(scopes.instruments),
    )


def records(
    scopes: ScopeFilter,
    *,
    zone_id: uuid.UUID | None = None,
    institution_id: uuid.UUID | None = None,
    with_retired: bool = False,
) -> Iterator[InstrumentRow]:
    """Every instrument of the scope by code, a few hundred at a time from the database; narrowed when asked."""
    asked = rows_of().where(within(scopes)).order_by(_C.code)
    if zone_id is not None:
        asked = asked.where(_C.zone_id == zone_id)
    if institution_id is not None:
        asked = asked.where(_C.institution_id == institution_id)
    if not with_retired:
        asked = asked.where(_C.status != Status.RETIRED.value)
    with snapshot():
        for row in db.session.execute(asked, execution_options={"yield_per": PIECE}):
            yield row_of(row)
