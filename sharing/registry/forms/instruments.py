"""An instrument's fields, from a page or from a program, and the small changes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from sharing.kernel.inputs import Day, EmptyIsNone, Input, Int
from sharing.registry.rules import BookingMode, Status
from sharing.registry.rules.words import CARRIERS, FUNDS, KINDS, SHARE_MODES, SOURCES, USUAL_STATES

Text20 = Annotated[str, Field(max_length=20)]
Text40 = Annotated[str, Field(max_length=40)]
Text60 = Annotated[str, Field(max_length=60)]
Text80 = Annotated[str, Field(max_length=80)]
Text100 = Annotated[str, Field(max_length=100)]
Text150 = Annotated[str, Field(max_length=150)]
Text200 = Annotated[str, Field(max_length=200)]
Text300 = Annotated[str, Field(max_length=300)]
Text500 = Annotated[str, Field(max_length=500)]
Text2000 = Annotated[str, Field(max_length=2000)]


def _one_of(*words: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in words:
            raise PydanticCustomError("literal_error", "unknown", {"expected": ", ".join(words)})
        return value

    return AfterValidator(check)


def _all_of(*words: str) -> AfterValidator:
    def check(value: tuple[str, ...]) -> tuple[str, ...]:
        if not set(value) <= set(words):
            raise PydanticCustomError("literal_error", "unknown", {"expected": ", ".join(words)})
        return value

    return AfterValidator(check)


def _yuan(value: Any) -> Any:
    """What a form gives in 万元 with at most four places, as whole fen."""
    if not isinstance(value, str) or value == "":
        return value or None
    if not re.fullmatch(r"\d{1,9}(\.\d{1,4})?", value.replace(",", "")):
        raise PydanticCustomError("decimal_parsing", "a number in 10,000 yuan expected")
    whole, _dot, places = value.replace(",", "").partition(".")
    return int(whole) * 1_000_000 + int(places.ljust(4, "0")[:4]) * 100


def _code(value: Any) -> Any:
    """A code, or an object that holds one, as our own answers show it."""
    return value.get("code") if isinstance(value, Mapping) else value


Code = Annotated[str, BeforeValidator(_code), Field(min_length=1, max_length=40)]
MaybeText = Annotated[Text60 | None, EmptyIsNone]
MaybeDay = Annotated[Day | None, EmptyIsNone]
Subject = Annotated[str, Field(pattern=r"^\d{3}$")]


class InstrumentIn(Input):
    """An instrument's fields as JSON; names as our answers show them. Every one may be left out of a change."""

    code: Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] = ""
    name: Annotated[str, Field(min_length=1, max_length=100)] = ""
    name_en: Text100 = ""
    zone: Code = ""
    category: Code = ""
    status: Status = Status.IN_SERVICE
    status_reason: Text300 = ""
    booking_mode: BookingMode = BookingMode.APPROVAL
    offers_service: bool = False
    capacity: Annotated[Int, Field(ge=1, le=99)] = 1
    asset_no: MaybeText = None
    national_no: MaybeText = None
    serial_no: Annotated[Text80 | None, EmptyIsNone] = None
    original_value_fen: Annotated[Int, Field(ge=0, le=10**15)] | None = None
    manufacturer: Text100 = ""
    manufacturer_en: Text100 = ""
    model: Text100 = ""
    country: Text40 = ""
    commissioned_on: MaybeDay = None
    source: Annotated[str, _one_of(*SOURCES)] = SOURCES[0]
    kind: Annotated[str, _one_of(*KINDS)] = KINDS[0]
    customs_supervised: bool = False
    customs_until: MaybeDay = None
    carrier_kind: Annotated[str, _one_of(*CARRIERS)] = CARRIERS[0]
    carrier_name: Text100 = CARRIERS[0]
    department: Text100 = ""
    technical: Text500 = ""
    functions: Text300 = ""
    subjects: Annotated[tuple[Subject, ...], Field(max_length=4)] = ()
    funds: Annotated[tuple[str, ...], _all_of(*FUNDS), Field(max_length=4)] = ()
    service_content: Text200 = ""
    achievements: Text500 = ""
    open_rules: Text500 = ""
    fee_summary: Text500 = ""
    share_mode: Annotated[str, _one_of(*SHARE_MODES)] = SHARE_MODES[1]
    usual_state: Annotated[str, _one_of(*USUAL_STATES)] = USUAL_STATES[0]
    city: Text40 = ""
    county: Text40 = ""
    street: Text100 = ""
    postal_code: Annotated[str, Field(pattern=r"^(\d{6})?$")] = ""
    location: Text150 = ""
    contact: Text20 = ""
    contact_phone: Text20 = ""
    contact_email: Annotated[str, Field(max_length=50, pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")] = ""

    def values(self) -> dict[str, Any]:
        """What was given, as columns and codes."""
        given = self.model_dump(exclude_unset=True)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in given.items()}


class NewInstrumentIn(InstrumentIn):
    """A new instrument: whose it is, what it is called and what class it is of must be said."""

    institution: Code
    name: Annotated[str, Field(min_length=1, max_length=100)]
    category: Code


def _subjects(value: Any) -> Any:
    """`430, 150` typed in one field."""
    text = " ".join(value) if isinstance(value, list) else str(value)
    return [part for part in re.split(r"[\s,，、]+", text) if part]


class InstrumentForm(InstrumentIn):
    """The same from a page: the value in 万元, boxes that are left out when not ticked."""

    original_value_fen: Annotated[int | None, BeforeValidator(_yuan)] = None
    subjects: Annotated[tuple[Subject, ...], BeforeValidator(_subjects), Field(max_length=4)] = ()
    revision: Annotated[int, Field(ge=1)] = 1

    def changes(self) -> dict[str, Any]:
        """Every field of the form: a box or a list that is not sent was emptied."""
        given = self.values()
        given.pop("revision", None)
        return {"customs_supervised": False, "offers_service": False, "funds": [], "subjects": [], **given}


class NewInstrumentForm(InstrumentForm):
    """A new instrument from a page; an empty code asks for the next number."""

    institution: Code
    code: Annotated[str, Field(max_length=40, pattern=r"^([A-Za-z0-9][A-Za-z0-9._/-]*)?$")] = ""
    name: Annotated[str, Field(min_length=1, max_length=100)]
    category: Code


class StatusForm(Input):
    status: Status
    status_reason: Text300 = ""


class PictureForm(Input):
    caption: Text150 = ""


class DocumentForm(Input):
    title: Annotated[str, Field(min_length=1, max_length=150)]


class ManagersForm(Input):
    """User names or staff numbers, one a line or parted by spaces or commas."""

    managers: Text2000 = ""
    deputies: Text2000 = ""
    reason: Text300 = ""


def words_of(text: str) -> list[str]:
    """The words of a list typed by hand, each once."""
    return list(dict.fromkeys(part for part in re.split(r"[\s,，、;；]+", text) if part))
