"""One key, one effect, one answer."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from sharing.kernel.db import db, transactional
from sharing.kernel.idempotency import Answer, IdempotencyKey, answered, outlived
from sharing.kernel.refusals import Refused

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ME = uuid4()


@transactional
def post(key: str, asked: str, body: bytes, *, refuse: bool = False) -> Answer:
    def work() -> Answer:
        if refuse:
            raise Refused("busy")
        return Answer(201, body, "/there")

    return answered(user_id=ME, key=key, asked=asked, now=NOW, work=work)


def test_the_second_gets_the_first_answer(app: Flask) -> None:
    assert post("k", "a", b"one") == Answer(201, b"one", "/there")
    assert post("k", "a", b"two") == Answer(201, b"one", "/there", replayed=True)


def test_another_body_is_a_mismatch(app: Flask) -> None:
    post("k", "a", b"one")
    with pytest.raises(Refused) as no:
        post("k", "b", b"two")
    assert no.value.kind == "idempotency-mismatch"


def test_a_refusal_is_judged_anew(app: Flask) -> None:
    with pytest.raises(Refused):
        post("k", "a", b"", refuse=True)
    assert post("k", "a", b"now").replayed is False


def test_keys_live_two_days_and_no_longer(app: Flask) -> None:
    post("k", "a", b"one")
    db.session.execute(outlived(NOW + timedelta(hours=24)))
    assert db.session.scalar(select(func.count()).select_from(IdempotencyKey)) == 1
    db.session.execute(outlived(NOW + timedelta(hours=49)))
    assert db.session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0
