"""The tables of the slice as Core speaks of them, and the statement that reads whole orders."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, Select, and_, select

from sharing.booking.models import Booking
from sharing.booking.rules import VOID
from sharing.booking.rules import Status as BookingStatus
from sharing.kernel.db import table_of
from sharing.kernel.money import Money
from sharing.kernel.timespan import TimeSpan
from sharing.network.models import Institution
from sharing.orders.models import Contract, Order, OrderFile, Quote
from sharing.orders.rules import After, Hazard, OrderRow, Status
from sharing.people.models import ResearchGroup, User
from sharing.registry.models import Instrument

ORDER: Final = table_of(Order)
QUOTE: Final = table_of(Quote)
FILE: Final = table_of(OrderFile)
CONTRACT: Final = table_of(Contract)
BOOKING: Final = table_of(Booking)
INSTRUMENT: Final = table_of(Instrument)
CUSTOMER: Final = table_of(User)
OPERATOR: Final = CUSTOMER.alias("operator")
COMPANY: Final = table_of(Institution)
GROUP: Final = table_of(ResearchGroup)
GONE: Final = frozenset({*VOID, BookingStatus.NO_SHOW})
"""How a booking ends that took no time for its order."""
OPEN: Final = frozenset({BookingStatus.APPROVED.value, BookingStatus.IN_USE.value})

_LIVE: Final = and_(BOOKING.c.id == ORDER.c.booking_id, BOOKING.c.status.not_in([one.value for one in GONE]))
_ELSEWHERE: Final[dict[str, Any]] = {
    "instrument_code": INSTRUMENT.c.code,
    "instrument_name": INSTRUMENT.c.name,
    "instrument_name_en": INSTRUMENT.c.name_en,
    "instrument_location": INSTRUMENT.c.location,
    "instrument_status": INSTRUMENT.c.status,
    "instrument_zone_id": INSTRUMENT.c.zone_id,
    "customer_name": CUSTOMER.c.name,
    "customer_name_en": CUSTOMER.c.name_en,
    "customer_institution_name": COMPANY.c.name,
    "customer_institution_name_en": COMPANY.c.name_en,
    "group_name": GROUP.c.name,
    "group_name_en": GROUP.c.name_en,
    "operator_id": BOOKING.c.requester_id,
    "operator_name": OPERATOR.c.name,
    "operator_name_en": OPERATOR.c.name_en,
}
_MADE: Final = {"amount", "slot", "slot_gone", "slot_open", "told"}
_FIELDS: Final = tuple(name for name in OrderRow.__dataclass_fields__ if name not in _MADE)


def rows_of() -> Select[Any]:
    """The statement whose rows `row_of` makes into OrderRows; callers add conditions, order and bounds."""
    columns = [(_ELSEWHERE[name] if name in _ELSEWHERE else ORDER.c[name]).label(name) for name in _FIELDS]
    return (
        select(
            *columns,
            QUOTE.c.amount_fen,
            BOOKING.c.starts_at.label("starts_at"),
            BOOKING.c.ends_at.label("ends_at"),
            BOOKING.c.status.label("booking_status"),
            ORDER.c.slot_starts_at,
            ORDER.c.slot_ends_at,
        )
        .join_from(ORDER, INSTRUMENT, INSTRUMENT.c.id == ORDER.c.instrument_id)
        .join(CUSTOMER, CUSTOMER.c.id == ORDER.c.customer_id)
        .outerjoin(COMPANY, COMPANY.c.id == ORDER.c.customer_institution_id)
        .outerjoin(GROUP, GROUP.c.id == ORDER.c.group_id)
        .outerjoin(QUOTE, and_(QUOTE.c.order_id == ORDER.c.id, QUOTE.c.version == ORDER.c.quote_version))
        .outerjoin(BOOKING, _LIVE)
        .outerjoin(OPERATOR, OPERATOR.c.id == BOOKING.c.requester_id)
    )


def row_of(row: Row[Any]) -> OrderRow:
    """One row of that statement, made into the value that every reader gets."""
    values = dict(row._mapping)
    made = {name: values[name] for name in _FIELDS}
    made |= {
        "status": Status(made["status"]),
        "after": After(made["after"]),
        "hazards": tuple(Hazard(one) for one in made["hazards"] or ()),
    }
    return OrderRow(
        **made,
        amount=None if values["amount_fen"] is None else Money(values["amount_fen"]),
        slot=_span(values["starts_at"], values["ends_at"]),
        slot_gone=made["booking_id"] is not None and values["starts_at"] is None,
        slot_open=values["booking_status"] in OPEN,
        told=_span(values["slot_starts_at"], values["slot_ends_at"]),
    )


def _span(start: Any, end: Any) -> TimeSpan | None:
    return None if start is None else TimeSpan(start, end)
