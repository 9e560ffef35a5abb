"""The app factory: settings, database, slices mounted, guards, errors, headers."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from apiflask import APIFlask
from flask import Flask, Response, g, request
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.engine import make_url
from werkzeug.middleware.proxy_fix import ProxyFix

from sharing.kernel import db as database
from sharing.kernel import language
from sharing.kernel.db import APART, db, new_id
from sharing.web import api_document, compression, errors, filters, guard, navigation, places
from sharing.web.broken_rules import sentence
from sharing.web.messages import explain
from sharing.web.mount import mount
from sharing.web.settings import Settings, read

log = structlog.get_logger("sharing.request")
csrf = CSRFProtect()
SILENT = frozenset({"/healthz", "/readyz", "/metrics"})


class App(APIFlask):
    """Flask with what holds for every view of ours."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """None is a coroutine: Flask asks that of each view and hook in every request."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """A ready application; touches the database only when it is asked something. Settings are read when not given."""
    settings = settings or read()
    app = App(
        "sharing",
        title=settings.platform_name_en,
        version="1",
        static_folder=str(places.STATIC),
        static_url_path=f"/static/{places.static_version()}",
        template_folder=str(places.TEMPLATES),
        spec_path=None,
        docs_path=None,
        json_errors=False,
    )
    app.config.update(
        SECRET_KEY=settings.key,
        SQLALCHEMY_ENGINES={},
        SQLALCHEMY_DATABASE_URI=_url(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        SQLALCHEMY_BINDS=_apart(settings),
        MAX_CONTENT_LENGTH=settings.upload_bytes,
        MAX_FORM_MEMORY_SIZE=settings.upload_bytes,
        SESSION_COOKIE_NAME="__Host-sharing" if settings.secure_cookies else "sharing",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
        TEMPLATES_AUTO_RELOAD=False,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
    )
    app.extensions["sharing.settings"] = settings
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    db.init_app(app)
    with app.app_context():
        database.prepare(db.engine, synchronous=settings.synchronous)
    language.load(places.TRANSLATIONS)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["named"] = language.named  # macros are imported without context
    filters.install(app)
    navigation.install(app)
    app.before_request(_begun)
    csrf.init_app(app)
    guard.install(app, LoginManager(), csrf, timedelta(hours=settings.session_idle_hours))
    app.extensions["sharing.violation"] = sentence
    app.extensions["sharing.explain"] = lambda no: explain(no.kind, no.facts)
    errors.install(app)
    compression.install(app)
    api_document.install(app)
    mount(app)
    _around_requests(app, settings)
    return app


def _url(url: str) -> str:
    """A relative SQLite path is taken from the working directory, whose folder is made."""
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite") and parsed.database and parsed.database != ":memory:":
        path = Path(parsed.database).absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        parsed = parsed.set(database=str(path))
    return parsed.render_as_string(hide_password=False)


def _engine_options(settings: Settings) -> dict[str, Any]:
    """No ping before each use: a lost connection empties the pool, a use case is tried again, a read answers 503.

    PostgreSQL connections commit each statement by themselves; `kernel.db.transaction` turns that off for a use case.
    So a page of reads sends no BEGIN and no ROLLBACK, and keeps the statements that the driver has prepared, which
    a ROLLBACK would throw away.
    """
    if settings.database_url.startswith("sqlite"):
        return {"pool_size": settings.pool_size, "max_overflow": 0, "pool_timeout": 15}
    return {
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_timeout": 15,
        "isolation_level": "AUTOCOMMIT",
        "connect_args": {"connect_timeout": 5, "options": "-c timezone=UTC"},
    }


def _apart(settings: Settings) -> dict[str, dict[str, Any]]:
    """One connection more to PostgreSQL (`kernel.db.APART`); SQLite has one writer and needs none."""
    if settings.database_url.startswith("sqlite"):
        return {}
    return {APART: _engine_options(settings) | {"url": settings.database_url, "pool_size": 1}}


def _begun() -> None:
    """Before all else, so that what is refused at the door has a number and a length in the log too."""
    g.began = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    fits = given.isascii() and given.replace("-", "").isalnum() and len(given) <= 36
    g.request_id = given if fits else str(new_id())


def _around_requests(app: Flask, settings: Settings) -> None:
    policy = (
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )

    always = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
    ]
    if settings.secure_cookies:
        always.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))

    @app.context_processor
    def for_templates() -> dict[str, Any]:
        return {
            "csp_nonce": nonce(),
            "settings": settings,
            "language": language.current_language(),
        }

    @app.after_request
    def end(response: Response) -> Response:
        headers = response.headers
        headers.add("X-Request-ID", g.request_id)
        headers.setdefault("Content-Security-Policy", policy.format(nonce=g.get("nonce", "none")))
        for name, value in always:
            headers.add(name, value)
        if request.endpoint != "static":
            headers.setdefault("Cache-Control", "private, no-cache" if request.endpoint else "no-store")
            headers.add("Vary", "Accept-Language, Cookie")
        if request.path not in SILENT:
            _log(response)
        return response


def nonce() -> str:
    """This page's nonce for the content security policy."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _log(response: Response) -> None:
    log.info(
        "request",
        request_id=g.request_id,
        method=request.method,
        path=errors.spoken_path(),
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.began) * 1000, 1),
    )
