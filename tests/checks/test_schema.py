"""The tables of a migrated database equal the models, and the migrations go both ways with rows in place."""

from __future__ import annotations

import re

from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.pool import NullPool

from sharing.kernel.db import db, forget_connections
from sharing.web import places, schema
from tests import cast
from tests.harness.databases import Clone

FIRST_WITH_PEOPLE = 5
BELOW = "-1"  # the migration before, whatever its number


def test_models_equal_migrations(database: Clone) -> None:
    assert schema.differences(database.url) == []


def test_a_migrated_database_is_current(database: Clone) -> None:
    assert schema.state_of(database.url).is_current


def test_the_guards_of_the_invariants_are_there(database: Clone) -> None:
    assert schema.missing_guards(database.url) == []


def test_each_migration_goes_down_and_up_again_over_rows(app: Flask, database: Clone) -> None:
    """One after the other, from the newest, each with rows in the tables below it; then all of them at once."""
    house = cast.house()
    cast.price(house.instrument, withdrawn_at=cast.NOW)
    cast.price(house.instrument)
    cast.booking(house.instrument, house.researcher, cast.span(2, "09:00", "11:00"))
    db.session.remove()
    forget_connections()
    url, people = database.url, len(house.people()) + 1
    try:
        while (at := schema.state_of(url).current) is not None:
            below = before(at)
            schema.downgrade(url, below)
            schema.upgrade(url, at)
            assert schema.state_of(url).current == at
            assert int(at) <= FIRST_WITH_PEOPLE or rows(url, "people_user") == people
            schema.downgrade(url, BELOW)
    finally:
        schema.upgrade(url)
    assert schema.differences(url) == []
    assert schema.missing_guards(url) == []


def before(revision: str) -> str:
    """The migration below one; numbers have gaps."""
    down = ScriptDirectory(str(places.MIGRATIONS)).get_revision(revision).down_revision
    return str(down or "base")


def rows(url: str, table: str) -> int:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(text(table))) or 0


def test_the_guide_takes_history_from_the_applications_role() -> None:
    kept = {
        name.removesuffix("_append_only")
        for name in schema.GUARDS["postgresql"]
        if name.endswith("_append_only")
    }
    said = (places.ROOT / "docs" / "operations.md").read_text("utf8")
    revoked = re.findall(
        r"\w+", re.findall(r"REVOKE UPDATE, DELETE, TRUNCATE ON (.*?) FROM", said, re.DOTALL)[0]
    )
    assert set(revoked) == kept
