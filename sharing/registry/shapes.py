"""The shapes of an instrument's answers, for the OpenAPI document; made by `formats`."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from sharing.registry.rules import Audience, BookingMode, LicenceLevel, Status

Linked = Literal["linked", "missing", "differs", "unknown"]


class InstitutionRef(BaseModel):
    id: uuid.UUID
    code: str
    name: str
    name_en: str


class CategoryRef(BaseModel):
    code: str
    name: str
    name_en: str
    code_set: str


class ManagerOut(BaseModel):
    id: uuid.UUID
    name: str
    name_en: str
    email: str | None = None
    phone: str | None = None


class BandOut(BaseModel):
    """A part of the day with another price; `from` and `to` are minutes after midnight, `percent` of the hour."""

    name: str
    name_en: str
    days: Literal["all", "workday", "restday"]
    from_: int = Field(alias="from")
    to: int
    percent: int


class PriceOut(BaseModel):
    """What an hour costs one price group."""

    price_group: str
    name: str
    hour_fen: int
    minimum_fen: int
    may_buy: bool
    bands: list[BandOut]
    valid_from: date
    source_document: str


class PolicyOut(BaseModel):
    """The booking policy in force today; null means without limit."""

    id: uuid.UUID
    scope: str
    valid_from: date
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


class NetworksOut(BaseModel):
    """Where the instrument stands in the three nets."""

    sharing: Linked
    national: Linked
    finance: Linked


class InstrumentOut(BaseModel):
    """One instrument with the national record's fields."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    zone: str
    institution: InstitutionRef
    category: CategoryRef
    manufacturer: str
    manufacturer_en: str
    model: str
    serial_no: str | None
    asset_no: str | None
    national_no: str | None
    original_value_fen: int | None
    commissioned_on: date | None
    status: Status
    status_reason: str
    booking_mode: BookingMode
    offers_service: bool
    capacity: int
    location: str
    managers: list[ManagerOut]
    prices: list[PriceOut]
    policy: PolicyOut
    networks: NetworksOut
    country: str
    source: str
    kind: str
    customs_supervised: bool
    customs_until: date | None
    carrier_kind: str
    carrier_name: str
    department: str
    technical: str
    functions: str
    subjects: list[str]
    funds: list[str]
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
    contact: str
    contact_phone: str
    contact_email: str
    is_sample: bool
    revision: int
    created_at: datetime
    changed_at: datetime


class InstrumentsOut(BaseModel):
    """A page of instruments."""

    items: list[InstrumentOut]
    total: int
    page: int
    per_page: int


class DatedOut(BaseModel):
    """A dated row: it holds from `valid_from` until the next of its kind and scope; `inherit` hands back to the wider
    scope. `standing` is how it stands today."""

    id: uuid.UUID
    valid_from: date
    inherit: bool
    source_document: str
    standing: Literal["coming", "now", "past", "withdrawn"]
    entered_at: datetime
    withdrawn_at: datetime | None


class EnteredOut(BaseModel):
    """The rows that were entered."""

    ids: list[uuid.UUID]
