"""What administrators type about zones and institutions, and what callers ask of the API, to checked values."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from sharing.kernel.inputs import Day, EmptyIsNone, Input, Int
from sharing.kernel.language import _
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE
from sharing.kernel.refusals import Refused
from sharing.network import queries


class YearAsked(Input):
    """Which year's list."""

    year: Annotated[Annotated[int, Field(ge=2000, lt=2100)] | None, EmptyIsNone] = None


class Paged(Input):
    """Which page of a list, and how long it is."""

    page: Annotated[Int, Field(ge=1, le=1_000_000)] = (
        1  # no list is longer, and no database counts as far as people type
    )
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE


class InstitutionsAsked(Paged):
    """Which institutions; `zone` is a zone's code."""

    zone: str | None = None
    kind: Literal["university", "institute", "hospital", "agency"] | None = None


class CategoriesAsked(Paged):
    """Which categories; the newest code set when none is named."""

    code_set: str | None = None
    parent: str | None = None
    level: Annotated[Int, Field(ge=1, le=3)] | None = None


# --- zones and institutions ------------------------------------------------------------------------------------------

KINDS = ("university", "institute", "hospital", "agency", "enterprise")
Source = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Kind = Literal["university", "institute", "hospital", "agency", "enterprise"]
Prefecture = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]


class ZoneEdit(Input):
    """What may change of a zone. `places`: prefecture codes (GB/T 2260); whichever zone had one gives it up."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    name_en: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    position: Annotated[Int, Field(ge=0, le=999)] = 8
    places: Annotated[list[Prefecture], Field(max_length=40, default_factory=list)]
    source_document: Source


class ZoneForm(ZoneEdit):
    """A new zone: `code` stands in addresses, `number_prefix` begins its bookings' numbers; both stay for good."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,38}$")]
    number_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}$")]


class InstitutionEdit(Input):
    """What an institution says of itself."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=150)]
    name_en: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    kind: Kind
    uscc: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$")] | None, EmptyIsNone
    ] = None
    address: Annotated[Annotated[str, StringConstraints(max_length=200)] | None, EmptyIsNone] = None
    phone: Annotated[Annotated[str, StringConstraints(max_length=30)] | None, EmptyIsNone] = None


class InstitutionForm(InstitutionEdit):
    """An institution that joins, in the zone of this code, from a day on, by a document."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{1,19}$")]
    zone: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    joined_on: Annotated[Day | None, EmptyIsNone] = None
    source_document: Source


class MoveForm(Input):
    """The zone, by its code, that an institution belongs to from now on."""

    zone: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class CloseForm(Input):
    """Why an institution leaves, and by which document."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    source_document: Source


class HousesQuery(Paged):
    """Which institutions an administrator lists."""

    q: Annotated[str, StringConstraints(max_length=60)] = ""
    kind: Literal["", "university", "institute", "hospital", "agency", "enterprise"] = ""
    zone: Annotated[str, StringConstraints(max_length=40)] = ""
    state: Literal["open", "closed"] = "open"


def zone_id_of(code: str) -> uuid.UUID:
    """Raises Refused: invalid-input (no such zone)."""
    found = queries.zone(code)
    if found is None:
        raise Refused("invalid-input", fields=[{"field": "zone", "message": _("没有这个子平台")}])
    return found.id


def institution_values(given: InstitutionForm, today: date) -> dict[str, Any]:
    """A new institution's columns. Raises Refused: invalid-input (no such zone)."""
    values = given.model_dump(exclude={"zone"}) | {"zone_id": zone_id_of(given.zone)}
    return values | {"joined_on": given.joined_on or today}


# --- notices, and leave to act in an institution's stead -------------------------------------------------------------


class NoticeForm(Input):
    """A notice; `last_on` is the last day that it is shown, none: until it is withdrawn."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=150)]
    title_en: Annotated[str, StringConstraints(max_length=200)] = ""
    body: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    body_en: Annotated[str, StringConstraints(max_length=4000)] = ""
    starts_on: Day
    last_on: Annotated[Day | None, EmptyIsNone] = None

    def values(self) -> dict[str, Any]:
        """As columns: a day is in, the end is out."""
        values = self.model_dump(exclude={"last_on", "scope"})
        return values | {"ends_on": self.last_on + timedelta(days=1) if self.last_on else None}


class NewNoticeForm(NoticeForm):
    """`scope`: whom it is for, `network`, `zone:kunming` or `institution:YLU`."""

    scope: Annotated[str, StringConstraints(pattern=r"^(network|(zone|institution):\S{1,60})$")]

    def place(self) -> dict[str, uuid.UUID | None]:
        """The node, and the house of it. Raises Refused: invalid-input (there is no such)."""
        kind, _colon, of = self.scope.partition(":")
        house = queries.institution_by_code(of) if kind == "institution" else None
        if kind == "institution" and house:
            return {"zone_id": house.zone_id, "institution_id": house.id}
        node = next((row for row in queries.zones() if row.is_province), None) if kind == "network" else None
        node = node or (queries.zone(of) if kind == "zone" else None)
        if node is None:
            raise Refused(
                "invalid-input",
                fields=[{"field": "scope", "message": _("没有这个范围：%(said)s", said=self.scope)}],
            )
        return {"zone_id": node.id, "institution_id": None}


class MandateForm(Input):
    """From when until when an institution lets its zone register instruments in its stead, by which document."""

    starts_on: Day
    last_on: Annotated[Day | None, EmptyIsNone] = None
    source_document: Source

    def values(self) -> dict[str, Any]:
        """As `service.give_mandate` takes them: a day is in, the end is out."""
        ends_on = self.last_on + timedelta(days=1) if self.last_on else None
        return {"starts_on": self.starts_on, "ends_on": ends_on, "source_document": self.source_document}


# --- categories of instruments ---------------------------------------------------------------------------------------

Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_\-]{0,38}$")]


class CategoryForm(Input):
    """What holds of a category from a day on: `add` it, `rename` it, or `end` it, which deletes nothing. `code_set`
    is a version, the one in force where none is named. `aliases`: what people search by, with spaces between."""

    act: Literal["add", "rename", "end"]
    code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    name: Annotated[str, StringConstraints(max_length=100)] = ""
    name_en: Annotated[str, StringConstraints(max_length=150)] = ""
    aliases: Annotated[str, StringConstraints(max_length=300)] = ""
    valid_from: date
    source_document: Source
    code_set: Version | Literal[""] = ""


class CodeSetForm(Input):
    """A version of the code set from a day on; it begins as a copy of the categories in force."""

    version: Version
    name: Annotated[str, StringConstraints(min_length=1, max_length=150)]
    valid_from: date
    source_document: Source


class ReasonForm(Input):
    """Why something that was entered is taken back."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=300)]
