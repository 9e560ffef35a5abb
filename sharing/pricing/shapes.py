"""The shapes of the API's answers about prices, for the OpenAPI document."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from sharing.kernel.timespan import SHANGHAI
from sharing.pricing.formats import quoted_json
from sharing.pricing.queries import PriceEffect
from sharing.registry.shapes import DatedOut


class BandOut(BaseModel):
    """A part of the day at a percentage of the hour; minutes after midnight."""

    name: str
    name_en: str
    days: str
    percent: int


class PriceRowOut(DatedOut):
    """What an hour costs one price group from a day on."""

    price_group: str
    name: str
    hour_fen: int
    minimum_fen: int
    may_buy: bool
    bands: list[BandOut]


class PricesOut(BaseModel):
    """Every price ever entered for a scope, the latest first; `revision` is the ETag."""

    scope: str
    revision: int
    items: list[PriceRowOut]


class QuotedOut(BaseModel):
    start: datetime
    end: datetime
    before: dict[str, Any]
    after: dict[str, Any]


class BuyerOut(BaseModel):
    price_group: str
    changes: bool
    quotes: list[QuotedOut]


class PriceEffectOut(BaseModel):
    """Quotes of sample spans before and after, and how many instruments the change reaches."""

    valid_from: date
    instruments: int
    kept: int
    buyers: list[BuyerOut]


def effect_json(found: PriceEffect, valid_from: date) -> dict[str, Any]:
    """What prices would change, as the API and the command show it."""
    return {
        "valid_from": valid_from.isoformat(),
        "instruments": found.reached,
        "kept": found.kept,
        "buyers": [
            {
                "price_group": one.buyer.value,
                "changes": one.changes,
                "quotes": [
                    {
                        "start": span.start.astimezone(SHANGHAI).isoformat(),
                        "end": span.end.astimezone(SHANGHAI).isoformat(),
                        "before": quoted_json(before),
                        "after": quoted_json(after),
                    }
                    for span, before, after in zip(found.samples, one.before, one.after, strict=True)
                ],
            }
            for one in found.buyers
        ],
    }
