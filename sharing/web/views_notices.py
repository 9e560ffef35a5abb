"""Notices: given, changed and withdrawn by whoever administers the network, a zone or a house; as pages and JSON."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _, named
from sharing.kernel.paging import Page
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.network import forms, queries, service
from sharing.people.rules import Actor, ScopePath
from sharing.people.signed import me
from sharing.web.again import today, told, tried
from sharing.web.trail import reading

bp = Blueprint("notices", __name__, url_prefix="/admin/notices")
RIGHT = "notice.edit"
Choice = tuple[str, str]


def kept_by(by: Actor, page: int) -> Page[queries.NoticeRow]:
    """The notices that she keeps."""
    within = by.scopes(RIGHT)
    return queries.all_notices(None if within.everything else within.zones, within.institutions, page=page)


@bp.get("")
@needs(RIGHT)
def listed() -> ResponseReturnValue:
    """Every notice that the reader keeps, what is over and withdrawn too."""
    page = max(1, min(request.args.get("page", 1, int), 10_000))
    return render_template("network/notices.html", found=kept_by(me(), page), today=today())


@bp.get("/new")
@needs(RIGHT)
def new() -> ResponseReturnValue:
    """An empty form."""
    return _form(None)


def _form(row: queries.NoticeRow | None, refused: Refused | None = None) -> ResponseReturnValue:
    body = render_template(
        "network/notice.html",
        row=row,
        scopes=scope_choices(me()) if row is None else [],
        today=today(),
        history=reading.of_thing("notice", row.id) if row else [],
        **told(refused),
    )
    return body, refused.status if refused else 200


def scope_choices(by: Actor) -> list[tuple[str, list[Choice]]]:
    """Whom she may tell something, in groups for a select."""
    within = by.scopes(RIGHT)
    zones = [
        row
        for row in queries.zones()
        if not row.is_province and (within.everything or row.id in within.zones)
    ]
    houses = [
        row
        for row in queries.institutions()
        if row.kind != "enterprise"
        and (within.everything or row.zone_id in within.zones or row.id in within.institutions)
    ]
    parts = [
        (_("全省网络"), [("network", _("所有人"))] if within.everything else []),
        (_("子平台"), [(f"zone:{row.code}", named(row.name, row.name_en)) for row in zones]),
        (_("单位"), [(f"institution:{row.code}", named(row.name, row.name_en)) for row in houses]),
    ]
    return [(label, choices) for label, choices in parts if choices]


@bp.post("/new")
@needs(RIGHT)
def add() -> ResponseReturnValue:
    """Give a notice."""

    def act() -> ResponseReturnValue:
        given = parse(forms.NewNoticeForm, request.form)
        service.add_notice(given.values() | given.place(), by=me(), now=clock.now())
        flash(_("公告已发布。"), "good")
        return redirect(url_for("notices.listed"), 303)

    return tried(act, lambda no: _form(None, no))


def _kept(notice_id: uuid.UUID) -> queries.NoticeRow:
    """Raises Refused: not-found, forbidden."""
    row = queries.notice(notice_id)
    if row is None:
        raise Refused("not-found")
    within = me().scopes(RIGHT)
    node = None if row.is_province and row.institution_id is None else row.zone_id
    if not (within.everything or me().may(RIGHT, ScopePath(node, row.institution_id))):
        raise Refused("not-found")
    return row


@bp.get("/<uuid:notice_id>")
@needs(RIGHT)
def notice(notice_id: uuid.UUID) -> ResponseReturnValue:
    """One notice, to change or withdraw, with its history."""
    return _form(_kept(notice_id))


@bp.post("/<uuid:notice_id>")
@needs(RIGHT)
def edit(notice_id: uuid.UUID) -> ResponseReturnValue:
    """Change its words and days."""
    row = _kept(notice_id)

    def act() -> ResponseReturnValue:
        given = parse(forms.NoticeForm, request.form)
        service.edit_notice(row.id, given.values(), by=me(), now=clock.now())
        flash(_("已保存。"), "good")
        return redirect(url_for("notices.listed"), 303)

    return tried(act, lambda no: _form(row, no))


@bp.post("/<uuid:notice_id>/withdraw")
@needs(RIGHT)
def withdraw(notice_id: uuid.UUID) -> ResponseReturnValue:
    """Show it no more."""
    service.withdraw_notice(_kept(notice_id).id, by=me(), now=clock.now())
    flash(_("公告已撤下，记录保留。"), "good")
    return redirect(url_for("notices.listed"), 303)
