"""Categories of instruments: added, renamed and ended from a day on, by a document; whole versions of the code set.

Dated rows say what holds when; the category itself carries the words of today, which the timer brings up to date.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import insert as insert_many
from sqlalchemy import select, update

from sharing.audit import queries as trail
from sharing.audit import service as audit
from sharing.audit.queries import EventRow
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries
from sharing.network.models import Category, CategoryChange, CodeSet
from sharing.network.rules import category_level, category_parent
from sharing.network.service.rules import Editor, must_edit, raise_epoch

ABOUT: Final = "network_category"
WORDS: Final = ("name", "name_en", "aliases", "gone")
ACTIONS: Final = {  # what the trail calls each act
    "add": "network.category-add",
    "rename": "network.category-rename",
    "end": "network.category-end",
}
_category, _change, _set = table_of(Category), table_of(CategoryChange), table_of(CodeSet)


@dataclass(frozen=True, slots=True)
class CategoryEdit:
    """What is to hold of a category from a day on: it is added, renamed, or goes."""

    act: str  # add | rename | end
    code: str
    name: str
    name_en: str
    aliases: str
    valid_from: date
    source_document: str
    code_set: str


@dataclass(frozen=True, slots=True)
class NewCodeSet:
    """A version of the code set from a day on; it begins with the categories of the one in force."""

    version: str
    name: str
    valid_from: date
    source_document: str


def check_category(edit: CategoryEdit, *, by: Editor | None, now: datetime) -> None:
    """Raises Refused: forbidden, not-found (no such version), duplicate, invalid-input."""
    if by is not None:
        must_edit(by)
    if db.session.execute(select(_set.c.version).where(_set.c.version == edit.code_set)).first() is None:
        raise Refused("not-found")
    wrong = _wrong_day(edit.valid_from, now)
    known = queries.category_entered(edit.code_set, edit.code)
    if edit.act == "add":
        if known and (known.begun or known.to_come):
            raise Refused("duplicate", field="code")
        above = category_parent(edit.code)
        parent = queries.category_entered(edit.code_set, above) if above else None
        if above and (parent is None or not parent.stands):
            wrong.append(_field("code", _("没有上一级类别 %(code)s", code=above)))
    elif known is None or not known.begun:
        wrong.append(_field("code", _("没有这个分类编码")))
    if edit.act == "end" and known and queries.categories_below(edit.code_set, edit.code):
        wrong.append(_field("code", _("请先停用它下面的类别")))
    if edit.act != "end":
        missing = [name for name in ("name", "name_en") if not getattr(edit, name)]
        wrong += [_field(name, _("请填写此项")) for name in missing]
    if wrong:
        raise Refused("invalid-input", fields=wrong)


@transactional
def edit_category(edit: CategoryEdit, *, by: Editor | None, now: datetime) -> list[uuid.UUID]:
    """Enter a dated row; the categories whose words changed at once by it. `by` None is the command line.

    Raises Refused: as `check_category`, and duplicate where that day has a row already.
    """
    raise_epoch()  # editors take turns here
    check_category(edit, by=by, now=now)
    known = queries.category_entered(edit.code_set, edit.code)
    category_id = known.id if known else _added(edit)
    words: dict[str, Any] = {
        "name": edit.name,
        "name_en": edit.name_en,
        "aliases": edit.aliases,
        "gone": False,
    }
    if edit.act == "end" and known:
        words = {name: getattr(known, name) for name in WORDS} | {"gone": True}
    row = {"id": new_id(), "category_id": category_id, **words}
    row |= {"valid_from": edit.valid_from, "source_document": edit.source_document, "created_at": now}
    put = insert(_change).values(**row).on_conflict_do_nothing()
    if db.session.execute(put.returning(_change.c.id)).first() is None:
        raise Refused("duplicate", field="valid_from")
    _record(ACTIONS[edit.act], edit.code, by, now, before=known, after=asdict(edit))
    return hold_due(now=now)


def _added(edit: CategoryEdit) -> uuid.UUID:
    category_id = new_id()
    row = {
        "id": category_id,
        "code_set": edit.code_set,
        "code": edit.code,
        "level": category_level(edit.code),
        "parent_code": category_parent(edit.code),
        "name": edit.name,
        "name_en": edit.name_en,
        "aliases": edit.aliases,
        "begun": False,
    }
    db.session.execute(insert(_category).values(**row))
    return category_id


@transactional
def withdraw_category_change(change_id: uuid.UUID, *, reason: str, by: Editor | None, now: datetime) -> None:
    """Take back a row that has not begun; it stays in the history. Raises Refused: forbidden, not-found, rule-begun."""
    if by is not None:
        must_edit(by)
    raise_epoch()
    known = queries.category_change(change_id)
    if known is None or known.withdrawn_at is not None:
        raise Refused("not-found")
    if known.valid_from <= shanghai_day(now):
        raise Refused("rule-begun", valid_from=known.valid_from)
    db.session.execute(update(_change).where(_change.c.id == change_id).values(withdrawn_at=now))
    _record("network.category-withdrawn", known.code, by, now, before=known, note=reason)


def check_code_set(given: NewCodeSet, *, by: Editor | None, now: datetime) -> None:
    """Raises Refused: forbidden, duplicate, invalid-input."""
    if by is not None:
        must_edit(by)
    sets = queries.code_sets()
    if any(one.version == given.version for one in sets):
        raise Refused("duplicate", field="version")
    wrong = _wrong_day(given.valid_from, now)
    if any(one.valid_from >= given.valid_from for one in sets):
        wrong.append(_field("valid_from", _("须晚于已有的各个版本")))
    if wrong:
        raise Refused("invalid-input", fields=wrong)


@transactional
def add_code_set(given: NewCodeSet, *, by: Editor | None, now: datetime) -> None:
    """A new version, with a copy of the categories in force to be changed before it begins.

    Instruments keep the version that they were classified by. Raises Refused: as `check_code_set`.
    """
    raise_epoch()
    check_code_set(given, by=by, now=now)
    copied = [row for row in queries.categories() if not row.gone]
    db.session.execute(insert(_set).values(**asdict(given), begun=False))
    if copied:
        words = ("code", "level", "parent_code", "name", "name_en", "aliases")
        rows = [
            {"id": new_id(), "code_set": given.version} | {name: getattr(row, name) for name in words}
            for row in copied
        ]
        db.session.execute(insert_many(_category), rows)
    _record("network.code-set", given.version, by, now, after=asdict(given))
    hold_due(now=now)


@transactional
def hold_due(*, now: datetime) -> list[uuid.UUID]:
    """Make hold what begins by today and does not yet; the categories whose words changed."""
    today = shanghai_day(now)
    begins = (_set.c.valid_from <= today) & ~_set.c.begun
    begun = db.session.execute(update(_set).where(begins).values(begun=True).returning(_set.c.version)).all()
    c = _change.c
    due = select(c.id, c.category_id, *(c[name] for name in WORDS)).where(
        c.valid_from <= today, c.applied_at.is_(None), c.withdrawn_at.is_(None)
    )
    changed = db.session.execute(due.order_by(c.valid_from)).all()
    for row in changed:
        words = {name: getattr(row, name) for name in WORDS}
        mine = _category.c.id == row.category_id
        db.session.execute(update(_category).where(mine).values(begun=True, **words))
        db.session.execute(update(_change).where(c.id == row.id).values(applied_at=now))
    if begun or changed:
        raise_epoch()
    return [row.category_id for row in changed]


def category_history(limit: int = 50) -> list[EventRow]:
    """What was done to categories and versions, the newest first."""
    return list(reversed(trail.history(ABOUT, None, limit=limit)))


def _record(
    action: str,
    code: str,
    by: Editor | None,
    now: datetime,
    *,
    before: Any = None,
    after: dict[str, Any] | None = None,
    note: str | None = None,
) -> None:
    was = {"code": code} | {name: getattr(before, name) for name in WORDS} if before else None
    audit.record(action, about=(ABOUT, None), by=by, now=now, before=was, after=after, note=note)


def _wrong_day(valid_from: date, now: datetime) -> list[dict[str, str]]:
    if valid_from >= shanghai_day(now):
        return []
    return [_field("valid_from", _("从今天或以后的日期起执行，不能改写过去"))]


def _field(name: str, message: str) -> dict[str, str]:
    return {"field": name, "message": message}
