"""Short ways to close time in tests."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from sharing.booking import service
from sharing.booking.queries.tables import SLOT
from sharing.booking.rules import (
    BlockKind,
    BlockRow,
    Choice,
    Closing,
)
from sharing.kernel.db import db
from sharing.kernel.ical import invitation_of, itip
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, merged
from sharing.notify.models import Outgoing
from sharing.people.models import User
from sharing.registry.models import Instrument
from tests import cast


def close(
    on: Instrument,
    when: TimeSpan,
    choices: Mapping[uuid.UUID, Choice] | None = None,
    *,
    by: User,
    now: datetime = cast.NOW,
    repeat: str = "",
) -> list[BlockRow]:
    ask = Closing(on.id, when, BlockKind.MAINTENANCE, "更换灯丝", repeat)
    return service.close_time(ask, choices or {}, by=cast.actor(by), now=now)


def refused(work: Any) -> Refused:
    with pytest.raises(Refused) as no:
        work()
    return no.value


def held(on: Instrument, block_id: uuid.UUID) -> dict[int, list[TimeSpan]]:
    """What a block holds, by place."""
    c = SLOT.c
    found: dict[int, list[TimeSpan]] = {}
    for position, start, end in db.session.execute(
        select(c.position, c.starts_at, c.ends_at).where(c.source_id == block_id, c.instrument_id == on.id)
    ):
        found.setdefault(position, []).append(TimeSpan(start, end))
    return {position: merged(spans) for position, spans in found.items()}


def mailed(who: User, topic: str) -> list[str]:
    """The calendar objects mailed to her with a topic."""
    ask = select(Outgoing.invitation).where(Outgoing.recipient_id == who.id, Outgoing.topic == topic)
    return [itip(invitation_of(one)) if one else "" for one in db.session.scalars(ask)]
