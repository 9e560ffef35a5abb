"""Writing messages in the transaction of the change they tell of; reading them off; what each person wants mailed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from sharing.audit.service import plain
from sharing.kernel.db import db, insert, new_id, table_of, transactional, write_behind
from sharing.kernel.ical import Invitation, kept
from sharing.kernel.refusals import Refused
from sharing.notify.models import Choice, Message, Outgoing
from sharing.notify.rules import TOPICS, Recipient, may_be_mailed
from sharing.notify.service.texts import enter_text, text_faults

__all__ = ["Recipient", "choose", "enqueue", "enter_text", "mark_all_read", "mark_read", "text_faults"]

_message, _outgoing, _choice = table_of(Message), table_of(Outgoing), table_of(Choice)


def enqueue(
    topic: str,
    to: Sequence[Recipient],
    about: tuple[str, uuid.UUID | None],
    facts: Mapping[str, Any],
    now: datetime,
    invitation: Invitation | None = None,
    once: str | None = None,
) -> None:
    """Write one message to each recipient. Call it inside the transaction of the change; it commits nothing.

    topic       a key of `rules.TOPICS`
    about       (kind, id) of the thing, e.g. ("booking", id); the page that a message opens unless `facts` has `url`
    facts       what the words need, made plain here: number, instrument, instrument_en, start, end, amount_fen,
                requester, note, step, due, url (a path) … (`formats.Told` has them all)
    invitation  the mail is then one that mail programs put into a calendar; rendered when it is sent
    once        a word that makes a second message to the same recipient impossible, e.g. "reminder:<step>:1"
    """
    kind = TOPICS[topic]
    entry = kept(invitation) if invitation else None
    common = {
        "topic": topic,
        "about_kind": about[0],
        "about_id": about[1],
        "facts": plain(facts),
        "once": once,
        "created_at": now,
    }
    for user_id, r in {r.user_id: r for r in to if r.user_id and kind.inbox}.items():
        row = {"id": new_id(), "recipient_id": user_id, "institution_id": r.institution_id}
        write_behind(_message, common | row, unless_there=True)
    for r in {r.email.lower(): r for r in to if r.email and may_be_mailed(kind, r)}.values():
        write_behind(_outgoing, common | _envelope(r, common["facts"], entry, now), unless_there=True)


def _envelope(
    to: Recipient, facts: dict[str, Any], entry: dict[str, Any] | None, now: datetime
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "recipient_id": to.user_id,
        "address": to.email,
        "language": to.language,
        "facts": facts | {"reader": to.name},
        "invitation": entry,
        "due_at": now,
        "state": "waiting",
        "attempts": 0,
    }


@transactional
def mark_read(message_id: uuid.UUID, *, reader: uuid.UUID, now: datetime) -> None:
    """Read off one message of hers. Raises Refused: not-found. A second time changes nothing."""
    found = db.session.execute(
        select(_message.c.read_at).where(_message.c.id == message_id, _message.c.recipient_id == reader)
    ).first()
    if found is None:
        raise Refused("not-found")
    if found.read_at is None:
        db.session.execute(update(_message).where(_message.c.id == message_id).values(read_at=now))


@transactional
def mark_all_read(*, reader: uuid.UUID, now: datetime) -> None:
    """Read off every message that she had by `now`; one that arrives meanwhile stays unread."""
    db.session.execute(
        update(_message)
        .where(_message.c.recipient_id == reader, _message.c.read_at.is_(None), _message.c.created_at <= now)
        .values(read_at=now)
    )


@transactional
def choose(by_mail: Mapping[str, bool], *, reader: uuid.UUID) -> None:
    """Keep what she wants mailed; topics not named stay as they were. Raises Refused: invalid-input."""
    if unknown := [topic for topic in by_mail if topic not in TOPICS or not TOPICS[topic].chosen]:
        raise Refused("invalid-input", fields=[{"field": topic, "message": topic} for topic in unknown])
    for topic, wanted in by_mail.items():
        row = insert(_choice).values(user_id=reader, topic=topic, by_mail=wanted)
        db.session.execute(
            row.on_conflict_do_update(index_elements=["user_id", "topic"], set_={"by_mail": wanted})
        )
