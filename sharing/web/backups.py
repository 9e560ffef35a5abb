"""A backup in one file: every row as of one instant, the stored files, and the revision they belong to.

A gzipped tar: `manifest.json`, then `database.sqlite` or one `rows/<table>` each in PostgreSQL's COPY text, then
`storage/…`. Rows are read in one snapshot while the service runs; files are written before the rows that name them and
never changed, so reading them afterwards finds every one. A backup is restored into the same kind of database.
"""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import create_engine, inspect, literal, select, table
from sqlalchemy.engine import make_url

from sharing.kernel import clock
from sharing.web import schema
from sharing.web.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE = "database.sqlite"
ROWS = "rows/"
STORAGE = "storage/"
VERSION_TABLE = "alembic_version"
REVISION = "SELECT version_num FROM alembic_version"


class Unusable(ValueError):
    """The backup, or the database it should go to, cannot be used; nothing was written."""


# --- writing ----------------------------------------------------------------------------------------------------------


def write(settings: Settings, file: Path) -> None:
    """Write a backup; `file` appears only when it is whole."""
    url = schema.located(settings.database_url)
    part = file.with_name(f"{file.name}.part")
    with tempfile.TemporaryDirectory() as scratch, tarfile.open(part, "w:gz", compresslevel=3) as tar:
        copy = _copy_of_sqlite if _kind(url) == "sqlite" else _copy_of_postgresql
        manifest = copy(url, Path(scratch)) | {
            "format": FORMAT,
            "kind": _kind(url),
            "written_at": clock.now().isoformat(),
        }
        _add_text(tar, MANIFEST, json.dumps(manifest, indent=1))
        for found in sorted(Path(scratch).iterdir()):
            tar.add(found, found.name if found.name == SQLITE else ROWS + found.name)
        if settings.storage_dir.is_dir():
            tar.add(settings.storage_dir, STORAGE.rstrip("/"))
    part.replace(file)


def _copy_of_sqlite(url: str, folder: Path) -> dict[str, Any]:
    with _sqlite(make_url(url).database) as source, _sqlite(folder / SQLITE) as target:
        source.backup(target)
        return {"revision": _revision_of(target.execute(REVISION).fetchone())}


def _copy_of_postgresql(url: str, folder: Path) -> dict[str, Any]:
    tables: dict[str, list[str]] = {}
    with psycopg.connect(_plain(url)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        revision = connection.execute(REVISION).fetchone()
        for name, columns in _columns(url).items():
            tables[name] = columns
            statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(name), _names(columns))
            with connection.cursor().copy(statement) as rows, (folder / name).open("wb") as out:
                for block in rows:
                    out.write(block)
    return {"revision": _revision_of(revision), "tables": tables}


# --- reading ----------------------------------------------------------------------------------------------------------


def read(settings: Settings, file: Path) -> None:
    """Restore into a database without rows, all or nothing, then the stored files. Raises Unusable."""
    url = schema.located(settings.database_owner_url or settings.database_url)
    with _opened(file) as tar:
        manifest = _manifest(tar)
        if manifest["kind"] != _kind(url):
            raise Unusable(f"the backup is of {manifest['kind']}, the database is {_kind(url)}")
        if rows := _table_with_rows(url):
            raise Unusable(f"the database holds rows already ({rows}); restore into an empty one")
        if _kind(url) == "sqlite":
            _into_sqlite(url, tar)
        else:
            _into_postgresql(url, tar, manifest)
        _store(tar, settings.storage_dir)


def _into_sqlite(url: str, tar: tarfile.TarFile) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        tar.extract(SQLITE, scratch, filter="data")
        with _sqlite(Path(scratch) / SQLITE) as source, _sqlite(make_url(url).database) as target:
            source.backup(target)


def _into_postgresql(url: str, tar: tarfile.TarFile, manifest: dict[str, Any]) -> None:
    """The tables of the backup's revision are made anew, then filled parents first in one transaction. What migrations
    and triggers put into one by themselves gives way."""
    if schema.state_of(url).current not in {None, manifest["revision"]}:
        schema.downgrade(url, "base")
    schema.upgrade(url, manifest["revision"])
    with psycopg.connect(_plain(url)) as connection:
        for name, columns in manifest["tables"].items():
            rows = tar.extractfile(ROWS + name)
            if rows is None:
                raise Unusable(f"the backup names the table {name} and does not hold it")
            _emptied(connection, name)
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), _names(columns))
            with connection.cursor().copy(statement) as into:
                while block := rows.read(1024 * 1024):
                    into.write(block)


def _emptied(connection: psycopg.Connection[Any], name: str) -> None:
    """A table without rows is not touched: an append-only one refuses even that."""
    table = sql.Identifier(name)
    found = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(table)).fetchone()
    if found and found[0]:
        connection.execute(sql.SQL("DELETE FROM {}").format(table))


def _store(tar: tarfile.TarFile, folder: Path) -> None:
    for member in tar.getmembers():
        if member.isfile() and member.name.startswith(STORAGE):
            target = folder / member.name.removeprefix(STORAGE)
            if not target.resolve().is_relative_to(folder.resolve()):
                raise Unusable(f"the backup holds a file outside its folder: {member.name}")
            target.parent.mkdir(parents=True, exist_ok=True)
            found = tar.extractfile(member)
            if found is not None:
                with found, target.open("wb") as out:
                    shutil.copyfileobj(found, out)


# --- what both need ---------------------------------------------------------------------------------------------------


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Unusable(f"{file}: {error}") from error


def _manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    try:
        found = tar.extractfile(MANIFEST)
        manifest: dict[str, Any] = json.load(found) if found else {}
    except (KeyError, ValueError) as error:
        raise Unusable("this is not a backup of this product") from error
    if manifest.get("format") != FORMAT:
        raise Unusable(f"the backup has format {manifest.get('format')}, this version reads {FORMAT}")
    return manifest


def _columns(url: str) -> dict[str, list[str]]:
    """The columns of each table but those the database computes, a table after those that its foreign keys point at."""
    engine = create_engine(url)
    try:
        seen = inspect(engine)
        order = [
            name for name, _keys in seen.get_sorted_table_and_fkc_names() if name and name != VERSION_TABLE
        ]
        return {
            name: [column["name"] for column in seen.get_columns(name) if "computed" not in column]
            for name in order
        }
    finally:
        engine.dispose()


def _table_with_rows(url: str) -> str | None:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            for name in inspect(engine).get_table_names():
                if name != VERSION_TABLE and connection.scalar(
                    select(literal(1)).select_from(table(name)).limit(1)
                ):
                    return name
        return None
    finally:
        engine.dispose()


@contextmanager
def _sqlite(file: str | Path | None) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file or ":memory:")
    try:
        yield connection
    finally:
        connection.close()


def _revision_of(row: Any) -> str:
    if row is None:
        raise Unusable("the database has not been migrated")
    return str(row[0])


def _add_text(tar: tarfile.TarFile, name: str, content: str) -> None:
    data = content.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    tar.addfile(entry, io.BytesIO(data))


def _kind(url: str) -> str:
    return make_url(url).get_backend_name()


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _names(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
