"""Laws of the code: who imports whom, how long things are, what the repository never names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sharing.web import places

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
REGISTRIES = tuple(
    "".join(parts) for parts in (("py", "pi"), ("npm", "js"), ("deb", "ian"), ("pythonhost", "ed"))
)
MACHINE = re.compile(
    "|".join(
        (
            re.escape(f"{places.ROOT}/"),
            r"/home/\w",
            r"/root/",
            r"/tmp/\w",
            r"\b(?:" + "|".join(REGISTRIES) + r")\.(?:org|com)\b",
        )
    )
)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|NotImplementedError)\b")
BINARY = {".png", ".jpg", ".jpeg", ".webp", ".ico", ".woff2", ".gz"}


@cache
def ours() -> list[Path]:
    """Every file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = (places.ROOT / line for line in listed.stdout.splitlines())
    return [file for file in files if file.is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for file in ours():
        if file.suffix not in BINARY and file != Path(__file__):
            yield file.relative_to(places.ROOT).as_posix(), file.read_text("utf8")


def package() -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in texts() if name.startswith("sharing/") and name.endswith(".py"))


def test_every_import_contract_holds() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=places.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_file_is_too_long() -> None:
    written = (".py", ".js", ".css", ".html")
    assert [
        name for name, text in texts() if name.endswith(written) and text.count("\n") > LONGEST_FILE
    ] == []


def test_one_place_reads_a_json_body() -> None:
    """`kernel.inputs.json_body` refuses what is no object."""
    assert [name for name, text in package() if "request.get_json" in text] == ["sharing/kernel/inputs.py"]


def test_no_function_is_too_long() -> None:
    assert [
        f"{name}:{node.lineno} {node.name}"
        for name, text in package()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ] == []


def test_every_module_says_what_it_holds() -> None:
    assert [name for name, text in package() if not ast.get_docstring(ast.parse(text))] == []


def test_only_the_kernel_ends_a_transaction() -> None:
    assert [
        name
        for name, text in package()
        if name != "sharing/kernel/db.py" and re.search(r"\bsession\.commit\(", text)
    ] == []


def test_only_entry_points_read_the_clock() -> None:
    allowed = re.compile(
        r"sharing/web/|sharing/kernel/clock\.py|sharing/people/signed\.py|/(?:views|api|cli|jobs|feeds)[\w/]*\.py$"
    )
    assert [
        name
        for name, text in package()
        if not allowed.search(name) and re.search(r"\bclock\.now\(|datetime\.now\(|\btime\.time\(", text)
    ] == []


def test_no_machine_or_registry_is_named() -> None:
    found = [f"{name}: {match[0]}" for name, text in texts() for match in MACHINE.finditer(text)]
    assert found == []


def test_nothing_is_marked_unfinished() -> None:
    found = [f"{name}: {match[0]}" for name, text in package() for match in UNFINISHED.finditer(text)]
    assert found == []
