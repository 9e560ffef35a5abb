"""Pages of signing in and out, of forgotten passwords, and one's own details."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import COOKIE, _, _l, use_language
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, SIGNED_IN, needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people import formats, forms, queries, service
from sharing.people.rules import Device
from sharing.people.signed import Signed, me, me_or_none

bp = Blueprint("people", __name__)

DEVICE_COOKIE: Final = "device"
DEMO_PASSWORD: Final = "sharing-demo"  # noqa: S105 - printed at start, only where SHARING_DEMO=1
DEMO_ACCOUNTS: Final = (
    ("researcher", _l("科研人员"), _l("找仪器、预约")),
    ("researcher2", _l("科研人员（有预先授权）"), _l("在额度内不必等课题组")),
    ("pi", _l("课题组负责人"), _l("为本组付费、批准用款")),
    ("manager", _l("机主"), _l("审批、看当天、排一周")),
    ("finance", _l("单位财务"), _l("看收费与经费卡")),
    ("enterprise", _l("企业用户"), _l("从单位外预约")),
    ("manager-honghe", _l("红河的机主"), _l("另一片区的仪器")),
    ("zone-kunming", _l("昆明子平台管理员"), _l("看全片区")),
    ("province", _l("省级管理员"), _l("看全省、改规则")),
    ("auditor", _l("审计人员"), _l("全部可看，不能改动")),
)


def settings() -> Any:
    return current_app.extensions["sharing.settings"]


def address() -> str:
    return request.remote_addr or ""


def secret() -> str:
    """The secret of the session that this browser's cookie carries."""
    return str(current_user.get_id() or "")


# --- signing in and out ------------------------------------------------------------------------------------


@bp.get("/sign-in")
@needs(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """The sign-in page; whoever is signed in already goes on."""
    after = formats.local_path(request.args.get("next"), url_for("web.home"))
    return redirect(after) if me_or_none() else _sign_in_page(after)


def _sign_in_page(after: str, username: str = "", refused: Refused | None = None) -> ResponseReturnValue:
    body = render_template(
        "people/sign_in.html",
        after=after,
        username=username,
        refused=refused,
        by_house=bool(queries.sign_on_houses()),
        demo=DEMO_ACCOUNTS if settings().demo else (),
        demo_password=DEMO_PASSWORD,
    )
    headers = {"Cache-Control": "no-store"}
    if refused and "retry_after" in refused.facts:
        headers["Retry-After"] = str(refused.facts["retry_after"])
    return body, refused.status if refused else 200, headers


@bp.post("/sign-in")
@needs(PUBLIC)
def open_session() -> ResponseReturnValue:
    """Begin a session: everything that the browser held of an older one is dropped."""
    after = formats.local_path(request.form.get("next"), url_for("web.home"))
    try:
        given = parse(forms.Credentials, request.form)
        opened = service.sign_in(
            username=given.username,
            password=given.password,
            address=address(),
            browser=request.user_agent.string,
            device=_device(),
            lasts=timedelta(hours=settings().session_hours),
            now=clock.now(),
        )
    except Refused as no:
        return _sign_in_page(after, request.form.get("username", "")[:60], no)
    return enter(opened, after)


def enter(opened: service.Opened, after: str) -> Response:
    """The session that was just opened is this browser's from now on; it goes where it wanted to."""
    device = _device()
    session.clear()
    login_user(Signed(opened.actor, opened.secret))
    response = make_response(redirect(after, 303))
    _remember_device(response, device, opened)
    return response


def _cookie_name() -> str:
    return f"__Host-{DEVICE_COOKIE}" if settings().secure_cookies else DEVICE_COOKIE


def _device() -> Device | None:
    return formats.device_from(request.cookies.get(_cookie_name(), ""), settings().key)


def _remember_device(response: Response, device: Device | None, opened: service.Opened) -> None:
    response.set_cookie(
        _cookie_name(),
        formats.device_cookie(device, opened.actor.user_id, settings().key),
        max_age=formats.DEVICE_LIFE,
        path="/",
        secure=settings().secure_cookies,
        httponly=True,
        samesite="Lax",
    )


@bp.post("/sign-out")
@needs(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """End this browser's session; pressed twice it is still signed out."""
    if actor := me_or_none():
        service.sign_out(secret(), by=actor, now=clock.now())
    return _gone()


@bp.post("/sign-out/everywhere")
@needs(SIGNED_IN)
def sign_out_everywhere() -> ResponseReturnValue:
    """End all sessions of the person."""
    service.sign_out_everywhere(by=me(), now=clock.now())
    return _gone()


def _gone() -> ResponseReturnValue:
    logout_user()
    session.clear()
    flash(_("您已退出登录。"), "good")
    return redirect(url_for("people.sign_in"), 303)


# --- forgotten passwords -----------------------------------------------------------------------------------


@bp.get("/reset")
@needs(PUBLIC)
def reset() -> ResponseReturnValue:
    """Where one asks for a link."""
    return render_template("people/reset.html", sent=False, email="", refused=None)


@bp.post("/reset")
@needs(PUBLIC)
def send_reset() -> ResponseReturnValue:
    """Mail a link; the answer is the same whether the address is known or not."""
    try:
        given = parse(forms.ResetAsked, request.form)
        service.send_reset(
            email=given.email,
            link=lambda token: url_for("people.new_password", token=token),
            address=address(),
            now=clock.now(),
        )
    except Refused as no:
        email = request.form.get("email", "")
        return render_template("people/reset.html", sent=False, email=email, refused=no), no.status
    return render_template("people/reset.html", sent=True, email=given.email, refused=None)


@bp.get("/reset/<token>")
@needs(PUBLIC)
def new_password(token: str) -> ResponseReturnValue:
    """Where a mailed link leads; looking at it does not use it up."""
    if not service.reset_link_holds(token, clock.now()):
        raise Refused("link-expired")
    return _new_password_page()


def _new_password_page(refused: Refused | None = None) -> ResponseReturnValue:
    body = render_template("people/new_password.html", refused=refused, reasons=reasons_of(refused))
    return body, refused.status if refused else 200, {"Cache-Control": "no-store"}


def reasons_of(refused: Refused | None) -> list[str]:
    """Why a new password was refused, in words."""
    return forms.password_reasons(refused.facts.get("reasons", [])) if refused else []


@bp.post("/reset/<token>")
@needs(PUBLIC)
def use_reset(token: str) -> ResponseReturnValue:
    """Set the new password; whoever is signed in as this person anywhere is signed out."""
    try:
        given = parse(forms.NewPassword, request.form)
        if given.password != given.again:
            raise Refused("password-refused", reasons=["differs"])
        service.reset_password(secret=token, new=given.password, now=clock.now())
    except Refused as no:
        if no.kind == "link-expired":
            raise
        return _new_password_page(no)
    session.clear()
    flash(_("新密码已生效，请用它登录。您在所有设备上的登录都已结束。"), "good")
    return redirect(url_for("people.sign_in"), 303)


# --- one's own details -------------------------------------------------------------------------------------


@bp.get("/profile")
@needs(SIGNED_IN)
def profile() -> ResponseReturnValue:
    """Name, contact, language; what the institution keeps is shown and not asked."""
    return _profile_page()


def _profile_page(refused: Refused | None = None) -> ResponseReturnValue:
    actor = me()
    person = queries.person(actor.user_id)
    today = shanghai_day(clock.now())
    body = render_template(
        "people/profile.html",
        person=person,
        form=request.form if refused else person,
        institution=network.institution(actor.institution_id) if actor.institution_id else None,
        groups=queries.groups_of(actor.user_id, today),
        roles=_role_words(),
        company=queries.enterprise_of(actor.user_id) if actor.kind == "enterprise" else None,
        errors=field_errors(refused),
    )
    return body, refused.status if refused else 200


def _role_words() -> list[str]:
    """Each role once, in words."""
    return [str(formats.ROLES[role]) for role in dict.fromkeys(grant.role for grant in me().grants)]


def field_errors(refused: Refused | None) -> dict[str, str]:
    """The sentence for each bad field."""
    return {one["field"]: one["message"] for one in refused.facts.get("fields", [])} if refused else {}


@bp.post("/profile")
@needs(SIGNED_IN)
def save_profile() -> ResponseReturnValue:
    """Keep the details, and speak the chosen language from now on."""
    try:
        given = parse(forms.ProfileForm, request.form)
    except Refused as no:
        return _profile_page(no)
    service.save_profile(service.Profile(**given.model_dump()), by=me(), now=clock.now())
    use_language(given.language)
    flash(_("已保存。"), "good")
    response = make_response(redirect(url_for("people.profile"), 303))
    response.set_cookie(
        COOKIE,
        given.language,
        max_age=31536000,
        secure=settings().secure_cookies,
        httponly=True,
        samesite="Lax",
    )
    return response
