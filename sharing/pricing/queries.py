"""Reading prices: all dated rows of a scope chain are read once and kept until a rule changes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from sqlalchemy import Select, select

from sharing.kernel.db import db, table_of
from sharing.kernel.money import Money
from sharing.network import queries as network
from sharing.network.rules import row_in_force
from sharing.pricing.formats import ShownPrice, shown_price
from sharing.pricing.models import Price
from sharing.pricing.rules import ORDER, PriceGroup, PriceRow, bands_from

K = TypeVar("K", bound=Hashable)

MOST_KEYS: Final = 400  # in one statement


@dataclass(frozen=True, slots=True)
class PriceTableRow:
    """One price group in the price table of an instrument.

    now        the row in force today, or None
    announced  rows that will come into force, soonest first
    """

    price_group: PriceGroup
    now: PriceRow | None
    announced: tuple[PriceRow, ...] = ()


def rows_of(scope_keys: Sequence[str]) -> tuple[PriceRow, ...]:
    """Every dated row of these scopes, past and coming, oldest first."""
    return _gathered(_held(scope_keys), scope_keys)


def _held(scope_keys: Iterable[str]) -> Mapping[str, tuple[PriceRow, ...]]:
    """Rows by scope, kept until a rule changes; those not kept yet are read in one statement."""
    kept: dict[str, tuple[PriceRow, ...]] = network.per_epoch("pricing.rows", dict)
    missing = list(dict.fromkeys(key for key in scope_keys if key not in kept))
    for begin in range(0, len(missing), MOST_KEYS):
        keys = missing[begin : begin + MOST_KEYS]
        found: dict[str, list[PriceRow]] = {key: [] for key in keys}
        for row in _read(keys):
            found[row.scope_key].append(row)
        kept.update({key: tuple(rows) for key, rows in found.items()})
    return kept


def _gathered(held: Mapping[str, tuple[PriceRow, ...]], scope_keys: Sequence[str]) -> tuple[PriceRow, ...]:
    rows = (row for key in scope_keys for row in held[key])
    return tuple(sorted(rows, key=lambda row: (row.valid_from, row.id)))


def _selected() -> Select[tuple[object, ...]]:
    c = table_of(Price).c
    return select(
        c.id, c.scope_key, c.valid_from, c.inherit, c.source_document,
        c.price_group, c.hour_fen, c.minimum_fen, c.may_buy, c.bands,
    )  # fmt: skip


def _read(keys: Sequence[str]) -> tuple[PriceRow, ...]:
    c = table_of(Price).c
    found = db.session.execute(_selected().where(c.scope_key.in_(keys)).order_by(c.valid_from, c.id))
    return tuple(
        PriceRow(
            id=row.id,
            scope_key=row.scope_key,
            valid_from=row.valid_from,
            inherit=row.inherit,
            source_document=row.source_document,
            price_group=PriceGroup(row.price_group),
            hour=Money(row.hour_fen),
            minimum=Money(row.minimum_fen),
            may_buy=row.may_buy,
            bands=bands_from(row.bands or ()),
        )
        for row in found
    )


def prices(scope_keys: Sequence[str], on: date) -> list[PriceRow]:
    """The row in force on a day for each price group that has one, in the order of price groups.

    scope_keys  the instrument's scope chain, the most specific first (`registry.queries.Terms.scope_keys`)
    on          the day the quote is asked: a quote is what was valid then (SCENARIOS, decisions)
    """
    return _in_force(rows_of(scope_keys), scope_keys, on)


def prices_of(chains: Mapping[K, Sequence[str]], on: date) -> dict[K, list[PriceRow]]:
    """`prices` of many instruments at once, by instrument: at most one statement for a page of them."""
    held = _held(key for keys in chains.values() for key in keys)
    return {thing: _in_force(_gathered(held, keys), keys, on) for thing, keys in chains.items()}


def _in_force(rows: Sequence[PriceRow], scope_keys: Sequence[str], on: date) -> list[PriceRow]:
    found = (
        row_in_force([row for row in rows if row.price_group is group], scope_keys, on) for group in ORDER
    )
    return [row for row in found if row is not None]


@dataclass(frozen=True, slots=True)
class HourRow:
    """The newest row of one scope and price group: its plain hour; None where this group may not buy."""

    hour_fen: int | None
    inherit: bool


def hours_on(on: date) -> Mapping[tuple[str, PriceGroup], HourRow]:
    """The plain hours of the whole network that hold on a day, by scope and price group; kept until a rule changes."""
    return network.per_epoch(("pricing.hours", on), lambda: _hours(on))


def _hours(on: date) -> dict[tuple[str, PriceGroup], HourRow]:
    c = table_of(Price).c
    ask = select(c.scope_key, c.price_group, c.may_buy, c.hour_fen, c.inherit)
    rows = db.session.execute(ask.where(c.valid_from <= on).order_by(c.valid_from))
    groups = {group.value: group for group in PriceGroup}
    return {(key, groups[code]): HourRow(fen if may else None, up) for key, code, may, fen, up in rows}


def price_table(scope_keys: Sequence[str], on: date) -> list[PriceTableRow]:
    """What stands in the price tab: each price group with its price today and those announced."""
    rows = rows_of(scope_keys)
    days = sorted({row.valid_from for row in rows if row.valid_from > on})
    today = {row.price_group: row for row in _in_force(rows, scope_keys, on)}
    coming: dict[PriceGroup, list[PriceRow]] = {}
    last = dict(today)
    for day in days:
        for row in _in_force(rows, scope_keys, day):
            if last.get(row.price_group) != row:
                coming.setdefault(row.price_group, []).append(row)
                last[row.price_group] = row
    return [
        PriceTableRow(group, today.get(group), tuple(coming.get(group, ())))
        for group in ORDER
        if group in today or group in coming
    ]


def group_order(on: date) -> tuple[PriceGroup, ...]:
    """The order that settles a tie, by the setting in force."""
    listed = network.setting("price_group_order", on)
    return tuple(PriceGroup(code) for code in listed) if listed else ORDER


def shown_table(scope_keys: Sequence[str], on: date) -> list[ShownPrice]:
    """`price_table` for a page: a row for each price in force and for each announced, in the reader's language."""
    shown: list[ShownPrice] = []
    for row in price_table(scope_keys, on):
        if row.now is not None:
            shown.append(shown_price(row.now))
        shown += [shown_price(one, announced=True) for one in row.announced]
    return shown
