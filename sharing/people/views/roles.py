"""The page of roles: who holds what where, since when and why; given and ended by whoever may."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _, named
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people import formats, forms, queries, service
from sharing.people.rules import GIVES, ROLE_SCOPES, Actor, Role, ScopeKind
from sharing.people.signed import me

bp = Blueprint("roles", __name__, url_prefix="/people/roles")
MOST_LISTED = 300
Choice = tuple[str, str]


@bp.get("")
@needs("people.read-all")
def roles() -> ResponseReturnValue:
    """Roles where the reader may look; what is over stands on its own tab."""
    return _page()


def _page(refused: Refused | None = None) -> ResponseReturnValue:
    by, today = me(), shanghai_day(clock.now())
    query = parse(forms.RolesQuery, request.args)
    found = queries.roles(query.asked(), by.scopes("people.read-all"), today)
    fields = refused.facts.get("fields", []) if refused else []
    body = render_template(
        "people/roles.html",
        by=by,
        today=today,
        query=query,
        found=found,
        roles=formats.ROLES,
        may_end={row.id for row in found.items if _may_end(row, by)},
        givable=[(role.value, str(formats.ROLES[role])) for role in _givable(by)],
        scopes=scope_choices(by),
        form=request.form if refused else {},
        errors={one["field"]: one["message"] for one in fields},
        refused=refused if refused and not fields else None,
        said=current_app.extensions["sharing.explain"](refused) if refused and not fields else "",
    )
    return body, refused.status if refused else 200


def _givable(by: Actor) -> list[Role]:
    """The roles that she may give somewhere; an instrument's are given on its own page."""
    mine = {role for held in by.grants for role in GIVES.get(held.role, ())}
    return [role for role in Role if role in mine and ROLE_SCOPES[role] != {ScopeKind.INSTRUMENT}]


def _may_end(row: queries.HeldRow, by: Actor) -> bool:
    return row.scope_kind is not ScopeKind.INSTRUMENT and service.may_end(
        row.role, row.scope_kind, row.scope_id, by
    )


def scope_choices(by: Actor) -> list[tuple[str, list[Choice]]]:
    """The scopes that she gives roles at, in groups for a select; at most `MOST_LISTED` institutions."""
    within = by.scopes("people.manage")
    if within.nothing:
        return []
    zones = [row for row in network.zones() if within.everything or row.id in within.zones]
    houses = [
        row
        for row in network.institutions()
        if within.everything or row.zone_id in within.zones or row.id in within.institutions
    ]
    groups = queries.groups(houses[0].id) if len(houses) == 1 else []
    parts = [
        (_("全网"), [("network", _("全省网络"))] if within.everything else []),
        (_("子平台"), [(f"zone:{row.code}", named(row.name, row.name_en)) for row in zones]),
        (
            _("单位"),
            [(f"institution:{row.code}", named(row.name, row.name_en)) for row in houses[:MOST_LISTED]],
        ),
        (_("课题组"), [(f"group:{row.code}", named(row.name, row.name_en)) for row in groups]),
    ]
    return [(label, choices) for label, choices in parts if choices]


@bp.post("")
@needs("people.manage")
def give() -> ResponseReturnValue:
    """Give a role."""
    now = clock.now()
    try:
        given = parse(forms.RoleForm, request.form)
        kind, scope_id = forms.scope_of(given.scope)
        service.grant(
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
    except Refused as no:
        return _page(no)
    flash(_("已授予角色。"), "good")
    return redirect(url_for("roles.roles"), 303)


@bp.get("/<uuid:grant_id>/end")
@needs("people.manage")
def ending(grant_id: uuid.UUID) -> ResponseReturnValue:
    """Why it ends; who is the last to administer a place is told apart."""
    return _end_page(grant_id)


def _end_page(grant_id: uuid.UUID, refused: Refused | None = None) -> ResponseReturnValue:
    row = queries.role_held(grant_id, me().scopes("people.manage"))
    if row is None or row.over(shanghai_day(clock.now())):
        raise Refused("not-found")
    if not _may_end(row, me()):
        raise Refused("forbidden")
    fields = refused.facts.get("fields", []) if refused else []
    body = render_template(
        "people/role_end.html",
        row=row,
        role=formats.ROLES[row.role],
        form=request.form,
        errors={one["field"]: one["message"] for one in fields},
        refused=refused if refused and not fields else None,
        said=current_app.extensions["sharing.explain"](refused) if refused else "",
    )
    return body, refused.status if refused else 200


@bp.post("/<uuid:grant_id>/end")
@needs("people.manage")
def end(grant_id: uuid.UUID) -> ResponseReturnValue:
    """End a role from today on."""
    try:
        given = parse(forms.EndForm, request.form)
        service.end_grant(grant_id, reason=given.reason, even_last=given.even_last, by=me(), now=clock.now())
    except Refused as no:
        return _end_page(grant_id, no)
    flash(_("角色已结束，从现在起不再有效；记录保留。"), "good")
    return redirect(url_for("roles.roles"), 303)
