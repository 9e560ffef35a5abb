"""JSON for who answers requests to join and invites: sign-ups, companies, invitations."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import request, url_for
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.paging import Page
from sharing.kernel.rights import needs
from sharing.people import formats, forms, queries, service
from sharing.people.signed import me, once

bp = APIBlueprint("joining_api", __name__, url_prefix="/api/v1", tag="People")


class RequestOut(BaseModel):
    """A request to join; `state` is waiting, accepted or refused."""

    id: uuid.UUID
    name: str
    email: str
    state: str
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str


class SignUpOut(RequestOut):
    institution: str
    staff_no: str | None
    department: str | None
    message: str


class EnterpriseOut(RequestOut):
    uscc: str
    zone: str
    contact: str
    phone: str | None
    due_at: datetime
    known_as: str | None


class InvitationOut(BaseModel):
    """An invitation; its link is in the mail alone."""

    id: uuid.UUID
    email: str
    role: str
    state: str
    invited_by: str
    created_at: datetime
    ends_at: datetime


class PageOut(BaseModel):
    total: int
    page: int
    per_page: int


class SignUpsOut(PageOut):
    items: list[SignUpOut]


class EnterprisesOut(PageOut):
    items: list[EnterpriseOut]


class InvitationsOut(PageOut):
    items: list[InvitationOut]


class MadeOut(BaseModel):
    """The key of what was made."""

    id: uuid.UUID


def _paged(found: Page[Any], shape: Any) -> dict[str, Any]:
    items = [shape(row) for row in found.items]
    return {"items": items, "total": found.total, "page": found.page, "per_page": found.per_page}


def _link(token: str) -> str:
    return url_for("people.new_password", token=token)


@bp.get("/sign-ups")
@needs("people.manage")
@takes(forms.RequestsQuery, "query")
@bp.output(SignUpsOut)
@bp.doc(summary="Persons who ask to join", operation_id="listSignUps")
def sign_ups() -> Any:
    """Where you administer: those that wait, or those decided."""
    query = parse(forms.RequestsQuery, request.args)
    within = me().scopes("people.manage")
    found = queries.sign_ups(
        within, waiting=query.state == "waiting", page=query.page, per_page=query.per_page
    )
    return _paged(found, formats.sign_up_json)


@bp.post("/sign-ups/<uuid:sign_up_id>/accept")
@needs("people.manage")
@once
@bp.output(MadeOut)
@bp.doc(summary="Accept a person", operation_id="acceptSignUp")
def accept_sign_up(sign_up_id: uuid.UUID) -> Any:
    """Makes the account and mails the link that sets its password; the answer is the person's id."""
    return {"id": service.accept_sign_up(sign_up_id, link=_link, by=me(), now=clock.now())}


@bp.post("/sign-ups/<uuid:sign_up_id>/refuse")
@needs("people.manage")
@once
@takes(forms.RefusalForm)
@bp.doc(summary="Refuse a person", operation_id="refuseSignUp", responses={204: "Refused"})
def refuse_sign_up(sign_up_id: uuid.UUID) -> Any:
    """The asker is told the reason by mail."""
    reason = parse(forms.RefusalForm, json_body()).reason
    service.refuse_sign_up(sign_up_id, reason=reason, by=me(), now=clock.now())
    return "", 204


@bp.get("/enterprises")
@needs("enterprise.accept")
@takes(forms.RequestsQuery, "query")
@bp.output(EnterprisesOut)
@bp.doc(summary="Companies that ask to join", operation_id="listEnterprises")
def enterprises() -> Any:
    """Of your zones: those that wait, the first due first, or those decided."""
    query = parse(forms.RequestsQuery, request.args)
    within = me().scopes("enterprise.accept")
    found = queries.enterprises(
        within, waiting=query.state == "waiting", page=query.page, per_page=query.per_page
    )
    return _paged(found, formats.enterprise_json)


@bp.post("/enterprises/<uuid:enterprise_id>/accept")
@needs("enterprise.accept")
@once
@bp.output(MadeOut)
@bp.doc(summary="Accept a company", operation_id="acceptEnterprise")
def accept_enterprise(enterprise_id: uuid.UUID) -> Any:
    """It may book from now on; the answer is its institution's id."""
    return {"id": service.accept_enterprise(enterprise_id, by=me(), now=clock.now())}


@bp.post("/enterprises/<uuid:enterprise_id>/refuse")
@needs("enterprise.accept")
@once
@takes(forms.RefusalForm)
@bp.doc(summary="Refuse a company", operation_id="refuseEnterprise", responses={204: "Refused"})
def refuse_enterprise(enterprise_id: uuid.UUID) -> Any:
    """Its contact is told the reason by mail, and may ask again."""
    reason = parse(forms.RefusalForm, json_body()).reason
    service.refuse_enterprise(enterprise_id, reason=reason, by=me(), now=clock.now())
    return "", 204


@bp.get("/invitations")
@needs("people.invite")
@takes(forms.RequestsQuery, "query")
@bp.output(InvitationsOut)
@bp.doc(summary="Invitations", operation_id="listInvitations")
def invitations() -> Any:
    """Those that you sent or that lie where you administer, the newest first."""
    query, by, now = parse(forms.RequestsQuery, request.args), me(), clock.now()
    found = queries.invitations(
        by.scopes("people.manage"), by.user_id, page=query.page, per_page=query.per_page
    )
    return _paged(found, lambda row: formats.invitation_json(row, now))


@bp.post("/invitations")
@needs("people.invite")
@once
@takes(forms.InviteForm)
@bp.output(MadeOut, status_code=201)
@bp.doc(summary="Invite somebody", operation_id="createInvitation")
def invite() -> Any:
    """A mail with a link that works once, for seven days; the role at the scope must be yours to give."""
    given = parse(forms.InviteForm, json_body())
    kind, scope_id = forms.scope_of(given.scope)
    asked = service.Inviting(given.email, given.role, kind, scope_id, given.name, given.language)
    made = service.invite(
        asked, link=lambda token: url_for("joining.invitation", token=token), by=me(), now=clock.now()
    )
    return {"id": made}, 201


@bp.post("/invitations/<uuid:invitation_id>/withdraw")
@needs("people.invite")
@once
@bp.doc(summary="Take an invitation back", operation_id="withdrawInvitation", responses={204: "Withdrawn"})
def withdraw(invitation_id: uuid.UUID) -> Any:
    """Its link works no more."""
    service.withdraw_invitation(invitation_id, by=me(), now=clock.now())
    return "", 204
