"""The books as a program reads them, and a month closed by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from sharing.people import service as people
from tests import cast
from tests.ledger.test_books import DAY, house, posted  # noqa: F401  # house is a fixture


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(cast.NOW, tick=False):
        yield


@pytest.fixture
def bearer(house: cast.House) -> dict[str, str]:  # noqa: F811
    token = people.create_token(house.finance.id, label="t", ends_at=None, by=None, now=cast.NOW)
    return {"Authorization": f"Bearer {token}"}


def test_entries_come_in_pages_in_the_order_of_their_posting(
    client: FlaskClient,
    house: cast.House,  # noqa: F811
    bearer: dict[str, str],
) -> None:
    keys = [str(posted(house, f"charge:{number}").id) for number in range(3)]
    path = f"/api/v1/ledger/entries?institution={house.university.code}&period=2026-01&per_page=2"
    first = client.get(path, headers=bearer).json
    assert [row["id"] for row in first["items"]] == keys[:2]
    rest = client.get(f"{path}&after={first['after']}", headers=bearer).json
    assert ([row["id"] for row in rest["items"]], rest["after"]) == (keys[2:], None)
    entry = rest["items"][0]
    assert (entry["on"], entry["period"], entry["posted_at"]) == (
        DAY.isoformat(), "2026-01", "2026-03-02T10:00:00+08:00"
    )  # fmt: skip
    assert [(one["account"], one["debit_fen"], one["credit_fen"]) for one in entry["lines"]] == [
        ("1212", 106_00, 0), ("4101", 0, 100_00), ("2101", 0, 6_00)
    ]  # fmt: skip


def test_a_trial_balance_balances(
    client: FlaskClient,
    house: cast.House,  # noqa: F811
    bearer: dict[str, str],
) -> None:
    posted(house)
    path = f"/api/v1/ledger/trial-balance?institution={house.university.code}"
    found = client.get(path, headers=bearer).json
    assert (found["balanced"], found["debit_fen"], found["credit_fen"]) == (True, 106_00, 106_00)
    assert [(one["code"], one["balance_fen"]) for one in found["accounts"]] == [
        ("1212", 106_00), ("2101", 6_00), ("4101", 100_00)
    ]  # fmt: skip
    before = client.get(f"{path}&as_of=2026-01-19", headers=bearer).json
    assert before == {"balanced": True, "debit_fen": 0, "credit_fen": 0, "accounts": []}


@pytest.mark.parametrize(
    ("month", "status", "kind"),
    [("2026-01", 200, None), ("2026-03", 409, "period-not-over"), ("2026-13", 404, "not-found")],
)
def test_a_month_is_closed(
    app: Flask,
    client: FlaskClient,
    house: cast.House,  # noqa: F811
    bearer: dict[str, str],
    month: str,
    status: int,
    kind: str | None,
) -> None:
    body = {"institution": house.university.code}
    answer: Any = client.post(f"/api/v1/periods/{month}/close", json=body, headers=bearer)
    assert answer.status_code == status
    if kind:
        assert answer.json["type"].endswith(kind)
    else:
        assert answer.json == {"month": "2026-01", "closed_at": "2026-03-02T10:00:00+08:00"}
