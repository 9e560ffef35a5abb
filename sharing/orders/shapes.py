"""The shapes of the API's answers, for the OpenAPI document; made by `formats`."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from pydantic import BaseModel

from sharing.orders.rules import After, ContractKind, FileKind, Hazard, Side, Status


class Named(BaseModel):
    """A person by id and name."""

    id: uuid.UUID
    name: str


class OrderedFrom(BaseModel):
    """The instrument's code and name."""

    code: str
    name: str


class SlotOut(BaseModel):
    """`[start, end)`, +08:00."""

    start: datetime
    end: datetime


class OrderLineOut(BaseModel):
    """One line of a quote."""

    item: str
    quantity: str
    unit: str
    unit_price_fen: int
    amount_fen: int


class OrderQuoteOut(BaseModel):
    """One version of what the house offers."""

    version: int
    lines: list[OrderLineOut]
    amount_fen: int
    valid_until: datetime
    result_on: date | None
    note: str
    by: Named
    at: datetime


class OrderFileOut(BaseModel):
    """A file of an order; `delivery` counts the deliveries of results."""

    id: uuid.UUID
    kind: FileKind
    delivery: int
    name: str
    size: int
    sha256: str
    at: datetime
    url: str


class OrderContractOut(BaseModel):
    """The written contract; `registered` is false while it has no registration number."""

    kind: ContractKind
    registered: bool
    registration_no: str | None
    registered_on: date | None
    file_id: uuid.UUID
    at: datetime


class OrderLine(BaseModel):
    """A service order. `turn` is whose act is awaited, until `due_at`; `slot` the time that is laid for it."""

    id: uuid.UUID
    number: str
    status: Status
    turn: Side | None
    due_at: datetime | None
    instrument_id: uuid.UUID
    instrument: OrderedFrom
    customer: Named
    customer_institution: str | None
    research_group_id: uuid.UUID | None
    external: bool
    what: str
    samples: int
    nature: str
    hazards: list[Hazard]
    hazard_note: str
    wanted_on: date | None
    after: After
    return_to: str
    quote_version: int
    accepted_version: int | None
    amount_fen: int | None
    slot: SlotOut | None
    operator: Named | None
    booking_id: uuid.UUID | None
    note: str
    revision: int
    created_at: datetime
    changed_at: datetime
    received_at: datetime | None
    delivered_at: datetime | None
    closed_at: datetime | None


class OrderOut(OrderLine):
    """An order with its quotes, the newest first, its contract, the files that you may have, and what you may do."""

    quotes: list[OrderQuoteOut]
    contract: OrderContractOut | None
    files: list[OrderFileOut]
    allowed: list[str]


class OrdersOut(BaseModel):
    """A page of orders."""

    items: list[OrderLine]
    total: int
    page: int
    per_page: int
