"""A hundred thousand rows: under a minute and 300 MB, and the second time nothing is written."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from sharing.kernel.db import db
from sharing.registry.queries.instruments import INSTRUMENT
from sharing.registry.rules.words import SOURCES
from tests import cast
from tests.harness.databases import Clone
from tests.harness.processes import SHARING, environment

ROWS = 100_000
MOST_SECONDS, MOST_MEBIBYTES = 60, 300
NAMES = ("场发射扫描电子显微镜", "气相色谱-质谱联用仪", "激光共聚焦显微镜", "核磁共振波谱仪", "流式细胞仪")


def table(path: Path) -> None:
    with path.open("w", encoding="utf-8-sig") as file:
        file.write(
            "管理单位代码,资产编号,仪器名称,分类编码,规格型号,原值（元）,启用日期,来源,内部门,主要功能,联系人\r\n"
        )
        for n in range(ROWS):
            file.write(
                f"uni,{n:08d},{NAMES[n % 5]}{n % 997},040102,Sigma {n % 50},{10_000 + n}.50,20{10 + n % 15}-03-01,"
                f"{SOURCES[n % 4]},材料科学与工程学院,形貌观察、成分分析与晶体取向分析,王老师\r\n"
            )


@pytest.mark.soak
def test_a_hundred_thousand_rows(app: Flask, database: Clone, tmp_path: Path) -> None:
    cast.house()
    path = tmp_path / "big.csv"
    table(path)
    env = environment(
        database_url=database.url, storage_dir=database.folder / "storage", synchronous="NORMAL"
    )
    for sentence in (f"{ROWS} new", "there was nothing to write"):
        began = time.monotonic()
        process = subprocess.Popen(
            [*SHARING, "registry", "import", str(path)],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr
        with process.stderr as errors:
            said = errors.read().decode()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # what it used is told only to whoever waits
        seconds, mebibytes = time.monotonic() - began, usage.ru_maxrss // 1024
        print(f"{database.kind}: {seconds:.1f} s, {_processor(usage):.1f} s of processor, {mebibytes} MiB")
        assert (process.returncode, sentence in said) == (0, True), said
        assert mebibytes < MOST_MEBIBYTES
        assert _processor(usage) < MOST_SECONDS
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(INSTRUMENT)) == ROWS + 1


def _processor(usage: resource.struct_rusage) -> float:
    """Time on the processor: a shared machine makes the wall's time say little."""
    return usage.ru_utime + usage.ru_stime
