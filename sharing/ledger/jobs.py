"""The timer that seals the books."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sharing.kernel.jobs import Job
from sharing.ledger import service


def seal_due(now: datetime) -> int:
    return service.seal(now=now)


JOBS: Final = (Job("ledger.seal", every=timedelta(minutes=10), work=seal_due, after=timedelta(minutes=4)),)
