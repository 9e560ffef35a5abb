"""Reading what hangs on an order: its quotes, its contract, its files."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, select

from sharing.kernel.db import db
from sharing.kernel.money import Money
from sharing.orders.queries.tables import CONTRACT, CUSTOMER, FILE, QUOTE
from sharing.orders.rules import (
    ContractKind,
    ContractRow,
    FileKind,
    FileRow,
    Line,
    OrderRow,
    QuoteRow,
    Side,
    Terms,
    sides,
)
from sharing.people.rules import Actor


def _quotes() -> Select[Any]:
    return select(QUOTE, CUSTOMER.c.name, CUSTOMER.c.name_en).join_from(
        QUOTE, CUSTOMER, CUSTOMER.c.id == QUOTE.c.by_id
    )


def quotes(order_id: uuid.UUID) -> list[QuoteRow]:
    """Every version, the newest first."""
    found = _quotes().where(QUOTE.c.order_id == order_id).order_by(QUOTE.c.version.desc())
    return [_quote(row) for row in db.session.execute(found)]


def quote(order_id: uuid.UUID, version: int) -> QuoteRow | None:
    """One version."""
    row = db.session.execute(
        _quotes().where(QUOTE.c.order_id == order_id, QUOTE.c.version == version)
    ).first()
    return _quote(row) if row else None


def _quote(row: Any) -> QuoteRow:
    terms = Terms(tuple(_line(one) for one in row.lines), row.valid_until, row.result_on, row.note)
    return QuoteRow(row.order_id, row.version, terms, row.by_id, row.name, row.name_en, row.at)


def _line(kept: Mapping[str, Any]) -> Line:
    return Line(kept["item"], Fraction(kept["quantity"]), kept["unit"], Money(kept["unit_price_fen"]))


def contract(order_id: uuid.UUID) -> ContractRow | None:
    """The contract as it was last recorded."""
    c = CONTRACT.c
    ask = select(*(c[name] for name in ContractRow.__dataclass_fields__)).where(c.order_id == order_id)
    row = db.session.execute(ask.order_by(c.version.desc()).limit(1)).first()
    if row is None:
        return None
    values = dict(row._mapping)
    return ContractRow(**values | {"kind": ContractKind(values["kind"])})


def files(order_id: uuid.UUID) -> list[FileRow]:
    """Every file of an order, the newest first."""
    c = FILE.c
    ask = select(*(c[name] for name in FileRow.__dataclass_fields__)).where(c.order_id == order_id)
    rows = db.session.execute(ask.order_by(c.at.desc(), c.id.desc()))
    return [FileRow(**dict(row._mapping) | {"kind": FileKind(row.kind)}) for row in rows]


def files_for(row: OrderRow, by: Actor) -> list[FileRow]:
    """The files that she may have: all of them for the two parties; the contract for who reads the house's accounts."""
    hers = sides(row, by)
    if not hers and not by.may("finance.read", row.path):
        return []
    found = files(row.id)
    return found if hers else [one for one in found if one.kind is FileKind.CONTRACT]


def party(row: OrderRow, by: Actor) -> Side | None:
    """The side whose page she sees: the house's for who runs the instrument."""
    hers = sides(row, by)
    return Side.HOUSE if Side.HOUSE in hers else Side.CUSTOMER if Side.CUSTOMER in hers else None
