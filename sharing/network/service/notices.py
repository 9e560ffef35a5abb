"""Notices are given and withdrawn; an institution lets its zone register instruments in its stead."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import update

from sharing.audit import service as audit
from sharing.kernel.db import db, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries
from sharing.network.models import Mandate, Notice
from sharing.network.queries import NoticeRow
from sharing.network.service.houses import must_keep
from sharing.network.service.rules import Editor

RIGHT = "notice.edit"


def _must_tell(zone_id: uuid.UUID, institution_id: uuid.UUID | None, by: Editor | None) -> None:
    """Whoever administers the house, the zone or, for the province's own node, the network. Raises Refused."""
    node = queries.zone_by_id(zone_id)
    if node is None:
        raise Refused("not-found")
    if institution_id is None and node.is_province and by is not None and not by.scopes(RIGHT).everything:
        raise Refused("forbidden")
    must_keep(zone_id, institution_id, by, RIGHT)


@transactional
def add_notice(values: Mapping[str, Any], *, by: Editor | None, now: datetime) -> uuid.UUID:
    """Give a notice. values: zone_id, institution_id, title, title_en, body, body_en, starts_on, ends_on.

    Raises Refused: not-found, forbidden, invalid-input (it ends before it begins).
    """
    _must_tell(values["zone_id"], values.get("institution_id"), by)
    _in_order(values)
    notice_id = new_id()
    row = {"id": notice_id, **values}
    db.session.execute(table_of(Notice).insert().values(**row))
    _tell("network.notice", row, by, now, after=row)
    return notice_id


@transactional
def edit_notice(notice_id: uuid.UUID, values: Mapping[str, Any], *, by: Editor | None, now: datetime) -> None:
    """Change a notice's words and days; whom it is for stays. Raises Refused: not-found, forbidden, invalid-input."""
    before = _kept(notice_id, by)
    _in_order(values)
    changed = {name: value for name, value in values.items() if value != getattr(before, name)}
    if not changed:
        return
    table = table_of(Notice)
    db.session.execute(update(table).where(table.c.id == notice_id).values(**changed))
    old = {name: getattr(before, name) for name in changed}
    _tell("network.notice-edited", _place(before), by, now, before=old, after=changed)


@transactional
def withdraw_notice(notice_id: uuid.UUID, *, by: Editor | None, now: datetime) -> None:
    """Show it no more; its record stays. Raises Refused: not-found, forbidden."""
    before = _kept(notice_id, by)
    table = table_of(Notice)
    db.session.execute(update(table).where(table.c.id == notice_id).values(withdrawn_at=now))
    _tell("network.notice-withdrawn", _place(before), by, now, before={"title": before.title})


def _kept(notice_id: uuid.UUID, by: Editor | None) -> NoticeRow:
    row = queries.notice(notice_id)
    if row is None or row.withdrawn_at is not None:
        raise Refused("not-found")
    _must_tell(row.zone_id, row.institution_id, by)
    return row


def _place(row: NoticeRow) -> dict[str, Any]:
    return {"id": row.id, "zone_id": row.zone_id, "institution_id": row.institution_id}


def _in_order(values: Mapping[str, Any]) -> None:
    ends = values["ends_on"]
    if ends is not None and ends <= values["starts_on"]:
        raise Refused(
            "invalid-input", fields=[{"field": "last_on", "message": _("结束日期不能早于开始日期")}]
        )


def _tell(action: str, row: Mapping[str, Any], by: Editor | None, now: datetime, **sides: Any) -> None:
    node, house = queries.zone_by_id(row["zone_id"]), row.get("institution_id")
    about = ("notice", row["id"])
    audit.record(
        action, about=about, by=by, now=now, zone=node.code if node else None, institution=house, **sides
    )


# --- leave to act in an institution's stead --------------------------------------------------------------------------


@transactional
def give_mandate(
    institution_id: uuid.UUID,
    *,
    starts_on: date,
    ends_on: date | None,
    source_document: str,
    by: Editor | None,
    now: datetime,
) -> uuid.UUID:
    """The institution lets its zone's administrator register instruments in its stead; its own administrator says so.

    Raises Refused: not-found, forbidden, invalid-input (it ends before it begins, or begins in the past).
    """
    house = queries.institution(institution_id)
    if house is None:
        raise Refused("not-found")
    _must_be_of(institution_id, by)
    wrong = []
    if starts_on < shanghai_day(now):
        wrong.append({"field": "starts_on", "message": _("不能早于今天")})
    if ends_on is not None and ends_on <= starts_on:
        wrong.append({"field": "last_on", "message": _("结束日期不能早于开始日期")})
    if wrong:
        raise Refused("invalid-input", fields=wrong)
    mandate_id = new_id()
    row: dict[str, Any] = {
        "id": mandate_id,
        "institution_id": institution_id,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    row |= {"source_document": source_document, "given_by": by.user_id if by else None, "created_at": now}
    db.session.execute(table_of(Mandate).insert().values(**row))
    about = ("institution", institution_id)
    zone = house.zone_code
    audit.record(
        "network.mandate", about=about, by=by, now=now, zone=zone, institution=institution_id, after=row
    )
    return mandate_id


@transactional
def end_mandate(
    mandate_id: uuid.UUID, *, institution_id: uuid.UUID, by: Editor | None, now: datetime
) -> None:
    """It holds no more from today on. Raises Refused: not-found, forbidden."""
    today = shanghai_day(now)
    row = next((one for one in queries.mandates(institution_id) if one.id == mandate_id), None)
    if row is None or (row.ends_on is not None and row.ends_on <= today):
        raise Refused("not-found")
    _must_be_of(institution_id, by)
    table, end = table_of(Mandate), max(today, row.starts_on)
    db.session.execute(update(table).where(table.c.id == mandate_id).values(ends_on=end))
    about = ("institution", institution_id)
    audit.record(
        "network.mandate-ended",
        about=about,
        by=by,
        now=now,
        institution=institution_id,
        before={"ends_on": row.ends_on},
        after={"ends_on": end},
    )


def _must_be_of(institution_id: uuid.UUID, by: Editor | None) -> None:
    """Leave is the institution's own to give: its administrator's, or the province's where it has none."""
    if by is None:
        return
    within = by.scopes("mandate.give")
    if not (within.everything or institution_id in within.institutions):
        raise Refused("forbidden")
