"""The one set-up command: a virtual environment, the locked packages, the browser files.

    python3 tools/setup.py [--dev]

Standard library only, because it runs before anything is installed. What is up to date is left alone: a stamp
in .venv records which lock was installed last, and the development lock contains the run-time one.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "installed"
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}


def run(*command: str | Path) -> None:
    """Run one command at the root of the project; its failure ends set-up with its exit code."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"set-up stopped: {' '.join(map(str, command))} ended with {done.returncode}")


def digest(files: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def wanted(group: str) -> str:
    """The stamp that a finished installation of this group leaves behind.

    The place of the checkout is part of it: scripts in .venv name their interpreter by its full path.
    """
    return f"{group} {digest([LOCKS[group], ROOT / 'pyproject.toml'])} {ROOT}"


def is_installed(groups: Iterable[str]) -> bool:
    found = STAMP.read_text("utf8") if STAMP.exists() else ""
    return PYTHON.exists() and found in [wanted(group) for group in groups]


def make_environment() -> None:
    if PYTHON.exists():
        return
    try:
        venv.create(VENV, with_pip=True)
    except subprocess.CalledProcessError:
        sys.exit(
            "this Python cannot make a virtual environment with pip; on Debian: apt install python3-venv"
        )


def install_packages(group: str) -> None:
    """Install exactly the lock, then the project itself, editable and without asking for its dependencies."""
    print(f"set-up: installing the {group} packages", file=sys.stderr, flush=True)
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "-q", "--require-hashes", "-r", "tools/uv.requirements")
    uv: list[str | Path] = [PYTHON, "-m", "uv", "pip"]
    # compiled here once, so that the first start is as quick as the second, also where Python may not write later
    run(
        *uv, "install", "-q", "--compile-bytecode", "--python", PYTHON, "--require-hashes", "-r", LOCKS[group]
    )
    run(*uv, "install", "-q", "--python", PYTHON, "--no-deps", "-e", ".")
    STAMP.write_text(wanted(group), "utf8")


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit("Python 3.11 or newer is needed")
    parser = argparse.ArgumentParser(
        description="Make .venv, install the locked packages, fetch the browser files."
    )
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    dev = parser.parse_args().dev
    if not is_installed(["dev"] if dev else ["run", "dev"]):
        make_environment()
        install_packages("dev" if dev else "run")
    run(PYTHON, "tools/assets.py", *(["--dev"] if dev else []))


if __name__ == "__main__":
    main()
