"""What is asked of the catalogue, from an address or from a program."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import MultiDict

from sharing.kernel.inputs import EmptyIsNone, Input, Int, LocalMoment, parse
from sharing.kernel.language import _
from sharing.kernel.paging import MOST_PER_PAGE
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.registry.rules import Audience, BookingMode, Status
from sharing.registry.rules.search import SORTS, Search

LONGEST_WINDOW: Final = timedelta(days=31)


def _several(value: Any) -> Any:
    """`zone=a&zone=b` and `zone=a,b` alike; an empty text is no value."""
    values = value if isinstance(value, list) else [value]
    return [part.strip() for one in values for part in str(one).split(",") if part.strip()]


def _sort(value: str) -> str:
    if value and value not in SORTS:
        raise PydanticCustomError("literal_error", "unknown", {"expected": ", ".join(SORTS)})
    return value


Several = Annotated[tuple[str, ...], BeforeValidator(_several), Field(max_length=50)]
MaybeMoment = Annotated[LocalMoment | None, EmptyIsNone]


class SearchIn(Input):
    """The query of a catalogue: words, facets, a window of free time, sort and page."""

    q: Annotated[str, Field(max_length=200)] = ""
    zone: Several = ()
    institution: Several = ()
    category: Several = ()
    subject: Several = ()
    price: Several = ()
    audience: Annotated[Audience | None, EmptyIsNone] = None
    mode: Annotated[tuple[BookingMode, ...], BeforeValidator(_several)] = ()
    status: Annotated[tuple[Status, ...], BeforeValidator(_several)] = ()
    min_value_fen: Annotated[Annotated[Int, Field(ge=0, le=10**15)] | None, EmptyIsNone] = None
    free_from: MaybeMoment = None
    free_to: MaybeMoment = None
    sort: Annotated[str, AfterValidator(_sort)] = ""
    page: Annotated[Int, Field(ge=1, le=100_000)] = 1
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = 50

    @property
    def window(self) -> TimeSpan | None:
        """The window in which something must be free. Raises Refused: invalid-input when it is none."""
        if self.free_from is None and self.free_to is None:
            return None
        field = "free_to" if self.free_to is None or self.free_from else "free_from"
        if self.free_from is None or self.free_to is None or self.free_to <= self.free_from:
            raise _wrong(field, _("空闲时段须有开始和结束，结束晚于开始"))
        if self.free_to - self.free_from > LONGEST_WINDOW:
            raise _wrong(field, _("空闲时段最长 31 天"))
        return TimeSpan(self.free_from, self.free_to)

    def search(self) -> Search:
        return Search(
            q=self.q,
            zones=self.zone,
            institutions=self.institution,
            categories=self.category,
            subjects=self.subject,
            modes=self.mode,
            statuses=self.status,
            audience=self.audience,
            min_value_fen=self.min_value_fen,
            sort=self.sort,
            page=self.page,
            per_page=self.per_page,
        )


def search(args: MultiDict[str, str], *, per_page: int) -> SearchIn:
    """The query of a page: what cannot be read in an address that was sent around is left out, never refused."""
    kept: MultiDict[str, str] = MultiDict(list(args.items(multi=True)))
    kept["per_page"] = str(per_page)
    try:
        asked = parse(SearchIn, kept)
    except Refused as no:
        for field in no.facts["fields"]:
            kept.poplist(field["field"].partition(".")[0])
        kept["per_page"] = str(per_page)
        asked = parse(SearchIn, kept)
    try:
        _window = asked.window
    except Refused:
        return asked.model_copy(update={"free_from": None, "free_to": None})
    return asked


def compared(args: MultiDict[str, str]) -> list[uuid.UUID]:
    """The instruments that an address wants side by side, each once; what is no key is left out."""
    found: list[uuid.UUID] = []
    for value in args.getlist("id"):
        with suppress(ValueError):
            found.append(uuid.UUID(value))
    return list(dict.fromkeys(found))


def _wrong(field: str, message: str) -> Refused:
    return Refused("invalid-input", fields=[{"field": field, "message": message}])
