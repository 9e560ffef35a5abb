"""The statutory calendar as JSON: the list, what entries would change, entering them."""

from __future__ import annotations

from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from pydantic import BaseModel

from sharing.audit.service import plain
from sharing.booking import queries, shapes
from sharing.booking.forms.days import DaysIn, YearIn
from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.ifmatch import matched, version_read
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.rights import PUBLIC, needs
from sharing.network import queries as network
from sharing.network import service
from sharing.people.signed import me, once

bp = APIBlueprint("days_api", __name__, url_prefix="/api/v1/working-days", tag="Rules")


class ListedDayOut(BaseModel):
    """A day that the State Council's list names."""

    day: date
    kind: str
    name: str
    name_en: str
    source_document: str


class WorkingDaysOut(BaseModel):
    """The list, of one year when asked; `published` are the years that have one, `revision` is the ETag."""

    published: list[int]
    revision: int
    items: list[ListedDayOut]


class DayEffectOut(BaseModel):
    day: date
    before: str
    after: str
    bookings: int


class CalendarEffectOut(BaseModel):
    """Days that become another kind of day; `outside` of the bookings would lie outside opening hours."""

    days: list[DayEffectOut]
    published: list[int]
    bookings: int
    outside: int
    items: list[dict[str, Any]]


@bp.get("")
@needs(PUBLIC)
@takes(YearIn, "query")
@bp.output(WorkingDaysOut)
@bp.doc(summary="Holidays and shifted working days", operation_id="listWorkingDays")
def listed() -> Any:
    """By day. A year that is not `published` goes by Monday to Friday without the fixed statutory days."""
    asked = parse(YearIn, request.args)
    revision = network.calendar_revision()
    body = {"published": sorted(network.work_calendar().published), "revision": revision}
    response = jsonify(plain(body | {"items": network.listed_days(asked.year)}))
    response.set_etag(str(revision))
    return response


@bp.post("/preview")
@needs("network.edit")
@once
@takes(DaysIn)
@bp.output(CalendarEffectOut)
@bp.doc(summary="What entries of the calendar would change", operation_id="previewWorkingDays")
def preview() -> Any:
    """Days, and bookings on them. Nothing is written."""
    changes, now = parse(DaysIn, json_body()).changes(), clock.now()
    service.check_calendar(changes, by=me(), now=now)
    return jsonify(plain(shapes.calendar_effect_json(queries.calendar_effect(changes, now))))


@bp.post("")
@needs("network.edit")
@once
@takes(DaysIn)
@bp.doc(
    summary="Enter days of the calendar",
    operation_id="enterWorkingDays",
    responses={204: "Entered", 412: "Somebody changed the list since `If-Match` was read"},
)
def enter() -> Any:
    """All or none; a day that is in the list already is changed, `kind` null takes it out. The past is not changed."""
    asked, now = parse(DaysIn, json_body()), clock.now()
    with matched():
        service.edit_calendar(
            asked.changes(),
            source_document=asked.source_document,
            revision=version_read(),
            by=me(),
            now=now,
        )
    return Response(status=204)
