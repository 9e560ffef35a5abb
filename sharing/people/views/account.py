"""Pages of one's own keys: password, signed-in browsers, API tokens, calendar addresses, deputies."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.kernel.timespan import shanghai_day
from sharing.people import formats, forms, queries, service
from sharing.people.signed import me

bp = Blueprint("account", __name__, url_prefix="/profile")
NO_STORE = {"Cache-Control": "no-store"}


def _settings() -> Any:
    return current_app.extensions["sharing.settings"]


def _secret() -> str:
    return str(current_user.get_id() or "")


def _errors(refused: Refused | None) -> dict[str, str]:
    return {one["field"]: one["message"] for one in refused.facts.get("fields", [])} if refused else {}


# --- password ----------------------------------------------------------------------------------------------


@bp.get("/password")
@needs(SIGNED_IN)
def password() -> ResponseReturnValue:
    """Where one sets a new password."""
    return _password_page()


def _password_page(refused: Refused | None = None) -> ResponseReturnValue:
    reasons = forms.password_reasons(refused.facts.get("reasons", [])) if refused else []
    body = render_template("people/password.html", refused=refused, reasons=reasons)
    return body, refused.status if refused else 200, NO_STORE


@bp.post("/password")
@needs(SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Set it; other browsers are signed out, this one stays and gets a fresh form token."""
    secret = _secret()
    try:
        given = parse(forms.PasswordChange, request.form)
        if given.password != given.again:
            raise Refused("password-refused", reasons=["differs"])
        service.change_password(
            old=given.old,
            new=given.password,
            address=request.remote_addr or "",
            secret=secret,
            by=me(),
            now=clock.now(),
        )
    except Refused as no:
        return _password_page(no)
    session.pop("csrf_token", None)
    flash(_("新密码已生效，您在其他设备上的登录已结束。"), "good")
    return redirect(url_for("account.password"), 303)


# --- signed-in browsers ------------------------------------------------------------------------------------


@bp.get("/sessions")
@needs(SIGNED_IN)
def sessions() -> ResponseReturnValue:
    """Where one is signed in."""
    idle = timedelta(hours=_settings().session_idle_hours)
    rows = queries.sessions(me().user_id, clock.now(), idle=idle, secret=_secret())
    return render_template(
        "people/sessions.html", sessions=[(row, formats.browser_name(row.browser)) for row in rows]
    )


@bp.post("/sessions/<uuid:session_id>/end")
@needs(SIGNED_IN)
def end_session(session_id: uuid.UUID) -> ResponseReturnValue:
    """Sign one browser out."""
    service.end_session(session_id, by=me(), now=clock.now())
    flash(_("已结束该设备上的登录。"), "good")
    return redirect(url_for("account.sessions"), 303)


# --- API tokens --------------------------------------------------------------------------------------------


@bp.get("/tokens")
@needs(SIGNED_IN)
def tokens() -> ResponseReturnValue:
    """The tokens that open the API in one's name."""
    return _tokens_page()


def _tokens_page(secret: str = "", refused: Refused | None = None) -> ResponseReturnValue:
    body = render_template(
        "people/tokens.html",
        tokens=queries.tokens(me().user_id, clock.now()),
        secret=secret,
        form=request.form if refused else {},
        errors=_errors(refused),
    )
    return body, refused.status if refused else 200, NO_STORE


@bp.post("/tokens")
@needs(SIGNED_IN)
def create_token() -> ResponseReturnValue:
    """Make a token and show it, this once."""
    now = clock.now()
    try:
        given = parse(forms.TokenForm, request.form)
    except Refused as no:
        return _tokens_page(refused=no)
    ends_at = now + timedelta(days=given.days) if given.days else None
    return _tokens_page(
        service.create_token(me().user_id, label=given.label, ends_at=ends_at, by=me(), now=now)
    )


@bp.post("/tokens/<uuid:token_id>/revoke")
@needs(SIGNED_IN)
def revoke_token(token_id: uuid.UUID) -> ResponseReturnValue:
    """End a token at once."""
    service.revoke_token(token_id, by=me(), now=clock.now())
    flash(_("令牌已作废。"), "good")
    return redirect(url_for("account.tokens"), 303)


# --- calendar addresses ------------------------------------------------------------------------------------


@bp.get("/calendar")
@needs(SIGNED_IN)
def calendar() -> ResponseReturnValue:
    """The calendar addresses in force."""
    return _calendar_page()


def _calendar_page(secret: str = "", kind: str = "") -> ResponseReturnValue:
    actor = me()
    address = f"{_settings().base_url.rstrip('/')}/calendars/{secret}.ics" if secret else ""
    body = render_template(
        "people/calendar.html",
        keys=queries.calendar_keys(actor.user_id),
        address=address,
        kind=kind,
        has_desk=actor.has("booking.manage"),
    )
    return body, 200, NO_STORE


@bp.post("/calendar")
@needs(SIGNED_IN)
def create_calendar_key() -> ResponseReturnValue:
    """Make an address and show it, this once."""
    given = parse(forms.CalendarKeyForm, request.form)
    secret = service.create_calendar_key(kind=given.kind, about_id=None, by=me(), now=clock.now())
    return _calendar_page(secret, given.kind)


@bp.post("/calendar/<uuid:key_id>/revoke")
@needs(SIGNED_IN)
def revoke_calendar_key(key_id: uuid.UUID) -> ResponseReturnValue:
    """Close an address at once."""
    service.revoke_calendar_key(key_id, by=me(), now=clock.now())
    flash(_("日历地址已停用。"), "good")
    return redirect(url_for("account.calendar"), 303)


@bp.post("/calendar/<uuid:key_id>/renew")
@needs(SIGNED_IN)
def renew_calendar_key(key_id: uuid.UUID) -> ResponseReturnValue:
    """Close an address and open another of the same."""
    kind = next((row.kind for row in queries.calendar_keys(me().user_id) if row.id == key_id), "")
    return _calendar_page(service.renew_calendar_key(key_id, by=me(), now=clock.now()), kind)


# --- deputies ----------------------------------------------------------------------------------------------


@bp.get("/deputies")
@needs(SIGNED_IN)
def deputies() -> ResponseReturnValue:
    """Who stands in for me, and for whom I stand in."""
    return _deputies_page()


def _deputies_page(refused: Refused | None = None) -> ResponseReturnValue:
    actor, today = me(), shanghai_day(clock.now())
    body = render_template(
        "people/deputies.html",
        deputies=queries.deputies(actor.user_id, today),
        standing_for=queries.stands_in_for(actor.user_id, today),
        form=request.form if refused else {},
        errors=_deputy_errors(refused),
        today=today,
    )
    return body, refused.status if refused else 200


def _deputy_errors(refused: Refused | None) -> dict[str, str]:
    words = {
        "self": _("代理人不能是您自己"),
        "before-start": _("结束日期须在开始日期当天或之后，且不早于今天"),
    }
    if refused and refused.kind == "not-found":
        return {"deputy": _("本单位没有这个用户名或工号的人")}
    return {field: words.get(sentence, sentence) for field, sentence in _errors(refused).items()}


@bp.post("/deputies")
@needs(SIGNED_IN)
def add_deputy() -> ResponseReturnValue:
    """Name a deputy between two days, the last one counted."""
    actor, now = me(), clock.now()
    try:
        given = parse(forms.DeputyForm, request.form)
        deputy_id = _colleague(given.deputy)
        service.add_deputy(
            deputy_id, starts_on=given.starts_on, ends_on=given.last_on + timedelta(days=1), by=actor, now=now
        )
    except Refused as no:
        return _deputies_page(no)
    flash(_("代理人已登记，期间由其代您审批，双方姓名都会留在审批意见上。"), "good")
    return redirect(url_for("account.deputies"), 303)


def _colleague(name: str) -> uuid.UUID:
    """A person of one's own institution by username or staff number. Raises Refused: not-found."""
    found = queries.person_by_username(name)
    home = me().institution_id
    if found is None and home is not None:
        found = queries.by_staff_no(home, [name]).get(name)
    if found is None:
        raise Refused("not-found")
    return found.id


@bp.post("/deputies/<uuid:row_id>/end")
@needs(SIGNED_IN)
def end_deputy(row_id: uuid.UUID) -> ResponseReturnValue:
    """Stop being stood in for."""
    service.end_deputy(row_id, by=me(), now=clock.now())
    flash(_("代理已结束。"), "good")
    return redirect(url_for("account.deputies"), 303)
