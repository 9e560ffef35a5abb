"""A page's form or an API's body to one command value; every bad field is reported at once."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import FileStorage, MultiDict

from sharing.booking import queries
from sharing.booking.rules import BookingRow, Status, Submit, number
from sharing.booking.service import files as kept_files
from sharing.kernel.inputs import EmptyIsNone, Input, Int, LocalMoment, Moment, parse
from sharing.kernel.language import _
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import SHANGHAI, TimeSpan
from sharing.registry.rules import QuestionRow, Terms

MAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")
MOST_GUESTS: Final = 20
LONGEST: Final = timedelta(days=92)


def _mail(value: str) -> str:
    if not MAIL.fullmatch(value) or len(value) > 254:
        raise PydanticCustomError("mail", "a mail address expected")
    return value


Mail = Annotated[str, AfterValidator(_mail)]
Purpose = Annotated[str, Field(min_length=1, max_length=500)]
Page = Annotated[Int, Field(ge=1, le=100_000)]
Size = Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)]


class SpanIn(Input):
    """`[start, end)`, instants with an offset, cut to whole minutes."""

    start: Moment
    end: Moment

    @field_validator("end")
    @classmethod
    def forwards(cls, end: datetime, given: ValidationInfo) -> datetime:
        start: datetime | None = given.data.get("start")
        if start is not None and end <= start:
            raise PydanticCustomError("span_backwards", "the end lies before the start")
        if start is not None and end - start > LONGEST:
            raise PydanticCustomError("span_too_long", "longer than any booking")
        return end

    @property
    def span(self) -> TimeSpan:
        return TimeSpan(self.start, self.end)


class QuoteIn(SpanIn):
    """What a span would cost, and what stands against it."""

    instrument_id: uuid.UUID
    research_group_id: uuid.UUID | None = None
    fund_card_id: uuid.UUID | None = None
    position: Annotated[Int, Field(ge=1, le=99)] | None = None
    answers: dict[str, Any] = Field(default_factory=dict)

    def command(self) -> Submit:
        return Submit(
            instrument_id=self.instrument_id,
            span=self.span,
            purpose="",
            group_id=self.research_group_id,
            card_id=self.fund_card_id,
            answers=self.answers,
            position=self.position,
        )


class BookingIn(QuoteIn):
    """A request for a span.

    `project_id` is the research project named in the record, never the payer; `attendees` are mail addresses that get
    the invitation too.
    """

    purpose: Purpose
    project_id: Annotated[str, Field(max_length=120)] | None = None
    attendees: Annotated[list[Mail], Field(max_length=MOST_GUESTS)] = Field(default_factory=list)

    def command(self) -> Submit:
        return Submit(
            instrument_id=self.instrument_id,
            span=self.span,
            purpose=self.purpose,
            group_id=self.research_group_id,
            card_id=self.fund_card_id,
            project_id=self.project_id or None,
            answers=self.answers,
            position=self.position,
            attendees=tuple(dict.fromkeys(self.attendees)),
        )


class OnBehalfIn(BookingIn):
    """A request for somebody else: `person` by user name, by a staff number of your institution, or by id."""

    person: Annotated[str, Field(min_length=1, max_length=60)]


class MoveIn(SpanIn):
    """A new time, or another instrument."""

    instrument_id: uuid.UUID | None = None


class ProposalIn(SpanIn):
    """Another time, and why."""

    note: Annotated[str, Field(max_length=1000)] = ""


class HandOverIn(Input):
    """To whom a booking is offered (user name, staff number of her institution, or id), and why."""

    person: Annotated[str, Field(min_length=1, max_length=60)]
    note: Annotated[str, Field(max_length=1000)] = ""


class TakeOverIn(Input):
    """Which of your groups pays; the one that pays now where it is yours, else your only one."""

    research_group_id: Annotated[uuid.UUID | None, EmptyIsNone] = None


class NoteIn(Input):
    """What is said with a step."""

    note: Annotated[str, Field(max_length=1000)] = ""


class Paged(Input):
    """Which page of a list."""

    page: Page = 1
    per_page: Size = PER_PAGE


class WindowIn(Input):
    """A stretch of a calendar; a week from now where nothing is named."""

    start: Moment | None = None
    end: Moment | None = None


class BookingsIn(Paged):
    """Which bookings; `from` and `to` bound what overlaps them."""

    instrument: uuid.UUID | None = None
    status: Annotated[str, BeforeValidator(str)] | None = None
    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None
    mine: bool = False
    sort: Literal["start", "-start"] = "start"

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Several are separated by commas. Raises Refused: invalid-input."""
        codes = [one for one in (self.status or "").split(",") if one]
        if any(one not in set(Status) for one in codes):
            raise Refused("invalid-input", fields=[{"field": "status", "message": _("没有这种状态")}])
        return tuple(Status(one) for one in codes)


class WhyIn(Input):
    """A span of one instrument."""

    from_: Moment = Field(alias="from")
    to: Moment

    @property
    def span(self) -> TimeSpan:
        """Raises Refused: invalid-input where it is backwards or longer than any booking."""
        return _forwards(self.from_, self.to, "to")


# --- the form of a page ----------------------------------------------------------------------------------------------


class _SpanForm(Input):
    start: LocalMoment
    end: LocalMoment


class _PanelForm(_SpanForm):
    purpose: Annotated[str, Field(max_length=500)] = ""
    group_id: Annotated[uuid.UUID | None, EmptyIsNone] = None
    card_id: Annotated[uuid.UUID | None, EmptyIsNone] = None
    project_id: Annotated[str, Field(max_length=120)] = ""
    position: Annotated[int | None, EmptyIsNone] = None
    attendees: str = ""


def _form(form: Mapping[str, Any]) -> MultiDict[str, Any]:
    return form if isinstance(form, MultiDict) else MultiDict(form)


def _forwards(start: datetime, end: datetime, field: str = "end") -> TimeSpan:
    if end <= start:
        raise Refused("invalid-input", fields=[{"field": field, "message": _("结束时间须晚于开始时间")}])
    if end - start > LONGEST:
        raise Refused("invalid-input", fields=[{"field": field, "message": _("时段太长")}])
    return TimeSpan(start, end)


def span(form: Mapping[str, Any]) -> TimeSpan:
    """Fields `start` and `end`, Shanghai time. Raises Refused: invalid-input."""
    given = parse(_SpanForm, _form(form))
    return _forwards(given.start, given.end)


def used(form: Mapping[str, Any]) -> TimeSpan | None:
    """The true span of a use, when it is given; None: as booked."""
    return span(form) if form.get("start") and form.get("end") else None


def panel(
    form: Mapping[str, Any],
    terms: Terms,
    *,
    draft: bool = False,
) -> Submit:
    """The form beside the calendar: time, payer, purpose, answers (`q_<key>`, files as `with_files` left them), guests.

    draft   still being filled in: an empty purpose is no fault yet
    raises  Refused: invalid-input, with every bad field
    """
    given = parse(_PanelForm, _form(form))
    faults: list[dict[str, str]] = []
    if not given.purpose and not draft:
        faults.append({"field": "purpose", "message": _("请填写用途")})
    guests = [one for one in re.split(r"[,,;;\s]+", given.attendees) if one]
    if len(guests) > MOST_GUESTS or not all(MAIL.fullmatch(one) for one in guests):
        faults.append({"field": "attendees", "message": _("请填写邮件地址，用逗号隔开")})
    wish = None
    try:
        wish = _forwards(given.start, given.end)
    except Refused as no:
        faults += no.facts["fields"]
    if faults or wish is None:
        raise Refused("invalid-input", fields=faults)
    return Submit(
        instrument_id=terms.instrument.id,
        span=wish,
        purpose=given.purpose,
        group_id=given.group_id,
        card_id=given.card_id,
        project_id=given.project_id or None,
        answers=_answers(_form(form), terms.questions),
        position=given.position,
        attendees=tuple(dict.fromkeys(guests)),
    )


def with_files(
    form: Mapping[str, Any], terms: Terms, given: Mapping[str, FileStorage]
) -> MultiDict[str, Any]:
    """The form with each file sent kept and named in its field, so that a form shown again still holds it.

    Raises Refused: too-large, invalid-input.
    """
    held = _form(form).copy()
    for question in terms.questions:
        upload = given.get(f"q_{question.key}")
        if question.kind == "file" and upload is not None and upload.filename:
            answer = kept_files.keep(upload.stream.read(), upload.filename, field=f"answers.{question.key}")
            held[f"q_{question.key}"] = kept_files.token(answer)
    return held


def _answers(form: MultiDict[str, Any], questions: tuple[QuestionRow, ...]) -> dict[str, Any]:
    """Each answer as its question's kind; what cannot be read stays as typed, for the rules to name."""
    found: dict[str, Any] = {}
    for question in questions:
        text = str(form.get(f"q_{question.key}", "")).strip()
        if question.kind == "file":
            kept = kept_files.known(text)
            if kept:
                found[question.key] = kept
        elif question.kind == "yes_no" and text in {"yes", "no"}:
            found[question.key] = text == "yes"
        elif question.kind == "number" and (value := number(text)) is not None:
            found[question.key] = int(value) if value == value.to_integral_value() else str(value)
        elif text:
            found[question.key] = text
    return found


def typed(row: BookingRow, *, again: bool = False, now: datetime) -> dict[str, str]:
    """A booking as the fields of its form, to change it or to book again.

    again  a new booking like it: the time is left to be chosen, unless it still lies ahead
    """
    values = {
        "purpose": row.purpose,
        "group_id": str(row.group_id or ""),
        "card_id": str(row.card_id or ""),
        "project_id": row.project_id or "",
        "attendees": ", ".join(row.attendees),
    }
    for one in queries.answers([row.id]).get(row.id, []):
        values[f"q_{one.key}"] = _typed(one.value)
    if not again or row.span.start > now:
        values["start"] = row.span.start.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")
        values["end"] = row.span.end.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")
    return values


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return kept_files.token(value) if isinstance(value, Mapping) else str(value)
