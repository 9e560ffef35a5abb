"""Rivals at the books: a source posted by many at once has one entry, and none slips into a month as it closes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from sharing.kernel.db import db
from sharing.ledger import queries, service
from sharing.ledger.rules import Draft
from tests import cast
from tests.harness.together import at_once
from tests.ledger.test_books import DAY, LINES, house  # noqa: F401  # a fixture

ROUNDS = 10
pytestmark = pytest.mark.race


def posting(of: cast.House, source: str) -> Callable[[], str]:
    draft = Draft(of.university.id, source, DAY, LINES)
    return lambda: str(service.post(draft, by=None, now=cast.NOW).id)


def test_a_source_has_one_entry_whoever_posts_it(app: Flask, house: cast.House) -> None:  # noqa: F811
    for number in range(ROUNDS):
        db.session.rollback()
        answers = at_once(app, *[posting(house, f"charge:{number}")] * 6)
        assert (len(answers), len(set(answers))) == (6, 1)
    assert queries.count() == ROUNDS
    assert list(queries.breaches()) == []


def test_none_slips_into_a_month_as_it_closes(app: Flask, house: cast.House) -> None:  # noqa: F811
    finance, code = cast.actor(house.finance), house.university.code
    service.post(Draft(house.university.id, "charge:first", DAY, LINES), by=None, now=cast.NOW)
    db.session.rollback()

    def close() -> str:
        return service.close(code, "2026-01", by=finance, now=cast.NOW).month

    works = [posting(house, f"charge:{number}") for number in range(6)]
    assert len(at_once(app, *works[:3], close, *works[3:])) == 7
    db.session.rollback()
    assert queries.count() == 7
    assert list(queries.breaches()) == []
    inside = len(queries.entries(house.university.id, month="2026-01"))
    after = service.post(Draft(house.university.id, "charge:late", DAY, LINES), by=None, now=cast.NOW)
    assert after.period == "2026-02"
    assert len(queries.entries(house.university.id, month="2026-01")) == inside
