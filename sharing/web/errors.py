"""Every refusal and every fault as a page or as problem+json, from one list (`kernel/refusals.py`)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from sharing.audit.service import plain
from sharing.kernel.db import AWAY, roll_back
from sharing.kernel.refusals import Refused
from sharing.web.broken_rules import Violation, sentence
from sharing.web.messages import explain, title

log = structlog.get_logger("sharing.error")
SECRET_PATHS = ("/calendars/", "/reset/", "/invitations/")

BY_STATUS = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-input",
    429: "rate-limited",
    503: "unavailable",
}


def install(app: Flask) -> None:
    app.register_error_handler(Refused, refused)
    app.register_error_handler(HTTPException, http)
    for away in (*AWAY, PoolTimeout):
        app.register_error_handler(away, database_away)
    app.register_error_handler(Exception, fault)


def spoken_path() -> str:
    """The path as the log may hold it: a secret address stays out."""
    path = request.path
    return f"/{path.split('/')[1]}/…" if path.startswith(SECRET_PATHS) else path


def _wants_problem() -> bool:
    return request.path.startswith("/api/") or request.path == "/openapi.json"


def refused(no: Refused) -> ResponseReturnValue:
    """A use case said no: the same facts on a page and in the API."""
    roll_back()
    if _wants_problem():
        return problem(no)
    if no.kind == "unauthenticated" and request.method == "GET":
        here = urlsplit(request.url)
        return redirect(url_for("people.sign_in", next=here.path + (f"?{here.query}" if here.query else "")))
    return _page(no.kind, no.status, no.facts)


def problem(no: Refused) -> Response:
    """RFC 9457 with the facts as further members."""
    facts = plain(no.facts)
    if "violations" in facts:
        facts["violations"] = [violation_json(one) for one in no.facts["violations"]]
    body: dict[str, Any] = {
        "type": f"/problems/{no.kind}",
        "title": title(no.kind),
        "status": no.status,
        "detail": explain(no.kind, no.facts),
        "instance": g.get("request_id", ""),
        **facts,
    }
    response = jsonify(body)
    response.status_code = no.status
    response.mimetype = "application/problem+json"
    if no.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in no.facts:
        response.headers["Retry-After"] = str(no.facts["retry_after"])
    return response


def violation_json(broken: Violation) -> dict[str, Any]:
    """One broken rule as the API tells it: rule, sentence, limit, actual, and what helps."""
    told = {"rule": broken.rule, "message": sentence(broken), "limit": broken.limit, "actual": broken.actual}
    return {**plain(broken.facts), **plain(told)}


def http(error: HTTPException) -> ResponseReturnValue:
    """What the framework itself refuses; a redirect of its own passes."""
    status = error.code or 500
    if 300 <= status < 400:
        return error.get_response()
    kind = BY_STATUS.get(status, "bad-request" if status < 500 else "unavailable")
    answer = problem(Refused(kind)) if _wants_problem() else None
    if answer is not None:
        answer.status_code = status
        if status == 405 and isinstance(allowed := getattr(error, "valid_methods", None), list):
            answer.headers["Allow"] = ", ".join(allowed)
        return answer
    return _page(kind, status, {})


def database_away(error: Exception) -> ResponseReturnValue:
    """The database does not answer: say so and when to come back, never a trace."""
    roll_back()
    log.warning("database away", request_id=g.get("request_id"), error=str(error.__class__.__name__))
    return refused(Refused("unavailable", retry_after=2))


def fault(error: Exception) -> ResponseReturnValue:
    """A bug: a reference number for the person, the traceback under that number in the log."""
    roll_back()
    log.error("fault", request_id=g.get("request_id"), path=spoken_path(), exc_info=error)
    if _wants_problem():
        body = {"type": "/problems/internal", "title": title("internal"), "status": 500}
        body |= {"detail": explain("internal", {}), "instance": g.get("request_id", "")}
        response = jsonify(body)
        response.status_code, response.mimetype = 500, "application/problem+json"
        return response
    return _page("internal", 500, {})


def _page(kind: str, status: int, facts: dict[str, Any]) -> ResponseReturnValue:
    body = render_template(
        "errors/error.html",
        kind=kind,
        status=status,
        title=title(kind),
        detail=explain(kind, facts),
        facts=facts,
        reference=g.get("request_id", ""),
    )
    headers = {"Retry-After": str(facts["retry_after"])} if "retry_after" in facts else {}
    return body, status, headers
