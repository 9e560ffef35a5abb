"""The page of instrument categories: the tree, versions of the code set, the form, whom it would touch, the history."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.network import forms, service
from sharing.network import queries as network
from sharing.people.signed import me
from sharing.registry import queries
from sharing.registry import service as registry
from sharing.web.again import today, told, tried

bp = Blueprint("categories", __name__, url_prefix="/admin/categories")
RIGHT = "registry.read-internal"


def in_force() -> str:
    """The version in force. Raises Refused: not-found (there is none)."""
    found = next((one.version for one in network.code_sets() if one.begun), None)
    if found is None:
        raise Refused("not-found")
    return found


def edit_of(given: forms.CategoryForm) -> service.CategoryEdit:
    """As the use case takes it: in the version in force where none is named."""
    return service.CategoryEdit(**given.model_dump() | {"code_set": given.code_set or in_force()})


def effect_of(edit: service.CategoryEdit, now: datetime) -> queries.Touched:
    """Whom it would touch. Raises Refused: what entering it would."""
    service.check_category(edit, by=me(), now=now)
    return queries.touched(edit.code_set, edit.code, added=edit.act == "add")


@bp.get("")
@needs(RIGHT)
def page() -> ResponseReturnValue:
    """The tree of a version; `code` opens the form for one."""
    return _page()


def _page(refused: Refused | None = None, effect: queries.Touched | None = None) -> ResponseReturnValue:
    asked = (request.form.get("code_set") if request.method == "POST" else None) or request.args.get(
        "set", ""
    )
    sets = network.code_sets()
    version = next((one for one in sets if one.version == asked), None)
    version = version or next((one for one in sets if one.begun), None)
    if version is None:
        raise Refused("not-found")
    rows = network.categories_entered(version.version)
    chosen = next((one for one in rows if one.code == request.args.get("code")), None)
    body = render_template(
        "network/categories.html",
        sets=sets,
        version=version,
        rows=rows,
        counts=queries.in_categories(version.version),
        chosen=chosen,
        history=service.category_history(),
        may_edit=me().has("network.edit"),
        today=today(),
        effect=effect,
        **_told(refused),
    )
    return body, refused.status if refused else 200


def _told(refused: Refused | None) -> dict[str, Any]:
    """What was typed stays in the form while its effect is looked at, too."""
    return told(refused) | ({"form": request.form} if request.method == "POST" else {})


@bp.post("")
@needs("network.edit")
def enter() -> ResponseReturnValue:
    """First which instruments it would touch, then entered."""
    now = clock.now()

    def act() -> ResponseReturnValue:
        edit = edit_of(parse(forms.CategoryForm, request.form))
        if request.form.get("step") != "save":
            return _page(effect=effect_of(edit, now))
        registry.edit_category(edit, by=me(), now=now)
        flash(_("已保存，到期自动执行；保存前后的内容都在修改记录里"), "good")
        return redirect(url_for("categories.page", set=edit.code_set, code=edit.code), 303)

    return tried(act, _page)


@bp.get("/versions/new")
@needs("network.edit")
def new_version() -> ResponseReturnValue:
    """An empty form."""
    return _version_page()


def _version_page(
    refused: Refused | None = None, effect: queries.Touched | None = None
) -> ResponseReturnValue:
    body = render_template("network/code_set.html", effect=effect, **_told(refused))
    return body, refused.status if refused else 200


@bp.post("/versions/new")
@needs("network.edit")
def add_version() -> ResponseReturnValue:
    """First how many instruments stay in the version in force, then entered."""
    now = clock.now()

    def act() -> ResponseReturnValue:
        given = service.NewCodeSet(**parse(forms.CodeSetForm, request.form).model_dump())
        if request.form.get("step") != "save":
            service.check_code_set(given, by=me(), now=now)
            return _version_page(effect=queries.touched_by_set(in_force()))
        service.add_code_set(given, by=me(), now=now)
        flash(_("已增加新版本，生效之前可以继续修改它的类别。"), "good")
        return redirect(url_for("categories.page", set=given.version), 303)

    return tried(act, _version_page)


@bp.post("/changes/<uuid:change_id>/withdraw")
@needs("network.edit")
def withdraw(change_id: uuid.UUID) -> ResponseReturnValue:
    """It never holds; it stays in the history."""
    given = parse(forms.ReasonForm, request.form)
    change = network.category_change(change_id)
    service.withdraw_category_change(change_id, reason=given.reason, by=me(), now=clock.now())
    flash(_("已撤回，不再执行；它仍在修改记录里"), "good")
    return redirect(url_for("categories.page", set=change.code_set if change else None), 303)
