"""Reading prices: all dated rows of a scope chain are read once and kept until a rule changes."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Select, select

from sharing.kernel.db import db, table_of
from sharing.kernel.money import Money
from sharing.kernel.timespan import TimeSpan, at_shanghai
from sharing.network import queries as network
from sharing.network.rules import row_in_force
from sharing.pricing.formats import ShownPrice, shown_price
from sharing.pricing.models import Price
from sharing.pricing.rules import (
    ORDER,
    NewPrice,
    PriceGroup,
    PriceRow,
    Quote,
    Workdays,
    bands_from,
    offer,
)
from sharing.registry import queries as registry
from sharing.registry.rules import Entry, Scope

K = TypeVar("K", bound=Hashable)

NOT_ENTERED: Final = uuid.UUID(int=0)
MOST_KEYS: Final = 400  # in one statement
PRICES: Final = registry.Kind(table_of(Price), "price.edit", "pricing.price", "price_group")


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
    """Every dated row of these scopes that stands, past and coming, oldest first."""
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
    found = db.session.execute(
        _selected().where(c.scope_key.in_(keys), c.withdrawn_at.is_(None)).order_by(c.valid_from, c.id)
    )
    return tuple(price_of(row._mapping) for row in found)


def price_of(row: Mapping[Any, Any]) -> PriceRow:
    """A price from its columns."""
    return PriceRow(
        id=row["id"],
        scope_key=row["scope_key"],
        valid_from=row["valid_from"],
        inherit=row["inherit"],
        source_document=row["source_document"],
        price_group=PriceGroup(row["price_group"]),
        hour=Money(row["hour_fen"]),
        minimum=Money(row["minimum_fen"]),
        may_buy=row["may_buy"],
        bands=bands_from(row["bands"] or ()),
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
    rows = db.session.execute(ask.where(c.valid_from <= on, c.withdrawn_at.is_(None)).order_by(c.valid_from))
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


# --- for administration ----------------------------------------------------------------------------------------------


def entries(scope: Scope, on: date) -> list[Entry[PriceRow]]:
    """Every price ever entered for one scope, withdrawn ones too, the latest first."""
    return registry.entries(PRICES, scope.key, on, price_of)


@dataclass(frozen=True, slots=True)
class BuyerEffect:
    """What one kind of buyer pays for each sample span, before a change and after it."""

    buyer: PriceGroup
    before: tuple[Quote, ...]
    after: tuple[Quote, ...]

    @property
    def changes(self) -> bool:
        return [(q.state, q.amount) for q in self.before] != [(q.state, q.amount) for q in self.after]


@dataclass(frozen=True, slots=True)
class PriceEffect:
    """What prices to be entered would change on their first day.

    reached  instruments that take at least one of them; those kept have prices of their own for every group named
    """

    samples: tuple[TimeSpan, ...]
    buyers: tuple[BuyerEffect, ...]
    reached: int
    kept: int


FITS: Final = {
    PriceGroup.GROUP: (PriceGroup.GROUP, PriceGroup.INSTITUTION, PriceGroup.ACADEMIC),
    PriceGroup.INSTITUTION: (PriceGroup.INSTITUTION, PriceGroup.ACADEMIC),
    PriceGroup.ACADEMIC: (PriceGroup.ACADEMIC,),
    PriceGroup.ENTERPRISE: (PriceGroup.ENTERPRISE,),
    PriceGroup.OVERSEAS: (PriceGroup.OVERSEAS,),
}
"""The price groups that a buyer of each kind fits, as `price_groups` finds them for a person."""


def sample_spans(first: date, calendar: Workdays) -> tuple[TimeSpan, ...]:
    """Spans to show a price by: an hour and four by day and two by night of a working day, two hours of a rest day."""

    def next_day(workday: bool) -> date:
        days = (first + timedelta(days=n) for n in range(60))
        return next((day for day in days if calendar.is_workday(day) is workday), first)

    worked, rest = next_day(workday=True), next_day(workday=False)
    clocks = ((worked, 600, 660), (worked, 540, 780), (worked, 1200, 1320), (rest, 600, 720))
    return tuple(TimeSpan(at_shanghai(day, a), at_shanghai(day, b)) for day, a, b in clocks)


def effect(new: Sequence[NewPrice], scope: Scope, valid_from: date, source_document: str) -> PriceEffect:
    """Quotes of sample spans for every kind of buyer, by the prices that stand and by these besides."""
    standing = rows_of(scope.keys)
    drafts = [_draft(one, scope, valid_from, source_document) for one in new]
    named = {one.price_group for one in new}
    others = [
        r
        for r in standing
        if (r.scope_key, r.valid_from) != (scope.key, valid_from) or r.price_group not in named
    ]
    before = _in_force(standing, scope.keys, valid_from)
    after = _in_force([*others, *drafts], scope.keys, valid_from)
    samples = sample_spans(valid_from, network.work_calendar())
    order = group_order(valid_from)

    def quotes(rows: Sequence[PriceRow], buyer: PriceGroup) -> tuple[Quote, ...]:
        fits, calendar = FITS[buyer], network.work_calendar()
        return tuple(offer(span, rows, fits, calendar, order) for span in samples)

    own = [registry.own_keys(PRICES, valid_from, table_of(Price).c.price_group == g.value) for g in named]
    found = registry.reached(scope, set.intersection(*own) if own else set())
    return PriceEffect(
        samples=samples,
        buyers=tuple(BuyerEffect(g, quotes(before, g), quotes(after, g)) for g in PriceGroup),
        reached=len(found.instruments),
        kept=found.kept,
    )


def _draft(new: NewPrice, scope: Scope, valid_from: date, source_document: str) -> PriceRow:
    return PriceRow(
        id=NOT_ENTERED,
        scope_key=scope.key,
        valid_from=valid_from,
        inherit=new.inherit,
        source_document=source_document,
        price_group=new.price_group,
        hour=new.hour,
        minimum=new.minimum,
        may_buy=new.may_buy,
        bands=new.bands,
    )
