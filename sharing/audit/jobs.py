"""The timer that seals the audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sharing.audit import service
from sharing.kernel.jobs import Job


def seal_due(now: datetime) -> int:
    return service.seal(now=now)


def check_due(now: datetime) -> int:
    """How many seals are broken."""
    return sum(len(chain.broken) for chain in service.check(now=now))


JOBS: Final = (
    Job("audit.seal", every=timedelta(minutes=10), work=seal_due, after=timedelta(minutes=3)),
    Job("audit.check", every=timedelta(days=1), work=check_due, after=timedelta(minutes=20)),
)
