"""The page on which an institution's administrator connects its own sign-in service."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.network import queries as network
from sharing.network.queries import InstitutionRow
from sharing.notify.service.channels import sealing
from sharing.people import formats, forms, queries, service
from sharing.people.rules import ScopePath
from sharing.people.service.sign_on_setup import RIGHT
from sharing.people.signed import me
from sharing.people.views.joining import errors_of, said_of
from sharing.people.views.sign_on import back

bp = Blueprint("sign_on_setup", __name__, url_prefix="/admin")


@bp.get("/sign-on")
@needs("sign-on.edit")
def own() -> ResponseReturnValue:
    """The page of one's own institution; whoever keeps them all chooses one first."""
    mine = me().scopes(RIGHT).institutions
    if len(mine) == 1:
        return redirect(url_for("sign_on_setup.page", institution_id=next(iter(mine))))
    return redirect(url_for("houses.institutions"))


def _house(institution_id: uuid.UUID) -> InstitutionRow:
    """One that the asker keeps. Raises Refused: not-found, forbidden."""
    row = network.house(institution_id)
    if row is None or row.retired_at is not None:
        raise Refused("not-found")
    if not me().may(RIGHT, ScopePath(row.zone_id, row.id)):
        raise Refused("forbidden")
    return row


@bp.get("/institutions/<uuid:institution_id>/sign-on")
@needs("sign-on.edit")
def page(institution_id: uuid.UUID) -> ResponseReturnValue:
    """What is entered, and the address to register at the service."""
    return _page(_house(institution_id))


def _page(
    house: InstitutionRow, refused: Refused | None = None, faults: list[dict[str, str]] | None = None
) -> ResponseReturnValue:
    body = render_template(
        "people/sign_on_setup.html",
        house=house,
        row=queries.sign_on(house.id),
        back=back(house.code),
        ways=list(formats.NAMED.items()),
        form=request.form if refused else {},
        errors=errors_of(refused),
        said=said_of(refused),
        faults=None if faults is None else [formats.fault_said(one) for one in faults],
    )
    return body, refused.status if refused else 200


@bp.post("/institutions/<uuid:institution_id>/sign-on")
@needs("sign-on.edit")
def save(institution_id: uuid.UUID) -> ResponseReturnValue:
    """Keep it; on, it stands on the sign-in page from now on."""
    house = _house(institution_id)
    try:
        given = parse(forms.SignOnForm, request.form)
        service.save_sign_on(
            house.id, service.Connecting(**given.model_dump()), by=me(), sealing=sealing(), now=clock.now()
        )
    except Refused as no:
        if no.kind in {"not-found", "forbidden"}:
            raise
        return _page(house, no)
    flash(_("已保存。"), "good")
    return redirect(url_for("sign_on_setup.page", institution_id=house.id), 303)


@bp.post("/institutions/<uuid:institution_id>/sign-on/try")
@needs("sign-on.edit")
def try_out(institution_id: uuid.UUID) -> ResponseReturnValue:
    """Ask the service what it says of itself, and say what is wrong with it."""
    house = _house(institution_id)
    try:
        faults = service.try_sign_on(house.id, by=me(), sealing=sealing())
    except Refused as no:
        if no.kind != "busy":
            raise
        return _page(house, no)
    return _page(house, faults=faults)
