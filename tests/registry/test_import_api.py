"""Bringing a file by the API: bring, see what it would do, apply; the same key once."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sharing.kernel.db import db
from sharing.people import service as people
from sharing.registry.models import Instrument
from tests import cast
from tests.registry.importing import csv_of

DATA = csv_of(
    "管理单位代码,资产编号,仪器名称,分类编码", "uni,A1,共聚焦,040102", "uni,0012,改名了,", "uni,A2,,040102"
)
BASE = "/api/v1/registry/imports"


@pytest.fixture
def house(app: Flask) -> cast.House:
    made = cast.house()
    made.instrument.asset_no = "0012"
    db.session.commit()
    return made


@pytest.fixture
def bearer(house: cast.House) -> dict[str, str]:
    by = cast.actor(house.admin)
    token = people.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    return {"Authorization": f"Bearer {token}"}


def bring(client: FlaskClient, headers: dict[str, str], data: bytes = DATA, **fields: Any) -> Any:
    return client.post(BASE, headers=headers, data={"file": (io.BytesIO(data), "a.csv"), **fields})


def test_a_file_is_brought_seen_and_applied(
    client: FlaskClient, house: cast.House, bearer: dict[str, str]
) -> None:
    answer = bring(client, bearer)
    assert (answer.status_code, answer.json["state"]) == (202, "waiting")
    where = answer.headers["Location"]
    run = client.get(where, headers=bearer).json
    assert run["state"] == "looked"
    assert {name: run["counts"][name] for name in ("added", "changed", "bad", "written")} == {
        "added": 1, "changed": 1, "bad": 1, "written": 0,
    }  # fmt: skip
    changed = client.get(f"{where}/rows?kind=changed", headers=bearer).json["items"]
    assert changed[0]["changes"] == [
        {"field": "仪器名称", "before": house.instrument.name, "after": "改名了"}
    ]
    wrong = client.get(f"{where}/rows?kind=bad", headers={**bearer, "Accept-Language": "en"}).json["items"]
    assert wrong[0]["faults"] == [{"column": "仪器名称", "value": "", "message": "Please fill this in"}]
    assert client.post(f"{where}/apply", json={"mode": "all"}, headers=bearer).status_code == 202
    refused = client.get(where, headers=bearer).json
    assert (refused["state"], refused["problem"]["kind"]) == ("refused", "import-bad-rows")
    assert client.post(f"{where}/apply", json={"mode": "all"}, headers=bearer).status_code == 409
    where = bring(client, bearer).headers["Location"]
    client.post(f"{where}/apply", json={"mode": "good"}, headers=bearer)
    run = client.get(where, headers=bearer).json
    assert (run["state"], run["counts"]["written"]) == ("done", 2)
    assert client.get(BASE, headers=bearer).json["total"] == 2


def test_the_same_key_brings_a_file_once(
    client: FlaskClient, house: cast.House, bearer: dict[str, str]
) -> None:
    keyed = {**bearer, "Idempotency-Key": "k1"}
    first, second = bring(client, keyed), bring(client, keyed)
    assert first.data == second.data
    assert second.headers["Idempotency-Replayed"] == "true"
    assert bring(client, keyed, DATA + b"\n").status_code == 422
    where = first.headers["Location"]
    for _time in range(2):
        answer = client.post(
            f"{where}/apply", json={"mode": "good"}, headers={**bearer, "Idempotency-Key": "k2"}
        )
        assert answer.status_code == 202
    assert db.session.query(Instrument.id).filter_by(asset_no="A1").count() == 1


def test_what_is_wrong_is_a_problem(client: FlaskClient, house: cast.House, bearer: dict[str, str]) -> None:
    answer = client.post(BASE, headers=bearer, data={"institution": str(house.university.id)})
    assert (answer.status_code, answer.json["fields"][0]["field"]) == (422, "file")
    assert bring(client, bearer, institution=str(house.elsewhere.id)).status_code == 403
    assert bring(client, {}).status_code == 401
    run = client.get(
        bring(client, bearer, b"\xd0\xcf\x11\xe0" + b"x" * 99).headers["Location"], headers=bearer
    ).json
    assert (run["state"], run["problem"]["reason"]) == ("refused", "kind")
