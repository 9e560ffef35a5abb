"""Sending what waits in the outbox: at least once, and the same message again when in doubt.

Rows are claimed in one short transaction, sent outside of any, and marked in another, so that a slow mail server
holds no lock of the database. A process that dies between the two leaves its claim, which runs out after
`rules.LEASE`: the mail then goes a second time with the same Message-ID.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Delete, and_, delete, func, not_, select, update

from sharing.kernel.db import db, table_of, transactional
from sharing.kernel.timespan import shanghai_day
from sharing.notify import queries
from sharing.notify.formats import Letterhead, letter
from sharing.notify.models import Choice, Outgoing
from sharing.notify.rules import LEASE, TOPICS, OwnWords, given_up, next_try
from sharing.notify.service.post import Failure, Post

log = structlog.get_logger("sharing.mail")
_outgoing = table_of(Outgoing)
_choice = table_of(Choice)
BATCH = 50


def _unwanted() -> Delete:
    """Takes away the mails that their recipients chose, or by the topic's default, do not want."""
    chosen = (
        select(_choice.c.by_mail)
        .where(_choice.c.user_id == _outgoing.c.recipient_id, _choice.c.topic == _outgoing.c.topic)
        .scalar_subquery()
    )
    to_choose = [name for name, topic in TOPICS.items() if topic.chosen]
    by_default = [name for name in to_choose if TOPICS[name].mailed]
    return delete(_outgoing).where(
        _outgoing.c.topic.in_(to_choose),
        _outgoing.c.recipient_id.is_not(None),
        not_(func.coalesce(chosen, _outgoing.c.topic.in_(by_default))),
    )


_UNWANTED = _unwanted()


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did: mails sent, to be tried again, given up."""

    sent: int = 0
    again: int = 0
    failed: int = 0


def deliver(post: Post, *, head: Letterhead, now: datetime, most: int = BATCH) -> Delivered:
    """Send at most `most` due mails over one connection."""
    rows = claim(BY_MAIL, now=now, most=most)
    if not rows:
        return Delivered()
    own = queries.texts_on({key for row in rows if (key := _house(row))}, shanghai_day(now))
    failures = post.send((row.id, letter(row, head=head, text=_text(row, own))) for row in rows)
    return settle(rows, failures, now=now)


BY_MAIL = _outgoing.c.channel_id.is_(None)


def _house(row: Any) -> uuid.UUID | None:
    """Whose instrument a message is about: its house's own words are used, where it has any."""
    said = row.facts.get("house")
    return uuid.UUID(said) if said else None


def _text(row: Any, own: Mapping[tuple[uuid.UUID, str], queries.TextRow]) -> OwnWords | None:
    house = _house(row)
    found = own.get((house, row.topic)) if house else None
    return found.words(row.language) if found else None


@transactional
def claim(which: ColumnElement[bool], *, now: datetime, most: int) -> Sequence[Any]:
    """Take due rows for `rules.LEASE`; what another process is taking is skipped, what nobody wants is taken away."""
    is_due = and_(_outgoing.c.state == "waiting", _outgoing.c.due_at <= now, which)
    db.session.execute(_UNWANTED.where(is_due, BY_MAIL))
    due = (
        select(_outgoing.c.id)
        .where(is_due)
        .order_by(_outgoing.c.due_at, _outgoing.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = list(db.session.scalars(due))
    if not ids:
        return []
    db.session.execute(
        update(_outgoing)
        .where(_outgoing.c.id.in_(ids))
        .values(due_at=now + LEASE, attempts=_outgoing.c.attempts + 1)
    )
    rows = select(_outgoing).where(_outgoing.c.id.in_(ids)).order_by(_outgoing.c.id)
    return db.session.execute(rows).all()


@transactional
def settle(rows: Sequence[Any], failures: dict[uuid.UUID, Failure], *, now: datetime) -> Delivered:
    """Write down how each claimed row fared."""
    sent, again, failed = 0, 0, 0
    for row in rows:
        failure = failures.get(row.id)
        if failure is None:
            sent += 1
            _mark(row, state="sent", sent_at=now, error=None)
            continue
        due = next_try(row.attempts, now)
        over = failure.final or given_up(row.created_at, due)
        failed, again = (failed + 1, again) if over else (failed, again + 1)
        log.warning(
            "message not sent",
            message=str(row.id),
            topic=row.topic,
            tries=row.attempts,
            reason=failure.reason,
        )
        _mark(row, state="failed" if over else "waiting", due_at=due, error=failure.reason[:500])
    return Delivered(sent, again, failed)


def _mark(row: Any, **values: Any) -> None:
    if TOPICS[row.topic].secret and values["state"] != "waiting":
        values["facts"] = {}  # a link that opens an account is not kept
    db.session.execute(update(_outgoing).where(_outgoing.c.id == row.id).values(**values))
