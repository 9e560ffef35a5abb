"""All instruments as narrow rows, kept in the process until one of them, a dated rule or the day changes."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any, Final

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, literal, select, true

from sharing.kernel.db import db, in_transaction, table_of
from sharing.network import queries as network
from sharing.network.models import RuleEpoch
from sharing.registry.models import Version
from sharing.registry.queries.instruments import INSTITUTION, INSTRUMENT, ZONE
from sharing.registry.queries.terms import POLICY
from sharing.registry.rules import Audience
from sharing.registry.rules.shelf import Narrow, Shelf
from sharing.registry.rules.shelf import shelf as shelved

CACHE: Final = "sharing.registry.shelf"
_STAMP: Final = select(
    select(table_of(Version).c.version).limit(1).scalar_subquery(),
    select(table_of(RuleEpoch).c.epoch).limit(1).scalar_subquery(),
)
_making: Final = threading.Lock()  # one thread of a process makes it, the others wait for that


def shelf(on: date) -> Shelf:
    """Every instrument with the policies in force on a Shanghai day: one small statement while it is kept.

    The stamp is read before the rows: what is kept is never older than its stamp, and a change draws a new one. Inside
    a use case nothing is kept, for it may be rolled back.
    """
    version, epoch = db.session.execute(_STAMP).one()
    network.know_epoch(epoch or 0)
    if not (version and epoch) or in_transaction():
        return _read(on)
    stamp = (version, epoch, on)
    held: tuple[Any, Shelf] | None = current_app.extensions.get(CACHE)
    if held is None or held[0] != stamp:
        with _making:
            held = current_app.extensions.get(CACHE)
            if held is None or held[0] != stamp:
                held = current_app.extensions[CACHE] = (stamp, _read(on))
    return held[1]


def _read(on: date) -> Shelf:
    """One statement, in the order of names as the database sorts them."""
    joined, audience = _audience_on(on)
    c = INSTRUMENT.c
    asked = (
        select(c.id, c.name, c.zone_id, ZONE.c.code)
        .add_columns(c.institution_id, INSTITUTION.c.code, INSTITUTION.c.name, INSTITUTION.c.name_en)
        .add_columns(c.group_id, c.category_id, c.category_code, c.subjects, c.booking_mode, c.status)
        .add_columns(audience, c.original_value_fen, c.created_at)
        .select_from(
            joined.join(ZONE, ZONE.c.id == c.zone_id).join(INSTITUTION, INSTITUTION.c.id == c.institution_id)
        )
        .order_by(c.name, c.code)
    )
    return shelved([Narrow(*row) for row in db.session.execute(asked)])


def _audience_on(on: date) -> tuple[Any, ColumnElement[str]]:
    """The policy rows in force, left-joined to `INSTRUMENT`, and to whom each instrument is open by them."""
    rank = func.row_number().over(partition_by=POLICY.c.scope_key, order_by=POLICY.c.valid_from.desc())
    newest = (
        select(POLICY.c.scope_kind, POLICY.c.scope_id, POLICY.c.audience, POLICY.c.inherit, rank.label("age"))
        .where(POLICY.c.valid_from <= on)
        .cte("newest_policy")
    )
    ours = {
        "instrument": INSTRUMENT.c.id,
        "category": INSTRUMENT.c.category_id,
        "institution": INSTRUMENT.c.institution_id,
        "zone": INSTRUMENT.c.zone_id,
        "network": None,
    }
    joined: Any = INSTRUMENT
    said: list[ColumnElement[Any]] = []
    for kind, column in ours.items():
        at = newest.alias(f"policy_{kind}")
        here = true() if column is None else at.c.scope_id == column
        in_force = and_(at.c.scope_kind == kind, at.c.age == 1, at.c.inherit.is_(False), here)
        joined = joined.outerjoin(at, in_force)
        said.append(at.c.audience)
    return joined, func.coalesce(*said, literal(Audience.EVERYONE.value))
