"""The timer that seals the audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sharing.audit import service
from sharing.kernel.jobs import Job


def seal_due(now: datetime) -> int:
    return service.seal(now=now)


JOBS: Final = (Job("audit.seal", every=timedelta(minutes=10), work=seal_due, after=timedelta(minutes=3)),)
