"""A company asks to join: an account for its contact at once, bookings once its zone has accepted it.

Until then it is no institution: nobody but its zone's administrators sees anything of it, and nothing that a visitor
is shown says whether a company or an address is known already.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import update

from sharing.audit import service as audit
from sharing.kernel import files
from sharing.kernel.db import db, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.network import service as network_service
from sharing.notify import service as notify
from sharing.people import queries
from sharing.people.models import Enterprise, User
from sharing.people.rules import Actor, Role, ScopeKind, ScopePath, State
from sharing.people.service.accounts import (
    WELCOME_LIFE,
    Link,
    NewUser,
    add_user,
    free_username,
    open_link,
    recipient,
    spend_links,
)
from sharing.people.service.joining import decide, tell_known
from sharing.people.service.roles import administrators, give
from sharing.people.service.sign_in import end_sessions
from sharing.people.service.throttle import Guess, guessing

_enterprise, _user = table_of(Enterprise), table_of(User)
MOST_BYTES: Final = 5 * 1024 * 1024
FOLDER: Final = "licences"
RIGHT: Final = "enterprise.accept"
DESK: Final = "/people/enterprises"


@dataclass(frozen=True, slots=True)
class Company:
    """What a company enters: itself, its business licence as a file, and who speaks for it."""

    name: str
    uscc: str
    zone_id: uuid.UUID
    licence: bytes
    contact: str
    email: str
    phone: str
    name_en: str = ""
    address: str = ""
    language: str = "zh-CN"


def promised(now: datetime) -> tuple[int, datetime]:
    """In how many working days a company that asks now is answered, and the instant when they are over."""
    on = shanghai_day(now)
    hours, days = network.office_hours(on), network.setting("enterprise_days", on) or 1
    return days, hours.after(now, days * sum(b - a for a, b in hours.spans), network.work_calendar())


def sign_up_enterprise(
    company: Company, *, storage: Path, link: Link, address: str, now: datetime
) -> datetime:
    """Keep the request and open an account for its contact. Returns when it is answered at the latest.

    Raises Refused: sign-in-throttled (one address asks too often), too-large, file-refused, not-found (no such zone).
    """
    kind = files.sniffed(company.licence, most_bytes=MOST_BYTES)
    digest = files.digest_of(company.licence)
    with guessing(Guess(f"#sign-up {address}", address), now) as attempt:
        attempt.failed = True
        files.keep(files.place(storage, FOLDER, digest), company.licence)
        return _ask(company, digest, kind, link, now)


@transactional
def _ask(company: Company, digest: str, kind: str, link: Link, now: datetime) -> datetime:
    zone, (_days, due) = network.zone_by_id(company.zone_id), promised(now)
    if zone is None:
        raise Refused("not-found")
    if person := queries.person_by_email(company.email):
        tell_known(person, now)
        return due
    new = NewUser(
        username=free_username(company.email),
        name=company.contact,
        email=company.email,
        phone=company.phone,
        kind="enterprise",
        language=company.language,
    )
    user_id = add_user(new, by=None, now=now)
    row: dict[str, Any] = {
        "id": new_id(),
        "name": company.name,
        "name_en": company.name_en,
        "uscc": company.uscc,
        "zone_id": zone.id,
        "address": company.address,
        "user_id": user_id,
        "licence_sha256": digest,
        "licence_type": kind,
        "state": State.WAITING.value,
        "asked_at": now,
        "due_at": due,
        "reason": "",
    }
    db.session.execute(_enterprise.insert().values(**row))
    about = ("enterprise", row["id"])
    audit.record("people.enterprise", about=about, by=None, now=now, zone=zone.code, after=row)
    facts = {"place": company.name, "place_en": company.name_en, "requester": company.contact, "due": due}
    contact = notify.Recipient(user_id, company.email, company.language, company.contact)
    opened = link(open_link(user_id, now, WELCOME_LIFE))
    received = facts | {"url": opened, "username": new.username}
    notify.enqueue("people.enterprise-received", [contact], about, received, now)
    to = [recipient(one) for one in _who_answers(zone.id, now)]
    notify.enqueue("people.enterprise-waiting", to, about, facts | {"url": DESK}, now)
    return due


def _who_answers(zone_id: uuid.UUID, now: datetime) -> list[queries.PersonRow]:
    on = shanghai_day(now)
    return administrators(ScopeKind.ZONE, zone_id, on) or administrators(ScopeKind.NETWORK, None, on)


@transactional
def accept_enterprise(enterprise_id: uuid.UUID, *, by: Actor, now: datetime) -> uuid.UUID:
    """Make the company an institution and its contact its administrator; where the code is known, one of its staff.

    Raises Refused: not-found, invalid-transition, duplicate (the code is a public institution's).
    """
    row = _waiting(enterprise_id, by)
    known = network.institution_by_uscc(row.uscc)
    if known and known.kind != "enterprise":
        raise Refused("duplicate", uscc=row.uscc)
    institution_id = (
        known.id
        if known
        else network_service.add_enterprise(
            name=row.name,
            name_en=row.name_en,
            uscc=row.uscc,
            zone_id=row.zone_id,
            address=row.address,
            by=by,
            now=now,
        )
    )
    decide(_enterprise, row.id, State.ACCEPTED, "", by, now, institution_id=institution_id)
    db.session.execute(update(_user).where(_user.c.id == row.user_id).values(institution_id=institution_id))
    role = Role.ENTERPRISE if known else Role.ENTERPRISE_ADMIN
    give(
        row.user_id, role, ScopeKind.INSTITUTION, institution_id,
        starts_on=shanghai_day(now), reason=row.uscc, by=by, now=now,
    )  # fmt: skip
    _tell(row, "people.enterprise-accepted", "", by, now, institution_id)
    return institution_id


@transactional
def refuse_enterprise(enterprise_id: uuid.UUID, *, reason: str, by: Actor, now: datetime) -> None:
    """Refuse a company and close its contact's account, so that it may ask again. Raises Refused as above."""
    row = _waiting(enterprise_id, by)
    decide(_enterprise, row.id, State.REFUSED, reason, by, now)
    _tell(row, "people.enterprise-refused", reason, by, now)
    end_sessions(row.user_id, now)
    spend_links(row.user_id, now)
    db.session.execute(update(_user).where(_user.c.id == row.user_id).values(left_at=now))


def _waiting(enterprise_id: uuid.UUID, by: Actor) -> queries.EnterpriseRow:
    row = queries.enterprise(enterprise_id)
    if row is None or not by.may(RIGHT, ScopePath(row.zone_id)):
        raise Refused("not-found")
    return row


def _tell(
    row: queries.EnterpriseRow,
    topic: str,
    reason: str,
    by: Actor,
    now: datetime,
    house: uuid.UUID | None = None,
) -> None:
    contact = queries.person(row.user_id)
    facts = {"place": row.name, "place_en": row.name_en, "person": by.name, "note": reason, "url": "/"}
    about = ("enterprise", row.id)
    if contact:
        notify.enqueue(topic, [recipient(contact)], about, facts, now)
    zone, note = row.zone_code, reason or None
    audit.record(topic, about=about, by=by, now=now, zone=zone, note=note, institution=house)
