"""JSON about roles: who holds what where; give one, end one."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import request
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.people import formats, forms, queries, service
from sharing.people.signed import me, once

bp = APIBlueprint("roles_api", __name__, url_prefix="/api/v1/roles", tag="People")


class HeldOut(BaseModel):
    """A role within `[starts_on, ends_on)`; `scope` is `network` or a kind and a code."""

    id: uuid.UUID
    user: dict[str, Any]
    role: str
    scope: str
    starts_on: date
    ends_on: date | None
    reason: str
    given_by: str | None
    ended_by: str | None
    ended_at: str | None
    end_reason: str


class RolesOut(BaseModel):
    items: list[HeldOut]
    total: int
    page: int
    per_page: int


class GivenOut(BaseModel):
    """The role that was given."""

    id: uuid.UUID


@bp.get("")
@needs("people.read-all")
@takes(forms.RolesQuery, "query")
@bp.output(RolesOut)
@bp.doc(summary="Roles", operation_id="listRoles")
def roles() -> Any:
    """Who holds what where you may look; `state=over` lists those that are over."""
    asked = parse(forms.RolesQuery, request.args).asked()
    found = queries.roles(asked, me().scopes("people.read-all"), shanghai_day(clock.now()))
    items = [formats.held_json(row) for row in found.items]
    return {"items": items, "total": found.total, "page": found.page, "per_page": found.per_page}


@bp.post("")
@needs("people.manage")
@once
@takes(forms.RoleForm)
@bp.output(GivenOut, status_code=201)
@bp.doc(summary="Give a role", operation_id="createRole")
def give() -> Any:
    """`who` is a user name or a staff number in the scope's institution; `scope` such as `institution:YLU`."""
    now = clock.now()
    given = parse(forms.RoleForm, json_body())
    kind, scope_id = forms.scope_of(given.scope)
    grant_id = service.grant(
        forms.person_of(given.who, kind, scope_id),
        role=given.role,
        scope_kind=kind,
        scope_id=scope_id,
        starts_on=given.starts_on or shanghai_day(now),
        ends_on=given.last_on + timedelta(days=1) if given.last_on else None,
        reason=given.reason,
        by=me(),
        now=now,
    )
    return {"id": grant_id}, 201


@bp.post("/<uuid:grant_id>/end")
@needs("people.manage")
@once
@takes(forms.EndForm)
@bp.doc(summary="End a role", operation_id="endRole", responses={204: "Ended"})
def end(grant_id: uuid.UUID) -> Any:
    """It holds no more from today on. 409 `last-administrator` unless `even_last` where nobody else administers."""
    given = parse(forms.EndForm, json_body())
    service.end_grant(grant_id, reason=given.reason, even_last=given.even_last, by=me(), now=clock.now())
    return "", 204
