"""The network as JSON: public, paged, in its order; wrong questions are told."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import cast


def ask(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_zones_with_the_province_last(client: FlaskClient, app: Flask) -> None:
    cast.network()
    page = ask(client, "zones")
    assert [zone["code"] for zone in page["items"]] == [
        "kunming",
        "honghe",
        "xishuangbanna",
        "dehong",
        "province",
    ]
    assert (page["total"], page["page"], page["per_page"]) == (5, 1, 50)
    first = page["items"][0]
    assert (first["name"], first["name_en"], first["number_prefix"], first["is_province"]) == (
        "昆明",
        "Kunming",
        "KM",
        False,
    )


def test_institutions_by_zone_and_kind(client: FlaskClient, app: Flask) -> None:
    for code, at, kind in (
        ("a", "kunming", "university"),
        ("b", "honghe", "university"),
        ("c", "honghe", "hospital"),
        ("d", "honghe", "enterprise"),
    ):
        cast.institution(code, at=at, kind=kind)

    def codes(query: str) -> list[str]:
        return [row["code"] for row in ask(client, f"institutions{query}")["items"]]

    assert codes("") == ["a", "b", "c"]
    assert codes("?zone=honghe") == ["b", "c"]
    assert codes("?zone=honghe&kind=hospital") == ["c"]
    assert codes("?zone=nowhere") == []
    assert codes("?per_page=2&page=2") == ["c"]
    assert ask(client, "institutions?per_page=2")["total"] == 3
    assert ask(client, "institutions?zone=honghe")["items"][0]["zone"] == "honghe"


def test_categories_by_level_and_parent(client: FlaskClient, app: Flask) -> None:
    cast.network()
    assert ask(client, "categories")["total"] == 3
    assert [row["code"] for row in ask(client, "categories?level=1")["items"]] == ["040000"]
    below = ask(client, "categories?parent=040100")["items"]
    assert [(row["code"], row["name_en"]) for row in below] == [("040102", "Scanning electron microscope")]
    assert ask(client, "categories?code_set=none")["items"] == []


@pytest.mark.parametrize(
    "path",
    [
        "zones?page=0",
        "zones?per_page=201",
        "institutions?kind=castle",
        "categories?level=x",
    ],
)
def test_a_wrong_question_is_told(client: FlaskClient, app: Flask, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    problem = answer.get_json()
    assert problem["type"] == "/problems/invalid-input"
    assert problem["fields"][0]["field"] in path
