"""`/openapi.json` and `/docs`: what the API is, made from its code.

APIFlask writes what a route takes and gives; what holds for all of them is added here: who may ask, how refusals look,
and which of them a route can give.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, Final

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue

from sharing.kernel.rights import ATTRIBUTE, PUBLIC, needs

bp = APIBlueprint("openapi", __name__, enable_openapi=False)

METHODS: Final = ("get", "post", "put", "patch", "delete")
WRITES: Final = frozenset({"post", "put", "patch", "delete"})
PLACES: Final = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
KEYWORDS: Final = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
}
"""Bounds that pydantic names in its own words where a value is read before it is checked."""
PROBLEM: Final = {
    "type": "object",
    "description": "A refusal (RFC 9457): `type` names its kind, further fields are its facts in figures.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/booking-conflict"]},
        "title": {"type": "string"},
        "status": {
            "type": ["integer", "string"],
            "description": "The answer's status; of `invalid-transition` the state that the thing is in.",
        },
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The reference number of this answer, as in the log."},
        "fields": {
            "type": "array",
            "description": "With 422: every field that is wrong.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
REFUSALS: Final = {
    400: "The request cannot be read",
    401: "No token, or one that ended",
    403: "Not yours to do",
    404: "There is no such thing, or you may not know of it",
    409: "It does not fit what is there now",
    413: "Too large",
    415: "Another kind of content is expected",
    422: "Some fields are wrong, or rules stand against it: all of them are named",
    429: "Too many at once: `Retry-After` says when",
    503: "Not now: `Retry-After` says when",
}
UNSAID: Final = "Validation error"  # what the framework says of 422 where a route says nothing of its own
KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body gives the first accepted answer again, byte for byte.",
    "schema": {"type": "string", "maxLength": 200},
}


@bp.get("/openapi.json")
@needs(PUBLIC)
def document() -> Response:
    """The whole API as OpenAPI 3.1."""
    response: Response = jsonify(current_app.spec)  # type: ignore[attr-defined]
    return response


@bp.get("/docs")
@needs(PUBLIC)
def docs() -> ResponseReturnValue:
    """The same document to read."""
    return render_template("web/docs.html", spec=current_app.spec)  # type: ignore[attr-defined]


# --- what holds for every route ---------------------------------------------------------------------------------------


def install(app: APIFlask) -> None:
    """Complete the document when it is made."""

    @app.spec_processor
    def complete(spec: Any) -> Any:
        components = spec.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = PROBLEM
        components["schemas"].pop("ValidationError", None)
        components["schemas"].pop("HTTPError", None)
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for view, method, operation in _operations(app, spec):
            _complete(view, method, operation)
            if "requestBody" in operation:
                operation["requestBody"]["required"] = _must_be_sent(operation["requestBody"], spec)
        return _in_words_of_the_standard(spec)


def _operations(app: APIFlask, spec: dict[str, Any]) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """Each operation of the document with the function that answers it."""
    for rule in app.url_map.iter_rules():
        path = spec["paths"].get(PLACES.sub(r"{\1}", rule.rule), {})
        for method in METHODS:
            if method in path and method.upper() in (rule.methods or ()):
                yield app.view_functions[rule.endpoint], method, path[method]


def _complete(view: Any, method: str, operation: dict[str, Any]) -> None:
    right = getattr(view, ATTRIBUTE, PUBLIC)
    operation["description"] = inspect.cleandoc(view.__doc__ or "")
    operation["security"] = [{}, {"token": []}] if right == PUBLIC else [{"token": []}]
    if method == "post":
        operation.setdefault("parameters", []).append(KEY)
    answers = operation["responses"]
    answers.get("304", {}).pop("content", None)
    for status in _refusals(right, method, operation):
        answers.setdefault(str(status), {"description": REFUSALS[status]})
    for code, told in answers.items():
        if code.startswith(("4", "5")):
            told["content"] = {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }
        if told.get("description") == UNSAID:
            told["description"] = REFUSALS[422]


def _must_be_sent(body: dict[str, Any], spec: dict[str, Any]) -> bool:
    """A body with a field that must be given cannot be left away."""
    names = [one["schema"]["$ref"].rpartition("/")[2] for one in body["content"].values()]
    return any(spec["components"]["schemas"][name].get("required") for name in names)


def _refusals(right: str, method: str, operation: dict[str, Any]) -> Iterator[int]:
    """The refusals that a route can give."""
    parameters = operation.get("parameters", ())
    yield from (400, 401, 503)
    if right != PUBLIC:
        yield 403
    if any(one["in"] == "path" for one in parameters):
        yield 404
    if method in WRITES:
        yield 409
    if "requestBody" in operation:
        yield from (404, 413, 415)
    if "requestBody" in operation or any(one["in"] != "path" for one in parameters):
        yield 422


def _in_words_of_the_standard(part: Any) -> Any:
    if isinstance(part, list):
        return [_in_words_of_the_standard(one) for one in part]
    if not isinstance(part, dict):
        return part
    schema = "type" in part or "anyOf" in part
    return {
        KEYWORDS.get(name, name) if schema else name: _in_words_of_the_standard(one)
        for name, one in part.items()
        if not (schema and name in KEYWORDS and not isinstance(one, int | float))  # days have no bounds there
    }
