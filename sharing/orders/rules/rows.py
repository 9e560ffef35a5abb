"""Orders as every reader gets them: frozen values, no table; and who may know of what."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sharing.kernel.money import Money
from sharing.kernel.timespan import TimeSpan, at_shanghai, shanghai_day
from sharing.orders.rules.status import SIDES, TRANSITIONS, Action, Side, Status, turn
from sharing.orders.rules.words import After, ContractKind, FileKind, Hazard, Terms
from sharing.people.rules import Actor, Role, ScopeKind, ScopePath


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order with the names that a line of a list shows.

    external          the customer is another legal entity than the instrument's owner: a written contract is needed
    quote_version     of the quote that stands; 0 before the first. accepted_version: the one that was agreed
    due_at            until when whoever's turn it is should act
    slot, operator    of the booking that is laid for it, unless it came to nothing (`slot_gone`)
    slot_open         the booking is still to come or runs
    told              the slot as both sides were told of it last
    """

    id: uuid.UUID
    number: str
    zone_code: str
    instrument_id: uuid.UUID
    instrument_code: str
    instrument_name: str
    instrument_name_en: str
    instrument_location: str
    instrument_status: str
    instrument_zone_id: uuid.UUID
    institution_id: uuid.UUID
    customer_id: uuid.UUID
    customer_name: str
    customer_name_en: str
    customer_institution_id: uuid.UUID | None
    customer_institution_name: str | None
    customer_institution_name_en: str | None
    group_id: uuid.UUID | None
    group_name: str | None
    group_name_en: str | None
    external: bool
    what: str
    samples: int
    nature: str
    hazards: tuple[Hazard, ...]
    hazard_note: str
    wanted_on: date | None
    after: After
    return_to: str
    status: Status
    revision: int
    quote_version: int
    accepted_version: int | None
    amount: Money | None
    booking_id: uuid.UUID | None
    slot: TimeSpan | None
    slot_gone: bool
    slot_open: bool
    operator_id: uuid.UUID | None
    operator_name: str | None
    operator_name_en: str | None
    told: TimeSpan | None
    due_at: datetime | None
    created_at: datetime
    changed_at: datetime
    received_at: datetime | None
    delivered_at: datetime | None
    closed_at: datetime | None
    end_note: str

    @property
    def path(self) -> ScopePath:
        """Where it lies for those who run the instrument."""
        return ScopePath(
            zone_id=self.instrument_zone_id,
            institution_id=self.institution_id,
            instrument_id=self.instrument_id,
        )

    @property
    def turn(self) -> Side | None:
        """Who acts next."""
        return turn(self.status)

    @property
    def due_on(self) -> date | None:
        """The last day for it, where the deadline is the end of a day."""
        if self.due_at is None or self.due_at != at_shanghai(shanghai_day(self.due_at)):
            return None
        return shanghai_day(self.due_at - timedelta(microseconds=1))

    def overdue(self, now: datetime) -> bool:
        return self.turn is not None and self.due_at is not None and self.due_at <= now


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One version of the quote."""

    order_id: uuid.UUID
    version: int
    terms: Terms
    by_id: uuid.UUID
    by_name: str
    by_name_en: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of an order; `delivery` counts the deliveries of results from 1."""

    id: uuid.UUID
    order_id: uuid.UUID
    kind: FileKind
    delivery: int
    name: str
    sha256: str
    size: int
    by_id: uuid.UUID
    at: datetime

    @property
    def kilobytes(self) -> int:
        return -(-self.size // 1024)


@dataclass(frozen=True, slots=True)
class ContractRow:
    """The contract as it was last recorded."""

    order_id: uuid.UUID
    version: int
    kind: ContractKind
    file_id: uuid.UUID
    registration_no: str
    registered_on: date | None
    by_id: uuid.UUID
    at: datetime

    @property
    def registered(self) -> bool:
        return bool(self.registration_no)


def sides(row: OrderRow, by: Actor) -> frozenset[Side]:
    """For whom she acts: the customer herself, her company's administrator or the head who pays; the instrument's
    managers. Nobody for an auditor."""
    home = row.customer_institution_id
    customer = (
        row.customer_id == by.user_id
        or (home is not None and by.holds(Role.ENTERPRISE_ADMIN, ScopeKind.INSTITUTION, home))
        or (row.group_id is not None and by.holds(Role.HEAD, ScopeKind.GROUP, row.group_id))
    )
    house = by.may("order.manage", row.path)
    return frozenset(side for side, hers in ((Side.CUSTOMER, customer), (Side.HOUSE, house)) if hers)


def readable(row: OrderRow, by: Actor) -> bool:
    """Whether she may know of an order: the two parties, and those who oversee the house."""
    return bool(sides(row, by)) or by.may("order.read-all", row.path)


def may(row: OrderRow, by: Actor) -> frozenset[Action]:
    """What she may do now; for the buttons of a page."""
    if by.read_only:
        return frozenset()
    hers = sides(row, by)
    return frozenset(
        action for action, side in SIDES.items() if side in hers and (row.status, action) in TRANSITIONS
    )


def lacking(row: OrderRow, contract: ContractRow | None) -> list[str]:
    """What must be there before time is laid: of an outside customer, the written contract (DOMAIN 4.1.2)."""
    return ["contract"] if row.external and contract is None else []


def chargeable(row: OrderRow, contract: ContractRow | None, files: Sequence[FileRow]) -> bool:
    """Whether it may be charged: the contract where one is needed, a result, and the customer's acceptance."""
    result = any(one.kind is FileKind.RESULT for one in files)
    return row.status is Status.DONE and result and not lacking(row, contract)
