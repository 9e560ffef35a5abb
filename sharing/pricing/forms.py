"""Prices as people type them on a page, send them as JSON or say them at the command line, to checked values."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import MultiDict

from sharing.kernel.inputs import Day, Input, Int, parse
from sharing.kernel.language import _
from sharing.kernel.money import ZERO, Money
from sharing.kernel.refusals import Refused
from sharing.pricing.rules import DAY_MINUTES, MOST_PERCENT, Band, Days, NewPrice, PriceGroup
from sharing.registry import forms
from sharing.registry.service import Dates

MOST_BANDS = 6
MOST_FEN = 10**12
Text60 = Annotated[str, Field(max_length=60)]


class BandIn(Input):
    """A part of the day with another price: minutes after midnight, percent of the hour."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    name_en: Text60 = ""
    days: Days = Days.ALL
    from_: Annotated[Int, Field(alias="from", ge=0, lt=DAY_MINUTES)]
    to: Annotated[Int, Field(ge=0, le=DAY_MINUTES)]
    percent: Annotated[Int, Field(ge=0, le=MOST_PERCENT)]

    def band(self) -> Band:
        return Band(self.name, self.name_en, self.days, self.from_, self.to, self.percent)


Fen = Annotated[Int, Field(ge=0, le=MOST_FEN)]


class PriceIn(Input):
    """What an hour costs one price group; `inherit` hands back to the wider scope, `may_buy` false bars the group."""

    price_group: PriceGroup
    hour_fen: Fen = 0
    minimum_fen: Fen = 0
    may_buy: bool = True
    bands: Annotated[tuple[BandIn, ...], Field(max_length=MOST_BANDS)] = ()
    inherit: bool = False

    def price(self) -> NewPrice:
        return NewPrice(
            self.price_group,
            Money(self.hour_fen),
            Money(self.minimum_fen),
            self.may_buy,
            tuple(one.band() for one in self.bands),
            self.inherit,
        )


class PricesIn(forms.ScopeAsked):
    """Prices of a scope from one day on, one for each price group named."""

    valid_from: Day
    source_document: Annotated[str, Field(max_length=300)]
    prices: Annotated[tuple[PriceIn, ...], Field(min_length=1, max_length=5)]

    def entered(self) -> list[NewPrice]:
        return [one.price() for one in self.prices]


# --- the page --------------------------------------------------------------------------------------------------------


def _yuan(value: Any) -> Any:
    """Yuan with at most two places, as whole fen."""
    text = str(value).replace(",", "").strip()
    if not re.fullmatch(r"\d{1,9}(\.\d{1,2})?", text):
        raise PydanticCustomError("decimal_parsing", "an amount in yuan expected")
    whole, _dot, places = text.partition(".")
    return int(whole) * 100 + int(places.ljust(2, "0"))


Yuan = Annotated[int, BeforeValidator(lambda value: _yuan(value) if value else 0)]


class _Row(Input):
    """One price group of the page: left as it is, priced, barred, or handed back."""

    do: Literal["keep", "price", "bar", "inherit"] = "keep"
    hour: Yuan = 0
    minimum: Yuan = 0

    @field_validator("hour", mode="before")
    @classmethod
    def said(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("do") == "price" and not str(value).strip():
            raise PydanticCustomError("missing", "an amount expected")
        return value


def from_page(form: MultiDict[str, Any]) -> tuple[list[NewPrice], Dates]:
    """The prices of a page's form. Raises Refused: invalid-input, with every bad field at once."""
    wrong: list[dict[str, Any]] = []

    def read(model: type[Any], given: Any, prefix: str = "") -> Any:
        try:
            return parse(model, given)
        except Refused as no:
            wrong.extend({**one, "field": prefix + one["field"]} for one in no.facts["fields"])
            return None

    dated = read(forms.DatesIn, form)
    bands = _bands(form, wrong)
    prices = []
    for group in PriceGroup:
        fields = {name: form.get(f"{group}.{name}", "") for name in ("do", "hour", "minimum")}
        row = read(_Row, {**fields, "do": fields["do"] or "keep"}, f"{group}.")
        if row is not None and row.do != "keep":
            priced = row.do == "price"
            prices.append(
                NewPrice(
                    group,
                    Money(row.hour) if priced else ZERO,
                    Money(row.minimum) if priced else ZERO,
                    row.do != "bar",
                    bands if priced else (),
                    row.do == "inherit",
                )
            )
    if wrong:
        raise Refused("invalid-input", fields=wrong)
    return prices, dated.dates()


def _clock(text: str) -> int:
    hour, _colon, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _bands(form: MultiDict[str, Any], wrong: list[dict[str, Any]]) -> tuple[Band, ...]:
    """The bands that are filled in; from midnight to midnight is the whole day."""
    found = []
    for number in range(MOST_BANDS):
        fields = {
            name: form.get(f"band.{number}.{name}", "").strip()
            for name in ("name", "name_en", "days", "from", "to", "percent")
        }
        if not fields["name"] and not fields["percent"]:
            continue
        try:
            start, end, percent = _clock(fields["from"]), _clock(fields["to"]), int(fields["percent"])
            band = Band(fields["name"], fields["name_en"], Days(fields["days"] or "all"), start, end, percent)
        except ValueError:
            message = _("请写全名称、起止时刻和百分比")
            wrong.append({"field": f"band.{number}.name", "message": message})
            continue
        found.append(
            band
            if (start, end) != (0, 0)
            else Band(band.name, band.name_en, band.days, 0, DAY_MINUTES, percent)
        )
    return tuple(found)


def to_page(prices: Any) -> dict[str, str]:
    """The fields of the page as they stand before anybody typed: prices in force here, their bands."""
    out: dict[str, str] = {}
    rows = list(prices)
    for row in rows:
        out[f"{row.price_group}.hour"] = _plain_yuan(row.hour)
        out[f"{row.price_group}.minimum"] = _plain_yuan(row.minimum) if row.minimum else ""
    bands = next((row.bands for row in rows if row.bands), ())
    for number, band in enumerate(bands[:MOST_BANDS]):
        whole = (band.start, band.end) == (0, DAY_MINUTES)
        for name, value in (
            ("name", band.name), ("name_en", band.name_en), ("days", band.days.value), ("percent", str(band.percent)),
            ("from", _said(band.start)), ("to", "00:00" if whole else _said(band.end % DAY_MINUTES)),
        ):  # fmt: skip
            out[f"band.{number}.{name}"] = value
    return out


def _plain_yuan(amount: Money) -> str:
    return f"{amount.fen // 100}.{amount.fen % 100:02d}".removesuffix(".00")


def _said(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


# --- the command line ------------------------------------------------------------------------------------------------


def said_price(text: str) -> NewPrice:
    """`institution=15000` fen an hour, `enterprise=30000:5000` with a minimum, `overseas=bar`, `group=inherit`."""
    group, _equals, said = text.partition("=")
    given: dict[str, Any] = {"price_group": group}
    if said == "inherit":
        given["inherit"] = True
    elif said == "bar":
        given["may_buy"] = False
    else:
        hour, _colon, minimum = said.partition(":")
        given |= {"hour_fen": hour, "minimum_fen": minimum or "0"}
    return parse(PriceIn, given).price()
