"""Instruments as JSON: what the outside relies on (CONTRACT section 4, Registry)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from sharing.people import service as people
from sharing.people.models import User
from sharing.registry import service
from tests import cast

PROMISED = {
    "id", "code", "name", "name_en", "zone", "institution", "category", "manufacturer", "model", "serial_no",
    "asset_no", "national_no", "original_value_fen", "commissioned_on", "status", "booking_mode", "capacity",
    "location", "managers", "prices", "policy", "networks",
}  # fmt: skip

WINDOW = "free_from=2026-03-{0:02}T09:00:00%2B08:00&free_to=2026-03-{0:02}T10:00:00%2B08:00"


@pytest.fixture
def house(app: Flask) -> cast.House:
    made = cast.house()
    service.reindex()
    return made


class Program:
    """A program with a person's token, or with none."""

    def __init__(self, app: Flask, user: User | None = None) -> None:
        self.client = app.test_client()
        self.headers: dict[str, str] = {}
        if user:
            secret = people.create_token(user.id, label="test", ends_at=None, by=None, now=cast.NOW)
            self.headers["Authorization"] = f"Bearer {secret}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers={**self.headers, **named})


def problem(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, answer.get_json()["type"].removeprefix("/problems/")


def test_a_visitor_reads_an_instrument_with_all_that_was_promised(app: Flask, house: cast.House) -> None:
    answer = Program(app).ask("GET", f"/instruments/{house.instrument.id}")
    one = answer.get_json()
    assert set(one) >= PROMISED
    assert one["institution"] == {
        "id": str(house.university.id), "code": "uni", "name": "云岭大学", "name_en": "Yunling University",
    }  # fmt: skip
    assert (one["zone"], one["category"]["code"]) == ("kunming", "040102")
    assert one["networks"] == {"sharing": "linked", "national": "unknown", "finance": "unknown"}
    assert one["policy"]["granularity_minutes"] == 30
    assert one["policy"]["source_document"] == cast.SOURCE
    assert {price["price_group"] for price in one["prices"]} == {
        "group",
        "institution",
        "academic",
        "enterprise",
    }
    assert answer.headers["ETag"] == '"1"'


def test_addresses_of_managers_show_only_to_who_is_signed_in(app: Flask, house: cast.House) -> None:
    path = f"/instruments/{house.instrument.id}"
    visitor = Program(app).ask("GET", path).get_json()["managers"]
    assert [set(one) for one in visitor] == [{"id", "name", "name_en"}] * 2
    known = Program(app, house.researcher).ask("GET", path).get_json()["managers"]
    assert known[0]["email"] == house.manager.email


def test_the_list_takes_every_filter(app: Flask, house: cast.House) -> None:
    program = Program(app)
    hits = (
        "q=扫描", "zone=kunming", "zone=honghe,kunming", "institution=uni", "category=040000", "audience=everyone",
        "status=in_service", "mode=approval", WINDOW.format(9),
    )  # fmt: skip
    misses = (
        "q=质谱", "zone=honghe", "institution=other", "category=010000", "status=retired", "mode=closed",
        "min_value_fen=1", WINDOW.format(8),
    )  # fmt: skip
    for query in hits:
        assert program.ask("GET", f"/instruments?{query}").get_json()["total"] == 1, query
    for query in misses:
        page = program.ask("GET", f"/instruments?{query}").get_json()
        assert page == {"items": [], "total": 0, "page": 1, "per_page": 50}, query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=broken", "status.0"),
        ("audience=me", "audience"),
        ("min_value_fen=-1", "min_value_fen"),
        ("min_value_fen=lots", "min_value_fen"),
        ("per_page=201", "per_page"),
        ("page=0", "page"),
        ("sort=colour", "sort"),
        ("free_from=2026-03-09T09:00:00%2B08:00", "free_to"),
        ("free_from=2026-03-09T09:00:00%2B08:00&free_to=2026-03-09T08:00:00%2B08:00", "free_to"),
        ("free_from=2026-03-09T09:00:00%2B08:00&free_to=2026-05-09T08:00:00%2B08:00", "free_to"),
        ("free_from=soon&free_to=later", "free_from"),
    ],
)
def test_a_query_that_cannot_be_read_names_its_field(
    app: Flask, house: cast.House, query: str, field: str
) -> None:
    answer = Program(app).ask("GET", f"/instruments?{query}")
    assert problem(answer) == (422, "invalid-input")
    assert field in [one["field"] for one in answer.get_json()["fields"]]


# --- ETag and If-Match -----------------------------------------------------------------------------------------------


def test_a_change_needs_the_tag_that_was_read(app: Flask, house: cast.House) -> None:
    program, path = Program(app, house.manager), f"/instruments/{house.instrument.id}"
    assert problem(program.ask("PATCH", path, {"name": "新"})) == (428, "precondition-required")
    done = program.ask("PATCH", path, {"name": "新"}, If_Match='"1"')
    assert (done.status_code, done.get_json()["name"], done.headers["ETag"]) == (200, "新", '"2"')
    for tag in ('"1"', '"7"', "*", '"x"', 'W/"2"', "2, 3"):
        assert problem(program.ask("PATCH", path, {"name": "旧"}, If_Match=tag)) == (
            412,
            "precondition-failed",
        )
    assert program.ask("GET", path).get_json()["name"] == "新"


def test_only_what_is_given_changes(app: Flask, house: cast.House) -> None:
    program, path = Program(app, house.manager), f"/instruments/{house.instrument.id}"
    before = program.ask("GET", path).get_json()
    after = program.ask("PATCH", path, {"capacity": 3, "zone": "honghe"}, If_Match='"1"').get_json()
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"capacity", "zone", "revision", "changed_at"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"capacity": 0}, "capacity"),
        ({"capacity": True}, "capacity"),
        ({"status": "gone"}, "status"),
        ({"status": "retired"}, "status_reason"),
        ({"original_value_fen": 1.5}, "original_value_fen"),
        ({"funds": ["彩票"]}, "funds"),
        ({"subjects": ["43"]}, "subjects.0"),
        ({"name": "  "}, "name"),
        ({"category": "999999"}, "category"),
        ({"institution": "other"}, "institution"),
        ({"revision": 9}, "revision"),
        ({"id": str(uuid.uuid4())}, "id"),
        ({"contact_email": "nowhere"}, "contact_email"),
        ([], ""),
    ],
)
def test_a_field_that_cannot_stand_is_named(app: Flask, house: cast.House, body: Any, field: str) -> None:
    program = Program(app, house.manager)
    answer = program.ask("PATCH", f"/instruments/{house.instrument.id}", body, If_Match='"1"')
    assert problem(answer) == (422, "invalid-input")
    assert [one["field"] for one in answer.get_json()["fields"]] == [field]


@pytest.mark.parametrize(
    ("who", "verdict"),
    [(None, 401), ("researcher", 403), ("stranger", 403), ("auditor", 403), ("deputy", 403), ("admin", 200)],
)
def test_who_may_change_it(app: Flask, house: cast.House, who: str | None, verdict: int) -> None:
    program = Program(app, getattr(house, who) if who else None)
    answer = program.ask("PATCH", f"/instruments/{house.instrument.id}", {"name": "新"}, If_Match='"1"')
    assert answer.status_code == verdict


def test_another_house_s_manager_knows_it_and_may_not(app: Flask, house: cast.House) -> None:
    other = cast.user("other-manager", role="manager", at=house.elsewhere)
    answer = Program(app, other).ask(
        "PATCH", f"/instruments/{house.instrument.id}", {"name": "x"}, If_Match='"1"'
    )
    assert answer.status_code == 403


# --- entering ---------------------------------------------------------------------------------------------------------

NEW = {"institution": "uni", "name": "共聚焦显微镜", "category": {"code": "040102"}, "original_value_fen": 5}


def test_entering_one_answers_where_it_is(app: Flask, house: cast.House) -> None:
    program = Program(app, house.admin)
    made = program.ask("POST", "/instruments", NEW)
    assert made.status_code == 201
    where = made.headers["Location"]
    again = program.client.get(where).get_json()
    assert again == {**made.get_json(), "managers": again["managers"]}


def test_the_same_key_enters_one(app: Flask, house: cast.House) -> None:
    program = Program(app, house.admin)
    first = program.ask("POST", "/instruments", NEW, Idempotency_Key="k1")
    second = program.ask("POST", "/instruments", NEW, Idempotency_Key="k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert second.headers["Idempotency-Replayed"] == "true"
    assert program.ask("GET", "/instruments?q=共聚焦").get_json()["total"] == 1


def test_what_must_be_said_is_asked_for_at_once(app: Flask, house: cast.House) -> None:
    answer = Program(app, house.admin).ask("POST", "/instruments", {})
    assert problem(answer) == (422, "invalid-input")
    assert {one["field"] for one in answer.get_json()["fields"]} == {"institution", "name", "category"}


def test_a_code_is_given_once(app: Flask, house: cast.House) -> None:
    program = Program(app, house.admin)
    assert program.ask("POST", "/instruments", {**NEW, "code": "X-1"}).status_code == 201
    assert problem(program.ask("POST", "/instruments", {**NEW, "code": "X-1"})) == (409, "duplicate")


def test_what_is_not_there_is_404(app: Flask, house: cast.House) -> None:
    program = Program(app, house.admin)
    assert problem(program.ask("GET", f"/instruments/{uuid.uuid4()}")) == (404, "not-found")
    assert problem(program.ask("PATCH", f"/instruments/{uuid.uuid4()}", {}, If_Match='"1"')) == (
        404,
        "not-found",
    )
    assert program.ask("GET", "/instruments/none").status_code == 404
