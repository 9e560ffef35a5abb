"""What the province's administrator types about working days, and what callers ask of the API, to checked values."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sharing.kernel.inputs import EmptyIsNone, Input, Int
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE


class CalendarDayForm(Input):
    """A day of the State Council's list; `kind` empty takes it out of the list."""

    day: Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]
    kind: Annotated[Literal["holiday", "workday"] | None, EmptyIsNone] = None
    name: Annotated[str, StringConstraints(max_length=60)] = ""
    name_en: Annotated[str, StringConstraints(max_length=60)] = ""
    source_document: Annotated[str, StringConstraints(min_length=1, max_length=300)]


class YearAsked(Input):
    """Which year's list."""

    year: Annotated[Annotated[int, Field(ge=2000, lt=2100)] | None, EmptyIsNone] = None


class Paged(Input):
    """Which page of a list, and how long it is."""

    page: Annotated[Int, Field(ge=1)] = 1
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE


class InstitutionsAsked(Paged):
    """Which institutions; `zone` is a zone's code."""

    zone: str | None = None
    kind: Literal["university", "institute", "hospital", "agency", "enterprise"] | None = None


class CategoriesAsked(Paged):
    """Which categories; the newest code set when none is named."""

    code_set: str | None = None
    parent: str | None = None
    level: Annotated[Int, Field(ge=1, le=3)] | None = None
