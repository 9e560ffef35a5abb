"""Timers: files that were brought are looked at, written and forgotten; what begins today with a category holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from flask import current_app

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


def forget_files(now: datetime) -> int:
    """Files that were brought and are past their days."""
    return service.forget_imports(storage(), now, days=current_app.extensions["sharing.settings"].import_days)


JOBS: Final = (
    Job("registry.categories", every=timedelta(minutes=5), work=service.hold_categories),
    Job("registry.imports", every=timedelta(seconds=5), work=imports_due, after=timedelta(seconds=2)),
    Job("registry.forget-files", every=timedelta(hours=1), work=forget_files),
)
