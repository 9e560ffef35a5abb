"""The State Council's list as people paste it, a line a stretch, and as programs send it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from sharing.kernel.inputs import Day, EmptyIsNone, Input, parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.network.service import DayChange

MOST_DAYS: Final = 400
ListedDay = Annotated[Day, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]
Kind = Literal["holiday", "workday"]
KINDS: Final[dict[str, Kind | None]] = {
    "休": "holiday",
    "放假": "holiday",
    "holiday": "holiday",
    "班": "workday",
    "上班": "workday",
    "workday": "workday",
    "去掉": None,
    "none": None,
}
LINE: Final = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2})(?:\s*(?:至|到|~|\.\.)\s*(\d{4}-\d{1,2}-\d{1,2}))?\s+(\S+)\s*(\S*)\s*(.*)"
)


class StretchIn(Input):
    """Days in a row of one kind; `kind` null takes them out of the list."""

    first_on: ListedDay
    last_on: Annotated[ListedDay | None, EmptyIsNone] = None
    kind: Kind | None
    name: Annotated[str, Field(max_length=60)] = ""
    name_en: Annotated[str, Field(max_length=60)] = ""

    def days(self) -> list[DayChange]:
        count = ((self.last_on or self.first_on) - self.first_on).days + 1
        whole = (self.first_on + timedelta(days=n) for n in range(min(count, MOST_DAYS + 1)))
        return [DayChange(day, self.kind, self.name, self.name_en) for day in whole]


class DaysIn(Input):
    """Entries of the list with the document that says so."""

    source_document: Annotated[str, Field(min_length=1, max_length=300)]
    stretches: Annotated[tuple[StretchIn, ...], Field(min_length=1, max_length=100)]

    def changes(self) -> list[DayChange]:
        """Each day once. Raises Refused: invalid-input (backwards, too many, a day twice)."""
        found = [day for one in self.stretches for day in one.days()]
        backwards = any(one.last_on and one.last_on < one.first_on for one in self.stretches)
        if backwards or len(found) > MOST_DAYS or len({one.day for one in found}) < len(found):
            said = _("日期要先后相接、每天只写一次，一次最多 %(most)s 天", most=MOST_DAYS)
            raise Refused("invalid-input", fields=[{"field": "days", "message": said}])
        return found


class DaysForm(Input):
    """The same from a page: a text with a line for each stretch; `revision` is the list that was seen."""

    source_document: Annotated[str, Field(max_length=300)] = ""
    days: Annotated[str, Field(max_length=20_000)] = ""
    revision: Annotated[int | None, EmptyIsNone] = None

    def entered(self) -> DaysIn:
        return parse(DaysIn, {"source_document": self.source_document, "stretches": stretches(self.days)})


class YearIn(Input):
    """Which year's list."""

    year: Annotated[Annotated[int, Field(ge=2000, lt=2100)] | None, EmptyIsNone] = None


def stretches(text: str) -> list[dict[str, Any]]:
    """`2027-02-05 至 2027-02-11 休 春节 Spring Festival` a line. Raises Refused: invalid-input, with each bad line."""
    wrong: list[dict[str, str]] = []
    out: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found = LINE.fullmatch(line.strip())
        if found is None or found[3] not in KINDS:
            said = _("第 %(n)s 行读不懂：%(line)s", n=number, line=line.strip()[:60])
            wrong.append({"field": "days", "message": said})
            continue
        first, last = (_padded(part) for part in (found[1], found[2]))
        named = {"name": found[4], "name_en": found[5]}
        out.append({"first_on": first, "last_on": last, "kind": KINDS[found[3]], **named})
    if not out and not wrong:
        wrong.append({"field": "days", "message": _("请写至少一行")})
    if wrong:
        raise Refused("invalid-input", fields=wrong)
    return out


def _padded(day: str | None) -> str | None:
    return "-".join(part.zfill(2) for part in day.split("-")) if day else None
