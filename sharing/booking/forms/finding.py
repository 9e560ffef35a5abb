"""What is asked of a search for free time: where, how long, between when."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import MultiDict

from sharing.kernel.inputs import EmptyIsNone, Input, Int, LocalMoment, Moment, parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.registry.forms import Several
from sharing.registry.rules.search import Search

DURATION: Final = re.compile(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?)?")
LONGEST_MINUTES: Final = 132_480  # of any booking: 92 days
AHEAD: Final = timedelta(days=14)  # where no end is named
LONGEST_WINDOW: Final = timedelta(days=92)
MOST_OFFERED: Final = 100
PAGE_OFFERS: Final = 20
WITHIN: Final = (1, 3, 7, 14, 31)  # days that the page lets one choose


def _duration(value: Any) -> Any:
    """ISO 8601 in days, hours and minutes, such as PT2H, to whole minutes."""
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None or not any(found.groups()):
        raise PydanticCustomError("duration", "an ISO 8601 duration expected")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return days * 1440 + hours * 60 + minutes


def iso(minutes: int) -> str:
    """Whole minutes as ISO 8601: PT2H, PT1H30M."""
    hours, rest = divmod(minutes, 60)
    return f"PT{f'{hours}H' if hours else ''}{f'{rest}M' if rest or not hours else ''}"


Duration = Annotated[
    int,
    BeforeValidator(_duration),
    Field(ge=1, le=LONGEST_MINUTES),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION.pattern}$", "examples": ["PT2H"]}),
]


class _Where(Input):
    """Which instruments; several values of one kind mean any of them."""

    q: Annotated[str, Field(max_length=200)] = ""
    category: Several = ()
    subject: Several = ()
    zone: Several = ()
    institution: Several = ()

    def search(self) -> Search:
        return Search(
            q=self.q,
            zones=self.zone,
            institutions=self.institution,
            categories=self.category,
            subjects=self.subject,
        )


class AvailabilityIn(_Where):
    """Where, how long and between when: `q` looks in names, functions, makers and numbers; `category` takes a code of
    any level; without `from` and `to` the next two weeks count, at most 92 days."""

    instrument: uuid.UUID | None = None
    duration: Duration
    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None
    limit: Annotated[Int, Field(ge=1, le=MOST_OFFERED)] = 20

    def window(self, now: datetime) -> TimeSpan:
        """Raises Refused: invalid-input, when it ends before it begins or is too long."""
        start = self.from_ or now
        end = self.to or start + AHEAD
        if end <= start:
            raise Refused("invalid-input", fields=[{"field": "to", "message": _("结束时间须晚于开始时间")}])
        if end - start > LONGEST_WINDOW:
            raise Refused("invalid-input", fields=[{"field": "to", "message": _("时段太长")}])
        return TimeSpan(start, end)


class EarliestIn(_Where):
    """The same as a page asks: from a moment on, within some days."""

    duration: Duration = 120
    from_: Annotated[LocalMoment | None, EmptyIsNone] = Field(default=None, alias="from")
    within: Annotated[Int, Field(ge=1, le=92)] = 7
    limit: Annotated[Int, Field(ge=1, le=MOST_OFFERED)] = PAGE_OFFERS

    def window(self, now: datetime) -> TimeSpan:
        start = max(self.from_ or now, now)
        return TimeSpan(start, start + timedelta(days=self.within))


def earliest(args: MultiDict[str, str]) -> EarliestIn:
    """The query of a page: what cannot be read in an address that was sent around is left out, never refused."""
    kept: MultiDict[str, str] = MultiDict(list(args.items(multi=True)))
    try:
        return parse(EarliestIn, kept)
    except Refused as no:
        for field in no.facts["fields"]:
            kept.poplist(field["field"].partition(".")[0])
        return parse(EarliestIn, kept)
