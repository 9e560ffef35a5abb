"""What a head types on the page of her group: a card, a leave in advance, a member; amounts in yuan, time in hours."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from sharing.funds.rules import Leave, NewCard
from sharing.kernel.inputs import Day, EmptyIsNone, Input

MOST_YUAN: Final = Decimal(100_000_000)
MOST_HOURS: Final = Decimal(744)
CODES = re.compile(r"[\s,，、;；]+")


def _decimal(value: Any, most: Decimal, factor: int) -> Any:
    """Text such as `1,250.50` to whole hundredths (of a yuan) or minutes (of an hour), exactly."""
    if value is None or value == "":
        return None
    try:
        given = Decimal(str(value).replace(",", "").replace("，", "")) * factor
    except InvalidOperation:
        raise PydanticCustomError("int_parsing", "a number expected") from None
    if not given.is_finite() or given != given.to_integral_value() or not 0 < given <= most * factor:
        raise PydanticCustomError("int_parsing", "a number expected")
    return int(given)


Yuan = Annotated[int | None, BeforeValidator(lambda value: _decimal(value, MOST_YUAN, 100))]
"""Typed in yuan, kept in fen; empty is no limit."""
Hours = Annotated[int | None, BeforeValidator(lambda value: _decimal(value, MOST_HOURS, 60))]
"""Typed in hours, kept in minutes; empty is no limit."""


class CardForm(Input):
    """A card to add; `last_on` is the last day on which it pays."""

    number: Annotated[str, Field(min_length=1, max_length=60)]
    name: Annotated[str, Field(min_length=1, max_length=150)]
    last_on: Annotated[Day | None, EmptyIsNone] = None

    def card(self, group_id: uuid.UUID) -> NewCard:
        return NewCard(group_id, self.number, self.name, _day_after(self.last_on))


class LeaveForm(Input):
    """Leave to give in advance; `last_on` is the last day on which it holds, `codes` the instruments it is for."""

    member_id: uuid.UUID
    card_id: Annotated[uuid.UUID | None, EmptyIsNone] = None
    month_yuan: Yuan = None
    month_hours: Hours = None
    last_on: Annotated[Day | None, EmptyIsNone] = None
    codes: Annotated[str, Field(max_length=2000)] = ""

    @property
    def instrument_codes(self) -> list[str]:
        """The codes typed, once each, empty for every instrument."""
        return list(dict.fromkeys(code for code in CODES.split(self.codes) if code))

    def leave(self, group_id: uuid.UUID, instruments: tuple[uuid.UUID, ...], today: date) -> Leave:
        return Leave(
            group_id=group_id,
            member_id=self.member_id,
            starts_on=today,
            ends_on=_day_after(self.last_on),
            card_id=self.card_id,
            month_fen=self.month_yuan,
            month_minutes=self.month_hours,
            instruments=instruments,
        )


class MemberForm(Input):
    """A person to take into the group, by staff number or user name."""

    who: Annotated[str, Field(min_length=1, max_length=60)]


def _day_after(day: date | None) -> date | None:
    return None if day is None else day + timedelta(days=1)
