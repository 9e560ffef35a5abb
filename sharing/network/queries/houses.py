"""Institutions as their administrators list them."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from sharing.kernel.db import db, table_of
from sharing.kernel.paging import PER_PAGE, Page
from sharing.network.models import Institution, Zone
from sharing.network.queries.nodes import InstitutionRow, institutions_named, with_retired


@dataclass(frozen=True, slots=True)
class HousesAsked:
    """Which institutions an administrator lists. `state`: those of the network, or those that left it."""

    words: str = ""
    kind: str = ""
    state: str = "open"
    page: int = 1
    per_page: int = PER_PAGE


def houses(asked: HousesAsked, zones: Collection[uuid.UUID] | None) -> Page[InstitutionRow]:
    """A page of institutions by zone and code; `zones` None means everywhere."""
    c, node = table_of(Institution).c, table_of(Zone).c
    where: list[ColumnElement[bool]] = [
        c.retired_at.is_(None) if asked.state == "open" else c.retired_at.is_not(None)
    ]
    if zones is not None:
        where.append(c.zone_id.in_(zones))
    if asked.kind:
        where.append(c.kind == asked.kind)
    if asked.words:
        said = (c.code, c.name, c.name_en, c.uscc)
        where.append(or_(*(field.icontains(asked.words, autoescape=True) for field in said)))
    ask = with_retired().where(*where).order_by(node.position, node.code, c.code)
    rows = db.session.execute(ask.limit(asked.per_page).offset((asked.page - 1) * asked.per_page))
    total = db.session.execute(select(func.count()).select_from(table_of(Institution)).where(*where))
    return Page([InstitutionRow(*row) for row in rows], total.scalar_one(), asked.page, asked.per_page)


def house(institution_id: uuid.UUID) -> InstitutionRow | None:
    """One institution, one that left the network too."""
    return institutions_named([institution_id]).get(institution_id)
