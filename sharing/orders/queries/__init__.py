"""Reading service orders."""

from sharing.orders.queries.orders import (
    Search,
    counts,
    every,
    lapsed,
    order,
    order_by_number,
    overdue,
    readable_order,
    search,
    strayed,
)
from sharing.orders.queries.parts import contract, files, files_for, party, quote, quotes

__all__ = [
    "Search",
    "contract",
    "counts",
    "every",
    "files",
    "files_for",
    "lapsed",
    "order",
    "order_by_number",
    "overdue",
    "party",
    "quote",
    "quotes",
    "readable_order",
    "search",
    "strayed",
]
