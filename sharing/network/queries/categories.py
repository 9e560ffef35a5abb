"""Categories as those who keep them read them: what stands, what is to come, versions of the code set."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from sharing.kernel.db import db, table_of
from sharing.network.models import Category, CategoryChange, CodeSet

_c, _x, _s = table_of(Category).c, table_of(CategoryChange).c, table_of(CodeSet).c


@dataclass(frozen=True, slots=True)
class CodeSetRow:
    """A version of the code set."""

    version: str
    name: str
    source_document: str
    valid_from: date
    begun: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A dated row of a category."""

    id: uuid.UUID
    category_id: uuid.UUID
    code_set: str
    code: str
    valid_from: date
    name: str
    name_en: str
    aliases: str
    gone: bool
    source_document: str
    created_at: datetime
    applied_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class EnteredRow:
    """A category as it is entered: `begun` once its first day has come, `to_come` the rows that wait."""

    id: uuid.UUID
    code_set: str
    code: str
    level: int
    parent_code: str | None
    name: str
    name_en: str
    aliases: str
    gone: bool
    begun: bool
    to_come: tuple[ChangeRow, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether another may lie below it, by the last that was entered."""
        return not self.to_come[-1].gone if self.to_come else self.begun and not self.gone


def code_sets() -> list[CodeSetRow]:
    """Every version, the newest first."""
    ask = select(_s.version, _s.name, _s.source_document, _s.valid_from, _s.begun)
    return [CodeSetRow(*row) for row in db.session.execute(ask.order_by(_s.valid_from.desc()))]


def _changes() -> Select[Any]:
    names = ChangeRow.__dataclass_fields__
    columns = [_c[name] if name in {"code_set", "code"} else _x[name] for name in names]
    return select(*columns).join_from(table_of(CategoryChange), table_of(Category), _c.id == _x.category_id)


def category_change(change_id: uuid.UUID) -> ChangeRow | None:
    row = db.session.execute(_changes().where(_x.id == change_id)).first()
    return ChangeRow(*row) if row else None


def category_changes(code_set: str, *, waiting: bool = False) -> list[ChangeRow]:
    """Dated rows of a version, the newest first; `waiting`: only those whose day has not come, the next first."""
    ask = _changes().where(_c.code_set == code_set)
    if waiting:
        ask = ask.where(_x.applied_at.is_(None), _x.withdrawn_at.is_(None)).order_by(_x.valid_from)
    else:
        ask = ask.order_by(_x.valid_from.desc(), _x.created_at.desc())
    return [ChangeRow(*row) for row in db.session.execute(ask)]


def categories_entered(code_set: str) -> list[EnteredRow]:
    """The whole tree of a version by code, with what waits; what was taken back before its first day is left out."""
    waiting: dict[uuid.UUID, list[ChangeRow]] = {}
    for row in category_changes(code_set, waiting=True):
        waiting.setdefault(row.category_id, []).append(row)
    names = [name for name in EnteredRow.__dataclass_fields__ if name != "to_come"]
    ask = select(*(_c[name] for name in names)).where(_c.code_set == code_set).order_by(_c.code)
    found = [_entered(row, waiting.get(row.id, [])) for row in db.session.execute(ask)]
    return [row for row in found if row.begun or row.to_come]


def _entered(row: Any, waiting: list[ChangeRow]) -> EnteredRow:
    return EnteredRow(**row._mapping, to_come=tuple(waiting))


def category_entered(code_set: str, code: str) -> EnteredRow | None:
    """One of a version; one that was taken back before its first day too."""
    names = [name for name in EnteredRow.__dataclass_fields__ if name != "to_come"]
    ask = select(*(_c[name] for name in names)).where(_c.code_set == code_set, _c.code == code)
    row = db.session.execute(ask).first()
    if row is None:
        return None
    mine = [one for one in category_changes(code_set, waiting=True) if one.category_id == row.id]
    return _entered(row, mine)


def categories_below(code_set: str, code: str) -> list[EnteredRow]:
    """What lies right below a category and stands."""
    return [row for row in categories_entered(code_set) if row.parent_code == code and row.stands]
