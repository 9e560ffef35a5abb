"""A backup holds every row and file, and goes back only into an empty database of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import MetaData, create_engine, select

from sharing.web import backups, schema
from sharing.web.settings import Settings
from tests import cast
from tests.conftest import settings_for
from tests.harness.databases import Clone


@pytest.fixture
def other(database: Clone) -> Iterator[Clone]:
    """A second database of the same kind, without any table."""
    clone = Clone(database.kind)
    schema.downgrade(clone.url, "base")
    yield clone
    clone.remove()


def everything(url: str) -> dict[str, list[str]]:
    """Every row of every table, in an order of its own; but for the number that triggers draw anew at each change."""
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {name: sorted(map(repr, connection.execute(select(t)))) for name, t in tables.tables.items()}
        del found["registry_version"]
    engine.dispose()
    return found


def booked(settings: Settings) -> None:
    house = cast.house()
    cast.booking(
        house.instrument, house.researcher, cast.span(2, "09:00", "11:00"), purpose="换行\n和\t制表符 \\N"
    )
    (settings.storage_dir / "ab").mkdir(parents=True)
    (settings.storage_dir / "ab" / "picture").write_bytes(b"\x00\xff picture")


def test_a_backup_restores_every_row_and_file(
    app: Flask, database: Clone, other: Clone, tmp_path: Path
) -> None:
    ours, theirs = settings_for(database), settings_for(other)
    booked(ours)

    backups.write(ours, tmp_path / "backup")
    backups.read(theirs, tmp_path / "backup")

    assert everything(other.url) == everything(database.url)
    assert len(everything(other.url)["booking_slot"]) == 1
    assert (theirs.storage_dir / "ab" / "picture").read_bytes() == b"\x00\xff picture"
    assert schema.missing_guards(other.url) == []


def test_a_backup_is_refused_by_a_database_with_rows(app: Flask, database: Clone, tmp_path: Path) -> None:
    ours = settings_for(database)
    booked(ours)
    backups.write(ours, tmp_path / "backup")
    before = everything(database.url)

    with pytest.raises(backups.Unusable, match="holds rows already"):
        backups.read(ours, tmp_path / "backup")

    assert everything(database.url) == before


def test_a_file_that_is_no_backup_is_refused(app: Flask, database: Clone, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"not a tar")

    with pytest.raises(backups.Unusable):
        backups.read(settings_for(database), tmp_path / "other")
