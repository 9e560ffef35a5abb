"""Closed time as it is asked for, and what is chosen for the bookings that it hits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import MultiDict

from sharing.booking.forms.bookings import Paged
from sharing.booking.rules import MOST_DATES, BlockKind, Choice, Closing, Fate, Reach
from sharing.kernel.inputs import Day, EmptyIsNone, Input, Int, LocalMoment, Moment, parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan

LONGEST: Final = timedelta(days=366)
Reason = Annotated[str, Field(min_length=1, max_length=300)]
Kind = Literal["maintenance", "closure"]
CHOICE: Final = "choice-"  # before a booking's id: the names of the fields of a form
START: Final = "start-"


class HitIn(Input):
    """What becomes of one booking in the way. `start` is where a move goes; the length stays."""

    id: uuid.UUID
    action: Literal["move", "cancel", "keep"]
    start: Moment | None = None

    @model_validator(mode="after")
    def goes_somewhere(self) -> HitIn:
        if self.action == "move" and self.start is None:
            raise PydanticCustomError("missing", "a move needs its start")
        return self


class BlockChangeIn(Input):
    """A new span or reason of one date."""

    start: Moment
    end: Moment
    kind: Kind = "maintenance"
    reason: Reason
    bookings: Annotated[list[HitIn], Field(max_length=500)] = Field(default_factory=list)

    @model_validator(mode="after")
    def forwards(self) -> BlockChangeIn:
        if self.end <= self.start:
            raise PydanticCustomError("span_backwards", "the end lies before the start")
        if self.end - self.start > LONGEST:
            raise PydanticCustomError("span_too_long", "longer than a year")
        return self

    @property
    def span(self) -> TimeSpan:
        return TimeSpan(self.start, self.end)

    @property
    def choices(self) -> dict[uuid.UUID, Choice]:
        return {one.id: Choice(Fate(one.action), one.start) for one in self.bookings}


class BlockIn(BlockChangeIn):
    """Time to close; `repeat` is an RFC 5545 RRULE, `bookings` what becomes of each booking in the way."""

    instrument_id: uuid.UUID
    repeat: Annotated[str, Field(max_length=300)] = ""

    def command(self) -> Closing:
        return Closing(self.instrument_id, self.span, BlockKind(self.kind), self.reason, self.repeat)


class BlocksIn(Paged):
    """Which blocks; `from` and `to` bound what overlaps them."""

    instrument: uuid.UUID | None = None
    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None


class ReopenIn(Input):
    """Which dates of a series are meant."""

    which: Literal["this", "later", "all"] = "this"

    @property
    def reach(self) -> Reach:
        return Reach(self.which)


# --- the form of a page ----------------------------------------------------------------------------------------------


class _BlockForm(Input):
    start: LocalMoment
    end: LocalMoment
    kind: Kind = "maintenance"
    reason: Reason
    repeat: Literal["", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"] = ""
    times: Annotated[Int | None, Field(ge=2, le=MOST_DATES), EmptyIsNone] = None
    until: Annotated[Day | None, EmptyIsNone] = None


def closing(form: MultiDict[str, Any], instrument_id: uuid.UUID) -> Closing:
    """The form of closed time. Raises Refused: invalid-input, with every bad field."""
    given = parse(_BlockForm, form)
    if given.end <= given.start:
        raise Refused("invalid-input", fields=[{"field": "end", "message": _("结束时间须晚于开始时间")}])
    if given.end - given.start > LONGEST:
        raise Refused("invalid-input", fields=[{"field": "end", "message": _("时段太长")}])
    return Closing(
        instrument_id, TimeSpan(given.start, given.end), BlockKind(given.kind), given.reason, _rule(given)
    )


def _rule(given: _BlockForm) -> str:
    """The RRULE that the fields mean; empty for a single block."""
    if not given.repeat:
        return ""
    if given.times is not None:
        return f"FREQ={given.repeat};COUNT={given.times}"
    return f"FREQ={given.repeat}" + (f";UNTIL={given.until:%Y%m%d}" if given.until else "")


class _ChoiceForm(Input):
    fate: Literal["move", "cancel", "keep"]
    start: Annotated[LocalMoment | None, EmptyIsNone] = None


def chosen(form: Mapping[str, Any]) -> dict[uuid.UUID, Choice]:
    """What the preview asks for each booking. Raises Refused: bad-request, invalid-input."""
    found: dict[uuid.UUID, Choice] = {}
    for name, value in form.items():
        if name.startswith(CHOICE):
            try:
                key = uuid.UUID(name.removeprefix(CHOICE))
            except ValueError:
                raise Refused("bad-request") from None
            given = parse(_ChoiceForm, {"fate": value, "start": form.get(f"{START}{key}", "")})
            found[key] = Choice(Fate(given.fate), given.start)
    return found
