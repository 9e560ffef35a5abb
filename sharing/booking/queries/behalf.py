"""For whom one may book, found and judged before the request is."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from sharing.booking.rules import Submit, accounts, stands_for
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.people import queries as people
from sharing.people.rules import Actor, ScopePath
from sharing.registry import queries as registry


def person_meant(said: str, by: Actor, place: ScopePath, now: datetime) -> Actor:
    """The person for whom she may book on an instrument that lies there, by user name, by a staff number of her own
    institution, or by id.

    Raises Refused: not-on-behalf. Whoever may not book for a person does not learn whether there is one.
    """
    found = people.meant(said.strip(), by.institution_id)
    key = found.id if found else _id(said)
    person = people.actor(key, now) if key else None
    if person is None or not stands_for(by, person, place):
        raise Refused("not-on-behalf")
    return person


def colleague_meant(said: str, institution_id: uuid.UUID | None, now: datetime) -> Actor:
    """A person of an institution by user name, staff number or id. Raises Refused: invalid-input; somebody of another
    institution is not told apart from nobody."""
    found = people.meant(said.strip(), institution_id)
    key = found.id if found else _id(said)
    person = people.actor(key, now) if key else None
    if person is None or person.institution_id != institution_id:
        message = _("本单位没有这个用户名或工号")
        raise Refused("invalid-input", fields=[{"field": "person", "message": message}])
    return person


def _id(said: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(said)
    except ValueError:
        return None


def for_person(ask: Submit, *, person: Actor, by: Actor) -> Submit:
    """The request as one may make it for the other: paid by a group that may be made to pay.

    Raises Refused: not-found, not-on-behalf.
    """
    terms = registry.booking_terms(ask.instrument_id)
    if terms is None:
        raise Refused("not-found")
    place = terms.instrument.path
    if not stands_for(by, person, place) or not person.has("booking.submit"):
        raise Refused("not-on-behalf")
    may_pay = accounts(by, person, place)
    if ask.group_id is None:
        return replace(ask, group_id=may_pay[0] if len(may_pay) == 1 else None)
    if ask.group_id in person.groups and ask.group_id not in may_pay:
        raise Refused("not-on-behalf")
    return ask
