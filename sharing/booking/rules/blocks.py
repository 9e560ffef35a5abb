"""Blocks: closed time on an instrument, and what becomes of the bookings that it hits."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sharing.booking.rules.places import Taken
from sharing.booking.rules.rows import BookingRow
from sharing.booking.rules.status import Status
from sharing.kernel.language import _l
from sharing.kernel.timespan import TimeSpan, without
from sharing.people.rules import ScopePath


class BlockKind(StrEnum):
    """Why time is closed."""

    MAINTENANCE = "maintenance"
    CLOSURE = "closure"
    OUTSIDE = "outside"

    @property
    def word(self) -> str:
        return str(_WORDS[self])


_WORDS: Final = {
    BlockKind.MAINTENANCE: _l("维护"),
    BlockKind.CLOSURE: _l("停用"),
    BlockKind.OUTSIDE: _l("校内系统已占用"),
}


class Fate(StrEnum):
    """What a manager chooses for a booking that a block hits (SCENARIOS 20)."""

    MOVE = "move"
    CANCEL = "cancel"
    KEEP = "keep"


class Reach(StrEnum):
    """Which dates of a series are meant."""

    THIS = "this"
    LATER = "later"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Choice:
    """A fate, and for a move the start that is proposed: the length stays."""

    fate: Fate
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """What a manager asks for.

    span    on its first date
    repeat  an RRULE; empty for a single block
    """

    instrument_id: uuid.UUID
    span: TimeSpan
    kind: BlockKind
    reason: str
    repeat: str = ""


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One date of closed time. `lifted_at` is set when it was taken back before it began."""

    id: uuid.UUID
    series_id: uuid.UUID | None
    instrument_id: uuid.UUID
    instrument_name: str
    instrument_name_en: str
    instrument_zone_id: uuid.UUID
    institution_id: uuid.UUID
    zone_code: str
    span: TimeSpan
    kind: BlockKind
    reason: str
    repeat: str
    laid_by: uuid.UUID
    laid_by_name: str
    laid_by_name_en: str
    created_at: datetime
    lifted_at: datetime | None

    @property
    def said(self) -> str:
        """Why it is closed, for everybody."""
        return self.reason or self.kind.word

    @property
    def path(self) -> ScopePath:
        return ScopePath(self.instrument_zone_id, self.institution_id, None, self.instrument_id)

    def stands(self, now: datetime) -> bool:
        return self.lifted_at is None and self.span.end > now

    def runs(self, now: datetime) -> bool:
        return self.lifted_at is None and self.span.start <= now < self.span.end


@dataclass(frozen=True, slots=True)
class Hit:
    """A booking in the way of a block, and the free time that could be had instead."""

    row: BookingRow
    proposed: TimeSpan | None = None

    @property
    def fates(self) -> Sequence[Fate]:
        """A use that runs can only be kept."""
        return (Fate.KEEP,) if self.row.status is Status.IN_USE else tuple(Fate)


def left_for(span: TimeSpan, position: int, taken: Iterable[Taken]) -> list[TimeSpan]:
    """What a block still can take on one position: its span without all that holds time there."""
    return without(span, [one.span for one in taken if one.position == position])
