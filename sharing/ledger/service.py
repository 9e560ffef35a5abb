"""Writing the books: entries are posted and taken back, periods closed. Nothing is changed, nothing deleted."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import update

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, new_id, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.seals import seals_over, settled_before
from sharing.kernel.timespan import shanghai_day
from sharing.ledger import queries
from sharing.ledger.queries import ENTRY, LINE, PERIOD, SEAL, TAGS
from sharing.ledger.rules import (
    Draft,
    EntryRow,
    Line,
    PeriodRow,
    faults,
    first_of,
    month_after,
    month_of,
    turned,
)
from sharing.network import queries as network
from sharing.network.queries import InstitutionRow
from sharing.people.rules import Actor, ScopePath


@transactional
def post(draft: Draft, *, by: Any, now: datetime) -> EntryRow:
    """Post an entry, once for its source: what has one already is given back as it stands, whatever the draft says.

    It goes into the period of its day, or where that is closed into the next that is open; its day stays.

    by      whoever has `user_id`, or None for a timed job
    raises  ValueError for a draft that is no entry: a fault of our own code
    """
    if wrong := faults(draft, (row.code for row in queries.chart())):
        raise ValueError(f"{draft.source}: {'; '.join(wrong)}")
    if known := queries.entry_of(draft.source):
        return known
    period = _open_period(draft.institution_id, draft.on)
    key = new_id()
    with db.session.begin_nested() as attempt:
        db.session.execute(LINE.insert(), [_line(key, n, line) for n, line in enumerate(draft.lines, 1)])
        row = {
            "id": key,
            "institution_id": draft.institution_id,
            "period_id": period.id,
            "source": draft.source,
            "on_day": draft.on,
            "note": draft.note,
            "line_count": len(draft.lines),
            "reverses_id": draft.reverses,
            "posted_at": now,
            "posted_by": by.user_id if by else None,
        }
        entered = insert(ENTRY).values(**row).on_conflict_do_nothing(index_elements=["source"])
        if db.session.execute(entered.returning(ENTRY.c.id)).first() is None:
            attempt.rollback()  # a rival posted this source meanwhile
    found = queries.entry_of(draft.source)
    assert found is not None
    return found


def _line(entry_id: uuid.UUID, place: int, line: Line) -> dict[str, Any]:
    return {
        "id": new_id(),
        "entry_id": entry_id,
        "place": place,
        "account": line.account,
        "amount_fen": line.amount.fen,
    } | {name: getattr(line.tags, name) for name in TAGS}


@transactional
def reverse(entry_id: uuid.UUID, *, on: date, note: str, by: Any, now: datetime) -> EntryRow:
    """Take an entry back, line by line; twice is once. Raises Refused: not-found; invalid-transition for a reversal."""
    known = queries.entry(entry_id)
    if known is None:
        raise Refused("not-found")
    if known.reverses is not None:
        raise Refused("invalid-transition", status="reversal", allowed=[])
    draft = Draft(
        institution_id=known.institution_id,
        source=f"reversal:{entry_id}",
        on=on,
        lines=turned(known.lines),
        note=note,
        reverses=entry_id,
    )
    return post(draft, by=by, now=now)


# --- whose books -----------------------------------------------------------------------------------------------------


def readable(code: str, *, by: Actor) -> InstitutionRow:
    """The institution whose books she may read. Raises Refused: not-found, forbidden."""
    return _books(code, "finance.read", by)


def _books(code: str, right: str, by: Actor) -> InstitutionRow:
    house = network.institution_by_code(code)
    if house is None:
        raise Refused("not-found")
    if not by.may(right, ScopePath(house.zone_id, house.id)):
        raise Refused("forbidden")
    return house


# --- periods ---------------------------------------------------------------------------------------------------------


def _open_period(institution_id: uuid.UUID, day: date) -> PeriodRow:
    """The period of a day, made where it is not there yet; where it, or a later one, is closed the first after all that
    are. Whoever closes it waits for the entry at hand."""
    own = queries.period_on(institution_id, day)
    month = own.month if own else month_of(day)
    if (closed := queries.last_closed(institution_id)) is not None:
        month = max(month, month_after(closed))
    found = queries.period(institution_id, month, held=True) or _made(institution_id, month)
    while found.closed_at is not None:  # somebody closed it meanwhile
        month = month_after(month)
        found = queries.period(institution_id, month, held=True) or _made(institution_id, month)
    return found


def _made(institution_id: uuid.UUID, month: str) -> PeriodRow:
    row = {
        "id": new_id(),
        "institution_id": institution_id,
        "month": month,
        "starts_on": first_of(month),
    }
    entered = insert(PERIOD).values(**row).on_conflict_do_nothing(index_elements=["institution_id", "month"])
    db.session.execute(entered)
    found = queries.period(institution_id, month, held=True)
    assert found is not None
    return found


@transactional
def close(code: str, month: str, *, by: Actor, now: datetime) -> PeriodRow:
    """Close a period of an institution's books; from then on it takes no entry. Twice is once.

    Raises Refused: not-found, forbidden; period-not-over before its last day is past; period-open while an earlier one
    is open, for entries of its days would come into the later one.
    """
    institution_id = _books(code, "period.close", by).id
    known = queries.period(institution_id, month) or _made(institution_id, month)
    others = queries.periods(institution_id)
    following = [row.starts_on for row in others if row.starts_on > known.starts_on]
    ends_on = min(following, default=first_of(month_after(month)))
    if shanghai_day(now) < ends_on:
        raise Refused("period-not-over", ends_on=ends_on)
    if earlier := [row.month for row in others if row.month < month and row.closed_at is None]:
        raise Refused("period-open", month=min(earlier))
    done = db.session.execute(
        update(PERIOD)
        .where(PERIOD.c.id == known.id, PERIOD.c.closed_at.is_(None))
        .values(closed_at=now, closed_by=by.user_id)
        .returning(PERIOD.c.id)
    ).first()
    if done is not None:
        audit.record(
            "ledger.period-closed",
            about=("period", known.id),
            by=by,
            now=now,
            after={"month": month, "closed_at": now},
            institution=institution_id,
        )
    found = queries.period(institution_id, month)
    assert found is not None
    return found


# --- seals -----------------------------------------------------------------------------------------------------------


def seal(*, now: datetime) -> int:
    """Seal every settled entry, in order, per institution; returns how many were sealed.

    All institutions are sealed up to the same entry, a stretch in one transaction: the newest seal of any says how far.
    """
    sealed = 0
    while stretch := _seal_stretch(now):
        sealed += stretch
    return sealed


@transactional
def _seal_stretch(now: datetime) -> int:
    last = queries.last_seals()
    reached = max((one.last_id for one in last.values()), default=None)
    rows = queries.to_seal(reached, before=settled_before(now))
    for one in seals_over(last, rows):
        values = {
            "id": new_id(),
            "institution_id": uuid.UUID(one.chain),
            "number": one.number,
            "first_id": one.first_id,
            "last_id": one.last_id,
            "rows": one.rows,
            "hash": one.hash,
            "sealed_at": now,
        }
        db.session.execute(SEAL.insert().values(**values))
    return len(rows)
