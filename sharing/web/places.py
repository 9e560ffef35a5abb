"""Where the files that are not code lie: beside the package in a checkout, inside it when installed from a wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_packed = PACKAGE / "_data"

ROOT = _packed if _packed.is_dir() else PACKAGE.parent
CONFIG = ROOT / "config"
MIGRATIONS = ROOT / "migrations"
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
TRANSLATIONS = PACKAGE / "web" / "translations"  # these are part of the code and lie in the package in both cases
