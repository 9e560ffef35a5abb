"""What a search asks and what it finds, beside the instruments themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sharing.kernel.paging import PER_PAGE, Page
from sharing.registry.rules.rows import InstrumentRow
from sharing.registry.rules.words import Audience, BookingMode, Status

SORTS: Final = ("relevance", "name", "-name", "value", "-value", "newest")
VALUE_STEPS_FEN: Final = (20_000_000, 50_000_000, 200_000_000)
"""What duties hang on (DOMAIN 3): 20万 in Yunnan, 50万 in the nation, 200万 for review before purchase."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a person looks for. Several values of one kind mean any of them; kinds are all to be met.

    categories  codes of any level: `010000` means all below it
    subjects    what it serves: first-level codes of GB/T 13745
    audience    open at least to these
    statuses    without any: all but the retired
    sort        one of SORTS; empty: by relevance when something is looked for, else by name
    """

    q: str = ""
    zones: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    modes: tuple[BookingMode, ...] = ()
    statuses: tuple[Status, ...] = ()
    audience: Audience | None = None
    min_value_fen: int | None = None
    sort: str = ""
    page: int = 1
    per_page: int = PER_PAGE


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet with the number of instruments that have it while all other filters hold."""

    value: str
    count: int
    level: int = 0
    name: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A page of instruments, and by facet its values with counts."""

    page: Page[InstrumentRow]
    facets: Mapping[str, Sequence[FacetValue]] = field(default_factory=dict)


def stem(category: str) -> str:
    """The part of a category code that all codes below it begin with: `010100` gives `0101`."""
    return (
        category[:2] if category.endswith("0000") else category[:4] if category.endswith("00") else category
    )
