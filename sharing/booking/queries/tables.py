"""The tables of the slice as Core speaks of them, and the statement that reads whole bookings."""

from __future__ import annotations

import uuid
from typing import Any, Final

from sqlalchemy import Row, Select, and_, select

from sharing.booking.models import Answer, Block, Booking, Calendar, Change, Outside, Slot
from sharing.booking.rules import BookingRow, ChangeRow, Status
from sharing.kernel.db import table_of
from sharing.kernel.money import Money
from sharing.kernel.timespan import TimeSpan
from sharing.people.models import ResearchGroup, User
from sharing.registry.models import Instrument, Question

BOOKING: Final = table_of(Booking)
SLOT: Final = table_of(Slot)
CALENDAR: Final = table_of(Calendar)
CHANGE: Final = table_of(Change)
ANSWER: Final = table_of(Answer)
BLOCK: Final = table_of(Block)
OUTSIDE: Final = table_of(Outside)
INSTRUMENT: Final = table_of(Instrument)
QUESTION: Final = table_of(Question)
PERSON: Final = table_of(User)
GROUP: Final = table_of(ResearchGroup)

_BOOKER: Final = PERSON.alias("booker")
_ELSEWHERE: Final[dict[str, Any]] = {
    "instrument_code": INSTRUMENT.c.code,
    "instrument_name": INSTRUMENT.c.name,
    "instrument_name_en": INSTRUMENT.c.name_en,
    "instrument_location": INSTRUMENT.c.location,
    "instrument_zone_id": INSTRUMENT.c.zone_id,
    "requester_name": PERSON.c.name,
    "requester_name_en": PERSON.c.name_en,
    "booked_by_name": _BOOKER.c.name,
    "booked_by_name_en": _BOOKER.c.name_en,
    "group_name": GROUP.c.name,
    "group_name_en": GROUP.c.name_en,
}
_OTHER: Final = INSTRUMENT.alias("other")  # where a pending change would go
_HEIR: Final = PERSON.alias("heir")  # to whom
_FIELDS: Final = tuple(
    name for name in BookingRow.__dataclass_fields__ if name not in {"span", "amount", "change"}
)
_CHANGE: Final = (
    "id",
    "instrument_id",
    "starts_at",
    "ends_at",
    "position",
    "amount_fen",
    "asked_by",
    "created_at",
    "proposed",
    "due_at",
    "note",
    "to_id",
    "group_id",
)


_ROWS: Final[Select[Any]] = (
    select(
        *((_ELSEWHERE[name] if name in _ELSEWHERE else BOOKING.c[name]).label(name) for name in _FIELDS),
        BOOKING.c.starts_at,
        BOOKING.c.ends_at,
        BOOKING.c.amount_fen,
        *(CHANGE.c[name].label(f"change_{name}") for name in _CHANGE),
        _OTHER.c.name.label("change_name"),
        _OTHER.c.name_en.label("change_name_en"),
        _HEIR.c.name.label("change_to_name"),
        _HEIR.c.name_en.label("change_to_name_en"),
    )
    .join_from(BOOKING, INSTRUMENT, INSTRUMENT.c.id == BOOKING.c.instrument_id)
    .join(PERSON, PERSON.c.id == BOOKING.c.requester_id)
    .outerjoin(_BOOKER, _BOOKER.c.id == BOOKING.c.booked_by_id)
    .outerjoin(GROUP, GROUP.c.id == BOOKING.c.group_id)
    .outerjoin(CHANGE, and_(CHANGE.c.booking_id == BOOKING.c.id, CHANGE.c.state == "pending"))
    .outerjoin(_OTHER, _OTHER.c.id == CHANGE.c.instrument_id)
    .outerjoin(_HEIR, _HEIR.c.id == CHANGE.c.to_id)
)


def rows_of() -> Select[Any]:
    """The statement whose rows `row_of` makes into BookingRows; callers add conditions, order and bounds."""
    return _ROWS


def row_of(row: Row[Any]) -> BookingRow:
    """One row of that statement, made into the value that every reader gets."""
    values = dict(row._mapping)
    made = {name: values[name] for name in _FIELDS}
    made |= {
        "status": Status(made["status"]),
        "attendees": tuple(made["attendees"] or ()),
        "exempt_from": tuple(made["exempt_from"] or ()),
    }
    return BookingRow(
        **made,
        span=TimeSpan(values["starts_at"], values["ends_at"]),
        amount=Money(values["amount_fen"]),
        change=_change(values),
    )


def _change(values: dict[str, Any]) -> ChangeRow | None:
    if values["change_id"] is None:
        return None
    change_id: uuid.UUID = values["change_id"]
    return ChangeRow(
        id=change_id,
        booking_id=values["id"],
        instrument_id=values["change_instrument_id"],
        instrument_name=values["change_name"],
        instrument_name_en=values["change_name_en"],
        span=TimeSpan(values["change_starts_at"], values["change_ends_at"]),
        position=values["change_position"],
        amount=Money(values["change_amount_fen"]),
        asked_by=values["change_asked_by"],
        created_at=values["change_created_at"],
        proposed=values["change_proposed"],
        due_at=values["change_due_at"],
        note=values["change_note"],
        to_id=values["change_to_id"],
        to_name=values["change_to_name"],
        to_name_en=values["change_to_name_en"],
        group_id=values["change_group_id"],
    )
