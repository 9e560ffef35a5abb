"""What leaves compressed: scripts, styles and drawings, which are the same for everybody, and long JSON.

Pages are not: they carry form tokens beside words of the reader, which compression could give away (BREACH); a proxy in
front may still decide otherwise. Short JSON is not worth the processor.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import Final

from flask import Flask, Response, request

from sharing.web import places

LONG_JSON: Final = 16_000
TEXT: Final = frozenset({".css", ".js", ".svg", ".json"})
MOST_KEPT: Final = 200


def install(app: Flask) -> None:
    """Compress on the way out, for whoever says that she takes gzip."""
    app.after_request(_packed)


def _packed(response: Response) -> Response:
    whole = (
        request.method == "GET" and response.status_code == 200 and "Content-Encoding" not in response.headers
    )
    if not whole:
        return response
    if request.endpoint == "static":
        return _static(response)
    if response.mimetype == "application/json" and not response.is_streamed and _takes_gzip():
        body = response.get_data()
        if len(body) >= LONG_JSON:
            return _replaced(response, gzip.compress(body, 5, mtime=0))
    return response


def _static(response: Response) -> Response:
    """A file of `static/`, packed once; its address changes with its content, so it may be kept for ever."""
    name = (request.view_args or {}).get("filename", "")
    response.vary.add("Accept-Encoding")
    body = _file(name) if _takes_gzip() else None
    if body is None:
        return response
    response.close()  # the file that Flask opened
    response.direct_passthrough = False
    response.headers.pop("ETag", None)  # it names the file as it lies
    return _replaced(response, body)


@lru_cache(maxsize=MOST_KEPT)
def _file(name: str) -> bytes | None:
    """A static file gzipped: its twin where set-up made one; None for what is packed by nature."""
    path = places.STATIC / name
    if path.suffix not in TEXT:
        return None
    twin = path.with_name(f"{path.name}.gz")
    return twin.read_bytes() if twin.is_file() else gzip.compress(path.read_bytes(), 9, mtime=0)


def _takes_gzip() -> bool:
    return request.accept_encodings["gzip"] > 0


def _replaced(response: Response, body: bytes) -> Response:
    response.set_data(body)
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response
