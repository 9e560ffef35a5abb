"""The asker of this request, for views: Flask-Login's user on pages, the token's owner under `/api`."""

from __future__ import annotations

from flask import g, has_request_context, request
from flask_login import UserMixin, current_user

from sharing.kernel.refusals import Refused
from sharing.people.rules import Actor


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
