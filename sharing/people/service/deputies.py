"""Deputies: who decides in one's place between two days."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import update

from sharing.audit import service as audit
from sharing.kernel.db import db, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people import queries
from sharing.people.models import Deputy
from sharing.people.rules import Actor

_deputy = table_of(Deputy)


@transactional
def add_deputy(
    deputy_id: uuid.UUID, *, starts_on: date, ends_on: date, by: Actor, now: datetime
) -> uuid.UUID:
    """Name who decides in one's place within `[starts_on, ends_on)`; she must be of the same institution.

    Raises Refused: invalid-input (oneself, or the dates are the wrong way round), not-found.
    """
    if deputy_id == by.user_id:
        raise Refused("invalid-input", fields=[{"field": "deputy", "message": "self"}])
    if ends_on <= starts_on or ends_on <= shanghai_day(now):
        raise Refused("invalid-input", fields=[{"field": "ends_on", "message": "before-start"}])
    person = queries.person(deputy_id)
    if person is None or person.left or person.institution_id != by.institution_id:
        raise Refused("not-found")
    row = {"id": new_id(), "user_id": by.user_id, "deputy_id": deputy_id}
    dates = {"starts_on": starts_on, "ends_on": ends_on}
    db.session.execute(_deputy.insert().values(**row, **dates, created_at=now))
    audit.record("people.deputy", about=("user", by.user_id), by=by, now=now, after={**row, **dates})
    return row["id"]


@transactional
def end_deputy(deputy_row_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """Stop being stood in for, from today on. Raises Refused: not-found."""
    d, today = _deputy.c, shanghai_day(now)
    mine = (d.id == deputy_row_id) & (d.user_id == by.user_id) & (d.ends_on > today)
    if not db.session.execute(update(_deputy).where(mine).values(ends_on=today).returning(d.id)).first():
        raise Refused("not-found")
    after = {"deputy": deputy_row_id, "ends_on": today}
    audit.record("people.deputy-ended", about=("user", by.user_id), by=by, now=now, after=after)
