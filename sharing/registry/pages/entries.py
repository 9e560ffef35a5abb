"""What the API answers alike about every kind of dated rule: the rows of a scope, and entering some."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import Response, jsonify, request

from sharing.audit.service import plain
from sharing.kernel.idempotency import json_answer, posted
from sharing.kernel.ifmatch import matched
from sharing.kernel.inputs import parse
from sharing.kernel.refusals import Refused
from sharing.people.rules import Actor
from sharing.people.signed import me
from sharing.registry import queries
from sharing.registry.forms import ScopeAsked
from sharing.registry.queries import Kind
from sharing.registry.rules import Scope


def scope_to_read() -> Scope:
    """The scope in the query. Raises Refused: invalid-input, not-found, forbidden."""
    scope = queries.scope_said(parse(ScopeAsked, request.args).scope)
    if not queries.may_read(scope, me()):
        raise Refused("forbidden")
    return scope


def scope_to_edit(said: str, kind: Kind) -> Scope:
    """A scope whose rows the asker may change. Raises Refused: not-found, forbidden."""
    scope = queries.scope_said(said)
    if not me().may(kind.right, scope.path):
        raise Refused("forbidden")
    return scope


def rows_answer(kind: Kind, scope: Scope, items: Iterable[Mapping[str, Any]]) -> Response:
    """The rows with the scope and the version of the list, which is its ETag too."""
    revision = queries.revision(kind, scope.key)
    response = jsonify(plain({"scope": scope.said, "revision": revision, "items": list(items)}))
    response.set_etag(str(revision))
    return response


def entered(enter: Callable[[], Iterable[uuid.UUID]], *, by: Actor, now: datetime) -> Response:
    """201 with the ids of the rows that `enter` wrote, once for the request's key."""
    with matched():
        return posted(
            user_id=by.user_id,
            now=now,
            work=lambda: json_answer({"ids": [str(one) for one in enter()]}, 201),
        )
