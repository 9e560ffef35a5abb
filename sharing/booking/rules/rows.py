"""Bookings as every reader gets them: frozen values, no table."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sharing.booking.rules.status import OPEN, Status
from sharing.booking.rules.words import Violation
from sharing.kernel.money import Money
from sharing.kernel.timespan import TimeSpan
from sharing.people.rules import Actor, Role, ScopeKind, ScopePath
from sharing.pricing.rules import Quote


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change that waits for approval, or proposed and for an answer until `due_at`; the booking stays as it is until
    then. A hand-over names to whom it goes and keeps the span; the answer is then hers."""

    id: uuid.UUID
    booking_id: uuid.UUID
    instrument_id: uuid.UUID
    instrument_name: str
    instrument_name_en: str
    span: TimeSpan
    position: int
    amount: Money
    asked_by: uuid.UUID
    created_at: datetime
    proposed: bool = False
    due_at: datetime | None = None
    note: str = ""
    to_id: uuid.UUID | None = None
    to_name: str | None = None
    to_name_en: str | None = None
    group_id: uuid.UUID | None = None

    @property
    def hands_over(self) -> bool:
        return self.to_id is not None

    @property
    def another_time(self) -> bool:
        """Proposed by the house, for the requester to answer."""
        return self.proposed and not self.hands_over

    def open(self, now: datetime) -> bool:
        """It may still be answered."""
        return self.due_at is None or now < self.due_at


@dataclass(frozen=True, slots=True)
class BookingRow:
    """One booking with the names that a card or a line of a list shows. `service`: time that the house laid for a
    service order; whose booking it is then is its operator."""

    id: uuid.UUID
    number: str
    zone_code: str
    instrument_id: uuid.UUID
    instrument_code: str
    instrument_name: str
    instrument_name_en: str
    instrument_location: str
    instrument_zone_id: uuid.UUID
    institution_id: uuid.UUID
    requester_id: uuid.UUID
    requester_name: str
    requester_name_en: str
    requester_institution_id: uuid.UUID | None
    group_id: uuid.UUID | None
    group_name: str | None
    group_name_en: str | None
    card_id: uuid.UUID | None
    project_id: str | None
    span: TimeSpan
    setup_minutes: int
    cleanup_minutes: int
    position: int
    status: Status
    purpose: str
    attendees: tuple[str, ...]
    series_id: uuid.UUID | None
    amount: Money
    quote: Mapping[str, Any]
    policy_id: uuid.UUID | None
    exempt_from: tuple[str, ...]
    sequence: int
    revision: int
    created_at: datetime
    changed_at: datetime
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    end_note: str
    free_cancel: bool = False
    service: bool = False
    booked_by_id: uuid.UUID | None = None
    booked_by_name: str | None = None
    booked_by_name_en: str | None = None
    change: ChangeRow | None = None

    @property
    def path(self) -> ScopePath:
        """Where it lies for those who run instruments."""
        return ScopePath(
            zone_id=self.instrument_zone_id,
            institution_id=self.institution_id,
            group_id=self.group_id,
            instrument_id=self.instrument_id,
        )

    def to_confirm(self, now: datetime) -> bool:
        """Over, and nobody has said how it ended: a manager gives the end; it never becomes a no-show by itself."""
        return self.span.end <= now and self.status in {Status.APPROVED, Status.IN_USE}

    def is_open(self, now: datetime) -> bool:
        return self.status in OPEN and self.span.end > now


def readable(row: BookingRow, by: Actor) -> bool:
    """Whether she may know of a booking: her own, one that she asked for or is offered, one that her group pays, or one
    on an instrument that she runs."""
    offered_to = row.change.to_id if row.change else None
    if by.user_id in {row.requester_id, row.booked_by_id, offered_to} or by.may("booking.read-all", row.path):
        return True
    return row.group_id is not None and by.holds(Role.HEAD, ScopeKind.GROUP, row.group_id)


class ItemKind(StrEnum):
    """What a piece of a calendar is (CONTRACT section 4); `buffer` is set-up and clean-up, shown and not charged."""

    BOOKING = "booking"
    HOLD = "hold"
    BLOCK = "block"
    BUFFER = "buffer"
    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of an instrument's calendar. Whose it is shows only to those who may see it; why it is closed, to all."""

    kind: ItemKind
    span: TimeSpan
    position: int | None = None
    booking_id: uuid.UUID | None = None
    title: str | None = None
    status: str | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Week:
    """A stretch of one instrument's calendar at a version; the version is its ETag."""

    instrument_id: uuid.UUID
    window: TimeSpan
    version: int
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Free:
    """Time that could be booked instead."""

    instrument_id: uuid.UUID
    span: TimeSpan
    instrument_name: str = ""
    instrument_name_en: str = ""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """Closed time in the way, and why."""

    span: TimeSpan
    reason: str


@dataclass(frozen=True, slots=True)
class StepPreview:
    """A step that the request would take, and whether a rule has decided it already."""

    role: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to know before submitting that refuses nothing.

    kind      late-decision: no approver works before the latest moment · unpublished-price · provisional-calendar
    earliest  for late-decision: the first start that can still be approved
    """

    kind: str
    earliest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What submitting would meet; nothing was written.

    own      bookings of hers in the way
    in_time  where no approver works before the wish: the first free time that can still be approved
    """

    violations: Sequence[Violation]
    quote: Quote
    exempt_from: Sequence[str] = ()
    conflicts: Sequence[TimeSpan] = ()
    own: Sequence[BookingRow] = ()
    closed: Sequence[Closed] = ()
    alternatives: Sequence[Free] = ()
    steps: Sequence[StepPreview] = ()
    advice: Sequence[Advice] = field(default_factory=tuple)
    in_time: Free | None = None

    @property
    def passes(self) -> bool:
        return not self.violations and not self.conflicts
