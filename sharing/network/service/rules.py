"""Changing the network: its working days and dated values. Every change is audited and raises the rule epoch."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, Protocol

from flask import g, has_request_context
from sqlalchemy import delete

from sharing.audit import queries as trail
from sharing.audit import service as audit
from sharing.audit.queries import EventRow
from sharing.kernel.db import db, insert, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries
from sharing.network.models import CalendarDay, RuleEpoch, Setting

EPOCHS = 2**31 - 2
CALENDAR_ABOUT: Final = "network_calendar_day"


class Within(Protocol):
    """Where a right is held; `people.rules.ScopeFilter` is one."""

    @property
    def everything(self) -> bool: ...
    @property
    def zones(self) -> Collection[uuid.UUID]: ...
    @property
    def institutions(self) -> Collection[uuid.UUID]: ...


class Editor(Protocol):
    """Whoever asks for a change; `people.rules.Actor` is one."""

    @property
    def user_id(self) -> uuid.UUID: ...
    @property
    def name(self) -> str: ...
    def has(self, right: str) -> bool: ...
    def scopes(self, right: str) -> Within: ...


def must_edit(by: Editor) -> None:
    """The network's own rules are the province's to change, and its right is held at the network only."""
    if not by.has("network.edit"):
        raise Refused("forbidden")


@transactional
def raise_epoch() -> None:
    """Tell every process that a dated rule changed; call in the transaction of the change.

    The new number is drawn at random, so that no cache fits a database that was restored or emptied since.
    """
    table = table_of(RuleEpoch)
    drawn = secrets.randbelow(EPOCHS) + 1
    statement = insert(table).values(id=1, epoch=drawn)
    db.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"epoch": drawn}))
    if has_request_context():
        g.pop("rule_epoch", None)


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day of the State Council's list; `kind` None takes it out of the list."""

    day: date
    kind: Literal["holiday", "workday"] | None
    name: str = ""
    name_en: str = ""


@transactional
def edit_calendar(
    changes: Sequence[DayChange],
    *,
    source_document: str,
    by: Editor | None,
    now: datetime,
    revision: int | None = None,
) -> None:
    """Set days of the State Council's list, all or none; what stood before stays in the audit.

    revision  the list that was seen, where a rival's change must not be passed over
    by        None at the server's command line
    raises    Refused: forbidden, invalid-input (a day that is over, no document), edit-conflict
    """
    check_calendar(changes, by=by, now=now)
    if not source_document.strip():
        raise Refused("invalid-input", fields=[{"field": "source_document", "message": _("请写明依据文件")}])
    raise_epoch()
    known = {row.day: row for row in queries.listed_days()}
    if revision is not None and revision != queries.calendar_revision():
        raise Refused("edit-conflict")
    table = table_of(CalendarDay)
    for one in changes:
        after = {
            "kind": one.kind,
            "name": one.name,
            "name_en": one.name_en,
            "source_document": source_document,
        }
        before = known.get(one.day)
        if one.kind is None:
            db.session.execute(delete(table).where(table.c.day == one.day))
        else:
            statement = insert(table).values(day=one.day, **after)
            db.session.execute(statement.on_conflict_do_update(index_elements=["day"], set_=after))
        audit.record(
            "network.calendar-day",
            about=(CALENDAR_ABOUT, None),
            by=by,
            now=now,
            before=audit.plain(before) if before else None,
            after={"day": one.day, **after},
        )


def check_calendar(changes: Sequence[DayChange], *, by: Editor | None, now: datetime) -> None:
    """Raises Refused: forbidden, invalid-input (a day that is over stays what it was)."""
    if by is not None:
        must_edit(by)
    if any(one.day < shanghai_day(now) for one in changes):
        said = _("从今天或以后的日期起执行，不能改写过去")
        raise Refused("invalid-input", fields=[{"field": "days", "message": said}])


def calendar_history(limit: int = 50) -> list[EventRow]:
    """What was done to the list, the newest first."""
    return list(reversed(trail.history(CALENDAR_ABOUT, None, limit=limit)))


@transactional
def change_setting(
    *, key: str, value: Any, valid_from: date, source_document: str, by: Editor, now: datetime
) -> None:
    """Enter a dated value of the network; a row of the same key and day is refused, never overwritten.

    Raises Refused: forbidden, duplicate.
    """
    must_edit(by)
    table = table_of(Setting)
    row = {"key": key, "valid_from": valid_from, "value": value, "source_document": source_document}
    statement = insert(table).values(**row).on_conflict_do_nothing(index_elements=["key", "valid_from"])
    if db.session.execute(statement.returning(table.c.key)).first() is None:
        raise Refused("duplicate", key=key, valid_from=valid_from)
    audit.record("network.setting", about=("network_setting", None), by=by, now=now, after=row)
    raise_epoch()
