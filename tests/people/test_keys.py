"""Tokens and calendar addresses: shown once, kept as hashes, ended at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.people import queries, service
from sharing.people.models import CalendarKey, Token
from tests import cast


def test_a_token_opens_the_api_until_it_ends_or_is_revoked(app: Flask) -> None:
    lin = cast.actor(cast.user("lin"))
    month = cast.NOW + timedelta(days=30)
    secret = service.create_token(lin.user_id, label="脚本", ends_at=month, by=lin, now=cast.NOW)
    for_ever = service.create_token(lin.user_id, label="采集", ends_at=None, by=lin, now=cast.NOW)
    assert secret.startswith("sharing_")
    found = service.actor_by_token(secret, now=month - timedelta(seconds=1))
    assert found is not None
    assert found.user_id == lin.user_id
    assert service.actor_by_token(secret, now=month) is None
    assert service.actor_by_token(for_ever, now=month) is not None
    assert service.actor_by_token("sharing_guess", now=cast.NOW) is None
    row = next(row for row in queries.tokens(lin.user_id, cast.NOW) if row.label == "采集")
    service.revoke_token(row.id, by=lin, now=cast.NOW)
    assert service.actor_by_token(for_ever, now=month) is None
    assert [(row.label, row.lapsed) for row in queries.tokens(lin.user_id, month)] == [("脚本", True)]


def test_neither_secret_stands_in_the_database(app: Flask) -> None:
    lin = cast.actor(cast.user("lin"))
    token = service.create_token(lin.user_id, label="脚本", ends_at=None, by=lin, now=cast.NOW)
    feed = service.create_calendar_key(kind="person", about_id=None, by=lin, now=cast.NOW)
    kept = [
        *db.session.scalars(select(Token.secret_hash)),
        *db.session.scalars(select(CalendarKey.secret_hash)),
    ]
    assert all(len(one) == 32 for one in kept)
    assert not any(secret.encode() in one for one in kept for secret in (token, feed))


def test_last_use_is_written_at_most_once_a_minute(app: Flask) -> None:
    lin = cast.actor(cast.user("lin"))
    secret = service.create_token(lin.user_id, label="脚本", ends_at=None, by=lin, now=cast.NOW)
    used = []
    for seconds in (0, 59, 60):
        service.actor_by_token(secret, now=cast.NOW + timedelta(seconds=seconds))
        used.append(db.session.execute(select(Token.used_at)).scalar_one())
    assert used == [cast.NOW, cast.NOW, cast.NOW + timedelta(seconds=60)]


def test_nobody_ends_anothers_token_or_address(app: Flask) -> None:
    lin, wang = cast.actor(cast.user("lin")), cast.actor(cast.user("wang"))
    service.create_token(lin.user_id, label="脚本", ends_at=None, by=lin, now=cast.NOW)
    service.create_calendar_key(kind="person", about_id=None, by=lin, now=cast.NOW)
    token, key = queries.tokens(lin.user_id, cast.NOW)[0], queries.calendar_keys(lin.user_id)[0]
    for refused in (
        lambda: service.revoke_token(token.id, by=wang, now=cast.NOW),
        lambda: service.revoke_calendar_key(key.id, by=wang, now=cast.NOW),
        lambda: service.renew_calendar_key(key.id, by=wang, now=cast.NOW),
    ):
        with pytest.raises(Refused, match="not-found"):
            refused()
    assert len(queries.tokens(lin.user_id, cast.NOW)) == len(queries.calendar_keys(lin.user_id)) == 1


def test_a_calendar_address_is_renewed_and_revoked(app: Flask) -> None:
    house = cast.house()
    boss = cast.actor(house.manager)
    first = service.create_calendar_key(kind="desk", about_id=None, by=boss, now=cast.NOW)
    opened = queries.calendar_key(first)
    assert opened is not None
    assert (opened.user_id, opened.kind, opened.about_id) == (boss.user_id, "desk", None)
    second = service.renew_calendar_key(opened.id, by=boss, now=cast.NOW)
    assert queries.calendar_key(first) is None
    renewed = queries.calendar_key(second)
    assert renewed is not None
    assert renewed.kind == "desk"
    service.revoke_calendar_key(renewed.id, by=boss, now=cast.NOW)
    assert queries.calendar_key(second) is None
    with pytest.raises(Refused, match="not-found"):
        service.revoke_calendar_key(renewed.id, by=boss, now=cast.NOW)


def test_an_instruments_address_names_it(app: Flask) -> None:
    house = cast.house()
    lin = cast.actor(house.researcher)
    secret = service.create_calendar_key(
        kind="instrument", about_id=house.instrument.id, by=lin, now=cast.NOW
    )
    found = queries.calendar_key(secret)
    assert found is not None
    assert found.about_id == house.instrument.id


def test_a_desk_needs_instruments_to_manage(app: Flask) -> None:
    lin = cast.actor(cast.house().researcher)
    with pytest.raises(Refused, match="forbidden"):
        service.create_calendar_key(kind="desk", about_id=None, by=lin, now=cast.NOW)
    for kind, about in (("person", lin.user_id), ("instrument", None), ("zone", None)):
        with pytest.raises(ValueError, match="calendar address"):
            service.create_calendar_key(kind=kind, about_id=about, by=lin, now=cast.NOW)
