"""The timer that looks at what was brought and writes what was asked for, one file after the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sharing.kernel.jobs import Job
from sharing.kernel.language import use_language
from sharing.people import queries as people
from sharing.registry import service
from sharing.registry.pages.imports import storage, worked_on


def imports_due(now: datetime) -> int:
    """Work on every run that waits, in the order in which they came; returns how many."""
    worked = 0
    for run in service.due_imports(storage(), now):
        by = people.actor(run.by_id, now) if run.by_id else None
        if by is None:  # the command line works on its own; whoever has left brings nothing
            continue
        use_language(by.language)
        worked_on(run, by=by, now=now)
        worked += 1
    return worked


JOBS: Final = (
    Job("registry.imports", every=timedelta(seconds=5), work=imports_due, after=timedelta(seconds=2)),
)
