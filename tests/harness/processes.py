"""Running the `sharing` command as a process: once, or as a server for the length of a test."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SHARING = (sys.executable, "-m", "sharing.web.cli")
SECRET = "a key that only tests know"
START_SECONDS = 60


def environment(**settings: str | Path) -> dict[str, str]:
    """This process's environment with the given settings and no others: `environment(database_url=…)`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHARING_")}
    given = {"SHARING_SECRET_KEY": SECRET} | {
        f"SHARING_{name.upper()}": str(v) for name, v in settings.items()
    }
    return kept | given


def sharing(
    *arguments: str,
    env: Mapping[str, str],
    cwd: Path | None = None,
    command: tuple[str, ...] = SHARING,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*command, *arguments],
        env=env,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@dataclass
class Server:
    """A running server. `log` is a file with everything it said."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body; refusals are answers too."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def workers(self) -> list[int]:
        """The process ids of the web workers, without the scheduler."""
        listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
                                capture_output=True, text=True, check=False)  # fmt: skip
        return [int(line.split()[0]) for line in listed.stdout.splitlines() if " serve " in line]

    def children(self) -> list[int]:
        """The process ids of workers and scheduler."""
        asked = ["ps", "-o", "pid=", "--ppid", str(self.process.pid)]
        listed = subprocess.run(asked, capture_output=True, text=True, check=False)
        return [int(pid) for pid in listed.stdout.split()]

    def kill_workers(self) -> None:
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)


@contextmanager
def serving(
    *options: str,
    env: Mapping[str, str],
    folder: Path,
    command: tuple[str, ...] = SHARING,
) -> Iterator[Server]:
    """`sharing serve` on a free port, ready when it answers; killed at the end.

    folder  its working directory; the log is written there
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port), *options],
            env=env,
            cwd=folder,
            stdout=out,
            stderr=out,
        )
        server = Server(f"http://127.0.0.1:{port}", process, log)
        try:
            _await(server)
            yield server
        finally:
            # With its children, and at once: a clean stop takes seconds and has a test of its own (test_server).
            children = server.children()
            for pid in (process.pid, *children):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def _await(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            server.get("/healthz")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{server.log.read_text('utf8', 'replace')[-4000:]}")
