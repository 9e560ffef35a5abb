"""The catalogue as a page shows it: what the registry finds, with prices, the next free time and the coming week."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sharing.booking import queries
from sharing.booking.queries.openings import free_in
from sharing.kernel.language import _, current_language, named
from sharing.kernel.money import Money
from sharing.kernel.paging import Page
from sharing.kernel.timespan import TimeSpan, shanghai_day
from sharing.network import queries as network
from sharing.people.rules import Actor
from sharing.pricing import formats as prices_said
from sharing.pricing import queries as pricing
from sharing.pricing.rules import HourBand, PriceRow, hourly, price_groups
from sharing.registry import queries as registry
from sharing.registry.forms import SearchIn
from sharing.registry.rules import (
    Audience,
    BookingMode,
    InstrumentRow,
    LicenceLevel,
    Status,
    Terms,
)
from sharing.registry.rules.search import Catalogue, FacetValue
from sharing.registry.rules.shelf import Aspect, Shelf
from sharing.registry.rules.subjects import subject_name

PER_PAGE: Final = 20
MOST_COMPARED: Final = 4  # what fits side by side on a page of paper
MOST_ASKED: Final = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One instrument in the list.

    price   the lowest hour that this reader would pay; None: no price published for her
    week    of fourteen half days the share that is taken, None where it is closed or over
    """

    row: InstrumentRow
    licence: LicenceLevel | None
    audience: Audience
    price: PriceRow | None
    price_name: str
    next_free: TimeSpan | None
    week: Sequence[float | None]
    week_said: str

    @property
    def hour(self) -> Money | None:
        return self.price.hour if self.price else None


@dataclass(frozen=True, slots=True)
class Found:
    """The catalogue page."""

    asked: SearchIn
    page: Page[Line]
    facets: Mapping[str, Sequence[FacetValue]]
    starred: frozenset[uuid.UUID]
    now: datetime

    @property
    def total(self) -> int:
        return self.page.total


def find(asked: SearchIn, by: Actor | None, now: datetime) -> Found:
    """One page of what is found: a statement each for words, rows, terms and slots; facets and prices are kept."""
    found = searched(asked, by, now)
    terms = registry.terms_of([row.id for row in found.page.items])
    return Found(
        asked=asked,
        page=Page(lines(found.page.items, terms, by, now), found.page.total, asked.page, asked.per_page),
        facets=found.facets,
        starred=frozenset(registry.favourites(by.user_id)) if by else frozenset(),
        now=now,
    )


def searched(asked: SearchIn, by: Actor | None, now: datetime, *, facets: bool = True) -> Catalogue:
    """What the registry finds, with the window of free time as one more condition and the price for this reader as
    one more facet."""
    on = shanghai_day(now)

    def aspects(shelf: Shelf) -> dict[str, Aspect]:
        if not facets and not asked.price:
            return {}
        return {"price": Aspect(queries.price_masks(shelf, by, on), asked.price)}

    extra = free_in(asked.window) if asked.window else None
    ask = registry.catalogue if facets else registry.listed
    return ask(asked.search(), on=on, extra=extra, aspects=aspects)


@dataclass(frozen=True, slots=True)
class Compared:
    """Instruments side by side; `more` is how many of those asked for did not fit."""

    lines: Sequence[Line]
    more: int


def compared(ids: Sequence[uuid.UUID], by: Actor | None, now: datetime) -> Compared:
    """The first MOST_COMPARED that there are, in the order asked for."""
    terms = registry.terms_of(ids[:MOST_ASKED])
    rows = [terms[one].instrument for one in ids if one in terms]
    return Compared(lines(rows[:MOST_COMPARED], terms, by, now), max(0, len(rows) - MOST_COMPARED))


def lines(
    rows: Sequence[InstrumentRow], terms: Mapping[uuid.UUID, Terms], by: Actor | None, now: datetime
) -> list[Line]:
    """Rows of a list with what moves: price for me, next free time, the week."""
    on = shanghai_day(now)
    coming = queries.outlook([terms[row.id] for row in rows], now)
    prices = pricing.prices_of({row.id: row.scope_keys for row in rows}, on)
    out = []
    for row in rows:
        policy = terms[row.id].policy(on)
        price = hourly(prices[row.id], price_groups(by, row))
        week = coming[row.id].week
        out.append(
            Line(
                row=row,
                licence=policy.licence_level,
                audience=policy.audience,
                price=price,
                price_name=prices_said.price_group_name(price.price_group) if price else "",
                next_free=coming[row.id].next_free,
                week=week,
                week_said=_said(week),
            )
        )
    return out


def _said(week: Sequence[float | None]) -> str:
    """The strip in one sentence, for who does not see it."""
    halves = [half for half in week if half is not None]
    if not halves:
        return _("未来七天不开放")
    free = sum(1 for half in halves if half < 1)
    return _("未来七天开放 %(open)s 个半天，其中 %(free)s 个还有空", open=len(halves), free=free)


# --- filters in force -----------------------------------------------------------------------------------------------


def words(found: Found) -> dict[str, str]:
    """What each value of a facet is called, by `facet:value`."""
    said: dict[str, str] = {}
    for facet, values in found.facets.items():
        for one in values:
            said[f"{facet}:{one.value}"] = named(one.name, one.name_en) if one.name else one.value
    said |= {f"zone:{one.code}": named(one.name, one.name_en) for one in network.zones()}
    said |= {f"category:{one.code}": named(one.name, one.name_en) for one in network.categories()}
    said |= {f"mode:{one.value}": one.word for one in BookingMode}
    said |= {f"status:{one.value}": one.word for one in Status}
    said |= {f"audience:{one.value}": one.word for one in Audience}
    said |= {f"subject:{one.value}": subject_name(one.value) for one in found.facets.get("subject", ())}
    said |= {f"subject:{code}": subject_name(code) for code in found.asked.subject}
    said |= {f"price:{one.value}": prices_said.hour_band_name(one) for one in HourBand}
    said |= {f"value:{one.value}": at_least(int(one.value)) for one in found.facets.get("value", ())}
    return said


def at_least(fen: int) -> str:
    """An original value as a threshold: 50 万元以上 / ¥500,000 or more."""
    if current_language() == "en":
        return _("%(value)s 万元以上", value=f"{fen // 100:,}")
    wan, rest = divmod(fen, 1_000_000)
    return _("%(value)s 万元以上", value=f"{wan}{f'.{rest // 10_000:02d}' if rest else ''}")
