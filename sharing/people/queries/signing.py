"""Whom a sign-in may mean."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select

from sharing.kernel.db import db, table_of
from sharing.network.models import Institution
from sharing.people.models import User
from sharing.people.rules import Account, mobile, numbers_like

_u, _home = table_of(User), table_of(Institution)


def accounts(said: str, now: datetime) -> list[Account]:
    """People with that user name, staff number or mobile number who may sign in by password.

    said  `YLU/20210001` names a number of one institution by its code
    """
    u = _u.c
    house, slash, number = said.partition("/")
    ask = select(u.id, u.username, u.password_hash)
    ask = ask.where(u.password_hash.is_not(None), u.left_at.is_(None) | (u.left_at > now))
    if slash:
        ask = ask.join_from(_u, _home, _home.c.id == u.institution_id)
        ask = ask.where(func.lower(_home.c.code) == house.lower(), u.staff_no.in_(numbers_like(number)))
    else:
        known_as = [u.username == said.lower(), u.staff_no.in_(numbers_like(said))]
        if phone := mobile(said):
            known_as.append(u.phone == phone)
        ask = ask.where(or_(*known_as))
    return [Account(*row) for row in db.session.execute(ask.limit(50))]
