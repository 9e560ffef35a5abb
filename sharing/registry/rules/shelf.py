"""Every instrument at once, a bit each: who meets a filter, how many, and which are on a page.

Instruments stand in the order of their names; bit n of a mask is the n-th. Ten thousand of them are 1,250 bytes a mask,
so that every facet is counted, whatever the other filters, in less time than one question to a database takes.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from itertools import islice
from operator import or_
from typing import Final, TypeVar

from sharing.registry.rules.search import VALUE_STEPS_FEN, Search, stem
from sharing.registry.rules.words import Audience, Status

V = TypeVar("V", bound=Hashable)
Masks = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Narrow:
    """Of an instrument what filters, facets and sorts ask."""

    id: uuid.UUID
    name: str
    zone_id: uuid.UUID
    zone: str
    institution_id: uuid.UUID
    institution: str
    institution_name: str
    institution_name_en: str
    group_id: uuid.UUID | None
    category_id: uuid.UUID
    category: str
    subjects: Sequence[str]
    mode: str
    status: str
    audience: str
    value_fen: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """All instruments, retired ones too, as they were at one version.

    places  where each stands, by key
    masks   by facet and value
    orders  by sort the places in that order
    houses  names of institutions, by code
    """

    rows: Sequence[Narrow]
    places: Mapping[uuid.UUID, int]
    masks: Mapping[str, Masks]
    orders: Mapping[str, Sequence[int]]
    houses: Mapping[str, tuple[str, str]]

    @property
    def whole(self) -> int:
        return (1 << len(self.rows)) - 1


@dataclass(frozen=True, slots=True)
class Aspect:
    """A facet that another slice knows of: its masks over one shelf, and the values that are asked for."""

    masks: Masks
    chosen: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Who meets what: `base` the words and whatever else is asked, `met` by facet those that meet its filter."""

    base: int
    met: Mapping[str, int] = field(default_factory=dict)

    def left(self, but: str = "") -> int:
        """Those that meet everything but one facet's filter."""
        mask = self.base
        for facet, one in self.met.items():
            if facet != but:
                mask &= one
        return mask


OF: Final[Mapping[str, Callable[[Narrow], Iterable[str]]]] = {
    "zone": lambda row: (row.zone,),
    "institution": lambda row: (row.institution,),
    "category": lambda row: (row.category,),
    "subject": lambda row: row.subjects,
    "mode": lambda row: (row.mode,),
    "status": lambda row: (row.status,),
    "audience": lambda row: (row.audience,),
}
"""The values that an instrument has of each facet."""


# --- making one --------------------------------------------------------------------------------------------


def shelf(rows: Sequence[Narrow]) -> Shelf:
    """The shelf of these rows, given in the order of their names."""
    size = len(rows)
    masks = {
        name: masks_of(((value, n) for n, row in enumerate(rows) for value in values(row)), size)
        for name, values in OF.items()
    }
    masks["value"] = {str(step): _worth(rows, step) for step in VALUE_STEPS_FEN}
    places = {row.id: n for n, row in enumerate(rows)}
    houses = {row.institution: (row.institution_name, row.institution_name_en) for row in rows}
    return Shelf(rows, places, masks, _orders(rows), houses)


def _orders(rows: Sequence[Narrow]) -> dict[str, Sequence[int]]:
    """Ties keep the order of names."""
    by_name = range(len(rows))
    rank = {name: n for n, name in enumerate(dict.fromkeys(row.name for row in rows))}
    known = [(fen, n) for n, row in enumerate(rows) if (fen := row.value_fen) is not None]
    without = [n for n, row in enumerate(rows) if row.value_fen is None]
    return {
        "name": by_name,
        "-name": sorted(by_name, key=lambda n: -rank[rows[n].name]),
        "value": [*(n for _fen, n in sorted(known)), *without],
        "-value": [*(n for _fen, n in sorted(known, key=lambda one: (-one[0], one[1]))), *without],
        "newest": sorted(by_name, key=lambda n: rows[n].created_at, reverse=True),
    }


def mask_of(places: Iterable[int], size: int) -> int:
    """The mask with these bits."""
    held = bytearray(size // 8 + 1)
    for place in places:
        held[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(held, "little")


def masks_of(pairs: Iterable[tuple[V, int]], size: int) -> dict[V, int]:
    """A mask for each value, of the places it is paired with."""
    held: dict[V, list[int]] = {}
    for value, place in pairs:
        held.setdefault(value, []).append(place)
    return {value: mask_of(places, size) for value, places in held.items()}


def _worth(rows: Sequence[Narrow], fen: int) -> int:
    dear = (n for n, row in enumerate(rows) if row.value_fen is not None and row.value_fen >= fen)
    return mask_of(dear, len(rows))


# --- asking it ---------------------------------------------------------------------------------------------


def standing(on: Shelf, search: Search, base: int, aspects: Mapping[str, Aspect]) -> Standing:
    """Who meets each filter that is set; without one for the status the retired are left out."""
    met: dict[str, int] = {}
    plain = {
        "zone": search.zones,
        "institution": search.institutions,
        "subject": search.subjects,
        "mode": [one.value for one in search.modes],
    }
    for facet, values in plain.items():
        if values:
            met[facet] = _any(on.masks[facet], values)
    if search.categories:
        met["category"] = _below(on.masks["category"], search.categories)
    running = [one.value for one in Status if one is not Status.RETIRED]
    met["status"] = _any(on.masks["status"], [one.value for one in search.statuses] or running)
    if search.audience:
        met["audience"] = at_least(on.masks["audience"], search.audience)
    if search.min_value_fen is not None:
        met["value"] = _worth(on.rows, search.min_value_fen)
    met |= {name: _any(aspect.masks, aspect.chosen) for name, aspect in aspects.items() if aspect.chosen}
    return Standing(base, met)


def _any(masks: Masks, values: Iterable[str]) -> int:
    return reduce(or_, (masks.get(value, 0) for value in values), 0)


def _below(masks: Masks, codes: Iterable[str]) -> int:
    """What lies in these categories of any level."""
    stems = tuple(stem(code) for code in codes)
    return reduce(or_, (mask for code, mask in masks.items() if code.startswith(stems)), 0)


def at_least(masks: Masks, audience: Audience) -> int:
    """Open at least to these: what is open to everyone is open to the network too."""
    return _any(masks, [one.value for one in Audience if one.breadth >= audience.breadth])


def ranked(on: Shelf, ranks: Mapping[int, float]) -> list[int]:
    """What words found, best first, what runs before what does not."""

    def key(place: int) -> tuple[bool, float, int]:
        return on.rows[place].status != Status.IN_SERVICE, -ranks[place], place

    return sorted(ranks, key=key)


def page(order: Iterable[int], mask: int, *, start: int, count: int) -> list[int]:
    """Of an order the places that a mask has, `count` of them from the `start`-th on."""
    held = mask.to_bytes(mask.bit_length() // 8 + 1, "little")
    last = len(held) * 8
    met = (place for place in order if place < last and held[place >> 3] >> (place & 7) & 1)
    return list(islice(met, start, start + count))
