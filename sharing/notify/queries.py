"""Reading messages: the inbox, its count, what a person chose, how the outbox stands."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from sharing.kernel.db import db, table_of
from sharing.kernel.paging import PER_PAGE, Page
from sharing.notify.formats import Told, told
from sharing.notify.models import Channel, Choice, Message, Outgoing, Text
from sharing.notify.rules import TOPICS, Kind, OwnWords, mailed

_message, _outgoing, _choice = table_of(Message), table_of(Outgoing), table_of(Choice)
_channel, _text = table_of(Channel), table_of(Text)


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message in an inbox; `facts` are those of its words, in the reader's language."""

    id: uuid.UUID
    topic: str
    facts: Told
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outbox:
    """How the mail stands: rows waiting, since when the oldest is due, rows that were given up."""

    waiting: int
    oldest_due_at: datetime | None
    failed: int


def inbox(
    reader: uuid.UUID,
    *,
    group: str | None = None,
    unread: bool = False,
    page: int = 1,
    per_page: int = PER_PAGE,
) -> Page[MessageRow]:
    """Her messages, newest first; of one group of topics, or only those not read."""
    mine = _message.c.recipient_id == reader
    if group:
        mine &= _message.c.topic.in_([name for name, topic in TOPICS.items() if topic.group == group])
    if unread:
        mine &= _message.c.read_at.is_(None)
    total = db.session.scalar(select(func.count()).select_from(_message).where(mine)) or 0
    rows = db.session.execute(
        select(_message)
        .where(mine)
        .order_by(_message.c.created_at.desc(), _message.c.id.desc())
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return Page([_row(row) for row in rows], total, page, per_page)


def message(message_id: uuid.UUID, *, reader: uuid.UUID) -> MessageRow | None:
    """One message of hers, or None."""
    row = db.session.execute(
        select(_message).where(_message.c.id == message_id, _message.c.recipient_id == reader)
    ).first()
    return _row(row) if row else None


def _row(row: Any) -> MessageRow:
    facts = told((row.about_kind, row.about_id), row.facts)
    return MessageRow(row.id, row.topic, facts, row.created_at, row.read_at)


def unread(reader: uuid.UUID) -> int:
    """How many of her messages are not read; 0 to 100, since the frame shows 99+."""
    some = (
        select(_message.c.id)
        .where(_message.c.recipient_id == reader, _message.c.read_at.is_(None))
        .limit(100)
    )
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def choices(reader: uuid.UUID) -> dict[str, bool]:
    """For every topic that she may choose about: whether it is mailed to her."""
    chosen = {
        row.topic: row.by_mail
        for row in db.session.execute(
            select(_choice.c.topic, _choice.c.by_mail).where(_choice.c.user_id == reader)
        )
    }
    return {name: mailed(topic, chosen.get(name)) for name, topic in TOPICS.items() if topic.chosen}


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A robot as its keeper sees it: never its address. `error` is what its server answers while it refuses."""

    id: uuid.UUID
    kind: Kind
    institution_id: uuid.UUID | None
    hint: str
    groups: Sequence[str]
    created_at: datetime
    error: str | None


def channels(user_id: uuid.UUID, institutions: Collection[uuid.UUID] = ()) -> list[ChannelRow]:
    """A person's own robots, then those of the institutions that she keeps them for."""
    c = _channel.c
    kept = or_(c.user_id == user_id, c.institution_id.in_(institutions))
    rows = db.session.execute(
        select(c.id, c.kind, c.institution_id, c.hint, c.groups, c.created_at, c.error)
        .where(kept)
        .order_by(c.institution_id.is_not(None), c.kind)
    )
    return [ChannelRow(row[0], Kind(row[1]), *row[2:]) for row in rows]


def outbox() -> Outbox:
    """For metrics and `sharing doctor`."""
    rows = {
        row.state: row
        for row in db.session.execute(
            select(_outgoing.c.state, func.count().label("rows"), func.min(_outgoing.c.due_at).label("due"))
            .where(_outgoing.c.state.in_(("waiting", "failed")), _outgoing.c.channel_id.is_(None))
            .group_by(_outgoing.c.state)
        )
    }
    waiting, failed = rows.get("waiting"), rows.get("failed")
    return Outbox(
        waiting.rows if waiting else 0, waiting.due if waiting else None, failed.rows if failed else 0
    )


# --- institutions' own words -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextRow:
    """An institution's own words of one topic from a day on, in both languages; `inherit`: ours again from then."""

    id: uuid.UUID
    institution_id: uuid.UUID
    topic: str
    valid_from: date
    inherit: bool
    title: str
    said: str
    then: str
    title_en: str
    said_en: str
    then_en: str
    source_document: str

    def words(self, language: str) -> OwnWords | None:
        """Its words of a language; None where it hands back to ours, or says nothing in that language."""
        parts = (
            (self.title_en, self.said_en, self.then_en)
            if language == "en"
            else (self.title, self.said, self.then)
        )
        return None if self.inherit or not parts[0] else OwnWords(*parts)


def texts(institution_id: uuid.UUID, topic: str | None = None) -> list[TextRow]:
    """Every row that an institution entered, the newest first; of one topic when asked."""
    ask = _texts().where(_text.c.institution_id == institution_id)
    if topic is not None:
        ask = ask.where(_text.c.topic == topic)
    return [
        TextRow(*row) for row in db.session.execute(ask.order_by(_text.c.topic, _text.c.valid_from.desc()))
    ]


def texts_on(institutions: Collection[uuid.UUID], on: date) -> dict[tuple[uuid.UUID, str], TextRow]:
    """The rows in force on a day, by institution and topic; one statement for a batch of mails, none for none."""
    if not institutions:
        return {}
    ask = _texts().where(_text.c.institution_id.in_(institutions), _text.c.valid_from <= on)
    rows = (TextRow(*row) for row in db.session.execute(ask.order_by(_text.c.valid_from)))
    return {(row.institution_id, row.topic): row for row in rows}


def _texts() -> Select[Any]:
    return select(*(_text.c[name] for name in TextRow.__dataclass_fields__))
