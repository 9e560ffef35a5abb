"""The shapes of the API's answers about bookings and calendars, for the OpenAPI document; made by `formats`."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel


class PersonOut(BaseModel):
    """A person by id and name."""

    id: uuid.UUID
    name: str


class SpanOut(BaseModel):
    """`[start, end)`, +08:00."""

    start: datetime
    end: datetime


class StepOut(BaseModel):
    """One step of an approval; `decision` is null until somebody, a rule or the clock has decided."""

    step: Literal["payer", "manager", "institution"]
    state: str
    by: PersonOut | None
    standing_for: PersonOut | None
    rule: str | None
    decision: Literal["approve", "reject", "return", "expire"] | None
    at: datetime | None
    note: str
    due_at: datetime | None


class LineOut(BaseModel):
    """One line of a quote."""

    item: str
    quantity: str
    unit: str
    unit_price_fen: int
    amount_fen: int


class PendingChangeOut(SpanOut):
    """A change that waits for approval; one that is `proposed`, for an answer until `due_at`: the requester's where the
    house proposes another time, the colleague's where the booking is to be handed over."""

    id: uuid.UUID
    instrument_id: uuid.UUID
    position: int
    amount_fen: int
    proposed: bool
    hand_over_to: PersonOut | None
    due_at: datetime | None
    note: str
    approvals: list[StepOut]


class BookedOn(BaseModel):
    """The instrument's code and name."""

    code: str
    name: str


class BookingOut(SpanOut):
    """One booking. `booked_by` is who asked for the requester, null where she did herself; `service`: the house laid it
    for a service order, and its requester is the operator."""

    id: uuid.UUID
    number: str
    series_id: uuid.UUID | None
    instrument_id: uuid.UUID
    instrument: BookedOn
    requester: PersonOut
    booked_by: PersonOut | None
    research_group_id: uuid.UUID | None
    fund_card_id: uuid.UUID | None
    project_id: str | None
    setup_minutes: int
    cleanup_minutes: int
    position: int
    status: Literal[
        "requested", "approved", "rejected", "cancelled", "expired", "in_use", "completed", "no_show"
    ]
    purpose: str
    attendees: list[str]
    approvals: list[StepOut]
    quote: dict[str, Any]
    exempt_from: list[str]
    pending_change: PendingChangeOut | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    note: str
    free_cancel: bool
    service: bool
    revision: int
    created_at: datetime
    changed_at: datetime


class PageOut(BaseModel):
    """What every list carries."""

    total: int
    page: int
    per_page: int


class BookingsOut(PageOut):
    """A page of bookings."""

    items: list[BookingOut]


class ItemOut(SpanOut):
    """A piece of a calendar."""

    kind: Literal["booking", "hold", "block", "buffer", "closed", "open"]
    position: int | None
    title: str | None = None
    booking_id: uuid.UUID | None = None
    status: str | None = None


class CalendarOut(BaseModel):
    """An instrument's calendar at a version."""

    items: list[ItemOut]
    version: int


class OutsideOut(BaseModel):
    """An instrument's calendar in a campus system; `fault` says why the last try failed, null where it did not."""

    instrument_id: uuid.UUID
    kind: Literal["address", "file"]
    address: str
    link: str
    limit_minutes: int
    read_at: datetime | None
    tried_at: datetime | None
    fault: str | None
    stale: bool


class DateOut(SpanOut):
    """One date of a series."""

    id: uuid.UUID


class BlockOut(SpanOut):
    """Closed time on an instrument; `dates` are those of a series that was just laid."""

    id: uuid.UUID
    series_id: uuid.UUID | None
    instrument_id: uuid.UUID
    kind: Literal["maintenance", "closure", "outside"]
    reason: str
    repeat: str | None
    laid_by: PersonOut
    created_at: datetime
    dates: list[DateOut]


class BlocksOut(PageOut):
    """A page of blocks."""

    items: list[BlockOut]


class FreeOut(SpanOut):
    """Free time on an instrument, with what it would cost you."""

    instrument_id: uuid.UUID
    instrument_name: str
    amount_fen: int | None = None


class ViolationOut(BaseModel):
    """One broken rule, in words and in figures."""

    rule: str
    message: str
    limit: Any
    actual: Any


class BarredOut(BaseModel):
    """An instrument that you may not book so, and why."""

    instrument_id: uuid.UUID
    instrument_name: str
    violations: list[ViolationOut]


class AvailabilityOut(PageOut):
    """Free time, the earliest first. `looked_at` instruments were looked at, `beyond` more matched; of those barred to
    you some are listed, `barred_total` says how many there are."""

    items: list[FreeOut]
    looked_at: int
    beyond: int
    barred: list[BarredOut]
    barred_total: int


class PreviewOut(BaseModel):
    """A step that the request would take; `rule` names what has decided it already."""

    step: str
    rule: str | None


class AdviceOut(BaseModel):
    """Something to know that refuses nothing; `earliest` is the first start that can still be approved."""

    kind: Literal["late-decision", "unpublished-price", "provisional-calendar"]
    earliest: datetime | None


class ClosedOut(SpanOut):
    """Closed time in the way, and why."""

    reason: str


class AskedOut(BaseModel):
    """One rule: whether it is kept, in words and in figures; `actual` only where it is not."""

    rule: str
    ok: bool
    message: str
    limit: Any
    actual: Any


class OwnOut(SpanOut):
    """A booking of yours in the way."""

    id: uuid.UUID
    number: str


class WhyOut(SpanOut):
    """Why a time cannot be had (`works` false), or that it can; `nearest` is the nearest time that works for you."""

    works: bool
    rules: list[AskedOut]
    taken: list[ItemOut]
    closed: list[ClosedOut]
    own: list[OwnOut]
    nearest: FreeOut | None
    ask: list[str]


class QuoteOut(BaseModel):
    """What a span would cost, and what stands against it."""

    amount_fen: int
    lines: list[LineOut]
    violations: list[ViolationOut]
    exempt_from: list[str]
    conflicts: list[SpanOut]
    closed: list[ClosedOut]
    alternatives: list[FreeOut]
    steps: list[PreviewOut]
    advice: list[AdviceOut]


# --- administration of rules -----------------------------------------------------------------------------------------
