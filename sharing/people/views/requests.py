"""The people desk's queues: persons and companies who ask to join, invitations that were sent."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock, files
from sharing.kernel.inputs import parse
from sharing.kernel.language import _, named
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.people import formats, forms, queries, service
from sharing.people.rules import GIVES, ROLE_SCOPES, Actor, Role, ScopeKind, ScopePath
from sharing.people.service.enterprises import FOLDER
from sharing.people.signed import me
from sharing.people.views.joining import errors_of, password_link, said_of, storage
from sharing.people.views.roles import scope_choices

bp = Blueprint("requests", __name__, url_prefix="/people")


def _page(template: str, refused: Refused | None = None, **values: Any) -> ResponseReturnValue:
    form = request.form if refused else request.args
    body = render_template(
        template, by=me(), form=form, errors=errors_of(refused), refused=said_of(refused), **values
    )
    return body, refused.status if refused else 200


def _done(work: Callable[[], object], page: str, said: str) -> ResponseReturnValue:
    """Run one decision; what is refused shows the queue again, saying why."""
    try:
        work()
    except Refused as no:
        if no.kind == "not-found":
            raise
        flash(said_of(no) or _("请写明原因。"), "bad")
        return redirect(url_for(page), 303)
    flash(said, "good")
    return redirect(url_for(page), 303)


# --- persons -----------------------------------------------------------------------------------------------


@bp.get("/requests")
@needs("people.manage")
def sign_ups() -> ResponseReturnValue:
    """Who asks to join."""
    query = parse(forms.RequestsQuery, request.args)
    found = queries.sign_ups(
        me().scopes("people.manage"),
        waiting=query.state == "waiting",
        page=query.page,
        per_page=query.per_page,
    )
    return _page("people/requests.html", query=query, found=found)


@bp.post("/requests/<uuid:sign_up_id>/accept")
@needs("people.manage")
def accept_sign_up(sign_up_id: uuid.UUID) -> ResponseReturnValue:
    """Open the account."""

    def work() -> None:
        service.accept_sign_up(sign_up_id, link=password_link, by=me(), now=clock.now())

    return _done(work, "requests.sign_ups", _("已接受，设置密码的链接已寄出。"))


@bp.post("/requests/<uuid:sign_up_id>/refuse")
@needs("people.manage")
def refuse_sign_up(sign_up_id: uuid.UUID) -> ResponseReturnValue:
    """Refuse with a reason."""

    def work() -> None:
        reason = parse(forms.RefusalForm, request.form).reason
        service.refuse_sign_up(sign_up_id, reason=reason, by=me(), now=clock.now())

    return _done(work, "requests.sign_ups", _("已拒绝，原因已寄给申请人。"))


# --- invitations -------------------------------------------------------------------------------------------


@bp.get("/invitations")
@needs("people.invite")
def invitations() -> ResponseReturnValue:
    """Invitations that were sent, and a form for the next; `role` and `scope` in the address fill it."""
    return _invitations_page()


def _invitations_page(refused: Refused | None = None) -> ResponseReturnValue:
    by, now = me(), clock.now()
    page = max(request.args.get("page", 1, type=int), 1)
    found = queries.invitations(by.scopes("people.manage"), by.user_id, page=page)
    return _page(
        "people/invitations.html",
        refused,
        found=found.map(lambda row: (row, named(*queries.scope_named(row.scope_kind, row.scope_id)))),
        now=now,
        roles=formats.ROLES,
        invitable=[(role.value, str(formats.ROLES[role])) for role in _invitable(by)],
        scopes=scope_choices(by) or _own_groups(by),
    )


def _invitable(by: Actor) -> list[Role]:
    mine = {role for held in by.grants for role in GIVES.get(held.role, ())}
    if by.has("group.manage"):
        mine.add(Role.RESEARCHER)
    return [role for role in Role if role in mine and ROLE_SCOPES[role] != {ScopeKind.INSTRUMENT}]


def _own_groups(by: Actor) -> list[tuple[str, list[tuple[str, str]]]]:
    heads = [queries.group(one) for one in by.groups if by.may("group.manage", ScopePath(group_id=one))]
    return [(_("课题组"), [(f"group:{row.code}", named(row.name, row.name_en)) for row in heads if row])]


@bp.post("/invitations")
@needs("people.invite")
def invite() -> ResponseReturnValue:
    """Mail an invitation."""
    try:
        given = parse(forms.InviteForm, request.form)
        kind, scope_id = forms.scope_of(given.scope)
        asked = service.Inviting(given.email, given.role, kind, scope_id, given.name, given.language)
        service.invite(asked, link=invitation_link, by=me(), now=clock.now())
    except Refused as no:
        return _invitations_page(no)
    flash(_("邀请已寄出，链接七天内有效。"), "good")
    return redirect(url_for("requests.invitations"), 303)


def invitation_link(token: str) -> str:
    """The path of an invitation's page."""
    return url_for("joining.invitation", token=token)


@bp.post("/invitations/<uuid:invitation_id>/withdraw")
@needs("people.invite")
def withdraw(invitation_id: uuid.UUID) -> ResponseReturnValue:
    """Make the link worthless."""

    def work() -> None:
        service.withdraw_invitation(invitation_id, by=me(), now=clock.now())

    return _done(work, "requests.invitations", _("邀请已撤回，链接失效。"))


# --- companies ---------------------------------------------------------------------------------------------


@bp.get("/enterprises")
@needs("enterprise.accept")
def enterprises() -> ResponseReturnValue:
    """Companies that ask to join, the first due first."""
    query = parse(forms.RequestsQuery, request.args)
    within = me().scopes("enterprise.accept")
    waiting = query.state == "waiting"
    found = queries.enterprises(within, waiting=waiting, page=query.page, per_page=query.per_page)
    return _page("people/enterprises.html", query=query, found=found, now=clock.now())


@bp.get("/enterprises/<uuid:enterprise_id>/licence")
@needs("enterprise.accept")
def licence(enterprise_id: uuid.UUID) -> ResponseReturnValue:
    """The business licence that a company gave, as a download: what strangers gave is never shown in our pages."""
    row = queries.enterprise(enterprise_id)
    if row is None or not me().may("enterprise.accept", ScopePath(row.zone_id)):
        raise Refused("not-found")
    path = files.place(storage(), FOLDER, row.licence_sha256)
    if not path.is_file():
        raise Refused("not-found")
    response = Response(path.read_bytes(), mimetype=row.licence_type)
    name = f"{row.uscc}.{files.ending(row.licence_type)}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@bp.post("/enterprises/<uuid:enterprise_id>/accept")
@needs("enterprise.accept")
def accept_enterprise(enterprise_id: uuid.UUID) -> ResponseReturnValue:
    """Let the company book."""

    def work() -> None:
        service.accept_enterprise(enterprise_id, by=me(), now=clock.now())

    return _done(work, "requests.enterprises", _("已接受，企业现在可以预约。"))


@bp.post("/enterprises/<uuid:enterprise_id>/refuse")
@needs("enterprise.accept")
def refuse_enterprise(enterprise_id: uuid.UUID) -> ResponseReturnValue:
    """Refuse with a reason."""

    def work() -> None:
        reason = parse(forms.RefusalForm, request.form).reason
        service.refuse_enterprise(enterprise_id, reason=reason, by=me(), now=clock.now())

    return _done(work, "requests.enterprises", _("已拒绝，原因已寄给联系人。"))
