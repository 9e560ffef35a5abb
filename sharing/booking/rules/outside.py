"""Calendars kept in a campus system: what is known of one, and when it may not be booked here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sharing.booking.rules.words import Violation
from sharing.kernel.timespan import SHANGHAI, minutes


@dataclass(frozen=True, slots=True)
class OutsideRow:
    """Where an instrument's calendar is kept, and how its last reading went; `fault` is empty when it went well.

    kind     address: read every few minutes; file: dropped here
    whole_at when it was last read whole; a reading that found it unchanged lays out no new weeks
    """

    instrument_id: uuid.UUID
    kind: str
    address: str
    link: str
    limit_minutes: int
    etag: str
    modified: str
    whole_at: datetime | None
    read_at: datetime | None
    tried_at: datetime | None
    fault: str
    set_by: uuid.UUID

    def age(self, now: datetime) -> int | None:
        """Whole minutes since the last reading; None: never read."""
        return None if self.read_at is None else max(0, minutes(self.read_at, now))

    def stale(self, now: datetime) -> bool:
        """The reading is older than its limit: what is free is not known."""
        age = self.age(now)
        return age is None or age > self.limit_minutes


@dataclass(frozen=True, slots=True)
class OutsideAsk:
    """How an instrument's outside calendar is to be read; an empty address: by file."""

    address: str
    link: str
    limit_minutes: int


def of_outside(known: OutsideRow | None, now: datetime) -> list[Violation]:
    """What is free is not known here while the last reading is too old."""
    if known is None or not known.stale(now):
        return []
    read = known.read_at.astimezone(SHANGHAI).isoformat() if known.read_at else None
    facts = {"link": known.link, "read_at": read}
    return [Violation("outside_stale", known.limit_minutes, known.age(now), facts)]
