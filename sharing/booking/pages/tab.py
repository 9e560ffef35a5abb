"""The 预约 tab of an instrument: its week, and the panel with the rules and the price of the time chosen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask import current_app, url_for

from sharing.booking import queries
from sharing.booking.pages.words import rule_kept, rule_words
from sharing.booking.rules import Advice, BookingRow, Check, Free, Item, ItemKind, OutsideRow, Why, accounts
from sharing.funds import queries as funds
from sharing.kernel.db import new_id
from sharing.kernel.language import _, _l, named
from sharing.kernel.money import ZERO, Money
from sharing.kernel.timespan import SHANGHAI, TimeSpan, believable, day_span, shanghai_day, week_span
from sharing.network import queries as network
from sharing.people import queries as people
from sharing.people.rules import Actor
from sharing.pricing import formats as pricing
from sharing.registry.rules import (
    BookingMode,
    InstrumentRow,
    PolicyRow,
    QuestionRow,
    Status,
    Terms,
    open_spans,
)

_WORDS: Final = {
    ItemKind.BOOKING: (_l("已约"), "good"),
    ItemKind.HOLD: (_l("待审批"), "wait"),
    ItemKind.BLOCK: (_l("停用"), "off"),
    ItemKind.BUFFER: (_l("准备与清理"), "off"),
}
SHOWN = (8 * 60, 20 * 60)
"""The hours that a week shows at least, in minutes after midnight."""


@dataclass(frozen=True, slots=True)
class Question:
    """One booking question with its choices in the reader's language."""

    key: str
    kind: str
    label: str
    label_en: str
    hint: str
    hint_en: str
    required: bool
    options: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Free time offered instead, with the address that takes it up."""

    span: TimeSpan
    href: str
    other: bool
    instrument_name: str
    instrument_name_en: str


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal shown above the panel: what, the booking that it speaks of, and free time instead."""

    sentence: str
    href: str = ""
    alternatives: Sequence[Alternative] = ()


@dataclass(frozen=True, slots=True)
class BookTab:
    """Everything that `booking/_book.html` and the parts it includes show.

    person     for whom the reader books, where not for herself; `stands`: she may book for others
    no_person  why the one she named is not to be booked for
    outside    its calendar in a campus system; `outside_stale`: read too long ago to book here
    """

    instrument: InstrumentRow
    policy: PolicyRow
    first: date
    before: date
    after: date
    opens: str
    closes: str
    length: int
    days: Sequence[Mapping[str, Any]]
    signed_in: bool
    may: bool
    self_service: bool
    action: str
    key: str = ""
    groups: Sequence[tuple[str, str]] = ()
    cards: Sequence[tuple[str, str]] = ()
    questions: Sequence[Question] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    check: Check | None = None
    refused: Told | None = None
    moving: BookingRow | None = None
    editing: BookingRow | None = None
    closed_note: str = ""
    person: Actor | None = None
    stands: bool = False
    no_person: str = ""
    outside: OutsideRow | None = None
    outside_stale: bool = False

    @property
    def takes_files(self) -> bool:
        return any(q.kind == "file" for q in self.questions)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return pricing.shown_lines(self.check.quote.lines) if self.check else []

    @property
    def total(self) -> Money:
        return self.check.quote.amount if self.check else ZERO

    @property
    def basis(self) -> str:
        return pricing.basis(self.check.quote) if self.check else ""

    @property
    def steps(self) -> list[dict[str, str]]:
        found = self.check.steps if self.check else ()
        return [{"role": one.role, "by_rule": rule_words(one.rule) if one.rule else ""} for one in found]

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The check list: every broken rule, or one line that all are kept."""
        return rule_lines(self.check) if self.check else []

    @property
    def advice(self) -> list[str]:
        return [advised(one) for one in self.check.advice] if self.check else []

    @property
    def in_time(self) -> list[Alternative]:
        return (
            alternatives([self.check.in_time], self.instrument.id)
            if self.check and self.check.in_time
            else []
        )

    @property
    def free(self) -> list[Alternative]:
        return alternatives(self.check.alternatives, self.instrument.id) if self.check else []


def rule_lines(check: Check) -> list[dict[str, Any]]:
    """Broken rules in words, then whether the time is free; all kept is one line."""
    say = current_app.extensions["sharing.violation"]
    lines = [{"ok": False, "text": say(broken)} for broken in check.violations]
    for one in check.closed:
        until = one.span.end.astimezone(SHANGHAI).strftime("%m-%d %H:%M")
        lines.append(
            {"ok": False, "text": _("仪器停用至 %(until)s：%(reason)s", until=until, reason=one.reason)}
        )
    if check.conflicts and not check.closed:
        own = _("、").join(row.number for row in check.own)
        said = _("这个时段您已有预约 %(numbers)s", numbers=own) if own else _("这个时段已被占用")
        lines.append({"ok": False, "text": said})
    if not lines:
        lines.append({"ok": True, "text": _("时段空闲，符合全部预约规则")})
    return lines


@dataclass(frozen=True, slots=True)
class WhyPage:
    """Why a time cannot be had, in words: lines for `f.rules`, names of the rules kept, what is in the way."""

    instrument: InstrumentRow
    span: TimeSpan
    works: bool
    lines: Sequence[Mapping[str, Any]]
    kept: Sequence[tuple[str, int | None]]
    taken: Sequence[Mapping[str, Any]]
    nearest: Sequence[Alternative]
    ask: Sequence[str]


def why_page(found: Why, instrument: InstrumentRow) -> WhyPage:
    """The answer as the panel and its own page show it."""
    return WhyPage(
        instrument=instrument,
        span=found.span,
        works=found.works,
        lines=rule_lines(found.check),
        kept=[rule_kept(one.rule, one.limit) for one in found.rules if one.broken is None],
        taken=[_held(one) for one in found.taken],
        nearest=alternatives([found.nearest], instrument.id) if found.nearest else [],
        ask=found.ask,
    )


def _held(item: Item) -> dict[str, Any]:
    href = url_for("booking.booking", booking_id=item.booking_id) if item.booking_id else ""
    word, tone = _WORDS[item.kind]
    return {"span": item.span, "word": str(word), "tone": tone, "title": item.title or "", "href": href}


def advised(advice: Advice) -> str:
    """What refuses nothing but should be known before submitting."""
    if advice.kind == "late-decision":
        return _("开始之前审批人不在工作时间，这次申请可能来不及批准。")
    if advice.kind == "unpublished-price":
        return _("这台仪器还没有公布收费标准，暂按 0 元预约；以后公布的价格不追溯")
    return _("该年的放假安排尚未公布，开放时间按暂定日历计算，公布后可能调整")


def alternatives(found: Sequence[Free], here: uuid.UUID) -> list[Alternative]:
    """Free time with the address of its instrument's panel, filled in."""
    return [
        Alternative(
            span=one.span,
            href=url_for(
                "registry.instrument",
                instrument_id=one.instrument_id,
                tab="book",
                start=_local(one.span.start),
                end=_local(one.span.end),
            ),
            other=one.instrument_id != here,
            instrument_name=one.instrument_name,
            instrument_name_en=one.instrument_name_en,
        )
        for one in found
    ]


def _local(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def book_tab(
    terms: Terms,
    by: Actor | None,
    *,
    now: datetime,
    values: Mapping[str, str],
    first: date | None = None,
    errors: Mapping[str, str] | None = None,
    check: Check | None = None,
    refused: Told | None = None,
    moving: BookingRow | None = None,
    editing: BookingRow | None = None,
    person: Actor | None = None,
    no_person: str = "",
) -> BookTab:
    """The tab for its reader; `values` is what the panel holds, typed or taken from the address."""
    instrument = terms.instrument
    day = first or day_asked(values.get("start", "")) or _next_open_day(terms, now)
    week = week_span(day)
    policy = terms.policy(day)
    shown = queries.week(queries.calendar(instrument.id, by, now), week, by)
    monday = shanghai_day(week.start)
    stands = by is not None and by.has("booking.on-behalf") and instrument.bookable
    may = stands if person else by is not None and by.has("booking.submit") and instrument.bookable
    door = "panel.submit_for" if person else "panel.submit"
    opens, closes = _hours(terms, week)
    outside = queries.outside(instrument.id)
    return BookTab(
        instrument=instrument,
        policy=policy,
        first=day,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        opens=opens,
        closes=closes,
        length=max(policy.shortest_minutes, min(60, policy.longest_minutes or 60)),
        days=_days(week, shown.items),
        signed_in=by is not None,
        may=may,
        self_service=instrument.booking_mode is BookingMode.SELF_SERVICE,
        action=url_for(door, instrument_id=instrument.id),
        key=values.get("key") or str(new_id()),
        groups=_groups(by, person, instrument, now),
        cards=_cards(person or by, now),
        questions=[_question(q) for q in terms.questions],
        values=values,
        errors=errors or {},
        check=check,
        refused=refused,
        moving=moving,
        editing=editing,
        closed_note=_closed(instrument),
        person=person,
        stands=stands,
        no_person=no_person,
        outside=outside,
        outside_stale=outside is not None and outside.stale(now),
    )


def day_asked(start: str) -> date | None:
    """The day an address or the panel speaks of, so that the week shown is the one that was chosen."""
    try:
        day = date.fromisoformat(start[:10])
    except ValueError:
        return None
    return day if believable(day) else None


def _next_open_day(terms: Terms, now: datetime) -> date:
    """Today, or the first day within two weeks that still has open time: nobody wants to see a closed Sunday."""
    window = TimeSpan(now, now + timedelta(days=14))
    spans = open_spans(terms, window, network.work_calendar())
    return shanghai_day(spans[0].start) if spans else shanghai_day(now)


def _closed(instrument: InstrumentRow) -> str:
    if instrument.status is not Status.IN_SERVICE:
        reason = instrument.status_reason
        return f"{instrument.status.word}{_(':') + reason if reason else ''}"
    if instrument.booking_mode in {BookingMode.SERVICE_ONLY, BookingMode.CLOSED}:
        return str(instrument.booking_mode.word)
    return ""


def _hours(terms: Terms, week: TimeSpan) -> tuple[str, str]:
    """The hours of the day that the week shows: 08:00 to 20:00, wider where it is open wider."""
    start, end = SHOWN
    for span in open_spans(terms, week, network.work_calendar()):
        for on in span.days():
            part = span.intersection(day_span(on))
            if part:
                begin = int((part.start - day_span(on).start).total_seconds()) // 60
                start, end = min(start, begin // 60 * 60), max(end, -(-(begin + part.minutes) // 60) * 60)
    return f"{start // 60:02d}:00", f"{end // 60:02d}:00"


def _days(week: TimeSpan, items: Sequence[Item]) -> list[dict[str, Any]]:
    """The week as the plain table shows it."""
    return [
        {"day": on, "open": _parts(items, on, {ItemKind.OPEN}), "taken": _taken(items, on)}
        for on in week.days()
    ]


def _parts(items: Sequence[Item], on: date, kinds: set[ItemKind]) -> list[TimeSpan]:
    day = day_span(on)
    return [part for item in items if item.kind in kinds and (part := item.span.intersection(day))]


def _taken(items: Sequence[Item], on: date) -> list[dict[str, Any]]:
    day = day_span(on)
    found = []
    for item in items:
        part = item.span.intersection(day)
        if part and item.kind in _WORDS:
            word, tone = _WORDS[item.kind]
            found.append({"span": part, "word": item.title or str(word), "tone": tone})
    return found


def _groups(
    by: Actor | None, person: Actor | None, instrument: InstrumentRow, now: datetime
) -> list[tuple[str, str]]:
    """The groups that may pay: the reader's own, or those of the person she books for that she may name."""
    if by is None:
        return []
    who = person or by
    may_pay = accounts(by, person, instrument.path) if person else who.groups
    found = people.groups_of(who.user_id, shanghai_day(now))
    return [(str(g.id), named(g.name, g.name_en)) for g in found if g.id in may_pay]


def _cards(by: Actor | None, now: datetime) -> list[tuple[str, str]]:
    if by is None or not by.groups:
        return []
    found = funds.cards_of(by.groups, shanghai_day(now))
    return [(str(card.id), f"{card.name} {card.number}") for cards in found.values() for card in cards]


def _question(row: QuestionRow) -> Question:
    options = [(str(c["value"]), named(str(c["label"]), c.get("label_en"))) for c in row.choices]
    return Question(
        row.key, row.kind.value, row.label, row.label_en, row.hint, row.hint_en, row.required, options
    )
