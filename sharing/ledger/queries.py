"""Reads of the books."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Table, and_, case, func, or_, select
from sqlalchemy.engine import RowMapping

from sharing.kernel.db import db, table_of
from sharing.kernel.money import Money
from sharing.kernel.seals import MOST_AT_ONCE, Chain, Reading, Seal
from sharing.ledger.formats import ENTRY_SEALED, LINE_SEALED, sealed_bytes
from sharing.ledger.models import Account, Entry, EntryLine, EntrySeal, Period
from sharing.ledger.rules import (
    AccountRow,
    Balance,
    Breach,
    EntryRow,
    Line,
    Nature,
    PeriodRow,
    Tags,
    month_of,
    takes_back,
)

ACCOUNT: Final[Table] = table_of(Account)
PERIOD: Final[Table] = table_of(Period)
ENTRY: Final[Table] = table_of(Entry)
LINE: Final[Table] = table_of(EntryLine)
SEAL: Final[Table] = table_of(EntrySeal)
TAGS: Final = ("group_id", "card_id", "person_id", "instrument_id", "payer_id")


def chart() -> list[AccountRow]:
    """Every account, by code."""
    rows = db.session.execute(select(ACCOUNT).order_by(ACCOUNT.c.code)).mappings()
    return [AccountRow(**row | {"nature": Nature(row["nature"])}) for row in map(dict, rows)]


# --- entries ---------------------------------------------------------------------------------------------------------


def entry(entry_id: uuid.UUID) -> EntryRow | None:
    return next(iter(_entries(ENTRY.c.id == entry_id)), None)


def entry_of(source: str) -> EntryRow | None:
    """The entry that a source has."""
    return next(iter(_entries(ENTRY.c.source == source)), None)


def entries(
    institution_id: uuid.UUID,
    *,
    month: str | None = None,
    after: uuid.UUID | None = None,
    most: int = 100,
) -> list[EntryRow]:
    """Entries of an institution in the order of their posting, from the one after `after` on."""
    wanted = [ENTRY.c.institution_id == institution_id]
    if month is not None:
        wanted.append(PERIOD.c.month == month)
    if after is not None:
        wanted.append(ENTRY.c.id > after)
    return _entries(and_(*wanted), most)


def _entries(where: Any, most: int = 1) -> list[EntryRow]:
    found = db.session.execute(
        select(ENTRY, PERIOD.c.month)
        .join_from(ENTRY, PERIOD, PERIOD.c.id == ENTRY.c.period_id)
        .where(where)
        .order_by(ENTRY.c.id)
        .limit(most)
    )
    rows = found.mappings().all()
    lines = lines_of([row["id"] for row in rows])
    return [_entry(row, lines[row["id"]]) for row in rows]


def _entry(row: RowMapping, lines: Sequence[Line]) -> EntryRow:
    return EntryRow(
        id=row["id"],
        institution_id=row["institution_id"],
        source=row["source"],
        on=row["on_day"],
        period=row["month"],
        note=row["note"],
        reverses=row["reverses_id"],
        posted_at=row["posted_at"],
        posted_by=row["posted_by"],
        lines=lines,
    )


def lines_of(entry_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Line]]:
    """The lines of entries, in their order."""
    found: dict[uuid.UUID, list[Line]] = {key: [] for key in entry_ids}
    rows = db.session.execute(
        select(LINE).where(LINE.c.entry_id.in_(entry_ids)).order_by(LINE.c.entry_id, LINE.c.place)
    )
    for row in rows.mappings():
        tags = Tags(**{name: row[name] for name in TAGS})
        found[row["entry_id"]].append(Line(row["account"], Money(row["amount_fen"]), tags))
    return found


def count() -> int:
    """How many entries there are, in all the books."""
    return int(db.session.scalar(select(func.count()).select_from(ENTRY)) or 0)


# --- periods ---------------------------------------------------------------------------------------------------------


def period(institution_id: uuid.UUID, month: str, *, held: bool = False) -> PeriodRow | None:
    """The period of that month; `held` keeps it as it is until the transaction ends."""
    where = and_(PERIOD.c.institution_id == institution_id, PERIOD.c.month == month)
    return next(iter(_periods(where, held=held)), None)


def periods(institution_id: uuid.UUID) -> list[PeriodRow]:
    """The latest first."""
    return _periods(PERIOD.c.institution_id == institution_id)


def last_closed(institution_id: uuid.UUID) -> str | None:
    """The latest month that is closed."""
    closed = (PERIOD.c.institution_id == institution_id) & PERIOD.c.closed_at.is_not(None)
    month: str | None = db.session.scalar(select(func.max(PERIOD.c.month)).where(closed))
    return month


def period_on(institution_id: uuid.UUID, day: date) -> PeriodRow | None:
    """The period that a day lies in; None where the day's month has none yet."""
    where = and_(PERIOD.c.institution_id == institution_id, PERIOD.c.starts_on <= day)
    found = next(iter(_periods(where, 1)), None)
    return found if found is not None and found.month >= month_of(day) else None


def _periods(where: Any, most: int | None = None, *, held: bool = False) -> list[PeriodRow]:
    statement = select(PERIOD).where(where).order_by(PERIOD.c.starts_on.desc()).limit(most)
    if held:
        statement = statement.with_for_update(read=True)  # on SQLite the transaction writes alone anyway
    return [PeriodRow(**row) for row in db.session.execute(statement).mappings()]


# --- balances --------------------------------------------------------------------------------------------------------


def trial_balance(institution_id: uuid.UUID, as_of: date) -> list[Balance]:
    """What each account took in on each side, of entries whose day is not after `as_of`; one statement."""
    amount = LINE.c.amount_fen
    sums = (
        select(
            LINE.c.account,
            func.sum(case((amount > 0, amount), else_=0)).label("debit"),
            func.sum(case((amount < 0, -amount), else_=0)).label("credit"),
        )
        .join_from(LINE, ENTRY, ENTRY.c.id == LINE.c.entry_id)
        .where(ENTRY.c.institution_id == institution_id, ENTRY.c.on_day <= as_of)
        .group_by(LINE.c.account)
    )
    known = {row.code: row for row in chart()}
    return sorted(
        (
            Balance(known[code], Money(int(debit)), Money(int(credit)))
            for code, debit, credit in db.session.execute(sums)
        ),
        key=lambda one: one.account.code,
    )


# --- the check -------------------------------------------------------------------------------------------------------


def breaches() -> Iterator[Breach]:
    """Whatever is not as it must be, by rule and row; each rule one statement over all the books."""
    yield from _unbalanced()
    yield from _stray_lines()
    yield from _late_entries()
    yield from _elsewhere()
    yield from _half_reversals()


def _unbalanced() -> Iterator[Breach]:
    """Entries whose lines do not sum to zero, or are not as many as they were."""
    total = func.coalesce(func.sum(LINE.c.amount_fen), 0)
    count = func.count(LINE.c.id)
    rows = db.session.execute(
        select(ENTRY.c.id, ENTRY.c.source, ENTRY.c.line_count, count, total)
        .outerjoin_from(ENTRY, LINE, LINE.c.entry_id == ENTRY.c.id)
        .group_by(ENTRY.c.id, ENTRY.c.source, ENTRY.c.line_count)
        .having(or_(total != 0, count != ENTRY.c.line_count))
        .order_by(ENTRY.c.id)
    )
    for key, source, expected, found, fen in rows:
        facts = {"source": source, "lines": found, "expected": expected, "sum_fen": int(fen)}
        yield Breach("unbalanced", str(key), facts)


def _stray_lines() -> Iterator[Breach]:
    rows = db.session.execute(
        select(LINE.c.id, LINE.c.entry_id)
        .outerjoin_from(LINE, ENTRY, ENTRY.c.id == LINE.c.entry_id)
        .where(ENTRY.c.id.is_(None))
        .order_by(LINE.c.id)
    )
    for key, entry_id in rows:
        yield Breach("stray-line", str(key), {"entry": str(entry_id)})


def _late_entries() -> Iterator[Breach]:
    """Entries that came into a period after it was closed."""
    yield from _of_entries(
        "period-closed",
        select(ENTRY.c.id, ENTRY.c.source, PERIOD.c.month)
        .join_from(ENTRY, PERIOD, PERIOD.c.id == ENTRY.c.period_id)
        .where(ENTRY.c.posted_at > PERIOD.c.closed_at),
    )


def _elsewhere() -> Iterator[Breach]:
    """Entries in a period of another institution."""
    yield from _of_entries(
        "wrong-period",
        select(ENTRY.c.id, ENTRY.c.source, PERIOD.c.month)
        .join_from(ENTRY, PERIOD, PERIOD.c.id == ENTRY.c.period_id)
        .where(PERIOD.c.institution_id != ENTRY.c.institution_id),
    )


def _of_entries(rule: str, rows: Any) -> Iterator[Breach]:
    for key, source, month in db.session.execute(rows.order_by(ENTRY.c.id)):
        yield Breach(rule, str(key), {"source": source, "period": month})


def _half_reversals() -> Iterator[Breach]:
    """Reversals that are not the whole of what they take back."""
    taken = ENTRY.alias("taken")
    rows = db.session.execute(
        select(ENTRY.c.id, ENTRY.c.source, taken.c.id, taken.c.institution_id == ENTRY.c.institution_id)
        .join_from(ENTRY, taken, taken.c.id == ENTRY.c.reverses_id)
        .order_by(ENTRY.c.id)
    )
    for some in rows.partitions(500):
        known: Mapping[uuid.UUID, list[Line]] = lines_of([key for row in some for key in (row[0], row[2])])
        for key, source, of, same in some:
            if not same or not takes_back(known[key], known[of]):
                yield Breach("half-reversed", str(key), {"source": source, "reverses": str(of)})


# --- seals -----------------------------------------------------------------------------------------------------------

_SEALS: Final = tuple(
    SEAL.c[name] for name in ("institution_id", "number", "first_id", "last_id", "rows", "hash")
)


def last_seals() -> dict[str, Seal]:
    """The newest seal of each institution's chain."""
    newest = (
        select(SEAL.c.institution_id, func.max(SEAL.c.number).label("number"))
        .group_by(SEAL.c.institution_id)
        .subquery()
    )
    same = (SEAL.c.institution_id == newest.c.institution_id) & (SEAL.c.number == newest.c.number)
    rows = db.session.execute(select(*_SEALS).join_from(SEAL, newest, same))
    return {str(row[0]): Seal(str(row[0]), *row[1:]) for row in rows}


def to_seal(
    last: uuid.UUID | None, *, before: uuid.UUID | None, most: int = MOST_AT_ONCE
) -> list[tuple[str, uuid.UUID, bytes]]:
    """Chain, key and bytes of entries in the order of their keys, after one key and before another; two statements."""
    asked = select(*(ENTRY.c[name] for name in ENTRY_SEALED)).order_by(ENTRY.c.id).limit(most)
    if last is not None:
        asked = asked.where(ENTRY.c.id > last)
    if before is not None:
        asked = asked.where(ENTRY.c.id < before)
    rows = db.session.execute(asked).mappings().all()
    if not rows:
        return []
    lines: dict[uuid.UUID, list[RowMapping]] = {row["id"]: [] for row in rows}
    held = (
        select(LINE.c.entry_id, *(LINE.c[name] for name in LINE_SEALED))
        .where(LINE.c.entry_id >= rows[0]["id"], LINE.c.entry_id <= rows[-1]["id"])
        .order_by(LINE.c.entry_id, LINE.c.place)
    )
    for line in db.session.execute(held).mappings():
        if line["entry_id"] in lines:
            lines[line["entry_id"]].append(line)
    return [
        (
            str(row["institution_id"]),
            row["id"],
            sealed_bytes(dict(row), [dict(one) for one in lines[row["id"]]]),
        )
        for row in rows
    ]


def chains() -> list[Chain]:
    """All entries read against their seals; a chain for every institution that has either."""
    standing: dict[str, Reading] = {}
    for row in db.session.execute(select(*_SEALS).order_by(SEAL.c.institution_id, SEAL.c.number)):
        chain = str(row[0])
        standing.setdefault(chain, Reading(chain)).seals.append(Seal(chain, *row[1:]))
    last: uuid.UUID | None = None
    while rows := to_seal(last, before=None):
        for chain, key, held in rows:
            standing.setdefault(chain, Reading(chain)).take(key, held)
        last = rows[-1][1]
    return [standing[chain].done() for chain in sorted(standing)]
