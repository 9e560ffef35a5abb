"""What an hour costs this reader, of every instrument at once: the facet "price for me" over the registry's shelf."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Final

from flask import current_app

from sharing.network.rules import scope_key
from sharing.people.rules import Actor
from sharing.pricing import queries as pricing
from sharing.pricing.queries import HourRow
from sharing.pricing.rules import BAND_ENDS_FEN, HourBand, PriceGroup, price_groups
from sharing.registry.rules import InstrumentRow
from sharing.registry.rules.shelf import Narrow, Shelf, mask_of, masks_of

CACHE: Final = "sharing.booking.priced"
NOBODY: Final = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Priced:
    """Prices over one shelf, as masks.

    below   by price group: whose hour costs less than each of BAND_ENDS_FEN, then whose hour has a price at all
    houses  what each institution owns; `groups` the same of research groups
    """

    below: Mapping[PriceGroup, Sequence[int]]
    houses: Mapping[uuid.UUID, int]
    groups: Mapping[uuid.UUID, int]
    whole: int


@dataclass(frozen=True, slots=True)
class _Owner:
    """An instrument that stands for all that lie alike to a reader."""

    institution_id: uuid.UUID
    group_id: uuid.UUID | None


def price_masks(on: Shelf, by: Actor | None, day: date) -> dict[str, int]:
    """By band the instruments whose lowest hour for this reader lies in it, as the list shows it."""
    priced = _priced(on, day)
    below = [0] * (len(BAND_ENDS_FEN) + 1)
    for alike, owner in _alike(priced, by):
        groups = price_groups(by, owner)
        for number in range(len(below)):
            cheap = reduce(or_, (priced.below[group][number] for group in groups))
            below[number] |= cheap & alike
    bands = [below[0], *(wider & ~narrower for narrower, wider in pairwise(below)), priced.whole & ~below[-1]]
    return dict(zip((band.value for band in HourBand), bands, strict=True))


def _alike(priced: Priced, by: Actor | None) -> Iterator[tuple[int, _Owner]]:
    """All instruments, parted by what decides a reader's price groups: owned by her institution, by her group."""
    house = priced.houses.get(by.institution_id or NOBODY, 0) if by else 0
    group = reduce(or_, (priced.groups.get(one, 0) for one in by.groups), 0) if by else 0
    for in_house, its in ((house, by and by.institution_id), (priced.whole & ~house, None)):
        for in_group, whose in ((group, by.groups[0] if by and by.groups else None), (~group, None)):
            yield in_house & in_group, _Owner(its or NOBODY, whose)


def _priced(on: Shelf, day: date) -> Priced:
    """Kept as long as its shelf, which rules, instruments and days make anew."""
    held: tuple[Shelf, Priced] | None = current_app.extensions.get(CACHE)
    if held is None or held[0] is not on:
        held = current_app.extensions[CACHE] = (on, _read(on, day))
    return held[1]


def _read(on: Shelf, day: date) -> Priced:
    hours, size = pricing.hours_on(day), len(on.rows)
    chains = [_chain(row) for row in on.rows]
    below = {}
    for group in PriceGroup:
        prices = [(fen, n) for n, keys in enumerate(chains) if (fen := _hour(hours, keys, group)) is not None]
        under = (mask_of((n for fen, n in prices if fen < end), size) for end in BAND_ENDS_FEN)
        below[group] = [*under, mask_of((n for _fen, n in prices), size)]
    return Priced(
        below,
        masks_of(((row.institution_id, n) for n, row in enumerate(on.rows)), size),
        masks_of(((row.group_id, n) for n, row in enumerate(on.rows) if row.group_id), size),
        on.whole,
    )


def _chain(row: Narrow) -> tuple[str, ...]:
    """Scope keys of its prices, the most specific first."""
    return (
        scope_key("instrument", row.id),
        scope_key("category", row.category_id),
        scope_key("institution", row.institution_id),
        scope_key("zone", row.zone_id),
        scope_key("network", None),
    )


def _hour(
    hours: Mapping[tuple[str, PriceGroup], HourRow], keys: Sequence[str], group: PriceGroup
) -> int | None:
    """The plain hour in force for one price group; None where none is published or it may not buy."""
    row = _row(hours, keys, group)
    return row.hour_fen if row else None


def _row(
    hours: Mapping[tuple[str, PriceGroup], HourRow], keys: Sequence[str], group: PriceGroup
) -> HourRow | None:
    """The row in force for one price group: of the most specific scope that has one and does not hand back."""
    for key in keys:
        row = hours.get((key, group))
        if row is not None and not row.inherit:
            return row
    return None


def barred_by_price(
    instruments: Mapping[uuid.UUID, InstrumentRow], by: Actor | None, group_id: uuid.UUID | None, day: date
) -> set[uuid.UUID]:
    """Those whose price list says of each of her price groups that it may not buy; none where there is no price."""
    hours, found = pricing.hours_on(day), set()
    for key, row in instruments.items():
        groups = price_groups(by, row, group_id)
        rows = [one for group in groups if (one := _row(hours, row.scope_keys, group))]
        if rows and all(one.hour_fen is None for one in rows):
            found.add(key)
    return found
