"""How often a password may be guessed: counted in the database, so that it holds over every worker and host.

A guess is written down as pending before anything is hashed, and made a failure or taken back afterwards: rivals see
each other, and the count cannot be outrun. A browser that signed in before has a count of its own, so that nobody is
locked out by a stranger's guesses.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, not_, select, update

from sharing.kernel.db import db, lock_person, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.people.models import SignInAttempt
from sharing.people.rules import Throttle

_attempt = table_of(SignInAttempt)
PER_ACCOUNT: Final = Throttle(free=5, first_seconds=30, longest_seconds=900, window=timedelta(hours=1))
PER_ADDRESS: Final = Throttle(free=50, first_seconds=10, longest_seconds=300, window=timedelta(minutes=15))
PENDING: Final = "?"
PENDING_LIFE: Final = timedelta(seconds=10)  # a worker that died in between leaves a failure behind
_PLACE: Final = uuid.UUID("6f1c1d1e-7a53-4c55-9a3e-5d2f6b1f7c10")
_WAITS: Final = 60


@dataclass(frozen=True, slots=True)
class Guess:
    """What is tried: whose account (or what else is guarded so), from where, whether the browser is known."""

    account: str
    address: str
    known: bool = False


@contextmanager
def guessing(guess: Guess, now: datetime) -> Iterator[Attempt]:
    """Allow one try. Whatever leaves this block without `attempt.failed` set takes the try back.

    Raises Refused: sign-in-throttled (retry_after: whole seconds).
    """
    attempt = Attempt(_admitted(guess, now))
    try:
        yield attempt
    finally:
        _settle(attempt, guess)


class Attempt:
    """A try that is under way."""

    def __init__(self, row_id: uuid.UUID) -> None:
        self.row_id = row_id
        self.failed = False


def _admitted(guess: Guess, now: datetime) -> uuid.UUID:
    """Wait a moment for rivals that are still being checked, then be let in or refused."""
    for _wait in range(_WAITS):
        row_id = _admit(guess, now)
        if row_id is not None:
            return row_id
        time.sleep(random.uniform(0.03, 0.07))  # noqa: S311 - jitter, not a secret
    raise Refused("sign-in-throttled", retry_after=1)


@transactional
def _admit(guess: Guess, now: datetime) -> uuid.UUID | None:
    """Write the try down; None while rivals hold all the places that are free."""
    lock_person(uuid.uuid5(_PLACE, guess.account))
    failures, last, pending = _counted(guess.account, now)
    waits = [PER_ACCOUNT.wait(failures, last, now)]
    if not guess.known:
        waits.append(PER_ADDRESS.wait(*_from_address(guess.address, now), now))
    if longest := max(waits):
        raise Refused("sign-in-throttled", retry_after=longest)
    if pending >= max(1, PER_ACCOUNT.free - failures):
        return None
    row_id = new_id()
    pending_account = PENDING + guess.account
    db.session.execute(
        _attempt.insert().values(id=row_id, account=pending_account, address=guess.address, at=now)
    )
    return row_id


def _counted(account: str, now: datetime) -> tuple[int, datetime | None, int]:
    """Failures of an account in the window, the last of them, and the tries still under way.

    One statement: between two a rival could settle and be seen by neither.
    """
    a = _attempt.c
    pending = (a.account == PENDING + account) & (a.at > now - PENDING_LIFE)
    failures, last, under_way = db.session.execute(
        select(
            func.count().filter(not_(pending)),
            func.max(a.at).filter(not_(pending)),
            func.count().filter(pending),
        ).where(a.account.in_((account, PENDING + account)), a.at > now - PER_ACCOUNT.window)
    ).one()
    return failures, last, under_way


def _from_address(address: str, now: datetime) -> tuple[int, datetime | None]:
    a = _attempt.c
    ask = select(func.count(), func.max(a.at)).where(
        a.address == address, a.at > now - PER_ADDRESS.window, a.account.not_like(PENDING + "%")
    )
    failures, last = db.session.execute(ask).one()
    return failures, last


@transactional
def _settle(attempt: Attempt, guess: Guess) -> None:
    mine = _attempt.c.id == attempt.row_id
    if attempt.failed:
        db.session.execute(update(_attempt).where(mine).values(account=guess.account))
    else:
        db.session.execute(delete(_attempt).where(mine))


def forgive(account: str, address: str | None = None) -> None:
    """Forget an account's failures, those from one address when named. Call inside a transaction."""
    a = _attempt.c
    statement = delete(_attempt).where(a.account == account)
    db.session.execute(statement if address is None else statement.where(a.address == address))
