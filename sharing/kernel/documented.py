"""What a route takes, told to the OpenAPI document.

APIFlask's own `input` reads and refuses the request by itself and in its own words; our routes read theirs through
`inputs.parse`, which names every bad field in the reader's language, and only tell the document what they read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

F = TypeVar("F", bound=Callable[..., Any])


def takes(model: type[BaseModel], location: Literal["json", "query", "form"] = "json") -> Callable[[F], F]:
    """Document the body, the form with its file, or the query of a route; put it below the route's `needs`."""

    def tell(view: F) -> F:
        spec: dict[str, Any] = view.__dict__.setdefault("_spec", {})  # where APIFlask keeps what it documents
        if location != "query":
            spec |= {"body": model, "body_example": None, "body_examples": None}
            spec["content_type"] = "application/json" if location == "json" else "multipart/form-data"
        else:
            spec.setdefault("args", []).append((model, location))
        return view

    return tell
