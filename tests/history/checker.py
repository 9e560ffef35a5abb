"""Is a history true? Every answer that clients saw, held against the rows that are stored (RELIABILITY section 2).

Pure: the same functions judge the real history and the planted faults that prove they can see.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise


@dataclass(frozen=True)
class Attempt:
    """One request with its key, and what became of it.

    began, ended  on one monotonic clock, of the try that brought the final answer
    first_began   of the first try
    status        the final answer; 0 while unknown
    ids           every booking id that any answer under this key named
    """

    key: str
    instrument_id: str
    start: datetime
    end: datetime
    first_began: float
    began: float
    ended: float
    status: int
    ids: tuple[str, ...] = ()
    unknown_first: bool = False

    def overlaps(self, other: Attempt) -> bool:
        return self.instrument_id == other.instrument_id and self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Stored:
    """A live booking as the database has it."""

    id: str
    instrument_id: str
    position: int
    start: datetime
    end: datetime


@dataclass(frozen=True)
class History:
    """All that was asked, and all that is stored."""

    attempts: Sequence[Attempt]
    stored: Sequence[Stored]
    audit_rows: int
    key_rows: int


@dataclass
class Verdict:
    """What is wrong, by check; an empty one is a true history."""

    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def true(self) -> bool:
        return not any(self.faults.values())

    def counts(self) -> dict[str, int]:
        return {name: len(found) for name, found in self.faults.items() if found}


def judged(history: History) -> Verdict:
    """The six checks."""
    verdict = Verdict()
    checks = {
        "overlap": _overlaps(history.stored),
        "lost": _lost(history),
        "phantom": _phantoms(history),
        "doubled": _doubled(history.attempts),
        "unexplained": _unexplained(history),
        "torn": _torn(history),
    }
    for name, found in checks.items():
        verdict.faults[name] += list(found)
    return verdict


def _overlaps(stored: Iterable[Stored]) -> Iterable[str]:
    """1. No two live bookings of one place overlap."""
    places: dict[tuple[str, int], list[Stored]] = defaultdict(list)
    for row in stored:
        places[row.instrument_id, row.position].append(row)
    for rows in places.values():
        rows.sort(key=lambda row: row.start)
        for before, after in pairwise(rows):
            if after.start < before.end:
                yield f"{before.id} and {after.id}"


def _lost(history: History) -> Iterable[str]:
    """2. Every acknowledged booking is stored."""
    known = {row.id for row in history.stored}
    for attempt in history.attempts:
        if attempt.status == 201:
            yield from (one for one in attempt.ids if one not in known)


def _phantoms(history: History) -> Iterable[str]:
    """3. Every stored booking answers a request that was sent, for that instrument and span."""
    asked = {one: attempt for attempt in history.attempts for one in attempt.ids}
    for row in history.stored:
        attempt = asked.get(row.id)
        wanted = (row.instrument_id, row.start, row.end)
        if attempt is None or (attempt.instrument_id, attempt.start, attempt.end) != wanted:
            yield row.id


def _doubled(attempts: Iterable[Attempt]) -> Iterable[str]:
    """4. One booking a key, and a retry names the same one."""
    whose: Counter[str] = Counter()
    for attempt in attempts:
        names = set(attempt.ids)
        whose.update(names)
        if len(names) > 1:
            yield f"{attempt.key}: {sorted(names)}"
    yield from (name for name, times in whose.items() if times > 1)


def _unexplained(history: History) -> Iterable[str]:
    """5. Every 409 is explained by a booking that overlaps and whose request began before the 409 came back."""
    stored = {row.id for row in history.stored}
    winners: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in history.attempts:
        if any(one in stored for one in attempt.ids):
            winners[attempt.instrument_id].append(attempt)
    for attempt in history.attempts:
        if attempt.status != 409:
            continue
        explained = any(
            other.key != attempt.key and other.overlaps(attempt) and other.first_began < attempt.ended
            for other in winners[attempt.instrument_id]
        )
        if not explained:
            yield attempt.key


def _torn(history: History) -> Iterable[str]:
    """6. As many audit rows and answered keys as bookings: each was written whole or not at all."""
    bookings = len(history.stored)
    if not bookings == history.audit_rows == history.key_rows:
        yield f"bookings {bookings}, audit {history.audit_rows}, keys {history.key_rows}"
    yield from (f"{one.key} is still unknown" for one in history.attempts if one.status == 0)
