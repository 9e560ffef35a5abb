"""The download that the page and the API give alike."""

from __future__ import annotations

from flask import Response, stream_with_context

from sharing.exports import formats, queries
from sharing.people.rules import Actor


def download(by: Actor) -> Response:
    """Her data, streamed; never kept by a browser or a proxy."""
    body = stream_with_context(formats.document(queries.own_data(by.user_id)))
    response = Response(body, mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=formats.FILE_NAME)
    response.headers["Cache-Control"] = "no-store"
    return response
