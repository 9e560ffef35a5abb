"""JSON about research groups: which there are, a new one, members in and out."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import APIBlueprint
from flask import request
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people import forms, queries, service
from sharing.people.rules import ScopeKind
from sharing.people.signed import me, once

bp = APIBlueprint("groups_api", __name__, url_prefix="/api/v1/groups", tag="People")


class GroupOut(BaseModel):
    """A research group; `heads` are the names of those who run it."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    institution: str
    heads: str
    members: int


class GroupsOut(BaseModel):
    items: list[GroupOut]
    total: int
    page: int
    per_page: int


class OpenedOut(BaseModel):
    """The group that was entered."""

    id: uuid.UUID


@bp.get("")
@needs("people.read-all")
@takes(forms.PagedQuery, "query")
@bp.output(GroupsOut)
@bp.doc(summary="Research groups", operation_id="listGroups")
def groups() -> Any:
    """Of the houses where you may look."""
    query = parse(forms.PagedQuery, request.args)
    found = queries.groups_within(
        me().scopes("people.read-all"), shanghai_day(clock.now()), page=query.page, per_page=query.per_page
    )
    items = [
        {"id": row.id, "code": row.code, "name": row.name, "name_en": row.name_en, "institution": house}
        | {"heads": heads, "members": size}
        for row, house, heads, size in found.items
    ]
    return {"items": items, "total": found.total, "page": found.page, "per_page": found.per_page}


@bp.post("")
@needs("people.manage")
@once
@takes(forms.GroupForm)
@bp.output(OpenedOut, status_code=201)
@bp.doc(summary="Enter a research group", operation_id="createGroup")
def add() -> Any:
    """`institution` by its code; `head` a user name, or a staff number there."""
    given = parse(forms.GroupForm, json_body())
    house = network.institution_by_code(given.institution)
    if house is None:
        raise Refused("not-found")
    group_id = service.open_group(
        code=given.code,
        name=given.name,
        name_en=given.name_en,
        institution_id=house.id,
        head_id=forms.person_of(given.head, ScopeKind.INSTITUTION, house.id, field="head"),
        by=me(),
        now=clock.now(),
    )
    return {"id": group_id}, 201


def _must_know(group_id: uuid.UUID) -> None:
    """Raises Refused: not-found, for whoever neither belongs to the group nor reads its house's groups."""
    path, by = service.path_of(ScopeKind.GROUP, group_id), me()
    if path is None or (group_id not in by.groups and not by.may("group.read", path)):
        raise Refused("not-found")


@bp.post("/<uuid:group_id>/members")
@needs("group.manage")
@once
@takes(forms.MemberIn)
@bp.doc(summary="Take a person into a group", operation_id="addGroupMember", responses={204: "Taken in"})
def add_member(group_id: uuid.UUID) -> Any:
    """She may book for the group from now on; `who` is a user name, or a staff number in the group's institution."""
    _must_know(group_id)
    who = forms.person_of(parse(forms.MemberIn, json_body()).who, ScopeKind.GROUP, group_id)
    now = clock.now()
    service.add_member(group_id, who, starts_on=shanghai_day(now), by=me(), now=now)
    return "", 204


@bp.post("/<uuid:group_id>/members/<uuid:user_id>/end")
@needs("group.manage")
@once
@bp.doc(summary="Take a person out of a group", operation_id="endGroupMember", responses={204: "Taken out"})
def end_member(group_id: uuid.UUID, user_id: uuid.UUID) -> Any:
    """She may book for it no more; what is booked stands."""
    _must_know(group_id)
    service.end_member(group_id, user_id, reason="", by=me(), now=clock.now())
    return "", 204
