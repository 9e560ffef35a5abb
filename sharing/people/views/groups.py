"""The research groups of a house: which there are, who heads them, a new one; each is run on its own page."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people import forms, queries, service
from sharing.people.rules import ScopeKind
from sharing.people.signed import me
from sharing.people.views.importing import houses_of
from sharing.people.views.joining import errors_of, said_of

bp = Blueprint("people_groups", __name__, url_prefix="/people/groups")


@bp.get("")
@needs("people.read-all")
def groups() -> ResponseReturnValue:
    """Every group of the houses where the reader may look."""
    return _page()


def _page(refused: Refused | None = None) -> ResponseReturnValue:
    query, by = parse(forms.PagedQuery, request.args), me()
    found = queries.groups_within(
        by.scopes("people.read-all"), shanghai_day(clock.now()), page=query.page, per_page=query.per_page
    )
    body = render_template(
        "people/groups.html",
        by=by,
        found=found,
        houses=houses_of(by) if by.has("people.manage") else [],
        form=request.form if refused else {},
        errors=errors_of(refused),
        refused=said_of(refused),
    )
    return body, refused.status if refused else 200


@bp.post("")
@needs("people.manage")
def add() -> ResponseReturnValue:
    """Enter a group with its head."""
    try:
        given = parse(forms.GroupForm, request.form)
        house = network.institution_by_code(given.institution)
        if house is None:
            raise Refused("not-found")
        head = forms.person_of(given.head, ScopeKind.INSTITUTION, house.id, field="head")
        group_id = service.open_group(
            code=given.code,
            name=given.name,
            name_en=given.name_en,
            institution_id=house.id,
            head_id=head,
            by=me(),
            now=clock.now(),
        )
    except Refused as no:
        return _page(no)
    flash(_("课题组已建立，由负责人加入成员。"), "good")
    return redirect(url_for("funds.group", group_id=group_id), 303)
