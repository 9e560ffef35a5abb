"""`sharing serve` as a service manager sees it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from tests.harness.databases import Clone
from tests.harness.processes import environment, serving


def test_told_to_stop_it_ends_with_workers_and_scheduler(database: Clone, tmp_path: Path) -> None:
    env = environment(database_url=database.url, storage_dir=tmp_path / "files")
    with serving("--workers", "2", env=env, folder=tmp_path) as server:
        while len(server.children()) < 3 or "scheduler started" not in server.log.read_text("utf8"):
            assert server.process.poll() is None
            time.sleep(0.05)
        children = server.children()
        os.kill(server.process.pid, signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert [pid for pid in children if Path(f"/proc/{pid}/cmdline").exists()] == []
