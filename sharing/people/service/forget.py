"""What is taken out when it no longer serves: old guesses, sessions long ended, links long used."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import delete, or_

from sharing.kernel.db import db, table_of, transactional
from sharing.people.models import ResetLink, SignIn, SignInAttempt

_attempt, _session, _link = table_of(SignInAttempt), table_of(SignIn), table_of(ResetLink)
GUESSES_KEPT: Final = timedelta(days=1)  # longer than any window of the throttle
SESSIONS_KEPT: Final = timedelta(days=90)  # who was signed in stands in the audit for good
BROUGHT: Final = "people-import"  # the folder of tables that were brought and wait to be written
FILE_LIFE: Final = timedelta(hours=2)
LINKS_KEPT: Final = timedelta(days=7)


@transactional
def forget(now: datetime) -> int:
    """Take out what is old; returns how many rows went. Running it twice is running it once."""
    old = now - SESSIONS_KEPT
    statements = (
        delete(_attempt).where(_attempt.c.at <= now - GUESSES_KEPT),
        delete(_session).where(or_(_session.c.ended_at <= old, _session.c.ends_at <= old)),
        delete(_link).where(_link.c.ends_at <= now - LINKS_KEPT),
    )
    gone = [db.session.execute(one) for one in statements]
    return sum(int(getattr(result, "rowcount", 0)) for result in gone)


def forget_files(storage: Path, now: datetime) -> int:
    """Take out tables of people that were brought and not written; returns how many."""
    old = (now - FILE_LIFE).timestamp()
    gone = [path for path in (storage / BROUGHT).glob("*/*") if path.stat().st_mtime < old]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
