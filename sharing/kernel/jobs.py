"""Timed work: what a slice's `jobs.py` lists, and the history of its runs.

A job asks what is due by now and not done; running it twice is running it once. Its due times lie on a fixed grid, the
same on every machine, and a run first writes its row: whoever writes it second does nothing (DESIGN 2.6).
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import CheckConstraint, Delete, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import (
    Keyed,
    Model,
    UtcDateTime,
    db,
    insert,
    new_id,
    table_of,
    transaction,
    transactional,
)

KEPT: Final = timedelta(days=14)
_EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)


class JobRun(Keyed, Model):
    """One run of a job at one due time."""

    __tablename__ = "kernel_job_run"
    __table_args__ = (
        UniqueConstraint("job", "due_at"),
        CheckConstraint("outcome IN ('running', 'done', 'failed')", name="outcome"),
    )

    job: Mapped[str] = mapped_column(String(60))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    holder: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(10))
    found: Mapped[str] = mapped_column(String(500))


@dataclass(frozen=True, slots=True)
class Job:
    """Timed work of a slice.

    name    unique, `slice.what`
    every   the grid of its due times
    work    is given `now`; what it returns is written into the history
    after   how far its grid lies behind full hours and days (UTC), for work that should not start with other work
    """

    name: str
    every: timedelta
    work: Callable[[datetime], object]
    after: timedelta = timedelta(0)

    def due_at(self, now: datetime) -> datetime:
        """The latest due time that has come."""
        start = _EPOCH + self.after
        return start + (now - start) // self.every * self.every


_run = table_of(JobRun)


@transactional
def begun(job: Job, *, holder: str, now: datetime) -> uuid.UUID | None:
    """Take the run of the latest due time; None when somebody has taken it."""
    row = db.session.execute(
        insert(_run)
        .values(id=new_id(), job=job.name, due_at=job.due_at(now), holder=holder, started_at=now)
        .values(outcome="running", found="")
        .on_conflict_do_nothing(index_elements=["job", "due_at"])
        .returning(_run.c.id)
    ).first()
    return row.id if row else None


@contextmanager
def noted(run_id: uuid.UUID, clock: Callable[[], datetime]) -> Iterator[list[object]]:
    """Write down how the work inside ended; an error passes on to whoever runs it. Append what the work returns."""
    found: list[object] = []
    outcome = "failed"
    try:
        yield found
        outcome = "done"
    finally:
        said = repr(sys.exc_info()[1]) if outcome == "failed" else str(found[0] if found else "")
        with transaction():
            ended = {"ended_at": clock(), "outcome": outcome, "found": said[:500]}
            db.session.execute(update(_run).where(_run.c.id == run_id).values(**ended))


def latest_runs() -> dict[str, datetime]:
    """When each job last ended well."""
    ended = func.max(_run.c.ended_at).label("ended_at")
    rows = db.session.execute(select(_run.c.job, ended).where(_run.c.outcome == "done").group_by(_run.c.job))
    return {row.job: row.ended_at for row in rows}


def outlived(now: datetime) -> Delete:
    """The statement that forgets runs older than `KEPT`."""
    return delete(_run).where(_run.c.due_at < now - KEPT)
