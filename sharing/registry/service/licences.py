"""Training licences: given one by one or pasted from a sheet, ended with a reason, never deleted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from sharing.audit import service as audit
from sharing.kernel.db import db, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.notify import service as notify
from sharing.people import queries as people
from sharing.people.queries import PersonRow
from sharing.people.rules import Actor
from sharing.registry.models import Licence
from sharing.registry.rules import InstrumentRow, LicenceLevel
from sharing.registry.rules.paste import PasteFault, PasteRow, read_paste
from sharing.registry.service.instruments import ABOUT, must

LICENCE: Final = table_of(Licence)
RIGHT: Final = "licence.grant"


@dataclass(frozen=True, slots=True)
class Pasted:
    """What became of a pasted list: how many licences were given, and every row that could not be."""

    granted: int
    faults: Sequence[PasteFault]


@transactional
def grant(
    instrument_id: uuid.UUID,
    user_id: uuid.UUID,
    *,
    level: LicenceLevel,
    starts_on: date,
    ends_on: date | None,
    by: Actor,
    now: datetime,
) -> uuid.UUID:
    """Let a person use the instrument alone within `[starts_on, ends_on)`; a licence she has already is replaced.

    Raises Refused: not-found, forbidden, invalid-input (it ends before it begins).
    """
    row = must(RIGHT, instrument_id, by)
    person = people.person(user_id)
    if person is None or person.left:
        raise Refused("not-found")
    if ends_on is not None and ends_on <= starts_on:
        raise Refused("invalid-input", fields=[{"field": "ends_on", "message": _("须晚于开始日期")}])
    return _grant(row, person, PasteRow(0, "", level, starts_on, ends_on), by, now)


@transactional
def paste(instrument_id: uuid.UUID, text: str, *, partly: bool, by: Actor, now: datetime) -> Pasted:
    """Give licences by a list pasted from a sheet: staff number, level, from, until (the last day), one person a line.

    partly  give the good rows although others are bad; else a single bad row refuses the whole list
    raises  Refused: not-found, forbidden, invalid-input naming every bad row with line, column and reason
    """
    row = must(RIGHT, instrument_id, by)
    rows, faults = read_paste(text, today=shanghai_day(now))
    known = people.by_staff_no(row.institution_id, {one.staff_no for one in rows})
    faults += [
        PasteFault(one.line, "staff_no", one.staff_no, "unknown-person")
        for one in rows
        if one.staff_no not in known
    ]
    faults.sort(key=lambda fault: fault.line)
    if faults and not partly:
        raise Refused("invalid-input", fields=[_said(fault) for fault in faults])
    good = [one for one in rows if one.staff_no in known]
    for one in good:
        _grant(row, known[one.staff_no], one, by, now)
    return Pasted(len(good), faults)


@transactional
def end(licence_id: uuid.UUID, *, reason: str, by: Actor, now: datetime) -> None:
    """Take a licence back at once. Raises Refused: not-found, forbidden, invalid-input (no reason)."""
    found = db.session.execute(select(LICENCE).where(LICENCE.c.id == licence_id)).mappings().first()
    if found is None or found["ended_at"] is not None:
        raise Refused("not-found")
    row = must(RIGHT, found["instrument_id"], by)
    if not reason.strip():
        raise Refused("invalid-input", fields=[{"field": "reason", "message": _("请写明原因")}])
    _end([found], reason, row, by, now)
    person = people.person(found["user_id"])
    if person and not person.left:
        facts = {"instrument": row.name, "instrument_en": row.name_en, "note": reason}
        notify.enqueue("registry.licence-ended", [recipient(person)], (ABOUT, row.id), facts, now)


def recipient(person: PersonRow) -> notify.Recipient:
    """A person as someone to tell."""
    return notify.Recipient(person.id, person.email, person.language, person.name, person.institution_id)


def _grant(row: InstrumentRow, person: PersonRow, asked: PasteRow, by: Actor, now: datetime) -> uuid.UUID:
    c = LICENCE.c
    if asked.starts_on <= shanghai_day(now):
        mine = select(LICENCE).where(c.instrument_id == row.id, c.user_id == person.id, c.ended_at.is_(None))
        _end(db.session.execute(mine).mappings().all(), _("换发"), row, by, now)
    licence = {
        "id": new_id(),
        "instrument_id": row.id,
        "user_id": person.id,
        "level": asked.level.value,
        "starts_on": asked.starts_on,
        "ends_on": asked.ends_on,
        "granted_by": by.user_id,
    }
    db.session.execute(LICENCE.insert().values(**licence, created_at=now, end_reason=""))
    after = {**licence, "name": person.name}
    audit.record(
        "registry.licence",
        about=(ABOUT, row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        after=after,
    )
    facts: dict[str, Any] = {"instrument": row.name, "instrument_en": row.name_en, "level": asked.level.value}
    if asked.ends_on:
        facts["until"] = asked.ends_on - timedelta(days=1)
    notify.enqueue("registry.licence-granted", [recipient(person)], (ABOUT, row.id), facts, now)
    return licence["id"]  # type: ignore[return-value]


def _end(
    found: Sequence[Mapping[Any, Any]], reason: str, row: InstrumentRow, by: Actor, now: datetime
) -> None:
    if not found:
        return
    ids = [one["id"] for one in found]
    db.session.execute(update(LICENCE).where(LICENCE.c.id.in_(ids)).values(ended_at=now, end_reason=reason))
    for one in found:
        audit.record(
            "registry.licence-ended",
            about=(ABOUT, row.id),
            by=by,
            now=now,
            zone=row.zone_code,
            institution=row.institution_id,
            before={str(key): value for key, value in one.items()},
            after={"ended_at": now, "end_reason": reason},
            note=reason,
        )


def _said(fault: PasteFault) -> dict[str, str]:
    reasons = {
        "missing": _("这一格是空的"),
        "level": _("写 supervised、independent 或 advanced，或者：须有人陪同、可独立操作、可用高级功能"),
        "date": _("写成 2027-06-30 这样的日期"),
        "order": _("截止日早于开始日"),
        "twice": _("同一个人写了两行"),
        "too-many": _("一次最多 500 行"),
        "columns": _("多于四列"),
        "unknown-person": _("本单位没有这个工号，或此人已离开"),
    }
    columns = {
        "staff_no": _("工号"),
        "level": _("级别"),
        "from": _("开始"),
        "until": _("截止"),
        "": _("整行"),
    }
    message = _(
        "第 %(line)s 行 %(column)s「%(value)s」：%(reason)s",
        line=fault.line,
        column=columns[fault.column],
        value=fault.value,
        reason=reasons[fault.reason],
    )
    return {"field": f"line {fault.line}", "message": message}


def said(faults: Sequence[PasteFault]) -> list[str]:
    """Each bad row as a sentence in the reader's language."""
    return [_said(fault)["message"] for fault in faults]
