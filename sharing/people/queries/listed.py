"""People as the administrators of their houses list them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true

from sharing.kernel.db import db, table_of
from sharing.kernel.paging import PER_PAGE, Page
from sharing.network.models import Institution
from sharing.people.models import User
from sharing.people.queries.persons import PersonRow
from sharing.people.rules import ScopeFilter

_u, _home = table_of(User), table_of(Institution)
_JOINED = _u.join(_home, _home.c.id == _u.c.institution_id)


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A person with her house. `standing` is empty where nobody said it."""

    person: PersonRow
    standing: str
    house: str
    house_en: str


def people(
    words: str, within: ScopeFilter, *, left: bool = False, page: int = 1, per_page: int = PER_PAGE
) -> Page[ListedRow]:
    """People of the houses where the reader may look, by house and name; those who left when asked."""
    gone = _u.c.left_at.is_not(None)
    where = [_seen(within), gone if left else ~gone]
    if begins := words.strip().lower().replace("\\", "").replace("%", "").replace("_", r"\_"):
        fields = (_u.c.name, _u.c.name_en, _u.c.username, _u.c.staff_no, _u.c.department, _u.c.email)
        where.append(or_(*(func.lower(field).like(f"%{begins}%", escape="\\") for field in fields)))
    total = db.session.scalar(select(func.count()).select_from(_JOINED).where(*where)) or 0
    ask = _columns().where(*where).order_by(_home.c.code, _u.c.name, _u.c.id)
    rows = db.session.execute(ask.limit(per_page).offset((page - 1) * per_page))
    return Page([_row(row) for row in rows], total, page, per_page)


def listed(user_id: uuid.UUID, within: ScopeFilter) -> ListedRow | None:
    """One person; None when there is none where the reader may look."""
    row = db.session.execute(_columns().where(_u.c.id == user_id, _seen(within))).first()
    return _row(row) if row else None


def _columns() -> Select[Any]:
    u = _u.c
    return select(
        u.id, u.username, u.name, u.name_en, u.email, u.language, u.institution_id, u.staff_no, u.phone,
        u.left_at.is_not(None), u.department, u.kind, u.standing, _home.c.name, _home.c.name_en,
    ).select_from(_JOINED)  # fmt: skip


def _row(row: Any) -> ListedRow:
    return ListedRow(PersonRow(*row[:12]), row[12] or "", row[13], row[14])


def _seen(within: ScopeFilter) -> ColumnElement[bool]:
    if within.everything:
        return true()
    return or_(_home.c.zone_id.in_(within.zones), _u.c.institution_id.in_(within.institutions))
