"""JSON about the people of a house: who they are, a way back in, leaving."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import APIBlueprint
from flask import request, url_for
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.people import formats, forms, queries, service
from sharing.people.signed import me, once

bp = APIBlueprint("persons_api", __name__, url_prefix="/api/v1/people", tag="People")


class PersonOut(BaseModel):
    """A person of a house. `standing` is staff, student, visitor or not said."""

    id: uuid.UUID
    username: str
    name: str
    name_en: str
    email: str
    phone: str | None
    staff_no: str | None
    department: str | None
    standing: str | None
    institution: str
    left: bool


class PeopleOut(BaseModel):
    items: list[PersonOut]
    total: int
    page: int
    per_page: int


class ResetOut(BaseModel):
    """`url` sets her password once within a day; null where it was mailed to her."""

    url: str | None


@bp.get("")
@needs("people.read-all")
@takes(forms.PeopleQuery, "query")
@bp.output(PeopleOut)
@bp.doc(summary="People", operation_id="listPeople")
def people() -> Any:
    """Of the houses where you may look; `state=left` lists those who left."""
    query = parse(forms.PeopleQuery, request.args)
    found = queries.people(
        query.q,
        me().scopes("people.read-all"),
        left=query.state == "left",
        page=query.page,
        per_page=query.per_page,
    )
    items = [formats.person_json(row) for row in found.items]
    return {"items": items, "total": found.total, "page": found.page, "per_page": found.per_page}


def _must_manage(user_id: uuid.UUID) -> None:
    if queries.listed(user_id, me().scopes("people.manage")) is None:
        raise Refused("not-found")


@bp.post("/<uuid:user_id>/reset")
@needs("people.manage")
@once
@bp.output(ResetOut)
@bp.doc(summary="Give a way back in", operation_id="resetPerson")
def reset(user_id: uuid.UUID) -> Any:
    """A link that sets a password once is mailed to her, or answered where she has no address."""
    _must_manage(user_id)
    path = service.help_in(
        user_id, link=lambda token: url_for("people.new_password", token=token), by=me(), now=clock.now()
    )
    return {"url": request.url_root.rstrip("/") + path if path else None}


@bp.post("/<uuid:user_id>/leave")
@needs("people.manage")
@once
@takes(forms.EndForm)
@bp.doc(summary="A person leaves", operation_id="leavePerson", responses={204: "Left"})
def leave(user_id: uuid.UUID) -> Any:
    """Rights, sessions and tokens end at once; coming bookings are cancelled free of charge; history stays.

    409 `last-administrator` unless `even_last` where nobody else administers.
    """
    _must_manage(user_id)
    given = parse(forms.EndForm, json_body())
    service.leave(user_id, reason=given.reason, even_last=given.even_last, by=me(), now=clock.now())
    return "", 204
