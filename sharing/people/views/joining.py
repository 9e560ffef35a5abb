"""Doors for people without an account: asking to join an institution, a company's request, an invitation's link."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _, current_language, named
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, SIGNED_IN, needs
from sharing.network import queries as network
from sharing.people import formats, forms, queries, service
from sharing.people.signed import me, me_or_none

bp = Blueprint("joining", __name__)
NO_STORE: Final = {"Cache-Control": "no-store"}


def storage() -> Path:
    """Where files are kept, by the settings of this installation."""
    return Path(current_app.extensions["sharing.settings"].storage_dir)


def password_link(token: str) -> str:
    """The path of the page that sets a password."""
    return url_for("people.new_password", token=token)


def errors_of(refused: Refused | None) -> dict[str, str]:
    """The sentence for each bad field."""
    return {one["field"]: one["message"] for one in refused.facts.get("fields", [])} if refused else {}


def said_of(refused: Refused | None) -> str:
    """What a refusal says that names no field; empty otherwise."""
    if refused is None or refused.facts.get("fields"):
        return ""
    return str(current_app.extensions["sharing.explain"](refused))


def _page(template: str, refused: Refused | None = None, **values: Any) -> ResponseReturnValue:
    form = request.form if refused else {}
    body = render_template(template, form=form, errors=errors_of(refused), refused=said_of(refused), **values)
    return body, refused.status if refused else 200, NO_STORE


# --- a person ----------------------------------------------------------------------------------------------


@bp.get("/sign-up")
@needs(PUBLIC)
def sign_up() -> ResponseReturnValue:
    """Where one asks to join an institution; `institution` chooses it beforehand."""
    return _sign_up_page(chosen=request.args.get("institution", ""))


def _sign_up_page(refused: Refused | None = None, sent: str = "", chosen: str = "") -> ResponseReturnValue:
    houses: dict[str, list[tuple[str, str]]] = {}
    for row in network.institutions():
        if row.kind != "enterprise":
            houses.setdefault(named(row.zone_name, row.zone_name_en), []).append(
                (row.code, named(row.name, row.name_en))
            )
    return _page("people/sign_up.html", refused, houses=list(houses.items()), sent=sent, chosen=chosen)


@bp.post("/sign-up")
@needs(PUBLIC)
def ask() -> ResponseReturnValue:
    """Keep the request; the answer is the same whether the address is known or not."""
    try:
        given = parse(forms.SignUpForm, request.form)
        house = network.institution_by_code(given.institution)
        if house is None:
            raise Refused("invalid-input", fields=[{"field": "institution", "message": _("请选择单位")}])
        details = given.model_dump(exclude={"institution"})
        asking = service.Asking(institution_id=house.id, language=current_language(), **details)
        service.sign_up(asking, address=request.remote_addr or "", now=clock.now())
    except Refused as no:
        return _sign_up_page(no)
    return _sign_up_page(sent=given.email)


# --- a company ---------------------------------------------------------------------------------------------


@bp.get("/sign-up/enterprise")
@needs(PUBLIC)
def enterprise() -> ResponseReturnValue:
    """Where a company asks to join, and by when it is answered."""
    return _enterprise_page()


def _enterprise_page(refused: Refused | None = None, sent: str = "") -> ResponseReturnValue:
    zones = [(row.code, named(row.name, row.name_en)) for row in network.zones()]
    days, due = service.promised(clock.now())
    return _page("people/sign_up_enterprise.html", refused, zones=zones, days=days, due=due, sent=sent)


@bp.post("/sign-up/enterprise")
@needs(PUBLIC)
def ask_for_enterprise() -> ResponseReturnValue:
    """Keep the request with its licence; the answer is the same whether company or address are known or not."""
    upload = request.files.get("licence")
    try:
        given = parse(forms.EnterpriseForm, request.form)
        zone = network.zone(given.zone)
        if zone is None or upload is None or not upload.filename:
            field, message = ("zone", _("请选择片区")) if zone is None else ("licence", _("请选择文件"))
            raise Refused("invalid-input", fields=[{"field": field, "message": message}])
        details = given.model_dump(exclude={"zone"})
        company = service.Company(
            zone_id=zone.id, licence=upload.read(), language=current_language(), **details
        )
        service.sign_up_enterprise(
            company,
            storage=storage(),
            link=password_link,
            address=request.remote_addr or "",
            now=clock.now(),
        )
    except Refused as no:
        return _enterprise_page(_at_licence(no))
    return _enterprise_page(sent=given.email)


def _at_licence(no: Refused) -> Refused:
    """A file that is refused is told of at its field."""
    if no.kind not in {"file-refused", "too-large"}:
        return no
    return Refused("invalid-input", fields=[{"field": "licence", "message": said_of(no)}])


# --- an invitation -----------------------------------------------------------------------------------------


@bp.get("/invitations/<token>")
@needs(PUBLIC)
def invitation(token: str) -> ResponseReturnValue:
    """What the link offers; looking at it does not use it up."""
    return _invitation_page(token)


def _invitation_page(token: str, refused: Refused | None = None) -> ResponseReturnValue:
    row = queries.invitation_of(token, clock.now())
    if row is None:
        raise Refused("link-expired")
    name, name_en = queries.scope_named(row.scope_kind, row.scope_id)
    reasons = forms.password_reasons(refused.facts.get("reasons", [])) if refused else []
    return _page(
        "people/invitation.html",
        refused,
        invitation=row,
        place=named(name, name_en) or _("全省网络"),
        role=formats.ROLES[row.role],
        person=me_or_none(),
        known=queries.person_by_email(row.email) is not None,
        token=token,
        reasons=reasons,
    )


@bp.post("/invitations/<token>")
@needs(PUBLIC)
def enter(token: str) -> ResponseReturnValue:
    """Make an account and take the role up."""
    try:
        given = parse(forms.NewcomerForm, request.form)
        if given.password != given.again:
            raise Refused("password-refused", reasons=["differs"])
        newcomer = service.Newcomer(**given.model_dump(exclude={"again"}))
        service.accept_invitation(token, who=newcomer, now=clock.now())
    except Refused as no:
        if no.kind == "link-expired":
            raise
        return _invitation_page(token, _at_username(no))
    session.clear()
    flash(_("账号已开通，请登录。"), "good")
    return redirect(url_for("people.sign_in"), 303)


def _at_username(no: Refused) -> Refused:
    if no.kind != "duplicate" or "username" not in no.facts:
        return no
    message = _("这个用户名或工号已有人使用")
    return Refused("invalid-input", fields=[{"field": "username", "message": message}])


@bp.post("/invitations/<token>/accept")
@needs(SIGNED_IN)
def accept(token: str) -> ResponseReturnValue:
    """Take the role up with the account that is signed in."""
    service.accept_invitation(token, who=me(), now=clock.now())
    flash(_("已接受邀请，新的角色现在起有效。"), "good")
    return redirect(url_for("people.profile"), 303)
