"""The audit trail as JSON."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import request
from pydantic import BaseModel

from sharing.audit import queries as audit
from sharing.audit.forms import TrailIn
from sharing.kernel.documented import takes
from sharing.kernel.inputs import parse
from sharing.kernel.rights import needs
from sharing.people.signed import me
from sharing.web.trail import reading

bp = APIBlueprint("audit_api", __name__, url_prefix="/api/v1/audit", tag="Audit")


class ChangeOut(BaseModel):
    """One field of a change in the reader's language."""

    field: str
    before: str | None
    after: str | None


class EventOut(BaseModel):
    """One thing done: the values as they were written, and what changed in words."""

    id: uuid.UUID
    at: datetime
    action: str
    actor: dict[str, Any] | None
    standing_for: dict[str, Any] | None
    about: dict[str, Any]
    zone: str | None
    institution: dict[str, Any] | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changes: list[ChangeOut]
    note: str | None
    request_id: str | None


class TrailOut(BaseModel):
    """A page, the newest first. `older_than` asks for the next one; null where the trail begins. It is not counted."""

    items: list[EventOut]
    older_than: uuid.UUID | None


class CheckOut(BaseModel):
    """What the last reading of the whole trail against its seals found; `broken` names each seal that does not fit."""

    at: datetime
    rows: int
    seals: int
    unsealed: int
    broken: list[str]


@bp.get("")
@needs("audit.read")
@takes(TrailIn, "query")
@bp.output(TrailOut)
@bp.doc(summary="Who did what, when", operation_id="listAuditEvents")
def trail() -> Any:
    """What was done where you may look, before and after."""
    by = me()
    found = reading.trail(reading.asked_of(parse(TrailIn, request.args), by), reading.sight_of(by))
    return {"items": [reading.as_json(one) for one in found.rows], "older_than": found.older}


class LastCheckOut(BaseModel):
    """`last` is null before the first check."""

    last: CheckOut | None


@bp.get("/check")
@needs("audit.read")
@bp.output(LastCheckOut)
@bp.doc(summary="The last check of the trail's seals", operation_id="getAuditCheck")
def last_check() -> Any:
    """The scheduler makes one a day, `sharing audit check` one now."""
    found = audit.last_check()
    return {"last": {name: getattr(found, name) for name in CheckOut.model_fields} if found else None}
