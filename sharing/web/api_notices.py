"""Notices as JSON: those that stand are public; giving, changing and withdrawing them is their keepers'."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.rights import PUBLIC, needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import forms, queries, service
from sharing.people.signed import me, me_or_none, once

bp = APIBlueprint("notices_api", __name__, url_prefix="/api/v1/notices", tag="Network")
RIGHT = "notice.edit"


class NoticeOut(BaseModel):
    """A notice that stands; `zone` is `province` for the whole network, `institution` the house that it is for."""

    id: uuid.UUID
    title: str
    title_en: str
    body: str
    body_en: str
    starts_on: date
    last_on: date | None
    zone: str
    institution: str | None


class NoticesOut(BaseModel):
    items: list[NoticeOut]


class GivenOut(BaseModel):
    """The notice that was given."""

    id: uuid.UUID


@bp.get("")
@needs(PUBLIC)
@bp.output(NoticesOut)
@bp.doc(summary="Notices that stand today", operation_id="listNotices")
def standing() -> Any:
    """Of the network and every zone, and of your own institution; the newest first, at most 50."""
    by = me_or_none()
    rows = queries.notices(
        None, shanghai_day(clock.now()), reader=by.institution_id if by else None, limit=50
    )
    return {"items": [_told(row) for row in rows]}


def _told(row: queries.NoticeRow) -> dict[str, Any]:
    words = {name: getattr(row, name) for name in ("id", "title", "title_en", "body", "body_en", "starts_on")}
    last_on = row.ends_on - timedelta(days=1) if row.ends_on else None
    return words | {"last_on": last_on, "zone": row.zone_code, "institution": row.house}


@bp.post("")
@needs(RIGHT)
@once
@takes(forms.NewNoticeForm)
@bp.output(GivenOut, status_code=201)
@bp.doc(summary="Give a notice", operation_id="createNotice")
def add() -> Any:
    """`scope`: `network`, `zone:kunming` or `institution:YLU`; `last_on` is the last day that it is shown."""
    given = parse(forms.NewNoticeForm, json_body())
    return {"id": service.add_notice(given.values() | given.place(), by=me(), now=clock.now())}, 201


@bp.put("/<uuid:notice_id>")
@needs(RIGHT)
@takes(forms.NoticeForm)
@bp.doc(summary="Change a notice", operation_id="updateNotice", responses={204: "Changed"})
def edit(notice_id: uuid.UUID) -> Any:
    """Its words and days; whom it is for stays."""
    given = parse(forms.NoticeForm, json_body())
    service.edit_notice(notice_id, given.values(), by=me(), now=clock.now())
    return "", 204


@bp.delete("/<uuid:notice_id>")
@needs(RIGHT)
@bp.doc(summary="Withdraw a notice", operation_id="withdrawNotice", responses={204: "Withdrawn"})
def withdraw(notice_id: uuid.UUID) -> Any:
    """It is shown no more; its record stays."""
    service.withdraw_notice(notice_id, by=me(), now=clock.now())
    return "", 204
