"""The tables of a migrated database equal the models, and the migrations go both ways with rows in place."""

from __future__ import annotations

from sharing.web import schema
from tests.harness.databases import Clone


def test_models_equal_migrations(database: Clone) -> None:
    assert schema.differences(database.url) == []


def test_a_migrated_database_is_current(database: Clone) -> None:
    assert schema.state_of(database.url).is_current
