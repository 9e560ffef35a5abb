"""Files that were brought are kept a set number of days; the line of each run stays for good."""

from __future__ import annotations

import shutil
import uuid
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from sharing.kernel.db import db, transaction
from sharing.registry.queries import runs as known
from sharing.registry.queries.runs import RUN
from sharing.registry.rules.records import State
from sharing.registry.service.runs import folder_of, told


def forget_imports(storage: Path, now: datetime, *, days: int) -> int:
    """Take out what was brought longer ago than `days`, with the rows that were noted from it; returns how many."""
    old = now - timedelta(days=days)
    return sum(_forgotten(storage, run_id, old, now) for run_id in _kept(storage))


def _kept(storage: Path) -> list[uuid.UUID]:
    return [
        uuid.UUID(path.name) for path in (storage / "imports").glob("????????-????-????-????-????????????")
    ]


def _forgotten(storage: Path, run_id: uuid.UUID, old: datetime, now: datetime) -> bool:
    """Whoever asks for the run to be applied waits for its line, and then finds the file gone, or keeps it here."""
    with transaction():
        db.session.execute(select(RUN.c.id).where(RUN.c.id == run_id).with_for_update())
        run = known.import_run(run_id)
        if run is None or run.created_at >= old:
            return False
        settled = run.state in {State.LOOKED, State.DONE, State.REFUSED}
        if not settled and not (run.state is State.APPLYING and run.killed(told(storage, run_id)[0], now)):
            return False
        shutil.rmtree(folder_of(storage, run_id))
    return True
