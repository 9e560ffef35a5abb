"""Quotes and prices to outside shapes and back: what the API shows, what a booking keeps, what a page prints."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final

from sharing.kernel.language import _, _l, named
from sharing.kernel.money import Money
from sharing.kernel.timespan import SHANGHAI, TimeSpan
from sharing.pricing.rules import (
    DAY_MINUTES,
    FULL,
    Days,
    HourBand,
    LineKind,
    PriceGroup,
    PriceRow,
    Quote,
    QuoteLine,
    QuoteState,
    bands_from,
    plain_bands,
)

PRICE_GROUPS: Final = {
    PriceGroup.GROUP: _l("本组"),
    PriceGroup.INSTITUTION: _l("校内"),
    PriceGroup.ACADEMIC: _l("网内"),
    PriceGroup.ENTERPRISE: _l("企业"),
    PriceGroup.OVERSEAS: _l("境外"),
}
"""What people call each price group."""


def price_group_name(group: PriceGroup | str | None) -> str:
    return str(PRICE_GROUPS[PriceGroup(group)]) if group else ""


def hour_band_name(band: HourBand) -> str:
    """A band of hourly prices: 100–200 元 / ¥100–200."""
    if band is HourBand.FREE:
        return _("免费")
    if band is HourBand.UNPUBLISHED:
        return _("面议或未公布")
    low, _dash, high = band.value.partition("-")
    if low == "under":
        return _("%(yuan)s 元以下", yuan=high)
    if low == "from":
        return _("%(yuan)s 元起", yuan=high)
    return _("%(low)s–%(high)s 元", low=low, high=high)


def decimal_hours(minutes: int) -> str:
    """Hours with two places, rounded half up: what CONTRACT section 4 shows; sums are made from the minutes."""
    hundredths = int(Fraction(minutes * 100, 60) + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def line_json(line: QuoteLine) -> dict[str, Any]:
    """`{item, quantity, unit, unit_price_fen, amount_fen, minutes}` in the reader's language."""
    floor = line.kind is LineKind.MINIMUM
    return {
        "item": named(line.name, line.name_en),
        "quantity": "1.00" if floor else decimal_hours(line.minutes),
        "unit": "minimum" if floor else "hour",
        "unit_price_fen": line.unit_price.fen,
        "amount_fen": line.amount.fen,
        "minutes": line.minutes,
    }


def quote_json(quote: Quote) -> dict[str, Any]:
    """What the API shows of a quote, with the rule row it came from."""
    return {
        "amount_fen": quote.amount.fen,
        "state": quote.state.value,
        "lines": [line_json(line) for line in quote.lines],
        "price_group": quote.price_group.value if quote.price_group else None,
        "price_id": str(quote.price_id) if quote.price_id else None,
        "source_document": quote.source_document or None,
    }


def price_json(row: PriceRow) -> dict[str, Any]:
    """One entry of an instrument's `prices[]`."""
    return {
        "price_group": row.price_group.value,
        "name": price_group_name(row.price_group),
        "hour_fen": row.hour.fen,
        "minimum_fen": row.minimum.fen,
        "may_buy": row.may_buy,
        "bands": plain_bands(row.bands),
        "valid_from": row.valid_from.isoformat(),
        "source_document": row.source_document,
    }


# --- what a booking keeps --------------------------------------------------------------------------------------------


def frozen(quote: Quote) -> dict[str, Any]:
    """The quote as JSON with every input, for the booking's `quote` column; `thawed` gives it back equal."""
    return {
        "state": quote.state.value,
        "start": quote.span.start.astimezone(SHANGHAI).isoformat(),
        "end": quote.span.end.astimezone(SHANGHAI).isoformat(),
        "amount_fen": quote.amount.fen,
        "lines": [
            {
                "kind": line.kind.value,
                "name": line.name,
                "name_en": line.name_en,
                "minutes": line.minutes,
                "unit_price_fen": line.unit_price.fen,
                "amount_fen": line.amount.fen,
            }
            for line in quote.lines
        ],
        "price": _frozen_price(quote.price) if quote.price else None,
        "workdays": {day.isoformat(): worked for day, worked in quote.workdays.items()},
    }


def thawed(kept: Mapping[str, Any]) -> Quote:
    """The quote that a booking keeps."""
    return Quote(
        span=TimeSpan(datetime.fromisoformat(kept["start"]), datetime.fromisoformat(kept["end"])),
        amount=Money(kept["amount_fen"]),
        lines=tuple(_thawed_line(line) for line in kept["lines"]),
        state=QuoteState(kept["state"]),
        price=_thawed_price(kept["price"]) if kept["price"] else None,
        workdays={date.fromisoformat(day): worked for day, worked in kept["workdays"].items()},
    )


def _thawed_line(kept: Mapping[str, Any]) -> QuoteLine:
    return QuoteLine(
        LineKind(kept["kind"]),
        kept["name"],
        kept["name_en"],
        kept["minutes"],
        Money(kept["unit_price_fen"]),
        Money(kept["amount_fen"]),
    )


def _frozen_price(row: PriceRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "scope_key": row.scope_key,
        "valid_from": row.valid_from.isoformat(),
        "inherit": row.inherit,
        "source_document": row.source_document,
        "price_group": row.price_group.value,
        "hour_fen": row.hour.fen,
        "minimum_fen": row.minimum.fen,
        "may_buy": row.may_buy,
        "bands": plain_bands(row.bands),
    }


def _thawed_price(kept: Mapping[str, Any]) -> PriceRow:
    return PriceRow(
        id=uuid.UUID(kept["id"]),
        scope_key=kept["scope_key"],
        valid_from=date.fromisoformat(kept["valid_from"]),
        inherit=kept["inherit"],
        source_document=kept["source_document"],
        price_group=PriceGroup(kept["price_group"]),
        hour=Money(kept["hour_fen"]),
        minimum=Money(kept["minimum_fen"]),
        may_buy=kept["may_buy"],
        bands=bands_from(kept["bands"]),
    )


# --- what a page prints ----------------------------------------------------------------------------------------------


def shown_lines(lines: Iterable[QuoteLine]) -> list[dict[str, Any]]:
    """Lines for `components/flow.html`: `item`, `quantity` (text with its unit), `unit_price`, `amount`."""
    return [
        {
            "item": named(line.name, line.name_en),
            "quantity": "" if line.kind is LineKind.MINIMUM else _hours_text(line.minutes),
            "unit_price": None if line.kind is LineKind.MINIMUM else line.unit_price,
            "amount": line.amount,
        }
        for line in lines
    ]


def basis(quote: Quote) -> str:
    """By which price the quote was made and which document says so, in one line."""
    if quote.state is QuoteState.BARRED:
        return _("按收费标准，本仪器不对您所属的用户类别开放")
    if quote.price is None:
        return _("未公布价格，暂不计费")
    return _(
        "%(group)s价 · 自 %(day)s 起执行 · %(source)s",
        group=price_group_name(quote.price.price_group),
        day=quote.price.valid_from.isoformat(),
        source=quote.price.source_document,
    )


def _hours_text(minutes: int) -> str:
    whole, rest = divmod(minutes, 60)
    if not rest:
        return _("%(hours)s 小时", hours=whole)
    if not whole:
        return _("%(minutes)s 分钟", minutes=rest)
    return _("%(hours)s 小时 %(minutes)s 分", hours=whole, minutes=rest)


# --- the price table of an instrument --------------------------------------------------------------------------------

DAYS: Final = {Days.ALL: "", Days.WORKDAY: _l("工作日"), Days.RESTDAY: _l("休息日")}


@dataclass(frozen=True, slots=True)
class ShownBand:
    """A band of a price as a table prints it: its clock, its days in words, what the hour costs in it."""

    name: str
    clock: str
    days: str
    hour: Money


@dataclass(frozen=True, slots=True)
class ShownPrice:
    """One row of the price table; `announced` when it holds from a later day."""

    price_group: PriceGroup
    name: str
    hour: Money
    minimum: Money
    may_buy: bool
    bands: tuple[ShownBand, ...]
    valid_from: date
    source_document: str
    announced: bool


def shown_price(row: PriceRow, *, announced: bool = False) -> ShownPrice:
    """A price row in the reader's language."""
    bands = (
        ShownBand(
            named(band.name, band.name_en),
            "" if (band.start, band.end) == (0, DAY_MINUTES) else band_clock(band.start, band.end),
            str(DAYS[band.days]),
            row.hour.times(Fraction(band.percent, FULL)),
        )
        for band in row.bands
    )
    return ShownPrice(
        row.price_group,
        price_group_name(row.price_group),
        row.hour,
        row.minimum,
        row.may_buy,
        tuple(bands),
        row.valid_from,
        row.source_document,
        announced,
    )


def band_clock(start: int, end: int) -> str:
    """`22:00–08:00` of a band's minutes."""
    return f"{start // 60:02d}:{start % 60:02d}–{end // 60:02d}:{end % 60:02d}"


# --- for administration ----------------------------------------------------------------------------------------------

LABELS: Final = {
    "valid_from": _l("自哪天起"),
    "hour_fen": _l("每小时"),
    "minimum_fen": _l("最低收费"),
    "may_buy": _l("可以购买"),
    "bands": _l("时段价格"),
    "inherit": _l("交还给上一级规则"),
    "source_document": _l("依据文件"),
}
"""Columns of a price as its history names them."""


def said(column: str, value: Any) -> str:
    """A column's value in a history."""
    if column == "price_group":
        return price_group_name(value)
    if column.endswith("_fen"):
        return f"¥{value // 100:,}.{value % 100:02d}"
    if column == "bands":
        return "; ".join(
            f"{named(one.name, one.name_en)} {band_clock(one.start, one.end)} {DAYS[one.days]} {one.percent}%"
            for one in bands_from(value)
        )
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return str(value)


def sample_words() -> list[str]:
    """The sample spans of a preview, as `queries.sample_spans` makes them."""
    return [_("工作日 1 小时"), _("工作日 4 小时"), _("晚上 20–22 点"), _("休息日 2 小时")]


def quoted_json(quote: Quote) -> dict[str, Any]:
    """A sample quote in the answer of a preview."""
    amount = quote.amount.fen if quote.state is QuoteState.PRICED else None
    return {"state": quote.state.value, "amount_fen": amount}
