"""A page's form or an API's body to one command value; every bad field is reported at once."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import FileStorage, MultiDict

from sharing.kernel.inputs import Day, EmptyIsNone, Input, Int, LocalMoment, Moment, parse
from sharing.kernel.language import _
from sharing.kernel.money import Money
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, at_shanghai
from sharing.orders.rules import After, Ask, Contract, ContractKind, Hazard, Line, Side, Status, Terms
from sharing.orders.service import Sent

MOST_LINES: Final = 20
MOST_FEN: Final = 10**12
LONGEST: Final = timedelta(days=92)
QUANTITY: Final = re.compile(r"\d{1,6}(\.\d{1,2})?")
YUAN: Final = re.compile(r"\d{1,9}(\.\d{1,2})?")

MaybeDay = Annotated[Day | None, EmptyIsNone]
Note = Annotated[str, Field(max_length=1000)]


def _exact(value: Any) -> Any:
    """A number with at most two places, kept as it is written."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not QUANTITY.fullmatch(text):
        raise PydanticCustomError("decimal_max_places", "a number with two places at most expected")
    return text


def _some(value: str) -> str:
    if Fraction(value) == 0:
        raise PydanticCustomError("greater_than", "more than nothing", {"gt": 0})
    return value


Binary = Annotated[bytes, Field(json_schema_extra={"format": "binary"})]
Quantity = Annotated[str, BeforeValidator(_exact), AfterValidator(_some)]


# --- asking ----------------------------------------------------------------------------------------------------------


class AskFields(Input):
    """What is to be tested; no hazard named means that the samples are said to be harmless."""

    what: Annotated[str, Field(min_length=1, max_length=2000)]
    samples: Annotated[Int, Field(ge=1, le=100_000)]
    nature: Annotated[str, Field(min_length=1, max_length=1000)]
    hazards: Annotated[list[Hazard], Field(max_length=9)] = Field(default_factory=list)
    hazard_note: Annotated[str, Field(max_length=500)] = ""
    wanted_on: MaybeDay = None
    after: After = After.DISPOSE
    return_to: Annotated[str, Field(max_length=300)] = ""

    def ask(self, instrument_id: uuid.UUID, group_id: uuid.UUID | None) -> Ask:
        return Ask(
            instrument_id=instrument_id,
            what=self.what,
            samples=self.samples,
            nature=self.nature,
            hazards=tuple(dict.fromkeys(self.hazards)),
            hazard_note=self.hazard_note,
            wanted_on=self.wanted_on,
            after=self.after,
            return_to=self.return_to,
            group_id=group_id,
        )


class OrderIn(AskFields):
    """A service order for an instrument; `research_group_id` pays, where the customer has several."""

    instrument_id: uuid.UUID
    research_group_id: uuid.UUID | None = None

    def command(self) -> Ask:
        return self.ask(self.instrument_id, self.research_group_id)


class _AskForm(AskFields):
    group_id: Annotated[uuid.UUID | None, EmptyIsNone] = None

    @model_validator(mode="after")
    def goes_back_somewhere(self) -> _AskForm:
        if self.after is After.RETURN and not self.return_to:
            raise PydanticCustomError("missing", "where to")
        return self


def asked(form: MultiDict[str, Any], instrument_id: uuid.UUID) -> Ask:
    """The form of an order. Raises Refused: invalid-input, with every bad field."""
    try:
        given = parse(_AskForm, form)
    except Refused as no:
        for one in no.facts.get("fields", ()):
            if one["field"] == "":
                one |= {"field": "return_to", "message": _("请写明退回的地址和收件人")}
        raise
    return given.ask(instrument_id, given.group_id)


# --- quoting ---------------------------------------------------------------------------------------------------------


class LineIn(Input):
    """One line of a quote; `quantity` with two places at most."""

    item: Annotated[str, Field(min_length=1, max_length=100)]
    quantity: Quantity
    unit: Annotated[str, Field(max_length=20)] = ""
    unit_price_fen: Annotated[Int, Field(ge=0, le=MOST_FEN)]

    def line(self) -> Line:
        return Line(self.item, Fraction(self.quantity), self.unit, Money(self.unit_price_fen))


class QuoteIn(Input):
    """What the house offers. `revision`: the order's as it was read; a quote that came in between refuses this one."""

    revision: Annotated[Int, Field(ge=1)]
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=MOST_LINES)]
    valid_until: Moment
    result_on: Day | None = None
    note: Note = ""

    def terms(self) -> Terms:
        lines = tuple(one.line() for one in self.lines)
        return Terms(lines, self.valid_until, self.result_on, self.note)


class _QuoteForm(Input):
    revision: Annotated[int, Field(ge=1)]
    valid_on: Day
    result_on: MaybeDay = None
    note: Note = ""


COLUMNS: Final = ("item", "quantity", "unit", "price")


def typed_lines(form: MultiDict[str, Any]) -> list[dict[str, str]]:
    """The rows of the form as typed, empty ones left out."""
    columns = [form.getlist(name) for name in COLUMNS]
    rows = (
        dict(zip(COLUMNS, (str(part).strip() for part in row), strict=True))
        for row in zip(*columns, strict=False)
    )
    return [row for row in rows if row["item"] or row["price"]][:MOST_LINES]


def quoted(form: MultiDict[str, Any]) -> tuple[Terms, int]:
    """The form of a quote, and the revision it was written on. A day holds until its end.

    Raises Refused: invalid-input, with every bad field; a bad line is named by its number.
    """
    given = parse(_QuoteForm, form)
    rows = typed_lines(form)
    if not rows:
        raise Refused("invalid-input", fields=[{"field": "lines", "message": _("至少写一个收费项目")}])
    wrong = [number for number, row in enumerate(rows, 1) if not _readable(row)]
    if wrong:
        said = _("、").join(str(number) for number in wrong)
        message = _("第 %(rows)s 行看不懂：数量最多两位小数，单价以元计、最多两位小数", rows=said)
        raise Refused("invalid-input", fields=[{"field": "lines", "message": message}])
    lines = tuple(
        Line(row["item"], Fraction(row["quantity"]), row["unit"][:20], Money(_fen(row["price"])))
        for row in rows
    )
    return Terms(
        lines, at_shanghai(given.valid_on + timedelta(days=1)), given.result_on, given.note
    ), given.revision


def _readable(row: dict[str, str]) -> bool:
    amounts = QUANTITY.fullmatch(row["quantity"]) and YUAN.fullmatch(row["price"].replace(",", ""))
    return bool(row["item"]) and len(row["item"]) <= 100 and bool(amounts) and Fraction(row["quantity"]) > 0


def _fen(yuan: str) -> int:
    whole, _dot, places = yuan.replace(",", "").partition(".")
    return int(whole) * 100 + int(places.ljust(2, "0") or 0)


class AcceptIn(Input):
    """The version of the quote that was read."""

    version: Annotated[Int, Field(ge=1)]


class NoteIn(Input):
    """What is said with a step."""

    note: Note = ""


# --- doing -----------------------------------------------------------------------------------------------------------


class ScheduleIn(Input):
    """The slot, and who of the house operates."""

    start: Moment
    end: Moment
    operator_id: uuid.UUID

    @field_validator("end")
    @classmethod
    def forwards(cls, end: datetime, given: ValidationInfo) -> datetime:
        return _forwards(end, given.data.get("start"))

    @property
    def span(self) -> TimeSpan:
        return TimeSpan(self.start, self.end)


class ScheduleForm(ScheduleIn):
    """The same from a page, in Shanghai time."""

    start: LocalMoment
    end: LocalMoment


def _forwards(end: datetime, start: datetime | None) -> datetime:
    if start is not None and end <= start:
        raise PydanticCustomError("span_backwards", "the end lies before the start")
    if start is not None and end - start > LONGEST:
        raise PydanticCustomError("span_too_long", "longer than any booking")
    return end


class ContractIn(Input):
    """The written contract; without a registration number it is not registered (未登记)."""

    kind: ContractKind = ContractKind.SERVICE
    registration_no: Annotated[str, Field(max_length=60)] = ""
    registered_on: MaybeDay = None

    @field_validator("registered_on")
    @classmethod
    def both_or_neither(cls, day: date | None, given: ValidationInfo) -> date | None:
        if bool(given.data.get("registration_no")) != (day is not None):
            raise PydanticCustomError("missing", "a number and its day belong together")
        return day

    def contract(self) -> Contract:
        return Contract(self.kind, self.registration_no, self.registered_on)


class ContractUpload(ContractIn):
    """With the signed file, which may be left out when one is there already."""

    file: Binary | None = None


class FilesUpload(Input):
    """One or more files under the name `files`, and what is said with them."""

    files: list[Binary]
    note: Note = ""


def sent_files(given: Sequence[FileStorage]) -> list[Sent]:
    """What was chosen; a field left empty sends a file without a name."""
    return [Sent(one.filename, one.stream.read()) for one in given if one.filename]


# --- lists -----------------------------------------------------------------------------------------------------------


class OrdersIn(Input):
    """Which orders. `side` narrows to those in which you are the customer, or run the instrument; with it
    `waiting=true` to those in which it is that side's turn."""

    side: Side | None = None
    waiting: bool = False
    status: list[Status] = Field(default_factory=list)
    instrument: uuid.UUID | None = None
    q: Annotated[str, Field(max_length=100)] = ""
    page: Annotated[Int, Field(ge=1, le=100_000)] = 1
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE


class FiltersIn(Input):
    """What the address of a list says: which orders, words to look for, the page."""

    show: Literal["waiting", "open", "over", "all"] = "open"
    q: Annotated[str, Field(max_length=100)] = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
