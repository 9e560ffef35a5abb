"""What `/openapi.json` says of every operation alike: who may ask, how refusals look, bounds in standard words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.test_client().get("/openapi.json").get_json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, some in document["paths"].items():
        for method, one in some.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", one


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    wrong = [
        f"{name} {code}"
        for name, one in operations(document)
        for code, answer in one["responses"].items()
        if code.startswith(("4", "5")) and list(answer.get("content", {})) != ["application/problem+json"]
    ]
    assert wrong == []
    assert document["components"]["schemas"]["Problem"]["required"] == ["type", "title", "status", "detail"]


def test_who_may_ask_is_said(document: dict[str, Any]) -> None:
    said = dict(operations(document))
    assert said["GET /api/v1/zones"]["security"] == [{}, {"token": []}]
    assert said["POST /api/v1/bookings"]["security"] == [{"token": []}]
    assert {"401", "403", "404", "409", "422"} <= set(said["POST /api/v1/bookings"]["responses"])
    assert all({"400", "401", "503"} <= set(one["responses"]) for one in said.values())


def test_a_description_is_whole(document: dict[str, Any]) -> None:
    """It begins with its first sentence, which a summary of its own had taken away."""
    said = {name: one["description"] for name, one in operations(document)}
    assert said["GET /api/v1/availability"].startswith("Across every instrument")
    assert [name for name, words in said.items() if words[:1].islower()] == []


def test_bounds_stand_in_the_words_of_the_standard(document: dict[str, Any]) -> None:
    def keys(part: Any) -> Iterator[str]:
        if isinstance(part, list):
            for one in part:
                yield from keys(one)
        elif isinstance(part, dict):
            yield from part
            for one in part.values():
                yield from keys(one)

    assert {"ge", "le", "gt", "lt"} & set(keys(document)) == set()
    limit = next(
        one
        for one in document["paths"]["/api/v1/availability"]["get"]["parameters"]
        if one["name"] == "limit"
    )
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"]) == (1, 100)


def test_a_body_with_a_field_that_must_be_given_must_be_sent(document: dict[str, Any]) -> None:
    said = dict(operations(document))
    assert said["POST /api/v1/bookings"]["requestBody"]["required"] is True
    assert said["POST /api/v1/bookings/{booking_id}/cancel"]["requestBody"]["required"] is False
