"""The audit trail is sealed per zone in order, and a check finds what was changed, taken out or put in."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

from sharing.audit import cli, formats, jobs, queries, service
from sharing.kernel import clock
from sharing.kernel.db import db, transaction
from sharing.kernel.seals import SETTLED, Chain


def record(zone: str | None, number: int = 1) -> None:
    with transaction():
        for n in range(number):
            service.record("test.done", about=("thing", uuid.UUID(int=n)), by=None, now=clock.now(), zone=zone,
                           before={"n": n, "word": "旧"}, after={"n": n + 1, "flag": True, "none": None})  # fmt: skip


def later() -> datetime:
    """When every row so far has settled."""
    return clock.now() + SETTLED + timedelta(seconds=1)


def tamper(statement: str) -> None:
    """As somebody with the owner's rights would: the guards are taken off first."""
    with transaction():
        connection = db.session.connection()
        if connection.dialect.name == "sqlite":
            guards = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
            ).all()
            for name, _sql in guards:
                connection.execute(text(f"DROP TRIGGER {name}"))
            connection.execute(text(statement))
            for _name, sql in guards:
                connection.execute(text(sql))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(statement))


def test_rows_are_sealed_in_order_per_zone(app: Flask) -> None:
    record("kunming", 3)
    record("honghe", 2)
    record(None, 1)
    assert service.seal(now=later()) == 6
    record("kunming", 4)
    assert service.seal(now=later()) == 4
    assert service.seal(now=later()) == 0
    assert queries.check() == [
        Chain("honghe", 1, 2, 0, ()),
        Chain("kunming", 2, 7, 0, ()),
        Chain(formats.NETWORK, 1, 1, 0, ()),
    ]


def test_a_row_that_may_have_company_under_way_waits(app: Flask) -> None:
    record("kunming", 2)
    assert jobs.seal_due(clock.now()) == 0
    assert queries.check() == [Chain("kunming", 0, 2, 2, ())]


def test_long_stretches_are_sealed_in_parts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_AT_ONCE", 5)
    monkeypatch.setattr(queries, "AT_ONCE", 3)
    record("kunming", 12)
    record("honghe", 4)
    assert service.seal(now=later()) == 16
    assert [(c.name, c.seals, c.rows, c.unsealed, c.broken) for c in queries.check()] == [
        ("honghe", 2, 4, 0, ()),
        ("kunming", 3, 12, 0, ()),
    ]


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        ("UPDATE audit_event SET note = 'x' WHERE action = 'test.done' AND id = {third}", "was changed"),
        ("DELETE FROM audit_event WHERE id = {third}", "rows were sealed"),
        ("UPDATE audit_seal SET hash = '{hash}' WHERE number = 1", "was changed"),
        ("DELETE FROM audit_seal WHERE number = 1", "is missing"),
    ],
)
def test_one_change_is_found_and_named(app: Flask, attack: str, said: str) -> None:
    record("kunming", 4)
    service.seal(now=later())
    record("kunming", 2)
    service.seal(now=later())
    third = db.session.scalars(text("SELECT CAST(id AS TEXT) FROM audit_event ORDER BY id")).all()[2]
    tamper(attack.format(third=f"'{third}'", hash="0" * 64))
    db.session.rollback()
    (chain,) = queries.check()
    assert chain.broken
    assert said in chain.broken[0]
    assert chain.broken[0].startswith("kunming #")
    answer = CliRunner().invoke(cli.audit, ["check"])
    assert answer.exit_code == 1
    assert "broken: kunming #" in answer.output


def test_a_row_slipped_in_afterwards_is_found(app: Flask) -> None:
    record("kunming", 4)
    service.seal(now=later())
    first = db.session.scalars(text("SELECT CAST(id AS TEXT) FROM audit_event ORDER BY id")).all()[0]
    before = uuid.UUID(int=uuid.UUID(first).int - 1)
    shown = before.hex if db.engine.dialect.name == "sqlite" else str(before)
    tamper(
        "INSERT INTO audit_event (id, at, zone_code, action, about_kind) "
        f"SELECT '{shown}', at, zone_code, action, about_kind FROM audit_event LIMIT 1"
    )
    db.session.rollback()
    assert "4 rows were sealed, 5 are there" in queries.check()[0].broken[0]


def test_a_sound_trail_passes_the_command(app: Flask) -> None:
    record("kunming", 2)
    service.seal(now=later())
    answer = CliRunner().invoke(cli.audit, ["check"])
    assert answer.exit_code == 0
    assert "kunming: 2 rows, 1 seals, 0 not yet sealed" in answer.output
