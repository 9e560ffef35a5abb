"""Human numbers that carry the zone and the year: `KM-2026-000123`."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Model, db, insert, table_of


class Series(Model):
    """The last number given in one series, such as `booking:KM-2026`."""

    __tablename__ = "kernel_series"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[int]


def next_number(kind: str, prefix: str, year: int) -> str:
    """The next number of a kind in a zone and year. A rolled-back transaction leaves a gap and no double."""
    return next_numbers(kind, prefix, year, 1)[0]


def next_numbers(kind: str, prefix: str, year: int, count: int) -> list[str]:
    """The next `count` numbers at once, in order."""
    table = table_of(Series)
    name = f"{kind}:{prefix}-{year}"
    statement = insert(table).values(name=name, last=count)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"last": table.c.last + count})
    last = db.session.execute(statement.returning(table.c.last)).scalar_one()
    return [f"{prefix}-{year}-{number:06d}" for number in range(last - count + 1, last + 1)]
