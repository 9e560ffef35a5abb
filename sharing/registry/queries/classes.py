"""Which instruments a change of a category touches."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_, select

from sharing.kernel.db import db, table_of
from sharing.network.models import Category, Institution
from sharing.network.rules import category_parent, category_stem
from sharing.registry.models import Instrument

SHOWN: Final = 20
_i, _c, _home = table_of(Instrument).c, table_of(Category).c, table_of(Institution).c


@dataclass(frozen=True, slots=True)
class TouchedRow:
    """An instrument that a change touches."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    category_code: str
    institution_name: str
    institution_name_en: str


@dataclass(frozen=True, slots=True)
class Touched:
    """How many instruments, and the first of them."""

    count: int
    shown: Sequence[TouchedRow]


def touched(code_set: str, code: str, *, added: bool = False) -> Touched:
    """Instruments in a category or below it, those retired too.

    added  the category is new: those that may belong in it now, in its parent or its parent's 其他
    """
    within = [_i.category_code.like(f"{category_stem(code)}%")]
    if added:
        above = category_parent(code)
        near = [] if above is None else [above, f"{category_stem(above)}99".ljust(6, "0")]
        within = [_i.category_code.in_(near)]
    return _found(_c.code_set == code_set, *within)


def touched_by_set(code_set: str | None) -> Touched:
    """Instruments that keep the version in force when another begins."""
    return _found(_c.code_set == code_set)


def _found(*where: object) -> Touched:
    joined = (
        select(_i.id, _i.code, _i.name, _i.name_en, _i.category_code, _home.name, _home.name_en)
        .join_from(table_of(Instrument), table_of(Category), _c.id == _i.category_id)
        .join(table_of(Institution), _home.id == _i.institution_id)
        .where(*where)  # type: ignore[arg-type]
    )
    count = db.session.execute(select(func.count()).select_from(joined.subquery())).scalar_one()
    rows = db.session.execute(joined.order_by(_i.code).limit(SHOWN))
    return Touched(count, [TouchedRow(*row) for row in rows])


def in_categories(code_set: str) -> dict[str, int]:
    """How many instruments stand in each category of a version, by code."""
    ask = (
        select(_i.category_code, func.count())
        .join_from(table_of(Instrument), table_of(Category), _c.id == _i.category_id)
        .where(_c.code_set == code_set)
        .group_by(_i.category_code)
    )
    return {row[0]: row[1] for row in db.session.execute(ask)}


def below_categories(category_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """These categories and all below them."""
    if not category_ids:
        return []
    named = db.session.execute(select(_c.code_set, _c.code).where(_c.id.in_(category_ids))).all()
    within = [(_c.code_set == one[0]) & _c.code.like(f"{category_stem(one[1])}%") for one in named]
    return list(db.session.scalars(select(_c.id).where(or_(*within))))
