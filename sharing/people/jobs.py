"""Timed work of people: forgetting."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from flask import current_app

from sharing.kernel.jobs import Job
from sharing.people import service


def forget_files(now: datetime) -> int:
    """Tables of people that nobody wrote."""
    return service.forget_files(Path(current_app.extensions["sharing.settings"].storage_dir), now)


JOBS: Final = (
    Job("people.forget", every=timedelta(hours=1), work=service.forget),
    Job("people.forget-files", every=timedelta(hours=1), work=forget_files),
)
