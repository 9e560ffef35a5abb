"""A wheel carries everything: where it is installed, far from the repository, it migrates, looks well and serves."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from sharing.web import places
from tests.harness.processes import environment, serving, sharing


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=places.ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `sharing` command of a virtual environment of its own; only the dependencies are borrowed from ours."""
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps", "--offline", "--no-index",
         "--python", str(home / "bin" / "python"), str(wheel)],
        check=True,
    )  # fmt: skip
    packages = next((home / "lib").glob("python*/site-packages"))
    ours = Path(sysconfig.get_path("purelib"))
    for found in ours.iterdir():
        # all but our own editable installation, which would lead back to the repository
        if "instrument_sharing" not in found.name and not (packages / found.name).exists():
            (packages / found.name).symlink_to(found)
    return home / "bin" / "sharing"


def test_the_wheel_carries_what_is_not_code(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "sharing/_data/config/default.toml",
        "sharing/_data/migrations/env.py",
        "sharing/_data/migrations/versions/0001_kernel_tables.py",
        "sharing/_data/static/vendor/htmx.js",
        "sharing/_data/templates/base.html",
        "sharing/web/translations/en/LC_MESSAGES/web.po",
    ):
        assert wanted in names
    assert [name for name in names if "__pycache__" in name or name.startswith(("tests/", "tools/"))] == []


def test_an_installed_wheel_migrates_looks_well_and_serves(installed: Path, tmp_path: Path) -> None:
    command = (str(installed),)
    env = environment(database_url="sqlite:///var/wheel.db", base_url="http://localhost")

    upgraded = sharing("db", "upgrade", env=env, cwd=tmp_path, command=command)
    assert upgraded.returncode == 0, upgraded.stderr
    looked = sharing("doctor", env=env, cwd=tmp_path, command=command)
    assert looked.returncode == 0, looked.stdout + looked.stderr
    where = [str(installed.with_name("python")), "-c", "import sharing; print(sharing.__file__)"]
    assert subprocess.run(where, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.startswith(
        str(installed.parents[1])
    )

    with serving("--workers", "1", env=env, folder=tmp_path, command=command) as server:
        status, page = server.get("/")
        assert (status, b"<html" in page) == (200, True), server.log.read_text("utf8")
        assert server.get("/readyz")[0] == 200
        assert json.loads(server.get("/openapi.json")[1])["openapi"].startswith("3.1")
