"""An import whose process is killed: afterwards all or nothing, as chosen, and the run says which (goal R7)."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from sharing.kernel.db import db
from sharing.kernel.tables.plan import Mode
from sharing.registry import queries, service
from sharing.registry.models import Instrument
from sharing.registry.rules.records import RunRow, State
from sharing.registry.rules.search import Search
from tests import cast
from tests.harness.databases import Clone
from tests.harness.processes import SHARING, environment
from tests.registry.importing import again, everything, found

ROWS = 3000
HEAD = "管理单位代码,资产编号,仪器名称,分类编码"


@pytest.fixture
def file(app: Flask, tmp_path: Path) -> Path:
    """Three pieces of a thousand new instruments."""
    cast.house()
    path = tmp_path / "登记表.csv"
    lines = (f"uni,{number:06d},待查仪器{number},040102" for number in range(ROWS))
    path.write_text("\n".join((HEAD, *lines, "")), "utf-8")
    return path


def killed_at(rows: int, file: Path, clone: Clone, *options: str) -> RunRow:
    """Import in a process of its own, kill it once it has come to that many rows; the run as it then stands."""
    storage = clone.folder / "storage"
    env = environment(database_url=clone.url, storage_dir=storage, synchronous="NORMAL")
    process = subprocess.Popen(
        [*SHARING, "registry", "import", str(file), *options],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        progress = _progress(storage, process)
        while int(progress.read_text() or 0) < rows:
            assert process.poll() is None, "it ended before it was killed"
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    return found(queries.import_runs(cast.actor(_province())).items[0].id)


def _progress(storage: Path, process: subprocess.Popen[bytes]) -> Path:
    while process.poll() is None:
        if paths := list(storage.glob("imports/*/progress")):
            return paths[0]
        time.sleep(0.005)
    raise AssertionError("the command did not begin")


def _province() -> Any:
    return cast.user(role="province_admin")


def written() -> int:
    db.session.rollback()
    return db.session.query(Instrument).filter(Instrument.name.like("待查仪器%")).count()


@pytest.mark.parametrize("rows", [0, 2000])
def test_all_or_nothing_leaves_nothing(file: Path, database: Clone, rows: int) -> None:
    run = killed_at(rows, file, database)
    assert (run.state, run.counts.written, written()) == (State.APPLYING, 0, 0)
    assert_that_it_is_known_to_be_dead(run, database)
    assert_that_it_can_be_finished(run, database, Mode.ALL)


@pytest.mark.parametrize("rows", [0, 2000])
def test_good_rows_leave_whole_pieces_and_say_how_far(file: Path, database: Clone, rows: int) -> None:
    run = killed_at(rows, file, database, "--good-rows")
    there = written()
    assert run.state is State.APPLYING
    assert there % 1000 == 0
    assert there >= rows
    assert (run.counts.written, run.counts.line) == (there, there + 1 if there else 0)
    shown = queries.listed(Search(q="待查仪器", per_page=1), on=cast.TODAY).page.total
    assert shown == there
    assert_that_it_is_known_to_be_dead(run, database)
    assert_that_it_can_be_finished(run, database, Mode.GOOD)


def assert_that_it_is_known_to_be_dead(run: RunRow, clone: Clone) -> None:
    told_at, _rows = service.import_told(clone.folder / "storage", run.id)
    assert told_at
    assert not run.killed(told_at, told_at + timedelta(seconds=30))
    assert run.killed(told_at, told_at + timedelta(seconds=90))


def assert_that_it_can_be_finished(run: RunRow, clone: Clone, mode: Mode) -> None:
    """The same file again ends in the same state as one import that nothing disturbed; once more writes nothing."""
    storage = clone.folder / "storage"
    done = again(run, storage, mode=mode)
    assert (done.state, written()) == (State.DONE, ROWS)
    before = everything()
    assert again(found(run.id), storage, mode=mode).counts.written == 0
    assert everything() == before
