"""R13: nothing that Schemathesis thinks of makes the API break its own document.

Every operation, good and bad data, people of every role, on both databases: no 5xx, no answer that the document does
not name, every body as its schema says, nothing accepted that the schema refuses. The long run prints its seed;
`FUZZ_SEED` replays it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask, request

from tests import cast
from tests.checks.fuzzing import Asking, Report, apart, run
from tests.checks.rights_world import world

SEED = 20_260_302  # of the quick run, which says of a change whether it broke something; chance is for the long one
A_FEW = 4  # cases an operation and database
MANY = 30


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """It stays the Monday of the cast, so that its bookings lie ahead; seconds go on."""
    with time_machine.travel(cast.NOW, tick=True):
        yield


def chance() -> int:
    found = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
    print(f"FUZZ_SEED={found}")
    return found


def fuzzed(app: Flask, number: int, examples: int, *phases: str) -> Report:
    report = run(apart(app), number, examples, Asking(app, world(), number), phases=phases)
    print(report)
    return report


def test_r13_nothing_breaks_the_document(app: Flask) -> None:
    report = fuzzed(app, SEED, A_FEW, "fuzzing")
    assert not report.faults, str(report)
    assert len(report.accepted) > 40, sorted(report.accepted)  # it got past the doors


@pytest.mark.soak
def test_r13_at_length(app: Flask) -> None:
    report = fuzzed(app, chance(), MANY, "coverage", "fuzzing")
    assert not report.faults, str(report)


# --- what it found ---------------------------------------------------------------------------------------------------

FAR = "1489632852000094289920"
FOUND = [
    ("GET", "/working-days?year=", None, 200),
    ("GET", f"/sign-ups?page={FAR}", None, 422),
    ("GET", f"/invitations?page={FAR}", None, 422),
    ("GET", f"/roles?page={FAR}", None, 422),
    ("GET", f"/registry/imports?page={FAR}", None, 422),
    ("GET", "/audit?since=0", None, 422),
    ("GET", "/bookings?to=0.5", None, 422),
    ("GET", "/audit?since=", None, 200),
    ("GET", "/chains?scope=nowhere", None, 404),
    ("PATCH", "/bookings/{booking}", {"instrument_id": "e3e70682-c209-1cac-a29f-6fbed82c07cd"}, 404),
    ("PATCH", "/instruments/{instrument}", {"customs_until": "0"}, 422),
    ("PATCH", "/instruments/{instrument}", {"offers_service": 0}, 422),
    ("PATCH", "/instruments/{instrument}", None, 200),  # it may be left away, says the document
]


@pytest.mark.parametrize(("method", "path", "body", "status"), FOUND)
def test_what_it_found_stays_found(app: Flask, method: str, path: str, body: Any, status: int) -> None:
    around = world()
    asking = Asking(app, around, 1)
    ours = around.ours
    there = {"booking": ours.coming(), "instrument": ours.instrument.id}
    if "booking" in path and body:
        body = body | {"start": "2026-03-05T15:00:00+08:00", "end": "2026-03-05T16:00:00+08:00"}
    name = "manager" if path.startswith("/bookings") else "province_admin"
    headers = {"Authorization": f"Bearer {asking.tokens[name]}", "If-Match": '"1"'}
    more = {"json": body} if body is not None else {}
    answer = app.test_client().open(f"/api/v1{path.format(**there)}", method=method, headers=headers, **more)
    assert answer.status_code == status, answer.text


# --- a twin with faults ----------------------------------------------------------------------------------------------

ANSWER = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}}
COUNTED = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
FAULTS = {
    "breaks": "not_a_server_error",
    "surprises": "status_code_conformance",
    "speaks": "content_type_conformance",
    "lies": "response_schema_conformance",
    "swallows": "negative_data_rejection",
    "balks": "positive_data_acceptance",
}


def twin() -> Flask:
    """A small application whose every operation but one breaks its document, each in a way of its own."""
    small = Flask("twin")
    lie = {"200": {"description": "ok", "content": {"application/json": {"schema": COUNTED}}}}
    refusal = {"422": {"description": "wrong"}}
    paths = {f"/{name}": {"post": {"responses": ANSWER}} for name in ("breaks", "surprises", "speaks")}
    paths["/lies"] = {"post": {"responses": lie}}
    for name in ("swallows", "balks", "sound"):
        body = {"required": True, "content": {"application/json": {"schema": COUNTED}}}
        paths[f"/{name}"] = {"post": {"requestBody": body, "responses": ANSWER | refusal | {"400": refusal}}}
    spec = {"openapi": "3.1.0", "info": {"title": "twin", "version": "1"}, "paths": paths}
    answers: dict[str, Any] = {
        "breaks": ({}, 500), "surprises": ({}, 202), "speaks": "words", "lies": {"n": "one"}, "swallows": {},
        "balks": ({}, 400),
    }  # fmt: skip
    small.get("/openapi.json")(lambda: spec)

    @small.post("/<name>")
    def answer(name: str) -> Any:
        given = request.get_json(silent=True)
        good = isinstance(given, dict) and type(given.get("n")) in (int, float) and given["n"] % 1 == 0
        return answers.get(name, ({}, 200 if good else 422))

    return small


def test_every_kind_of_fault_is_seen() -> None:
    """The negative control: each fault under its own name, and none where there is none."""
    report = run(apart(twin()), SEED, 12, lambda _case: "anybody", phases=("fuzzing",))
    seen = {(operation.removeprefix("POST /"), check) for operation, check in report.faults}
    assert set(FAULTS.items()) <= seen, str(report)
    assert not [operation for operation, _check in seen if operation == "sound"], str(report)
