"""Hostile and broken files: each refused with a clear reason, in about a second, in bounded memory (goal S3)."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from sharing.kernel.refusals import Refused
from sharing.kernel.tables import MOST_BYTES, read_rows
from tests.kernel import hostile

MOST_SECONDS, MOST_MEBIBYTES = 5, 128  # a second each on a quiet machine


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_it_is_refused_whole_and_says_why(name: str) -> None:
    make, reasons = hostile.REFUSED[name]
    with pytest.raises(Refused) as no:
        list(read_rows(make(), name="给我.xlsx" if name == "a PDF" else "file"))
    assert no.value.kind == "file-refused"
    assert no.value.facts["reason"] in reasons
    assert len(no.value.facts["message"]) >= 5


def test_the_line_and_the_column_are_told() -> None:
    with pytest.raises(Refused) as no:
        list(read_rows("编号,名称\n1,电镜\n2,".encode() + b"\xff\n", name="x"))
    assert no.value.facts["line"] == 3
    with pytest.raises(Refused) as no:
        list(read_rows(hostile.workbook(["1", "a"], ["2", 1234567890123456]), name="x"))
    assert (no.value.facts["line"], no.value.facts["column"]) == (3, 2)


def test_a_file_beyond_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(Refused) as no:
        list(read_rows(path, name="big.csv"))
    assert no.value.facts["reason"] == "size"


def test_more_rows_than_agreed_are_refused_where_they_begin() -> None:
    rows = read_rows("编号\n1\n2\n3\n".encode(), name="x", most_rows=2)
    assert [line for line, _row in itertools.islice(rows, 2)] == [2, 3]
    with pytest.raises(Refused) as no:
        next(rows)
    assert no.value.facts["reason"] == "rows"


MEASURE = """
import json, resource, sys, time
from pathlib import Path
from sharing.kernel.refusals import Refused
from sharing.kernel.tables import read_rows
import xlsxwriter
def peak():
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
list(read_rows(Path(sys.argv[1]), name="honest"))
before, began = peak(), time.monotonic()
try:
    for _row in read_rows(Path(sys.argv[2]), name="hostile"):
        pass
    reason = None
except Refused as no:
    reason = no.facts["reason"]
print(json.dumps([reason, peak() - before, time.monotonic() - began]))
"""


@pytest.mark.parametrize("name", ["one cell of 100 MiB", "rows that unpack to 60 MiB", "a cell in the far corner",
                                  "ten thousand parts", "elements nested deep", "one line without end"])  # fmt: skip
def test_it_costs_little(name: str, tmp_path: Path) -> None:
    """Measured in a process of its own, above what an honest little workbook costs there."""
    honest, bad = tmp_path / "honest.xlsx", tmp_path / "bad"
    honest.write_bytes(hostile.workbook(["1", "a"]))
    bad.write_bytes(hostile.REFUSED[name][0]())
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(honest), str(bad)], capture_output=True, text=True, check=True
    )
    reason, mebibytes, seconds = json.loads(done.stdout)
    assert reason in hostile.REFUSED[name][1]
    assert mebibytes < MOST_MEBIBYTES
    assert seconds < MOST_SECONDS
