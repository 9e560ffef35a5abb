"""Robots that pass messages on: who keeps one, and what is handed to it.

Nothing more is written with the change itself than the message in the inbox; a job hands new messages on to the outbox
of each robot, once each, so that the booking path pays nothing for it (DESIGN 2.6).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from flask import current_app
from sqlalchemy import and_, delete, func, or_, select, update

from sharing.audit.service import record
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.sealed import opened, seal
from sharing.notify.formats import Letterhead, robot_message
from sharing.notify.models import Channel, Message, Outgoing
from sharing.notify.rules import (
    GIVE_UP,
    GROUPS,
    OVERLAP,
    PER_MINUTE,
    PERSONAL,
    RATE_SPAN,
    SHARED,
    TOPICS,
    Kind,
)
from sharing.notify.service.delivery import Delivered, claim, settle
from sharing.notify.service.post import Failure
from sharing.notify.service.robots import Robot, known_address, too_fast

_channel, _message, _outgoing = table_of(Channel), table_of(Message), table_of(Outgoing)
PURPOSE: Final = "notify.channel"


class Keeper(Protocol):
    """Whoever keeps a robot; `people.rules.Actor` is one."""

    @property
    def user_id(self) -> uuid.UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def institution_id(self) -> uuid.UUID | None: ...
    def scopes(self, right: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Sealing:
    """What the settings say: the installation's key, and hosts inside that robots may be asked at."""

    key: str
    allow: frozenset[str] = frozenset()


def sealing() -> Sealing:
    """As this installation is set."""
    settings = current_app.extensions["sharing.settings"]
    return Sealing(settings.key, settings.inside_hosts)


# --- keeping one -----------------------------------------------------------------------------------------------------


def keeps(by: Keeper, institution_id: uuid.UUID | None) -> bool:
    """Whether she keeps the robot of an institution; her own (None) everybody keeps."""
    return institution_id is None or institution_id in by.scopes("channel.edit").institutions


@transactional
def save_channel(
    kind: Kind,
    address: str,
    secret: str,
    groups: Collection[str],
    *,
    institution_id: uuid.UUID | None,
    by: Keeper,
    sealing: Sealing,
    now: datetime,
) -> uuid.UUID:
    """Enter a robot, her own or her institution's, in the place of the one of that kind before; from now on it passes
    messages on. Raises Refused: forbidden, invalid-input."""
    if not keeps(by, institution_id):
        raise Refused("forbidden")
    known_address(kind, address, sealing.allow)
    owner = {"user_id": None if institution_id else by.user_id, "institution_id": institution_id}
    _forget(kind, owner)
    standard = SHARED if institution_id else PERSONAL
    chosen = [one for one in GROUPS if one in (groups or standard)]
    made = new_id()
    row = {
        "id": made,
        "kind": kind.value,
        **owner,
        "sealed_address": seal(address, key=sealing.key, purpose=PURPOSE),
        "sealed_secret": seal(secret, key=sealing.key, purpose=PURPOSE) if secret else "",
        "hint": f"…{address[-4:]}",
        "groups": chosen,
        "language": by.language,
        "created_at": now,
        "passed_to": now,
    }
    db.session.execute(insert(_channel).values(row))
    after = {"kind": kind.value, "groups": chosen, "institution": institution_id}
    about = ("channel", made)
    record("notify.channel-saved", about=about, by=by, now=now, institution=institution_id, after=after)
    return made


def _forget(kind: Kind, owner: dict[str, uuid.UUID | None]) -> None:
    mine = and_(
        _channel.c.kind == kind.value, *(_channel.c[name] == key for name, key in owner.items() if key)
    )
    for key in db.session.scalars(delete(_channel).where(mine).returning(_channel.c.id)).all():
        _drop_waiting(key)


def _drop_waiting(channel_id: uuid.UUID) -> None:
    waiting = and_(_outgoing.c.channel_id == channel_id, _outgoing.c.state == "waiting")
    db.session.execute(delete(_outgoing).where(waiting))


def _mine(channel_id: uuid.UUID, by: Keeper) -> Any:
    """A channel that she keeps. Raises Refused: not-found."""
    row = db.session.execute(select(_channel).where(_channel.c.id == channel_id)).first()
    if row is None or not (
        row.user_id == by.user_id or (row.institution_id and keeps(by, row.institution_id))
    ):
        raise Refused("not-found")
    return row


@transactional
def remove_channel(channel_id: uuid.UUID, *, by: Keeper, now: datetime) -> None:
    """Take a robot away; what waits for it is dropped. Raises Refused: not-found."""
    row = _mine(channel_id, by)
    _drop_waiting(row.id)
    db.session.execute(delete(_channel).where(_channel.c.id == row.id))
    before = {"kind": row.kind, "institution": row.institution_id}
    about, house = ("channel", row.id), row.institution_id
    record("notify.channel-removed", about=about, by=by, now=now, institution=house, before=before)


@transactional
def try_channel(channel_id: uuid.UUID, *, by: Keeper, now: datetime) -> None:
    """Have the robot say that it works, by the way that every message takes. Raises Refused: not-found."""
    row = _mine(channel_id, by)
    facts = {"person": by.name, "url": "/profile/notices"}
    _hand(row, "notify.try", ("channel", row.id), facts, once=None, now=now)


# --- handing messages on ---------------------------------------------------------------------------------------------


@transactional
def pass_on(*, now: datetime) -> int:
    """Put what was written since the last time into the outbox of each robot that it concerns; how many were put.

    Read a little further back than was passed on, for transactions that were still open; a message goes once.
    """
    reached = db.session.scalar(select(func.min(_channel.c.passed_to)))
    if reached is None:
        return 0
    whose = or_(
        _channel.c.user_id == _message.c.recipient_id, _channel.c.institution_id == _message.c.institution_id
    )
    fresh = (
        select(_channel, _message.c.id.label("message_id"), _message.c.topic, _message.c.about_kind)
        .add_columns(_message.c.about_id, _message.c.facts, _message.c.created_at.label("written_at"))
        .join_from(_message, _channel, whose)
        .where(
            _message.c.created_at > max(reached, now - GIVE_UP) - OVERLAP,
            _message.c.created_at >= _channel.c.created_at,
        )
        .order_by(_message.c.created_at, _message.c.id)
    )
    put = 0
    for row in db.session.execute(fresh).all():
        if TOPICS[row.topic].group in row.groups:
            put += _hand(row, row.topic, (row.about_kind, row.about_id), row.facts, once=_once(row), now=now)
    late = _channel.c.passed_to < now - RATE_SPAN  # not written down anew every few seconds
    db.session.execute(update(_channel).where(late).values(passed_to=now))
    return put


def _once(row: Any) -> str:
    """A person's robot says each of her messages; a group's says once what several people are told together."""
    if row.institution_id is None:
        return f"message:{row.message_id}"
    return f"{row.topic}:{row.about_id}:{row.written_at.timestamp():.0f}"


def _hand(
    channel: Any,
    topic: str,
    about: tuple[str, uuid.UUID | None],
    facts: dict[str, Any],
    *,
    once: str | None,
    now: datetime,
) -> int:
    row = {
        "id": new_id(),
        "recipient_id": channel.user_id,
        "address": f"channel:{channel.id}",
        "channel_id": channel.id,
        "language": channel.language,
        "topic": topic,
        "about_kind": about[0],
        "about_id": about[1],
        "facts": facts,
        "once": once,
        "created_at": now,
        "due_at": now,
        "state": "waiting",
        "attempts": 0,
    }
    put = insert(_outgoing).values(row).on_conflict_do_nothing(index_elements=["address", "once"])
    return len(db.session.execute(put.returning(_outgoing.c.id)).all())


# --- delivering ------------------------------------------------------------------------------------------------------


def deliver_to_robots(*, head: Letterhead, sealing: Sealing, now: datetime) -> Delivered:
    """Send what is due to each robot, no faster than it takes it."""
    done = Delivered()
    for channel, room in _with_room(now):
        rows = claim(_outgoing.c.channel_id == channel.id, now=now, most=room)
        failures = _sent(channel, rows, head=head, sealing=sealing, now=now)
        one = settle(rows, failures, now=now)
        _note(channel, rows, failures)
        done = Delivered(done.sent + one.sent, done.again + one.again, done.failed + one.failed)
    return done


def _with_room(now: datetime) -> list[tuple[Any, int]]:
    """Robots for which something is due, each with how many messages it takes now."""
    c = _outgoing.c
    due = select(c.channel_id).where(c.state == "waiting", c.due_at <= now, c.channel_id.is_not(None))
    channels = db.session.execute(select(_channel).where(_channel.c.id.in_(due))).all()
    lately = select(c.channel_id, func.count()).where(
        c.channel_id.in_([one.id for one in channels]), c.sent_at > now - RATE_SPAN
    )
    sent = {row[0]: row[1] for row in db.session.execute(lately.group_by(c.channel_id))}
    rooms = ((one, PER_MINUTE - sent.get(one.id, 0)) for one in channels)
    return [(one, room) for one, room in rooms if room > 0]


def _sent(
    channel: Any, rows: Sequence[Any], *, head: Letterhead, sealing: Sealing, now: datetime
) -> dict[uuid.UUID, Failure]:
    """Each row handed over; one that takes offence at the pace, or does not answer, is left alone for the rest."""
    address = opened(channel.sealed_address, key=sealing.key, purpose=PURPOSE)
    secret = opened(channel.sealed_secret, key=sealing.key, purpose=PURPOSE) if channel.sealed_secret else ""
    if address is None or secret is None:
        return {row.id: Failure("sealed under another key: enter the address again") for row in rows}
    robot, failures = Robot(Kind(channel.kind), address, secret), {}
    stopped: Failure | None = None
    for row in rows:
        message = robot_message(robot.kind, row, head=head) if stopped is None else {}
        failure = stopped or robot.send(message, now=now, allow=sealing.allow)
        if failure is None:
            continue
        failures[row.id] = failure
        if too_fast(failure) or failure.reason.startswith("no answer"):
            stopped = failure
    return failures


@transactional
def _note(channel: Any, rows: Sequence[Any], failures: dict[uuid.UUID, Failure]) -> None:
    """What its keeper sees: the last refusal while it refuses, nothing once it takes messages again."""
    last = failures.get(rows[-1].id) if rows else None
    error = last.reason[:300] if last else None
    if rows and error != channel.error:
        db.session.execute(update(_channel).where(_channel.c.id == channel.id).values(error=error))
