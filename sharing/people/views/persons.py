"""The people of a house: who they are, what they hold, a way back in, and leaving."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.people import formats, forms, queries, service
from sharing.people.signed import me
from sharing.people.views.joining import NO_STORE, errors_of, password_link, said_of

bp = Blueprint("persons", __name__, url_prefix="/people/persons")
MOST_ROLES = 100


@bp.get("")
@needs("people.read-all")
def persons() -> ResponseReturnValue:
    """Everybody of the houses where the reader may look."""
    query, by = parse(forms.PeopleQuery, request.args), me()
    found = queries.people(
        query.q,
        by.scopes("people.read-all"),
        left=query.state == "left",
        page=query.page,
        per_page=query.per_page,
    )
    return render_template(
        "people/persons.html", by=by, query=query, found=found, standings=formats.STANDINGS
    )


@bp.get("/<uuid:user_id>")
@needs("people.read-all")
def person(user_id: uuid.UUID) -> ResponseReturnValue:
    """One person with what she holds and held."""
    return _person_page(user_id)


def known(user_id: uuid.UUID, right: str) -> queries.ListedRow:
    """The person, where he holds the right. Raises Refused: not-found."""
    row = queries.listed(user_id, me().scopes(right))
    if row is None:
        raise Refused("not-found")
    return row


def _person_page(user_id: uuid.UUID, handed: str = "") -> ResponseReturnValue:
    row, by, today = known(user_id, "people.read-all"), me(), shanghai_day(clock.now())
    within = by.scopes("people.read-all")
    asked = queries.RolesAsked(user_id=user_id, per_page=MOST_ROLES)
    past = queries.RolesAsked(user_id=user_id, past=True, per_page=MOST_ROLES)
    manages = (
        queries.listed(user_id, by.scopes("people.manage")) is not None if by.has("people.manage") else False
    )
    body = render_template(
        "people/person.html",
        row=row,
        handed=handed,
        groups=queries.groups_of(user_id, today),
        held=queries.roles(asked, within, today).items,
        past=queries.roles(past, within, today).items,
        roles=formats.ROLES,
        standings=formats.STANDINGS,
        manages=manages and not row.person.left and user_id != by.user_id,
        today=today,
    )
    return body, 200, NO_STORE


@bp.post("/<uuid:user_id>/reset")
@needs("people.manage")
def reset(user_id: uuid.UUID) -> ResponseReturnValue:
    """Mail her a link that sets a password; where she has no address, show it once."""
    known(user_id, "people.manage")
    handed = service.help_in(user_id, link=password_link, by=me(), now=clock.now())
    if handed:
        return _person_page(user_id, handed=request.url_root.rstrip("/") + handed)
    flash(_("设置密码的链接已寄出，一小时内有效。"), "good")
    return redirect(url_for("persons.person", user_id=user_id), 303)


@bp.get("/<uuid:user_id>/leave")
@needs("people.manage")
def leaving(user_id: uuid.UUID) -> ResponseReturnValue:
    """What ends when she leaves, and why she does."""
    return _leave_page(user_id)


def _leave_page(user_id: uuid.UUID, refused: Refused | None = None) -> ResponseReturnValue:
    body = render_template(
        "people/person_leave.html",
        row=known(user_id, "people.manage"),
        form=request.form,
        errors=errors_of(refused),
        refused=refused,
        said=said_of(refused),
    )
    return body, refused.status if refused else 200


@bp.post("/<uuid:user_id>/leave")
@needs("people.manage")
def leave(user_id: uuid.UUID) -> ResponseReturnValue:
    """Her rights end at once; her history stays hers."""
    known(user_id, "people.manage")
    try:
        given = parse(forms.EndForm, request.form)
        service.leave(user_id, reason=given.reason, even_last=given.even_last, by=me(), now=clock.now())
    except Refused as no:
        return _leave_page(user_id, no)
    flash(_("已办理离开：权限、登录和令牌即刻失效，未开始的预约会免费取消并通知机主。"), "good")
    return redirect(url_for("persons.person", user_id=user_id), 303)
