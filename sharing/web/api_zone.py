"""A zone's desk as JSON."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel

from sharing.booking import queries, service
from sharing.kernel import clock
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.people.signed import me, once
from sharing.web.views_zone import zone_of

bp = APIBlueprint("zone_api", __name__, url_prefix="/api/v1/zones", tag="Network")


class LateOut(BaseModel):
    """A request that nobody answers, and whom to call."""

    booking_id: uuid.UUID
    number: str
    step: str
    due_at: datetime
    expired: bool
    deciders: list[dict[str, Any]]


class QuietOut(BaseModel):
    """An instrument that is not used, and whom to call."""

    instrument_id: uuid.UUID
    code: str
    name: str
    managers: list[dict[str, Any]]


class DeskOut(BaseModel):
    """What is due in a zone, the most pressing first."""

    unanswered: list[LateOut]
    never_opened: list[QuietOut]
    not_updated: list[QuietOut]
    without_administrator: list[dict[str, Any]]


class ToldOut(BaseModel):
    """How many were asked."""

    told: int


@bp.get("/<zone>/desk")
@needs("zone.desk")
@bp.output(DeskOut)
@bp.doc(summary="What is due in a zone", operation_id="getZoneDesk")
def desk(zone: str) -> Any:
    """Requests without an answer, instruments never opened, calendars not kept, institutions without administrator."""
    found = queries.zone_desk(zone_of(zone), clock.now())
    return {
        "unanswered": [
            {
                "booking_id": one.booking.id,
                "number": one.booking.number,
                "step": one.late.role.value,
                "due_at": one.late.due_at,
                "expired": one.late.expired,
                "deciders": _people(one.deciders),
            }
            for one in found.late
        ],
        "never_opened": [_quiet(one) for one in found.unopened],
        "not_updated": [_quiet(one) for one in found.stale],
        "without_administrator": [{"id": row.id, "code": row.code, "name": row.name} for row in found.bare],
    }


def _quiet(one: queries.QuietRow) -> dict[str, Any]:
    row = one.instrument
    return {"instrument_id": row.id, "code": row.code, "name": row.name, "managers": _people(one.managers)}


def _people(rows: Any) -> list[dict[str, Any]]:
    return [{"id": row.id, "name": row.name, "phone": row.phone} for row in rows]


@bp.post("/<zone>/nudge/<kind>/<uuid:thing_id>")
@needs("zone.nudge")
@once
@bp.output(ToldOut)
@bp.doc(summary="Ask those whose turn it is", operation_id="nudge")
def nudge(zone: str, kind: str, thing_id: uuid.UUID) -> Any:
    """`kind`: `request` (a booking's id) or `instrument`. 409 `duplicate` where they were asked within the day."""
    zone_of(zone)
    ask = {"request": service.nudge_request, "instrument": service.nudge_instrument}.get(kind)
    if ask is None:
        raise Refused("not-found")
    return {"told": ask(thing_id, what=_("请尽快处理"), by=me(), now=clock.now())}
