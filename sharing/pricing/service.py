"""Entering prices: dated rows, never changed. Every row raises the rule epoch and is audited."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people.rules import Actor
from sharing.pricing.queries import PRICES
from sharing.pricing.rules import NewPrice, plain_bands, wrong_fields
from sharing.registry import service as registry

Pair = tuple[str, uuid.UUID | None]


def add_prices(
    new: Sequence[NewPrice], dates: registry.Dates, *, scope: Pair, by: Actor | None, now: datetime
) -> list[uuid.UUID]:
    """Enter prices of a scope from one day on, one for each price group named, all or none; gives their keys.

    scope   its kind and key; of a category, which spans institutions, they are the province's to set
    raises  Refused: not-found, forbidden; invalid-input with every wrong field; edit-conflict; duplicate when the
            scope has a row for one of these price groups and the day already
    """
    check_prices(new, dates, now)
    return registry.enter(PRICES, scope, [_columns(one, dates) for one in new], dates, by=by, now=now)


def check_prices(new: Sequence[NewPrice], dates: registry.Dates, now: datetime) -> None:
    """Raises Refused: invalid-input, with every field that is wrong."""
    wrong = registry.wrong_dates(dates, shanghai_day(now))
    if not new:
        wrong.append({"field": "prices", "message": _("请至少改一类用户的价格")})
    if len({one.price_group for one in new}) < len(new):
        wrong.append({"field": "prices", "message": _("每类用户只能填一次")})
    wrong += [
        {"field": f"{one.price_group}.{name}", "message": _sentence(name)}
        for one in new
        for name in wrong_fields(one)
    ]
    if wrong:
        raise Refused("invalid-input", fields=wrong)


def withdraw_price(row_id: uuid.UUID, *, reason: str, by: Actor | None, now: datetime) -> Pair:
    """Take back a price that has not begun; gives its scope. Raises Refused: not-found, forbidden, rule-begun."""
    return registry.withdraw(PRICES, row_id, reason=reason, by=by, now=now)


def _columns(new: NewPrice, dates: registry.Dates) -> dict[str, Any]:
    return {
        "price_group": new.price_group.value,
        "hour_fen": new.hour.fen,
        "minimum_fen": new.minimum.fen,
        "may_buy": new.may_buy,
        "bands": plain_bands(new.bands),
        "inherit": new.inherit or dates.inherit,
    }


def _sentence(name: str) -> str:
    if name.startswith("bands."):
        return _("时段须有名称，起止不同且在一天之内，折扣为 0 至 1000 的整数百分比")
    return _("金额不能为负")
