"""The catalogue: what is looked for is asked of the database, filters and counts of the shelf kept in the process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Float, select, text

from sharing.kernel.db import Key, db, is_sqlite
from sharing.kernel.paging import Page
from sharing.network import queries as network
from sharing.registry.queries.instruments import INSTRUMENT, instruments
from sharing.registry.queries.shelf import shelf
from sharing.registry.rules import Audience, BookingMode, InstrumentRow, Status
from sharing.registry.rules.grams import match_postgresql, match_sqlite, parts
from sharing.registry.rules.search import VALUE_STEPS_FEN, Catalogue, FacetValue, Search, stem
from sharing.registry.rules.shelf import (
    Aspect,
    Narrow,
    Shelf,
    Standing,
    at_least,
    mask_of,
    page,
    ranked,
    standing,
)

_FOUND_SQLITE: Final = text(
    "SELECT instrument_id, -bm25(registry_fts, 0, 10, 5, 1, 0.5) AS rank FROM registry_fts"
    " WHERE registry_fts MATCH :looked_for"
).columns(instrument_id=Key, rank=Float)
_FOUND_POSTGRESQL: Final = text(
    "SELECT instrument_id, ts_rank('{0.05,0.1,0.5,1}', words, CAST(:looked_for AS tsquery)) AS rank"
    " FROM registry_fts WHERE words @@ CAST(:looked_for AS tsquery)"
).columns(instrument_id=Key, rank=Float)
SEARCHED: Final = "name terms rest sound"
Aspects = Callable[[Shelf], Mapping[str, Aspect]]


def _none(_on: Shelf) -> Mapping[str, Aspect]:
    return {}


def catalogue(
    search: Search, *, on: date, extra: ColumnElement[bool] | None = None, aspects: Aspects = _none
) -> Catalogue:
    """A page of what is found, and every facet counted with the other filters applied.

    on       the Shanghai day whose policies say to whom an instrument is open
    extra    one more condition on `INSTRUMENT`, such as free time in a window, which other slices know of
    aspects  facets that other slices know of, over the shelf they are given
    """
    asked = _asked(search, on, extra, aspects)
    return Catalogue(asked.page(), _facets(asked))


def listed(
    search: Search, *, on: date, extra: ColumnElement[bool] | None = None, aspects: Aspects = _none
) -> Catalogue:
    """The same without facets, for lists that show none."""
    return Catalogue(_asked(search, on, extra, aspects).page())


def everything(search: Search, *, on: date) -> list[Narrow]:
    """All that is found, in order, as narrow rows: for whoever looks at each of them."""
    asked = _asked(search, on, None, _none)
    left = asked.standing.left()
    return [asked.shelf.rows[place] for place in page(asked.order, left, start=0, count=left.bit_count())]


# --- what is found -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """A search over one shelf; `order` is how it is sorted."""

    search: Search
    shelf: Shelf
    order: Sequence[int]
    standing: Standing
    aspects: Mapping[str, Aspect]

    def page(self) -> Page[InstrumentRow]:
        """These few, read whole."""
        search, left = self.search, self.standing.left()
        start = (search.page - 1) * search.per_page
        places = page(self.order, left, start=start, count=search.per_page)
        rows = instruments(self.shelf.rows[place].id for place in places)
        items = [rows[one] for place in places if (one := self.shelf.rows[place].id) in rows]
        return Page(items, left.bit_count(), search.page, search.per_page)


def _asked(search: Search, on: date, extra: ColumnElement[bool] | None, aspects: Aspects) -> _Asked:
    have = shelf(on)
    others, base = aspects(have), have.whole
    ranks = _ranks(search, have)
    if ranks is not None:
        base &= mask_of(ranks, len(have.rows))
    if extra is not None:
        met = db.session.scalars(select(INSTRUMENT.c.id).where(extra))
        base &= mask_of((have.places[one] for one in met if one in have.places), len(have.rows))
    sort = search.sort or "relevance"
    by_rank = sort == "relevance" and ranks is not None
    order = ranked(have, ranks or {}) if by_rank else have.orders["name" if sort == "relevance" else sort]
    return _Asked(search, have, order, standing(have, search, base, others), others)


def _ranks(search: Search, have: Shelf) -> dict[int, float] | None:
    """The places of instruments whose words have every part of the query, and how well; None: nothing looked for."""
    wanted = parts(search.q)
    if not wanted:
        return None
    sqlite = is_sqlite()
    said = match_sqlite(wanted, SEARCHED) if sqlite else match_postgresql(wanted)
    statement = _FOUND_SQLITE if sqlite else _FOUND_POSTGRESQL
    found = db.session.execute(statement, {"looked_for": said})
    return {place: rank for key, rank in found if (place := have.places.get(key)) is not None}


# --- facets ------------------------------------------------------------------------------------------------


def _facets(asked: _Asked) -> dict[str, list[FacetValue]]:
    found, masks = asked.standing, asked.shelf.masks
    zones = [row.code for row in network.zones()]
    counts = {facet: _counts(masks[facet], found.left(facet)) for facet in masks}
    audience = found.left("audience")
    return {
        "zone": [FacetValue(code, n) for code in zones if (n := counts["zone"].get(code, 0))],
        "category": _tree(counts["category"]),
        "institution": [
            replace(one, name=names[0], name_en=names[1])
            for one in _most(counts["institution"])
            if (names := asked.shelf.houses[one.value])
        ],
        "subject": _most(counts["subject"]),
        "audience": [
            FacetValue(one.value, (at_least(masks["audience"], one) & audience).bit_count())
            for one in Audience
            if one is not Audience.GROUP
        ],
        **{
            name: [FacetValue(value, n) for value, n in _counts(one.masks, found.left(name)).items()]
            for name, one in asked.aspects.items()
        },
        "mode": [FacetValue(one.value, counts["mode"].get(one.value, 0)) for one in BookingMode],
        "status": [FacetValue(one.value, counts["status"].get(one.value, 0)) for one in Status],
        "value": [FacetValue(str(step), counts["value"][str(step)]) for step in VALUE_STEPS_FEN],
    }


def _counts(masks: Mapping[str, int], among: int) -> dict[str, int]:
    return {value: (mask & among).bit_count() for value, mask in masks.items()}


def _most(counts: Mapping[str, int]) -> list[FacetValue]:
    """Those that there are, the most first."""
    found = [FacetValue(value, n) for value, n in counts.items() if n]
    return sorted(found, key=lambda one: (-one.count, one.value))


def _tree(counts: Mapping[str, int]) -> list[FacetValue]:
    """The category tree, two levels, in the order of the codes; only where there is something."""
    below: Counter[str] = Counter()
    for code, n in counts.items():
        below[code[:2]] += n
        below[code[:4]] += n
    return [
        FacetValue(row.code, n, row.level - 1)
        for row in network.categories()
        if row.level <= 2 and (n := below[stem(row.code)])
    ]
