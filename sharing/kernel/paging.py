"""Pages of a list, bounded: at most 200 rows each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")

PER_PAGE = 50
MOST_PER_PAGE = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page: `items`, the `total` over all pages, the `page` number from 1 and the size asked for."""

    items: Sequence[T]
    total: int
    page: int = 1
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    def map(self, change: Callable[[T], U]) -> Page[U]:
        return Page([change(item) for item in self.items], self.total, self.page, self.per_page)
