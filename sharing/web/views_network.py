"""Pages of zones and institutions for those who administer them: lists, entries, history, moving and closing."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.booking import queries as booking
from sharing.booking import service as houses
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _, named
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.network import forms, queries, service
from sharing.network.queries import HousesAsked, InstitutionRow
from sharing.people import queries as people
from sharing.people.rules import Role, ScopeKind, ScopePath
from sharing.people.signed import me
from sharing.web.again import today, told, tried
from sharing.web.prefectures import prefectures
from sharing.web.trail import reading

bp = Blueprint("houses", __name__, url_prefix="/admin")
MANAGE, EDIT = "institution.manage", "institution.edit"


# --- zones -----------------------------------------------------------------------------------------------------------


@bp.get("/zones")
@needs(EDIT)
def zones() -> ResponseReturnValue:
    """Every zone with its number of institutions and its administrators."""
    rows, found = queries.zones(), queries.institutions()
    admins = people.keepers(ScopeKind.ZONE, Role.ZONE_ADMIN, today())
    return render_template(
        "network/zones.html",
        zones=rows,
        houses={zone.id: sum(row.zone_id == zone.id for row in found) for zone in rows},
        admins=admins,
        may_add=me().has("network.edit"),
    )


@bp.get("/zones/new")
@needs("network.edit")
def new_zone() -> ResponseReturnValue:
    """An empty form, and what a new zone changes."""
    return _zone_page(None)


def _zone_page(zone: queries.ZoneRow | None, refused: Refused | None = None) -> ResponseReturnValue:
    body = render_template(
        "network/zone.html",
        zone=zone,
        places=prefectures(),
        held={place: row for row in queries.zones() for place in row.places},
        may_edit=me().has("network.edit"),
        history=reading.of_thing("zone", zone.id) if zone else [],
        **told(refused),
    )
    return body, refused.status if refused else 200


@bp.post("/zones/new")
@needs("network.edit")
def add_zone() -> ResponseReturnValue:
    """A zone more: it stands in the top bar, on the home page and in the catalogue from now on."""

    def act() -> ResponseReturnValue:
        given = parse(forms.ZoneForm, request.form)
        service.add_zone(given.model_dump(), by=me(), now=clock.now())
        flash(_("子平台已增加，现在就能用。"), "good")
        return redirect(url_for("houses.zone", code=given.code), 303)

    return tried(act, lambda no: _zone_page(None, no))


@bp.get("/zones/<code>")
@needs(EDIT)
def zone(code: str) -> ResponseReturnValue:
    """One zone's entry and what was done to it."""
    return _zone_page(_zone(code))


def _zone(code: str) -> queries.ZoneRow:
    found = queries.zone(code)
    if found is None:
        raise Refused("not-found")
    return found


@bp.post("/zones/<code>")
@needs("network.edit")
def edit_zone(code: str) -> ResponseReturnValue:
    """Change its names, order or prefectures."""
    row = _zone(code)

    def act() -> ResponseReturnValue:
        given = parse(forms.ZoneEdit, request.form)
        service.edit_zone(row.id, given.model_dump(), by=me(), now=clock.now())
        flash(_("已保存。"), "good")
        return redirect(url_for("houses.zone", code=code), 303)

    return tried(act, lambda no: _zone_page(row, no))


# --- institutions ----------------------------------------------------------------------------------------------------


@bp.get("/institutions")
@needs(EDIT)
def institutions() -> ResponseReturnValue:
    """Institutions that the reader administers."""
    by, asked = me(), parse(forms.HousesQuery, request.args)
    within = by.scopes(MANAGE)
    if within.nothing and by.institution_id:
        return redirect(url_for("houses.institution", institution_id=by.institution_id))
    zones: Collection[uuid.UUID] | None = None if within.everything else within.zones
    if asked.zone:
        only = forms.zone_id_of(asked.zone)
        zones = [only] if zones is None or only in zones else []
    found = queries.houses(HousesAsked(asked.q, asked.kind, asked.state, asked.page, asked.per_page), zones)
    return render_template(
        "network/institutions.html",
        found=found,
        query=asked,
        kinds=kinds(),
        zones=queries.zones() if within.everything else [],
        admins=people.keepers(ScopeKind.INSTITUTION, Role.INSTITUTION_ADMIN, today()),
        may_add=not within.nothing,
    )


def kinds() -> dict[str, str]:
    """Kinds of institutions in words."""
    return {
        "university": _("高等学校"),
        "institute": _("科研院所"),
        "hospital": _("医疗机构"),
        "agency": _("检测机构"),
        "enterprise": _("企业"),
    }


@bp.get("/institutions/new")
@needs(MANAGE)
def new_institution() -> ResponseReturnValue:
    """An empty form."""
    return _new_institution()


def _new_institution(refused: Refused | None = None) -> ResponseReturnValue:
    within = me().scopes(MANAGE)
    zones = [row for row in queries.zones() if within.everything or row.id in within.zones]
    choices = [(row.code, named(row.name, row.name_en)) for row in zones]
    body = render_template(
        "network/institution_new.html", zones=choices, kinds=kinds(), today=today(), **told(refused)
    )
    return body, refused.status if refused else 200


@bp.post("/institutions/new")
@needs(MANAGE)
def add_institution() -> ResponseReturnValue:
    """An institution joins."""

    def act() -> ResponseReturnValue:
        given = parse(forms.InstitutionForm, request.form)
        made = service.add_institution(forms.institution_values(given, today()), by=me(), now=clock.now())
        flash(_("单位已加入。下一步：指定它的管理员。"), "good")
        return redirect(url_for("houses.institution", institution_id=made), 303)

    return tried(act, _new_institution)


def _house(institution_id: uuid.UUID, right: str = EDIT) -> InstitutionRow:
    """One that the asker administers. Raises Refused: not-found, forbidden."""
    row = queries.house(institution_id)
    if row is None:
        raise Refused("not-found")
    if not me().may(right, ScopePath(row.zone_id, row.id)):
        raise Refused("forbidden")
    return row


@bp.get("/institutions/<uuid:institution_id>")
@needs(EDIT)
def institution(institution_id: uuid.UUID) -> ResponseReturnValue:
    """One institution: its entry, its administrators, what hangs on it, what was done to it."""
    return _institution(_house(institution_id))


def _institution(row: InstitutionRow, refused: Refused | None = None) -> ResponseReturnValue:
    by, path = me(), ScopePath(row.zone_id, row.id)
    body = render_template(
        "network/institution.html",
        row=row,
        kinds=kinds(),
        zones=queries.zones(),
        hanging=booking.hanging_on(row.id, clock.now()),
        admins=people.holders(Role.INSTITUTION_ADMIN, ScopeKind.INSTITUTION, row.id, today()),
        may_place=by.may(MANAGE, path) and row.retired_at is None,
        may_edit=row.retired_at is None,
        may_sign_on=row.retired_at is None and by.may("sign-on.edit", path),
        mandates=queries.mandates(row.id),
        today=today(),
        may_mandate=row.retired_at is None and by.may("mandate.give", path),
        history=reading.of_thing("institution", row.id),
        **told(refused),
    )
    return body, refused.status if refused else 200


@bp.post("/institutions/<uuid:institution_id>")
@needs(EDIT)
def edit_institution(institution_id: uuid.UUID) -> ResponseReturnValue:
    """Change its entry."""
    row = _house(institution_id)

    def act() -> ResponseReturnValue:
        given = parse(forms.InstitutionEdit, request.form)
        service.edit_institution(row.id, given.model_dump(), by=me(), now=clock.now())
        flash(_("已保存。"), "good")
        return redirect(url_for("houses.institution", institution_id=row.id), 303)

    return tried(act, lambda no: _institution(row, no))


@bp.get("/institutions/<uuid:institution_id>/move")
@needs(MANAGE)
def moving(institution_id: uuid.UUID) -> ResponseReturnValue:
    """What goes with it to another zone, before it does."""
    return _moving(_house(institution_id, MANAGE))


def _moving(row: InstitutionRow, refused: Refused | None = None) -> ResponseReturnValue:
    within = me().scopes(MANAGE)
    others = [
        one
        for one in queries.zones()
        if one.id != row.zone_id and (within.everything or one.id in within.zones)
    ]
    body = render_template(
        "network/institution_move.html",
        row=row,
        zones=[(one.code, named(one.name, one.name_en)) for one in others],
        instruments=booking.standing_in(row.id, row.zone_id),
        hanging=booking.hanging_on(row.id, clock.now()),
        **told(refused),
    )
    return body, refused.status if refused else 200


@bp.post("/institutions/<uuid:institution_id>/move")
@needs(MANAGE)
def move(institution_id: uuid.UUID) -> ResponseReturnValue:
    """It belongs to another zone from now on, and its instruments stand there."""
    row = _house(institution_id, MANAGE)

    def act() -> ResponseReturnValue:
        into = forms.zone_id_of(parse(forms.MoveForm, request.form).zone)
        houses.move_house(row.id, out_of=row.zone_id, into=into, by=me(), now=clock.now())
        flash(_("已换到新的子平台。"), "good")
        return redirect(url_for("houses.institution", institution_id=row.id), 303)

    return tried(act, lambda no: _moving(row, no))


@bp.get("/institutions/<uuid:institution_id>/close")
@needs(MANAGE)
def closing(institution_id: uuid.UUID) -> ResponseReturnValue:
    """What its leaving ends, in numbers and names, before it leaves."""
    return _closing(_house(institution_id, MANAGE))


def _closing(row: InstitutionRow, refused: Refused | None = None) -> ResponseReturnValue:
    if row.retired_at is not None:
        raise Refused("not-found")
    body = render_template(
        "network/institution_close.html",
        row=row,
        hanging=booking.hanging_on(row.id, clock.now()),
        now=clock.now(),
        **told(refused),
    )
    return body, refused.status if refused else 200


@bp.post("/institutions/<uuid:institution_id>/close")
@needs(MANAGE)
def close(institution_id: uuid.UUID) -> ResponseReturnValue:
    """It leaves the network; its open bookings are cancelled, the first of them before the answer."""
    row, now = _house(institution_id, MANAGE), clock.now()

    def act() -> ResponseReturnValue:
        given = parse(forms.CloseForm, request.form)
        houses.close_house(row.id, **given.model_dump(), by=me(), now=now)
        houses.cancel_all_left_behind(now)
        flash(_("单位已退出；人员的权利已结束，仪器已退役，未开始的预约已免费取消并通知。"), "good")
        return redirect(url_for("houses.institution", institution_id=row.id), 303)

    return tried(act, lambda no: _closing(row, no))


# --- leave to register in its stead ----------------------------------------------------------------------------------


@bp.post("/institutions/<uuid:institution_id>/mandates")
@needs("mandate.give")
def give_mandate(institution_id: uuid.UUID) -> ResponseReturnValue:
    """The institution lets its zone's administrator register instruments in its stead."""
    row = _house(institution_id, "mandate.give")

    def act() -> ResponseReturnValue:
        given = parse(forms.MandateForm, request.form)
        service.give_mandate(row.id, **given.values(), by=me(), now=clock.now())
        flash(_("已授权。"), "good")
        return redirect(url_for("houses.institution", institution_id=row.id), 303)

    return tried(act, lambda no: _institution(row, no))


@bp.post("/institutions/<uuid:institution_id>/mandates/<uuid:mandate_id>/end")
@needs("mandate.give")
def end_mandate(institution_id: uuid.UUID, mandate_id: uuid.UUID) -> ResponseReturnValue:
    """It holds no more from today on."""
    row = _house(institution_id, "mandate.give")
    service.end_mandate(mandate_id, institution_id=row.id, by=me(), now=clock.now())
    flash(_("授权已结束。"), "good")
    return redirect(url_for("houses.institution", institution_id=row.id), 303)
