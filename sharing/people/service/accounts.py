"""Accounts: a person begins, changes her password and her details, forgets the password, leaves."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.network import queries as network
from sharing.notify import service as notify
from sharing.people import passwords, queries
from sharing.people.models import ResetLink, User
from sharing.people.rules import Actor, ScopePath, kept_phone, secret_hash, username_stem
from sharing.people.service.sign_in import end_sessions
from sharing.people.service.throttle import Guess, forgive, guessing

_user, _link = table_of(User), table_of(ResetLink)
LINK_LIFE: Final = timedelta(hours=1)
WELCOME_LIFE: Final = timedelta(days=7)
Link = Callable[[str], str]  # makes a page's path from a secret
MOST_LINKS: Final = 3  # to one person within an hour
SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to enter; `password` None: she sets one by mail."""

    username: str
    name: str
    name_en: str = ""
    email: str = ""
    phone: str | None = None
    staff_no: str | None = None
    kind: str = "member"
    institution_id: uuid.UUID | None = None
    department: str | None = None
    language: str = "zh-CN"
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person may change of herself."""

    name_en: str
    email: str
    phone: str | None
    department: str | None
    language: str


@transactional
def add_user(new: NewUser, *, by: Actor | None, now: datetime) -> uuid.UUID:
    """Enter a person. `by` None is the command line of the server.

    Raises Refused: forbidden, duplicate (username, or staff number within the institution), password-refused.
    """
    if by is not None and not by.may("people.manage", path_at(new.institution_id)):
        raise Refused("forbidden")
    kept = _good(new.password, new.username, new.name, new.email) if new.password is not None else None
    user_id = new_id()
    row = {
        "id": user_id,
        "username": new.username.strip().lower(),
        "name": new.name,
        "name_en": new.name_en,
        "email": new.email,
        "phone": kept_phone(new.phone),
        "staff_no": new.staff_no,
        "kind": new.kind,
        "institution_id": new.institution_id,
        "department": new.department,
        "language": new.language,
    }
    statement = insert(_user).values(
        **row, password_hash=kept, password_changed_at=now if kept else None, is_sample=False, created_at=now
    )
    if not db.session.execute(statement.on_conflict_do_nothing().returning(_user.c.id)).first():
        raise Refused("duplicate", username=row["username"])
    house = new.institution_id
    audit.record("people.user-added", about=("user", user_id), by=by, now=now, after=row, institution=house)
    return user_id


def path_at(institution_id: uuid.UUID | None) -> ScopePath:
    """Where a person of that institution lies."""
    institution = network.institution(institution_id) if institution_id else None
    return ScopePath(institution.zone_id, institution.id) if institution else ScopePath()


def _good(password: str, *names: str) -> str:
    """The new password's hash. Raises Refused: password-refused (reasons: `passwords.weaknesses`)."""
    if reasons := passwords.weaknesses(password, names):
        raise Refused("password-refused", reasons=reasons)
    return passwords.hashed(password)


def welcome(user_id: uuid.UUID, link: Link, now: datetime) -> None:
    """Mail her the link that sets her first password. Call inside a transaction."""
    if person := queries.person(user_id):
        facts = {"username": person.username, "url": link(open_link(user_id, now, WELCOME_LIFE))}
        notify.enqueue("people.welcome", [recipient(person)], ("user", user_id), facts, now)


def free_username(email: str) -> str:
    """A user name that nobody has, made of a mail address."""
    stem = username_stem(email)
    taken = queries.usernames_like(stem)
    return next(
        name for name in (stem, *(f"{stem}{n}" for n in range(2, len(taken) + 3))) if name not in taken
    )


@transactional
def save_profile(profile: Profile, *, by: Actor, now: datetime) -> None:
    """Change one's own details; name, staff number and institution are the institution's to change."""
    u = _user.c
    columns = (u.name_en, u.email, u.phone, u.department, u.language)
    before = db.session.execute(select(*columns).where(u.id == by.user_id)).mappings().one()
    after = {
        "name_en": profile.name_en,
        "email": profile.email,
        "phone": kept_phone(profile.phone),
        "department": profile.department,
        "language": profile.language,
    }
    changed = {key: value for key, value in after.items() if before[key] != value}
    if not changed:
        return
    db.session.execute(update(_user).where(u.id == by.user_id).values(**changed))
    old = {key: before[key] for key in changed}
    audit.record("people.profile", about=("user", by.user_id), by=by, now=now, before=old, after=changed)


@transactional
def set_language(language: str, *, by: Actor) -> None:
    """Remember the language that a person reads, for her mail and for other browsers."""
    db.session.execute(update(_user).where(_user.c.id == by.user_id).values(language=language))


# --- passwords ---------------------------------------------------------------------------------------------


def change_password(*, old: str, new: str, address: str, secret: str, by: Actor, now: datetime) -> None:
    """Set a new password; every other session of hers ends, this one (of `secret`) stays.

    Raises Refused: sign-in-failed (the old one is wrong), sign-in-throttled, password-refused, busy.
    """
    kept = db.session.execute(
        select(_user.c.password_hash).where(_user.c.id == by.user_id)
    ).scalar_one_or_none()
    with guessing(Guess(f"{by.username}#own", address, known=True), now) as attempt:
        if not passwords.matches(old, kept):
            attempt.failed = True
            raise Refused("sign-in-failed")
    if old == new:
        raise Refused("password-refused", reasons=["same"])
    _set_password(
        by.user_id, _good(new, by.username, by.name, by.name_en, by.email), by=by, now=now, but=secret
    )


@transactional
def _set_password(user_id: uuid.UUID, kept: str, *, by: Actor | None, now: datetime, but: str = "") -> None:
    db.session.execute(
        update(_user).where(_user.c.id == user_id).values(password_hash=kept, password_changed_at=now)
    )
    end_sessions(user_id, now, but=but)
    spend_links(user_id, now)
    audit.record("people.password", about=("user", user_id), by=by, now=now)


def spend_links(user_id: uuid.UUID, now: datetime) -> None:
    """Make every link that she was mailed worthless. Call inside a transaction."""
    mine = (_link.c.user_id == user_id) & _link.c.used_at.is_(None)
    db.session.execute(update(_link).where(mine).values(used_at=now))


def send_reset(*, email: str, link: Link, address: str, now: datetime) -> None:
    """Mail a link that sets a new password once within an hour; says nothing of whether the address is known.

    link     makes the page's path from the secret
    Raises Refused: sign-in-throttled, when one address asks too often.
    """
    with guessing(Guess(f"#reset {address}", address), now) as attempt:
        attempt.failed = True  # each request counts against the address it comes from
        if person := queries.person_by_email(email):
            _mail_link(person, link, now)


def open_link(user_id: uuid.UUID, now: datetime, lasts: timedelta) -> str:
    """The secret of a new link that sets a password once. Call inside a transaction; the mail goes with it."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = {"id": new_id(), "user_id": user_id, "created_at": now, "ends_at": now + lasts}
    db.session.execute(_link.insert().values(secret_hash=secret_hash(secret), **row))
    return secret


def recipient(person: queries.PersonRow) -> notify.Recipient:
    """A person as a message is sent to her."""
    return notify.Recipient(person.id, person.email, person.language, person.name)


@transactional
def _mail_link(person: queries.PersonRow, link: Link, now: datetime) -> None:
    recent = select(func.count()).where(_link.c.user_id == person.id, _link.c.created_at > now - LINK_LIFE)
    if db.session.execute(recent).scalar_one() >= MOST_LINKS:
        return
    secret = open_link(person.id, now, LINK_LIFE)
    facts = {"username": person.username, "url": link(secret), "due": now + LINK_LIFE}
    notify.enqueue("people.reset", [recipient(person)], ("user", person.id), facts, now)
    audit.record("people.reset-asked", about=("user", person.id), by=None, now=now)


def reset_link_holds(secret: str, now: datetime) -> bool:
    """True while the link still sets a password."""
    return _link_owner(secret, now) is not None


def _link_owner(secret: str, now: datetime) -> Any:
    u = _user.c
    return db.session.execute(
        select(u.id, u.username, u.name, u.name_en, u.email)
        .join_from(_link, _user, u.id == _link.c.user_id)
        .where(
            _link.c.secret_hash == secret_hash(secret),
            _link.c.used_at.is_(None),
            _link.c.ends_at > now,
            u.left_at.is_(None),
        )
    ).first()


def reset_password(*, secret: str, new: str, now: datetime) -> uuid.UUID:
    """Set a new password by a mailed link; every session ends. Returns whose it is.

    Raises Refused: link-expired (used, old or unknown), password-refused (the link stays good).
    """
    owner = _link_owner(secret, now)
    if owner is None:
        raise Refused("link-expired")
    _reset(secret, _good(new, *owner[1:]), owner.username, now)
    return uuid.UUID(str(owner.id))


@transactional
def _reset(secret: str, kept: str, username: str, now: datetime) -> None:
    held = (_link.c.secret_hash == secret_hash(secret)) & _link.c.used_at.is_(None)
    spent = db.session.execute(
        update(_link).where(held).values(used_at=now).returning(_link.c.user_id)
    ).first()
    if spent is None:
        raise Refused("link-expired")
    _set_password(spent.user_id, kept, by=None, now=now)
    forgive(username)
