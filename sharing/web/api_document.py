"""`/openapi.json` and `/docs`: what the API is, made from its code."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue

from sharing.kernel.rights import PUBLIC, needs

bp = APIBlueprint("openapi", __name__, enable_openapi=False)


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
