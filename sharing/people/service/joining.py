"""A person asks to join an institution; its administrator accepts or refuses, and a mail goes each way.

Nothing that a visitor is shown says whether a mail address is known: whoever owns it learns by mail.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import update

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.notify import service as notify
from sharing.people import queries
from sharing.people.models import SignUp
from sharing.people.rules import Actor, Role, ScopeKind, ScopePath, State
from sharing.people.service.accounts import Link, NewUser, add_user, free_username, recipient, welcome
from sharing.people.service.roles import RIGHT, administrators, administrators_above, give
from sharing.people.service.throttle import Guess, guessing

_sign_up = table_of(SignUp)
DESK: Final = "/people/requests"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks to join, and where."""

    institution_id: uuid.UUID
    email: str
    name: str
    name_en: str = ""
    phone: str | None = None
    staff_no: str | None = None
    department: str | None = None
    language: str = "zh-CN"
    message: str = ""


def sign_up(ask: Asking, *, address: str, now: datetime) -> None:
    """Write a request down and tell both sides; whose address is known is told so, by mail, and no one else.

    Raises Refused: sign-in-throttled (one address asks too often), not-found (no such institution to join).
    """
    with guessing(Guess(f"#sign-up {address}", address), now) as attempt:
        attempt.failed = True  # each request counts against the address it comes from
        _ask(ask, now)


@transactional
def _ask(ask: Asking, now: datetime) -> None:
    house = network.institution(ask.institution_id)
    if house is None or house.kind == "enterprise":
        raise Refused("not-found")
    if person := queries.person_by_email(ask.email):
        tell_known(person, now)
        return
    row: dict[str, Any] = {"id": new_id(), "state": State.WAITING.value, "asked_at": now, "reason": ""}
    row |= {name: getattr(ask, name) for name in Asking.__dataclass_fields__} | {"email": ask.email.lower()}
    statement = insert(_sign_up).values(**row).on_conflict_do_nothing()
    if db.session.execute(statement.returning(_sign_up.c.id)).first() is None:
        return  # it waits already
    audit.record(
        "people.sign-up",
        about=("sign-up", row["id"]),
        by=None,
        now=now,
        zone=house.zone_code,
        after=row,
        institution=house.id,
    )
    facts = {"requester": ask.name, "requester_en": ask.name_en, "note": ask.message, **_place(house)}
    asker = notify.Recipient(None, ask.email, ask.language, ask.name)
    notify.enqueue("people.sign-up-received", [asker], ("sign-up", row["id"]), facts, now)
    to = [recipient(one) for one in who_answers(house.id, now)]
    notify.enqueue("people.sign-up-waiting", to, ("sign-up", row["id"]), facts | {"url": DESK}, now)


def tell_known(person: queries.PersonRow, now: datetime) -> None:
    """Tell the owner of an address that it has an account already. Call inside a transaction."""
    facts = {"username": person.username, "url": "/reset"}
    notify.enqueue("people.known", [recipient(person)], ("user", person.id), facts, now)


def who_answers(institution_id: uuid.UUID, now: datetime) -> Sequence[queries.PersonRow]:
    """The institution's administrators; where there are none, those above."""
    on = shanghai_day(now)
    here = administrators(ScopeKind.INSTITUTION, institution_id, on)
    return here or administrators_above(ScopeKind.INSTITUTION, institution_id, on)


def _place(house: network.InstitutionRow) -> dict[str, str]:
    return {"place": house.name, "place_en": house.name_en}


@transactional
def accept_sign_up(sign_up_id: uuid.UUID, *, link: Link, by: Actor, now: datetime) -> uuid.UUID:
    """Make the account and let her book for the institution; she sets her password by mail. Returns whose it is.

    Raises Refused: not-found, invalid-transition (decided already), duplicate (her staff number or address is known).
    """
    row, house = _waiting(sign_up_id, by)
    if queries.person_by_email(row.email):
        raise Refused("duplicate", email=row.email)
    new = NewUser(
        username=free_username(row.email),
        name=row.name,
        name_en=row.name_en,
        email=row.email,
        phone=row.phone,
        staff_no=row.staff_no,
        institution_id=row.institution_id,
        department=row.department,
        language=row.language,
    )
    user_id = add_user(new, by=by, now=now)
    give(
        user_id, Role.RESEARCHER, ScopeKind.INSTITUTION, row.institution_id,
        starts_on=shanghai_day(now), reason=row.message, by=by, now=now,
    )  # fmt: skip
    _decide(row, State.ACCEPTED, "", by, now, house, user_id=user_id)
    welcome(user_id, link, now)
    return user_id


@transactional
def refuse_sign_up(sign_up_id: uuid.UUID, *, reason: str, by: Actor, now: datetime) -> None:
    """Refuse a request; the asker is told why. Raises Refused: not-found, invalid-transition."""
    row, house = _waiting(sign_up_id, by)
    _decide(row, State.REFUSED, reason, by, now, house)
    to = notify.Recipient(None, row.email, row.language, row.name)
    facts = {"note": reason, "person": by.name, "url": "/sign-up", **_place(house)}
    notify.enqueue("people.sign-up-refused", [to], ("sign-up", row.id), facts, now)


def _waiting(sign_up_id: uuid.UUID, by: Actor) -> tuple[queries.SignUpRow, network.InstitutionRow]:
    row = queries.sign_up(sign_up_id)
    house = network.institution(row.institution_id) if row else None
    if row is None or house is None or not by.may(RIGHT, ScopePath(house.zone_id, house.id)):
        raise Refused("not-found")
    return row, house


def _decide(
    row: queries.SignUpRow,
    state: State,
    reason: str,
    by: Actor,
    now: datetime,
    house: network.InstitutionRow,
    user_id: uuid.UUID | None = None,
) -> None:
    decide(_sign_up, row.id, state, reason, by, now, user_id=user_id)
    after = {"state": state.value, "user_id": user_id}
    audit.record(
        "people.sign-up-decided",
        about=("sign-up", row.id),
        by=by,
        now=now,
        zone=house.zone_code,
        after=after,
        note=reason or None,
        institution=house.id,
    )


def decide(
    table: Any, row_id: uuid.UUID, state: State, reason: str, by: Actor, now: datetime, **more: Any
) -> None:
    """Write a decision; of two at once one finds nothing waiting. Raises Refused: invalid-transition."""
    values = {"state": state.value, "reason": reason, "decided_at": now, "decided_by": by.user_id, **more}
    waiting = (table.c.id == row_id) & (table.c.state == State.WAITING.value)
    if not db.session.execute(update(table).where(waiting).values(**values).returning(table.c.id)).first():
        found = db.session.execute(table.select().where(table.c.id == row_id)).mappings().one()
        raise Refused("invalid-transition", status=found["state"], allowed=[])
