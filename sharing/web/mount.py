"""Every entry point of every slice, found by the names of their files: views, api and feeds, or packages of them.

Slices stand in their order of layers, which is the order of the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from flask import Flask

from sharing.web import places

SLICES = (
    "web",
    "network",
    "people",
    "ledger",
    "registry",
    "pricing",
    "funds",
    "approval",
    "notify",
    "booking",
    "orders",
    "exports",
)
KINDS = ("views", "api", "feeds")


def entry_points() -> Iterator[str]:
    """Dotted names of the modules that hold a blueprint `bp`; the shell's own carry what they are in their name."""
    for name in SLICES:
        for kind in KINDS:
            folder = places.PACKAGE / name
            for path in (*sorted(folder.glob(f"{kind}*.py")), *sorted((folder / kind).glob("[a-z]*.py"))):
                yield ".".join(path.relative_to(places.PACKAGE.parent).with_suffix("").parts)


def mount(app: Flask) -> None:
    """Register the blueprint `bp` of every entry point; several files of a slice may share one."""
    modules = [import_module(name) for name in entry_points()]
    for blueprint in dict.fromkeys(module.bp for module in modules):
        app.register_blueprint(blueprint)
