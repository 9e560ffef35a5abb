"""What is kept of one person, part by part, each row as it stands."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, or_, select

from sharing.approval.models import Decision
from sharing.audit.models import AuditEvent
from sharing.booking.models import Booking
from sharing.kernel.db import db, snapshot, table_of
from sharing.notify.models import Message
from sharing.people.models import CalendarKey, Deputy, Grant, Membership, SignIn, Token, User
from sharing.registry.models import Licence

Part = tuple[str, Iterator[dict[str, Any]]]
PIECE: Final = 500
_LEFT_OUT: Final = frozenset({"password_hash", "secret_hash", "before", "after"})
"""Secrets, and what an audit row says of the thing that was changed, which may be another person."""
_user, _deputy, _audit = table_of(User), table_of(Deputy), table_of(AuditEvent)


def own_data(user_id: uuid.UUID) -> Iterator[Part]:
    """The parts of a person's data by name, of one instant; rows are read as they are taken."""
    owned: tuple[tuple[str, Any, str], ...] = (
        ("person", User, "id"),
        ("roles", Grant, "user_id"),
        ("groups", Membership, "user_id"),
        ("sessions", SignIn, "user_id"),
        ("tokens", Token, "user_id"),
        ("calendar_addresses", CalendarKey, "user_id"),
        ("licences", Licence, "user_id"),
        ("bookings", Booking, "requester_id"),
        ("decisions", Decision, "by_id"),
        ("messages", Message, "recipient_id"),
    )
    with snapshot():
        for name, model, column in owned:
            table = table_of(model)
            yield name, _rows(table, table.c[column] == user_id)
        stands = or_(_deputy.c.user_id == user_id, _deputy.c.deputy_id == user_id)
        yield "deputies", _rows(_deputy, stands)
        about = (_audit.c.about_kind == "user") & (_audit.c.about_id == user_id)
        yield "actions", _rows(_audit, or_(_audit.c.actor_id == user_id, about))


def _rows(table: Table, mine: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    ask: Select[Any] = select(*(one for one in table.columns if one.name not in _LEFT_OUT))
    for row in db.session.execute(
        ask.where(mine).order_by(table.c.id), execution_options={"yield_per": PIECE}
    ):
        yield dict(row._mapping)
