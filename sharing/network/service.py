"""Changing the network: its working days and dated values. Every change is audited and raises the rule epoch."""

from __future__ import annotations

import secrets
import uuid
from datetime import date, datetime
from typing import Any, Literal, Protocol

from flask import g, has_request_context
from sqlalchemy import delete

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.network import queries
from sharing.network.models import CalendarDay, RuleEpoch, Setting

EPOCHS = 2**31 - 2


class Editor(Protocol):
    """Whoever asks for a change; `people.rules.Actor` is one."""

    @property
    def user_id(self) -> uuid.UUID: ...
    @property
    def name(self) -> str: ...
    def has(self, right: str) -> bool: ...


def _must_edit(by: Editor) -> None:
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


@transactional
def edit_calendar_day(
    *,
    day: date,
    kind: Literal["holiday", "workday"] | None,
    name: str = "",
    name_en: str = "",
    source_document: str,
    by: Editor,
    now: datetime,
) -> None:
    """Set a day of the State Council's list, or take it out with `kind=None`. Raises Refused: forbidden."""
    _must_edit(by)
    table = table_of(CalendarDay)
    before = next((row for row in queries.listed_days(day.year) if row.day == day), None)
    after = {"kind": kind, "name": name, "name_en": name_en, "source_document": source_document}
    if kind is None:
        db.session.execute(delete(table).where(table.c.day == day))
    else:
        statement = insert(table).values(day=day, **after)
        db.session.execute(statement.on_conflict_do_update(index_elements=["day"], set_=after))
    audit.record(
        "network.calendar-day",
        about=("network_calendar_day", None),
        by=by,
        now=now,
        before={"day": day, **audit.plain(before)} if before else None,
        after={"day": day, **after} if kind else {"day": day, "source_document": source_document},
    )
    raise_epoch()


@transactional
def change_setting(
    *, key: str, value: Any, valid_from: date, source_document: str, by: Editor, now: datetime
) -> None:
    """Enter a dated value of the network; a row of the same key and day is refused, never overwritten.

    Raises Refused: forbidden, duplicate.
    """
    _must_edit(by)
    table = table_of(Setting)
    row = {"key": key, "valid_from": valid_from, "value": value, "source_document": source_document}
    statement = insert(table).values(**row).on_conflict_do_nothing(index_elements=["key", "valid_from"])
    if db.session.execute(statement.returning(table.c.key)).first() is None:
        raise Refused("duplicate", key=key, valid_from=valid_from)
    audit.record("network.setting", about=("network_setting", None), by=by, now=now, after=row)
    raise_epoch()
