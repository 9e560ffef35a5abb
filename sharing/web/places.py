"""Where the files that are not code lie: beside the package in a checkout, inside it when installed from a wheel."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_packed = PACKAGE / "_data"

ROOT = _packed if _packed.is_dir() else PACKAGE.parent
CONFIG = ROOT / "config"
MIGRATIONS = ROOT / "migrations"
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
TRANSLATIONS = PACKAGE / "web" / "translations"  # part of the code: in the package in both cases


@cache
def static_version() -> str:
    """A short hash over names and contents of all static files; part of their address, so they may be kept for ever."""
    found = hashlib.sha256()
    for file in sorted(STATIC.rglob("*")):
        if file.is_file() and file.suffix != ".gz":
            found.update(file.relative_to(STATIC).as_posix().encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:12]
