"""The registry's rows as other slices see them: frozen, with the names that a page or an answer shows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sharing.kernel.money import Money
from sharing.network.rules import row_in_force, scope_key
from sharing.people.rules import ScopePath, in_force
from sharing.registry.rules.words import (
    Audience,
    BookingMode,
    LicenceLevel,
    QuestionKind,
    Status,
)


@dataclass(frozen=True)  # no slots: its scope keys are worked out once
class InstrumentRow:
    """One instrument with the names of its owner, its zone (where it stands) and its category.

    `cover` is the key of its first picture; `revision` is its ETag; days are Shanghai days, the value is whole fen.
    """

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    zone_id: uuid.UUID
    zone_code: str
    zone_name: str
    zone_name_en: str
    zone_prefix: str  # of human numbers: KM
    institution_id: uuid.UUID
    institution_code: str
    institution_name: str
    institution_name_en: str
    institution_uscc: str | None
    group_id: uuid.UUID | None
    category_id: uuid.UUID
    category_code: str
    category_name: str
    category_name_en: str
    code_set: str
    status: Status
    status_reason: str
    booking_mode: BookingMode
    offers_service: bool
    capacity: int
    asset_no: str | None
    national_no: str | None
    serial_no: str | None
    original_value_fen: int | None
    manufacturer: str
    manufacturer_en: str
    model: str
    country: str
    commissioned_on: date | None
    source: str
    kind: str
    customs_supervised: bool
    customs_until: date | None
    carrier_kind: str
    carrier_name: str
    department: str
    technical: str
    functions: str
    subjects: tuple[str, ...]
    funds: tuple[str, ...]
    service_content: str
    achievements: str
    open_rules: str
    fee_summary: str
    share_mode: str
    usual_state: str
    city: str
    county: str
    street: str
    postal_code: str
    location: str
    contact: str
    contact_phone: str
    contact_email: str
    is_sample: bool
    revision: int
    created_at: datetime
    changed_at: datetime
    cover: uuid.UUID | None

    @property
    def original_value(self) -> Money | None:
        return None if self.original_value_fen is None else Money(self.original_value_fen)

    @property
    def etag(self) -> str:
        return str(self.revision)

    @property
    def path(self) -> ScopePath:
        return ScopePath(self.zone_id, self.institution_id, self.group_id, self.id)

    @cached_property
    def scope_keys(self) -> tuple[str, ...]:
        """Scope keys of its dated rows, the most specific first."""
        return (
            scope_key("instrument", self.id),
            scope_key("category", self.category_id),
            scope_key("institution", self.institution_id),
            scope_key("zone", self.zone_id),
            scope_key("network", None),
        )

    @property
    def bookable(self) -> bool:
        """True when time on it can be had at all: it runs, and by booking."""
        return self.status is Status.IN_SERVICE and self.booking_mode in (
            BookingMode.SELF_SERVICE,
            BookingMode.APPROVAL,
        )

    @property
    def takes_orders(self) -> bool:
        """True when a service order may be placed: it runs, and is for orders only or offers them beside bookings."""
        offered = self.offers_service or self.booking_mode is BookingMode.SERVICE_ONLY
        return self.status is Status.IN_SERVICE and offered and self.booking_mode is not BookingMode.CLOSED


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """What a booking must keep to, from `valid_from` in its scope. None means without limit; times in whole minutes."""

    id: uuid.UUID
    scope_key: str
    valid_from: date
    inherit: bool
    source_document: str
    granularity_minutes: int
    shortest_minutes: int
    longest_minutes: int | None
    lead_minutes: int
    horizon_days: int | None
    person_day_minutes: int | None
    person_week_minutes: int | None
    group_day_minutes: int | None
    group_week_minutes: int | None
    most_open_bookings: int | None
    setup_minutes: int
    cleanup_minutes: int
    cancel_notice_minutes: int
    audience: Audience
    licence_level: LicenceLevel | None
    licence_idle_days: int | None
    runs_through_closed: bool
    check_in_required: bool
    check_in_early_minutes: int
    no_show_minutes: int | None


@dataclass(frozen=True, slots=True)
class TimetableRow:
    """Opening hours from `valid_from` in its scope: for each kind of day its spans in minutes after midnight."""

    id: uuid.UUID
    scope_key: str
    valid_from: date
    inherit: bool
    source_document: str
    name: str
    name_en: str
    days: Mapping[str, Sequence[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One booking question. `choices`: `{"value", "label", "label_en"}` each, for a choice."""

    id: uuid.UUID
    scope_key: str
    key: str
    position: int
    kind: QuestionKind
    label: str
    label_en: str
    hint: str
    hint_en: str
    choices: tuple[Mapping[str, Any], ...]
    required: bool


@dataclass(frozen=True, slots=True)
class LicenceRow:
    """Leave for a person to use an instrument alone, on days `[starts_on, ends_on)`."""

    id: uuid.UUID
    instrument_id: uuid.UUID
    user_id: uuid.UUID
    level: LicenceLevel
    starts_on: date
    ends_on: date | None
    granted_by: uuid.UUID
    created_at: datetime
    ended_at: datetime | None
    end_reason: str

    @property
    def last_on(self) -> date | None:
        """The last day it holds, as people say it."""
        return self.ends_on - timedelta(days=1) if self.ends_on else None

    def holds(self, on: date) -> bool:
        return self.ended_at is None and in_force(self.starts_on, self.ends_on, on)


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A picture; its file lies in the storage folder under its hash."""

    id: uuid.UUID
    instrument_id: uuid.UUID
    sha256: str
    media_type: str
    width: int
    height: int
    caption: str


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A PDF about an instrument; its file lies in the storage folder under its hash, `size` in bytes."""

    id: uuid.UUID
    instrument_id: uuid.UUID
    title: str
    sha256: str
    size: int
    created_at: datetime

    @property
    def kilobytes(self) -> int:
        return -(-self.size // 1024)


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a booking of one instrument is judged by, whatever its day.

    policies, timetables  every dated row of its scope chain
    questions             those of its most specific scope that has any, in order
    """

    instrument: InstrumentRow
    policies: tuple[PolicyRow, ...]
    timetables: tuple[TimetableRow, ...]
    questions: tuple[QuestionRow, ...]

    @property
    def scope_keys(self) -> tuple[str, ...]:
        return self.instrument.scope_keys

    def policy(self, on: date) -> PolicyRow:
        """The row in force on a Shanghai day; before the first one, the first of the widest scope.

        Raises LookupError when there is no row at all: the network was never seeded.
        """
        row = row_in_force(self.policies, self.scope_keys, on)
        if row is None:
            rows = [one for one in self.policies if not one.inherit]
            if not rows:
                raise LookupError("no booking policy: the network's first rows are missing")
            row = min(rows, key=lambda one: (-self.scope_keys.index(one.scope_key), one.valid_from))
        return row

    def timetable(self, on: date) -> TimetableRow | None:
        """The timetable in force on a Shanghai day; None means closed."""
        return row_in_force(self.timetables, self.scope_keys, on)


def questions_asked(rows: Sequence[QuestionRow], scope_keys: Sequence[str]) -> tuple[QuestionRow, ...]:
    """The questions of the most specific scope that has any, in order."""
    for scope in scope_keys:
        mine = [row for row in rows if row.scope_key == scope]
        if mine:
            return tuple(sorted(mine, key=lambda row: (row.position, row.key)))
    return ()
