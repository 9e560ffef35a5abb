"""The asker of this request, for views: Flask-Login's user on pages, the token's owner under `/api`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, current_app, g, has_request_context, request
from flask.typing import ResponseReturnValue
from flask_login import UserMixin, current_user

from sharing.kernel import clock
from sharing.kernel.idempotency import Answer, posted
from sharing.kernel.refusals import Refused
from sharing.people.rules import Actor

P = ParamSpec("P")


class Signed(UserMixin):  # type: ignore[misc]
    """What Flask-Login keeps: the person, and the secret of her session that the cookie carries."""

    def __init__(self, actor: Actor, secret: str) -> None:
        self.actor = actor
        self.secret = secret

    def get_id(self) -> str:
        return self.secret


def me_or_none() -> Actor | None:
    """Who asks, or None for a visitor. The cookie is not looked at under `/api`."""
    if not has_request_context():
        return None
    if request.path.startswith("/api/"):
        actor: Actor | None = g.get("actor")
        return actor
    return current_user.actor if current_user.is_authenticated else None


def me() -> Actor:
    """Who asks. Raises Refused: unauthenticated."""
    actor = me_or_none()
    if actor is None:
        raise Refused("unauthenticated")
    return actor


def once(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """A POST of the API with one effect and one answer for each `Idempotency-Key`; put it below the route's `needs`.

    The whole view runs in the key's transaction, so it asks nobody outside.
    """

    @wraps(view)
    def kept(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        def work() -> Answer:
            response: Response = current_app.make_response(view(*args, **kwargs))
            return Answer(response.status_code, response.get_data(), response.headers.get("Location"))

        if "Idempotency-Key" not in request.headers:
            return view(*args, **kwargs)
        return posted(user_id=me().user_id, now=clock.now(), work=work)

    return kept
