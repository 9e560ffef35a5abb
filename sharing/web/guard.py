"""Who is asking: the session cookie on pages, the bearer token under `/api`, never the other way round."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Request, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import LoginManager
from flask_wtf.csrf import CSRFError, CSRFProtect

from sharing.kernel import clock
from sharing.kernel.language import COOKIE, use_language
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import ATTRIBUTE, MOST, PUBLIC, SIGNED_IN
from sharing.people import service as people
from sharing.people.rules import Actor
from sharing.people.signed import Signed, me_or_none

FORM_BYTES = 64 * 1024  # what a form carries beside its file
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def under_api() -> bool:
    return request.path.startswith("/api/")


class PageSessions(SecureCookieSessionInterface):
    """The cookie is read for pages only: under `/api` none is honoured."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if request.path.startswith("/api/") else super().open_session(app, request)


def install(app: Flask, login: LoginManager, csrf: CSRFProtect, idle: timedelta) -> None:
    """Read the asker before each request, guard each right, refuse forms without a token and foreign origins."""
    app.session_interface = PageSessions()
    login.session_protection = None
    login.init_app(app)

    @login.user_loader  # type: ignore[untyped-decorator]
    def by_cookie(secret: str) -> Signed | None:
        actor = people.actor_by_session(secret, now=clock.now(), idle=idle)
        return Signed(actor, secret) if actor else None

    app.extensions["sharing.guard"] = require

    @app.before_request
    def know_the_asker() -> None:
        if request.endpoint == "static":
            return
        if under_api():
            _by_token()
        actor = me_or_none()
        _bound(actor)
        _storable()
        if actor and (under_api() is False) and request.cookies.get(COOKIE) is None:
            use_language(actor.language)
        if request.method not in SAFE and not under_api():
            _same_origin()
            try:
                csrf.protect()
            except CSRFError as error:
                raise Refused("csrf") from error
        if actor and actor.read_only and request.method not in SAFE:
            _only_reading()


def _bound(actor: Actor | None) -> None:
    """A view may take a larger body from those who hold its right; it is set before anything reads the body."""
    view = current_app.view_functions.get(request.endpoint or "")
    most, right = getattr(view, MOST, None), getattr(view, ATTRIBUTE, "")
    if most and actor and actor.has(right):
        request.max_content_length = most + FORM_BYTES


def _storable() -> None:
    """NUL stands in no text that PostgreSQL keeps, and nobody types it; bodies in JSON are read by `kernel.inputs`."""
    fields = [request.args] if request.method in SAFE or under_api() else [request.args, request.form]
    if any("\0" in text for given in fields for texts in given.listvalues() for text in texts):
        raise Refused("bad-request")


def _by_token() -> None:
    header = request.headers.get("Authorization", "")
    kind, _space, secret = header.partition(" ")
    g.actor = None
    if not header:
        return
    if kind.lower() == "bearer" and secret:
        g.actor = people.actor_by_token(secret.strip(), now=clock.now())
    if g.actor is None:
        raise Refused("unauthenticated")


def _same_origin() -> None:
    """A form posted from another site is refused even with a token (ASVS 3.5.1)."""
    origin = request.headers.get("Origin")
    if origin and origin != "null" and origin.rstrip("/") != request.host_url.rstrip("/"):
        raise Refused("csrf")
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Refused("csrf")


def _only_reading() -> None:
    """An auditor may still sign out, choose a language and settings of her own."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and getattr(view, ATTRIBUTE, None) not in {PUBLIC, SIGNED_IN, None}:
        raise Refused("read-only")


def require(right: str) -> None:
    """Raises Refused: unauthenticated (nobody signed in), forbidden (the right is held nowhere)."""
    actor = me_or_none()
    if actor is None:
        raise Refused("unauthenticated")
    if right != SIGNED_IN and not actor.has(right):
        raise Refused("forbidden")
