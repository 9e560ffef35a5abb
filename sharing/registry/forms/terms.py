"""Policies, timetables, booking questions and licences as people type them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from sharing.kernel.inputs import Day, EmptyIsNone, Input
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.registry.forms.scopes import DatesIn, ScopeAsked
from sharing.registry.rules import Audience, LicenceLevel, QuestionKind, spans_from_text
from sharing.registry.rules.hours import DAY_KINDS, WEEKDAYS

Text60 = Annotated[str, Field(max_length=60)]
Text200 = Annotated[str, Field(max_length=200)]
Text300 = Annotated[str, Field(max_length=300)]
Text4000 = Annotated[str, Field(max_length=4000)]
MaybeDay = Annotated[Day | None, EmptyIsNone]
Minutes = Annotated[int, Field(ge=0, le=60 * 24 * 366)]
MaybeMinutes = Annotated[Annotated[int, Field(ge=1, le=60 * 24 * 366)] | None, EmptyIsNone]


class PolicyForm(DatesIn):
    """A booking policy. Empty limits mean without limit."""

    granularity_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    shortest_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 31)] = 30
    longest_minutes: MaybeMinutes = None
    lead_minutes: Minutes = 0
    horizon_days: Annotated[Annotated[int, Field(ge=1, le=3650)] | None, EmptyIsNone] = None
    person_day_minutes: MaybeMinutes = None
    person_week_minutes: MaybeMinutes = None
    group_day_minutes: MaybeMinutes = None
    group_week_minutes: MaybeMinutes = None
    most_open_bookings: Annotated[Annotated[int, Field(ge=1, le=10_000)] | None, EmptyIsNone] = None
    setup_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    cleanup_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    cancel_notice_minutes: Minutes = 0
    audience: Audience = Audience.EVERYONE
    licence_level: Annotated[LicenceLevel | None, EmptyIsNone] = None
    licence_idle_days: Annotated[Annotated[int, Field(ge=1, le=3650)] | None, EmptyIsNone] = None
    runs_through_closed: bool = False
    check_in_required: bool = False
    check_in_early_minutes: Annotated[int, Field(ge=0, le=1440)] = 15
    no_show_minutes: MaybeMinutes = None

    def row(self) -> dict[str, Any]:
        """The policy's own columns. Raises Refused: invalid-input where two of them contradict each other."""
        wrong = []
        if 1440 % self.granularity_minutes:
            wrong.append(("granularity_minutes", _("须能整除一天，例如 15、30、60 分钟")))
        if self.shortest_minutes % self.granularity_minutes:
            wrong.append(("shortest_minutes", _("须是时间单位的整数倍")))
        if self.longest_minutes is not None and self.longest_minutes < self.shortest_minutes:
            wrong.append(("longest_minutes", _("不能短于最短时长")))
        if self.no_show_minutes is not None and not self.check_in_required:
            wrong.append(("no_show_minutes", _("要释放未到的预约，须先要求签到")))
        if wrong and not self.inherit:
            raise Refused("invalid-input", fields=[{"field": f, "message": m} for f, m in wrong])
        return self.model_dump(include=set(PolicyForm.model_fields) - set(DatesIn.model_fields), mode="json")


class PolicyIn(ScopeAsked, PolicyForm):
    """The same with its scope, as a program sends it."""


class TimetableForm(DatesIn):
    """Opening hours, each kind of day as `08:30-12:00, 14:00-17:30`; a weekday left empty follows its kind."""

    name: Text60 = ""
    name_en: Text60 = ""
    closed: tuple[str, ...] = ()
    day_workday: str = ""
    day_weekend: str = ""
    day_holiday: str = ""
    day_mon: str = ""
    day_tue: str = ""
    day_wed: str = ""
    day_thu: str = ""
    day_fri: str = ""
    day_sat: str = ""
    day_sun: str = ""

    @field_validator(*(f"day_{kind}" for kind in DAY_KINDS + WEEKDAYS))
    @classmethod
    def readable(cls, text: str) -> str:
        try:
            spans_from_text(text)
        except ValueError:
            raise PydanticCustomError("string_pattern_mismatch", "spans of time expected") from None
        return text

    def days(self) -> dict[str, list[list[int]]]:
        """Spans by kind of day. A named weekday that is ticked as closed is empty, one that is left out follows."""
        said = {kind: spans_from_text(getattr(self, f"day_{kind}")) for kind in DAY_KINDS + WEEKDAYS}
        return {
            kind: spans for kind, spans in said.items() if spans or kind in DAY_KINDS or kind in self.closed
        }


class QuestionForm(Input):
    """One booking question; choices one a line, with a code before a bar if wanted: `powder|粉末|Powder`."""

    key: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]
    kind: QuestionKind
    label: Annotated[str, Field(min_length=1, max_length=200)]
    label_en: Text200 = ""
    hint: Text300 = ""
    hint_en: Text300 = ""
    choices: Text4000 = ""
    required: bool = False

    def row(self) -> dict[str, Any]:
        given = self.model_dump(mode="json")
        lines = [line.strip() for line in self.choices.splitlines() if line.strip()]
        given["choices"] = [_choice(line, number) for number, line in enumerate(lines, 1)] or None
        return given


def _choice(line: str, number: int) -> dict[str, str]:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) == 1:
        return {"value": f"c{number}", "label": parts[0], "label_en": ""}
    return {
        "value": parts[0] or f"c{number}",
        "label": parts[1],
        "label_en": parts[2] if len(parts) > 2 else "",
    }


class LicenceForm(Input):
    """A licence for one person, by staff number or user name; `until` is the last day."""

    who: Annotated[str, Field(min_length=1, max_length=60)]
    level: LicenceLevel
    starts_on: Day
    until: MaybeDay = None

    @property
    def ends_on(self) -> date | None:
        return self.until + timedelta(days=1) if self.until else None


class PasteForm(Input):
    text: Annotated[str, Field(min_length=1, max_length=100_000)]
    partly: bool = False
