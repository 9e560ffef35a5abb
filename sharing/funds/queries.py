"""Reading cards and authorisations."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from sharing.funds.models import Authorisation, FundCard
from sharing.funds.rules import AuthorisationRow, CardRow
from sharing.kernel.db import db, table_of

_card, _leave = table_of(FundCard), table_of(Authorisation)
_CARD = tuple(_card.c[name] for name in CardRow.__dataclass_fields__)
_LEAVE = tuple(_leave.c[name] for name in AuthorisationRow.__dataclass_fields__)


def cards(group_id: uuid.UUID, on: date) -> list[CardRow]:
    """The cards of a group that can pay on a day, by number."""
    return [card for card in all_cards(group_id) if card.usable(on)]


def cards_of(group_ids: Iterable[uuid.UUID], on: date) -> dict[uuid.UUID, list[CardRow]]:
    """The cards that can pay on a day, of several groups in one statement."""
    ids = list(group_ids)
    found: dict[uuid.UUID, list[CardRow]] = {group_id: [] for group_id in ids}
    ask = (
        select(*_CARD).where(_card.c.group_id.in_(ids), _card.c.retired_at.is_(None)).order_by(_card.c.number)
    )
    for row in map(_card_row, db.session.execute(ask) if ids else ()):
        if row.usable(on):
            found[row.group_id].append(row)
    return found


def all_cards(group_id: uuid.UUID) -> list[CardRow]:
    """Every card the group ever had: those in use by number, then the retired ones."""
    ask = select(*_CARD).where(_card.c.group_id == group_id)
    found = db.session.execute(ask.order_by(_card.c.retired_at.isnot(None), _card.c.number))
    return [_card_row(row) for row in found]


def card(card_id: uuid.UUID) -> CardRow | None:
    row = db.session.execute(select(*_CARD).where(_card.c.id == card_id)).first()
    return _card_row(row) if row else None


def authorisation_for(group_id: uuid.UUID, member_id: uuid.UUID, on: date) -> list[AuthorisationRow]:
    """What a member may spend on a group's account without being asked, in force on a day, first given first.

    Which of them a booking stays inside is for `rules.covers` to say.
    """
    ask = _leaves().where(
        _leave.c.group_id == group_id,
        _leave.c.member_id == member_id,
        _leave.c.ended_at.is_(None),
        _leave.c.starts_on <= on,
        or_(_leave.c.ends_on.is_(None), _leave.c.ends_on > on),
    )
    return [_leave_row(row) for row in db.session.execute(ask)]


def authorisations(group_id: uuid.UUID) -> list[AuthorisationRow]:
    """Every authorisation a group ever gave, first given first."""
    return [_leave_row(row) for row in db.session.execute(_leaves().where(_leave.c.group_id == group_id))]


def authorisations_of(member_id: uuid.UUID, on: date) -> list[AuthorisationRow]:
    """What a member has been given by any group and has not lapsed on a day."""
    ask = _leaves().where(_leave.c.member_id == member_id, _leave.c.ended_at.is_(None))
    found = (_leave_row(row) for row in db.session.execute(ask))
    return [row for row in found if row.ends_on is None or on < row.ends_on]


def authorisation(authorisation_id: uuid.UUID) -> AuthorisationRow | None:
    row = db.session.execute(_leaves().where(_leave.c.id == authorisation_id)).first()
    return _leave_row(row) if row else None


def _leaves() -> Any:
    return select(*_LEAVE).order_by(_leave.c.created_at, _leave.c.id)


def _card_row(row: Sequence[Any]) -> CardRow:
    return CardRow(*row)


def _leave_row(row: Any) -> AuthorisationRow:
    values = row._asdict()
    values["instruments"] = frozenset(uuid.UUID(text) for text in values["instruments"] or ())
    return AuthorisationRow(**values)
