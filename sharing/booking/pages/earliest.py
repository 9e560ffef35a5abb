"""Free time across instruments as a page shows it: the nearest first, with the address that takes each up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import current_app, url_for

from sharing.booking import queries
from sharing.booking.forms import WITHIN, EarliestIn, iso
from sharing.booking.rules.finding import Barred, Earliest, Look, Offer
from sharing.kernel.language import _, _l, named
from sharing.kernel.money import Money
from sharing.kernel.timespan import SHANGHAI, TimeSpan
from sharing.network import queries as network
from sharing.people.rules import Actor
from sharing.pricing.rules import Quote, QuoteState
from sharing.registry.rules import Audience, InstrumentRow, LicenceLevel

DAYS_EACH: Final = 4  # of each instrument, how many days' first times are shown
REASONS_EACH: Final = 10  # instruments listed under one reason
LENGTHS: Final = (30, 60, 90, 120, 180, 240, 360, 480, 720, 1440)
WHY: Final = {
    "licence_level": _l("需先取得上机资格"),
    "licence_idle_days": _l("上机资格因久未使用而失效"),
    "outside_stale": _l("日历在校内系统，最近没有读到"),
    "audience": _l("不对您开放"),
    "shortest_minutes": _l("不接受这么短的预约"),
    "longest_minutes": _l("不接受这么长的预约"),
    "granularity_minutes": _l("时长不合这台仪器的时间单位"),
    "most_open_bookings": _l("您未结束的预约已到上限"),
    "customs": _l("海关监管期内不对企业开放"),
    "payer": _l("您还没有可以付费的课题组"),
    "price": _l("收费标准不对您所属的用户类别开放"),
}


@dataclass(frozen=True, slots=True)
class Time:
    """One free time: what it costs (None: no price is published) and where it is taken up."""

    span: TimeSpan
    amount: Money | None
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One instrument with the first times of its next days."""

    instrument: InstrumentRow
    licence: LicenceLevel | None
    audience: Audience
    times: Sequence[Time]


@dataclass(frozen=True, slots=True)
class Reason:
    """Instruments that one rule keeps from the reader: each with its sentence; `more` are not listed."""

    rule: str
    title: str
    total: int
    rows: Sequence[tuple[InstrumentRow, str]]

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class EarliestPage:
    """The page: what was asked, what was found, what stands in the way of the rest."""

    asked: EarliestIn
    window: TimeSpan
    rows: Sequence[Row]
    reasons: Sequence[Reason]
    found: Earliest
    person: Actor | None

    @property
    def more(self) -> bool:
        """There may be more than are shown."""
        return len(self.rows) >= self.asked.limit

    @property
    def lengths(self) -> list[tuple[str, int]]:
        """The lengths to choose from, the one asked for among them."""
        return [(iso(one), one) for one in sorted({*LENGTHS, self.asked.duration})]

    @property
    def withins(self) -> list[tuple[int, str]]:
        words = {1: _("24 小时内"), 7: _("一周内"), 14: _("两周内"), 31: _("一个月内")}
        days = sorted({*WITHIN, self.asked.within})
        return [(one, words.get(one) or _("%(n)s 天内", n=one)) for one in days]

    @property
    def zones(self) -> list[tuple[str, str]]:
        return [(one.code, named(one.name, one.name_en)) for one in network.zones()]

    @property
    def categories(self) -> list[tuple[str, str]]:
        """Classes and what lies below them; a finer one that is asked for too."""
        chosen = self.asked.category
        return [
            (one.code, ("　" * (one.level - 1)) + named(one.name, one.name_en))
            for one in network.categories()
            if one.level <= 2 or one.code in chosen
        ]


def earliest_page(asked: EarliestIn, by: Actor | None, now: datetime) -> EarliestPage:
    """The times that she may really book, with what they cost her."""
    window = asked.window(now)
    ids, beyond = queries.to_look_at(asked.search(), by, now)
    look = Look(window, asked.duration)
    found = queries.earliest(ids, look, by, now, limit=asked.limit, each_day=True, beyond=beyond)
    return EarliestPage(
        asked, window, [_row(one) for one in found.offers], _reasons(found.barred, now), found, by
    )


def _row(one: Offer) -> Row:
    times = [Time(span, _amount(quote), _href(one.instrument, span)) for span, quote in one.times[:DAYS_EACH]]
    return Row(one.instrument, one.policy.licence_level, one.policy.audience, times)


def _amount(quote: Quote) -> Money | None:
    return quote.amount if quote.state is QuoteState.PRICED else None


def _href(instrument: InstrumentRow, span: TimeSpan) -> str:
    """The panel, filled in."""
    start, end = (at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M") for at in (span.start, span.end))
    return url_for("registry.instrument", instrument_id=instrument.id, tab="book", start=start, end=end)


def _reasons(barred: Sequence[Barred], now: datetime) -> list[Reason]:
    """By the first rule that stands against each; what can be mended first."""
    by_rule: dict[str, list[Barred]] = {rule: [] for rule in WHY}
    for one in barred:
        by_rule.setdefault(one.broken[0].rule, []).append(one)
    shown = [one for some in by_rule.values() for one in some[:REASONS_EACH]]
    told = {one.instrument.id: one for one in queries.with_names(shown, now)}
    say: Any = current_app.extensions["sharing.violation"]
    return [
        Reason(
            rule,
            str(WHY.get(rule, _("现在不能预约"))),
            len(some),
            [(one.instrument, say(told[one.instrument.id].broken[0])) for one in some[:REASONS_EACH]],
        )
        for rule, some in by_rule.items()
        if some
    ]
