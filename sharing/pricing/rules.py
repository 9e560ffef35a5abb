"""What a span costs: pure arithmetic over one price row and a calendar.

Sums are exact fractions until the whole is known; then `Money.times` rounds once and `Money.split` hands the fen to
the lines, so that the lines always sum to the total (STYLE section 3). The minimum is a floor under the whole, added
once as a line of its own (SCENARIOS, decisions and 3).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final, Protocol

from sharing.kernel.money import ZERO, Money
from sharing.kernel.timespan import TimeSpan, at_shanghai, minutes

DAY_MINUTES: Final = 1440
FULL: Final = 100  # percent
MOST_PERCENT: Final = 1000


class PriceGroup(StrEnum):
    """Who buys: the owning group, its institution, another institution of the network, a company, someone abroad."""

    GROUP = "group"
    INSTITUTION = "institution"
    ACADEMIC = "academic"
    ENTERPRISE = "enterprise"
    OVERSEAS = "overseas"


ORDER: Final = tuple(PriceGroup)
"""Which group is named when several cost the same; the setting `price_group_order` may say otherwise."""


class Days(StrEnum):
    """The days a band holds on. Shifted workdays are workdays, weekends and holidays are rest days."""

    ALL = "all"
    WORKDAY = "workday"
    RESTDAY = "restday"


class Workdays(Protocol):
    """What a price asks of a calendar; `network.rules.WorkCalendar` is one."""

    def is_workday(self, day: date) -> bool: ...


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the day with another price, in minutes after Shanghai midnight.

    start, end  `[start, end)`; `end` at or before `start` wraps midnight (22:00 to 08:00)
    days        judged by the day a minute lies on: 01:00 on Saturday is a rest day's, whatever began on Friday
    percent     of the hourly price; 80 is one fifth off, 0 is free
    """

    name: str
    name_en: str
    days: Days
    start: int
    end: int
    percent: int

    def holds(self, minute: int, workday: bool) -> bool:
        if self.days is not Days.ALL and (self.days is Days.WORKDAY) is not workday:
            return False
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True, slots=True)
class PriceRow:
    """What an hour costs one price group from a day on; a dated rule row (DESIGN 2.4)."""

    id: uuid.UUID
    scope_key: str
    valid_from: date
    inherit: bool
    source_document: str
    price_group: PriceGroup
    hour: Money
    minimum: Money = ZERO
    may_buy: bool = True
    bands: tuple[Band, ...] = ()


class LineKind(StrEnum):
    """`hours` at the plain price, `band` at a band's, `minimum` what the floor adds."""

    HOURS = "hours"
    BAND = "band"
    MINIMUM = "minimum"


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One line of a quote.

    minutes     how long, for hours and bands; 0 on the line of the minimum
    unit_price  fen per hour; on the line of the minimum the minimum itself
    """

    kind: LineKind
    name: str
    name_en: str
    minutes: int
    unit_price: Money
    amount: Money


class QuoteState(StrEnum):
    """`priced`; `unpublished`: no price is published for this person, so nothing is charged and the page says so;
    `barred`: the price list says that her price groups may not buy here."""

    PRICED = "priced"
    UNPUBLISHED = "unpublished"
    BARRED = "barred"


@dataclass(frozen=True, slots=True)
class Quote:
    """What a span costs, with all it was computed from: enough to compute it again (`recomputed`).

    workdays  the days of the span as the calendar had them then
    """

    span: TimeSpan
    amount: Money
    lines: tuple[QuoteLine, ...] = ()
    state: QuoteState = QuoteState.PRICED
    price: PriceRow | None = None
    workdays: Mapping[date, bool] = field(default_factory=dict)

    @property
    def price_group(self) -> PriceGroup | None:
        return self.price.price_group if self.price else None

    @property
    def price_id(self) -> uuid.UUID | None:
        return self.price.id if self.price else None

    @property
    def source_document(self) -> str:
        return self.price.source_document if self.price else ""


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of a frozen quote, as a calendar."""

    known: Mapping[date, bool]

    def is_workday(self, day: date) -> bool:
        return self.known[day]


# --- one span by one price row ---------------------------------------------------------------------------------------


def quote(span: TimeSpan, price: PriceRow, calendar: Workdays) -> Quote:
    """What the span costs by this row: a line for each kind of time in it, and one for the minimum where it bites."""
    workdays = {day: calendar.is_workday(day) for day in span.days()}
    spent = _minutes_by_band(span, price.bands, workdays)
    weights = [count * _percent(band) for band, count in spent.items()]
    exact = Fraction(sum(weights), FULL * 60)
    time_cost = price.hour.times(exact)
    amounts = time_cost.split(weights) if any(weights) else [ZERO] * len(weights)
    lines = [
        _line(band, count, price.hour, amount)
        for (band, count), amount in zip(spent.items(), amounts, strict=True)
    ]
    missing = price.minimum - time_cost
    if missing > ZERO:
        lines.append(
            QuoteLine(LineKind.MINIMUM, "补足最低收费", "Up to the minimum", 0, price.minimum, missing)
        )
    return Quote(span, max(time_cost, price.minimum), tuple(lines), price=price, workdays=workdays)


def recomputed(old: Quote) -> Quote:
    """The same quote computed again from nothing but what it froze. Equal to it, or the arithmetic has changed."""
    if old.price is None or old.state is not QuoteState.PRICED:
        return old
    return quote(old.span, old.price, _Days(old.workdays))


def _percent(band: Band | None) -> int:
    return FULL if band is None else band.percent


def _line(band: Band | None, count: int, hour: Money, amount: Money) -> QuoteLine:
    if band is None:
        return QuoteLine(LineKind.HOURS, "机时", "Instrument time", count, hour, amount)
    unit = hour.times(Fraction(band.percent, FULL))
    return QuoteLine(LineKind.BAND, band.name, band.name_en, count, unit, amount)


def _minutes_by_band(
    span: TimeSpan, bands: Sequence[Band], workdays: Mapping[date, bool]
) -> dict[Band | None, int]:
    """Minutes of the span under each band (None: under none), in the order in which they first occur."""
    edges = sorted({0, DAY_MINUTES, *(b.start for b in bands), *(b.end for b in bands)})
    spent: dict[Band | None, int] = {}
    for day, workday in workdays.items():
        midnight = at_shanghai(day)
        first = max(0, minutes(midnight, span.start))
        last = min(DAY_MINUTES, minutes(midnight, span.end))
        for start, end in pairwise(edges):
            count = min(end, last) - max(start, first)
            if count > 0:
                band = next((b for b in bands if b.holds(start, workday)), None)
                spent[band] = spent.get(band, 0) + count
    return spent


# --- which price -----------------------------------------------------------------------------------------------------


class Buyer(Protocol):
    """What a price asks of a person; `people.rules.Actor` is one."""

    @property
    def kind(self) -> str: ...
    @property
    def institution_id(self) -> uuid.UUID | None: ...
    @property
    def groups(self) -> tuple[uuid.UUID, ...]: ...


class Owned(Protocol):
    """What a price asks of an instrument: who owns it."""

    @property
    def institution_id(self) -> uuid.UUID: ...
    @property
    def group_id(self) -> uuid.UUID | None: ...


def price_groups(
    buyer: Buyer | None, instrument: Owned, paying_group: uuid.UUID | None = None
) -> list[PriceGroup]:
    """The price groups a person fits, the nearest first; a member of the owning group fits three.

    buyer         None is a visitor, who sees what anybody of the network would pay
    paying_group  the research group that pays; the owning group's price is for what the owning group pays.
                  None: any of hers
    """
    if buyer is None:
        return [PriceGroup.ACADEMIC]
    if buyer.kind == "enterprise":
        return [PriceGroup.ENTERPRISE]
    fits = []
    paying = buyer.groups if paying_group is None else (paying_group,)
    if instrument.group_id is not None and instrument.group_id in paying:
        fits.append(PriceGroup.GROUP)
    if buyer.institution_id == instrument.institution_id:
        fits.append(PriceGroup.INSTITUTION)
    return [*fits, PriceGroup.ACADEMIC]


def best(quotes: Iterable[Quote], order: Sequence[PriceGroup] = ORDER) -> Quote | None:
    """The lowest; on a tie the price group listed first. What is not priced never wins."""
    priced = [q for q in quotes if q.state is QuoteState.PRICED and q.price is not None]

    def rank(one: Quote) -> tuple[Money, int]:
        group = one.price_group
        return one.amount, order.index(group) if group in order else len(order)

    return min(priced, key=rank, default=None)


def offer(
    span: TimeSpan,
    prices: Sequence[PriceRow],
    groups: Sequence[PriceGroup],
    calendar: Workdays,
    order: Sequence[PriceGroup] = ORDER,
) -> Quote:
    """What a person of these price groups would pay: the best of the rows in force.

    Without a row the quote is zero and says `unpublished`: booking is not held up by a missing price list. With rows
    that all say "may not buy" it is zero and `barred`, which no booking gets past.
    """
    fitting = [row for row in prices if row.price_group in groups]
    found = best((quote(span, row, calendar) for row in fitting if row.may_buy), order)
    if found is not None:
        return found
    return Quote(span, ZERO, state=QuoteState.BARRED if fitting else QuoteState.UNPUBLISHED)


def hourly(prices: Sequence[PriceRow], groups: Sequence[PriceGroup]) -> PriceRow | None:
    """The row with the lowest plain hour among these groups: "price for me" in a list, where no span is known."""
    fitting = [row for row in prices if row.price_group in groups and row.may_buy]
    return min(fitting, key=lambda row: (row.hour, ORDER.index(row.price_group)), default=None)


class HourBand(StrEnum):
    """How much an hour costs, in whole yuan, as a list is narrowed by; a price on an edge counts upwards."""

    FREE = "free"
    UNDER_50 = "under-50"
    FROM_50 = "50-100"
    FROM_100 = "100-200"
    FROM_200 = "200-500"
    FROM_500 = "from-500"
    UNPUBLISHED = "unpublished"


BAND_ENDS_FEN: Final = (1, 50_00, 100_00, 200_00, 500_00)
"""Where each band but the last two ends and the next begins."""


# --- what a price row may say ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price to enter; `inherit` ends this scope's own price and hands back to the wider scope."""

    price_group: PriceGroup
    hour: Money = ZERO
    minimum: Money = ZERO
    may_buy: bool = True
    bands: tuple[Band, ...] = ()
    inherit: bool = False


def wrong_fields(new: NewPrice) -> list[str]:
    """The names of the fields that no price row may have so; an empty list means it can be entered."""
    wrong = []
    if new.hour < ZERO:
        wrong.append("hour_fen")
    if new.minimum < ZERO:
        wrong.append("minimum_fen")
    wrong += [f"bands.{number}" for number, band in enumerate(new.bands) if not _possible(band)]
    return wrong


def _possible(band: Band) -> bool:
    inside = 0 <= band.start < DAY_MINUTES and 0 <= band.end <= DAY_MINUTES
    return inside and band.start != band.end and 0 <= band.percent <= MOST_PERCENT and bool(band.name.strip())


def bands_from(raw: Iterable[Mapping[str, Any]]) -> tuple[Band, ...]:
    """Bands as the table keeps them: `{"name","name_en","days","from","to","percent"}`, first match wins."""
    return tuple(
        Band(
            name=str(one["name"]),
            name_en=str(one.get("name_en", "")),
            days=Days(one.get("days", "all")),
            start=int(one["from"]),
            end=int(one["to"]),
            percent=int(one["percent"]),
        )
        for one in raw
    )


def plain_bands(bands: Iterable[Band]) -> list[dict[str, Any]]:
    """The same, back to what the table keeps."""
    return [
        {
            "name": b.name,
            "name_en": b.name_en,
            "days": b.days.value,
            "from": b.start,
            "to": b.end,
            "percent": b.percent,
        }
        for b in bands
    ]
