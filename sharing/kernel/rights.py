"""What a route needs: every view carries `@needs(right)`, and a route without one fails a test (deny by default)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from flask import current_app

P = ParamSpec("P")
R = TypeVar("R")

PUBLIC: Final = "public"
SIGNED_IN: Final = "signed-in"
ATTRIBUTE: Final = "needed_right"
MOST: Final = "most_bytes"


def needs(right: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view with the right it needs and ask the guard before it runs.

    The guard (`app.extensions["sharing.guard"]`, set by the shell) raises Refused: unauthenticated, forbidden. It asks
    whether the right is held at any scope; the service asks again at the thing's own scope.
    """

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if right != PUBLIC:
                current_app.extensions["sharing.guard"](right)
            return view(*args, **kwargs)

        setattr(guarded, ATTRIBUTE, right)
        return guarded

    return mark


def bounded(most_bytes: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let whoever holds the view's right send it a body of this size, beyond what others may; put it below `needs`."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        setattr(view, MOST, most_bytes)
        return view

    return mark
