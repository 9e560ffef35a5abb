"""Short ways to ask for time in tests."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest

from sharing.booking import service
from sharing.booking.rules import BookingRow, Submit
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.people.models import User
from sharing.registry.models import Instrument
from tests import cast


def submit(who: User, on: Instrument, when: TimeSpan, *, now: datetime = cast.NOW, **more: Any) -> BookingRow:
    """Ask for time as a form would."""
    ask = Submit(on.id, when, more.pop("purpose", "测试样品"), **more)
    return service.submit(ask, by=cast.actor(who), now=now).booking


def refusal(who: User, on: Instrument, when: TimeSpan, *, now: datetime = cast.NOW, **more: Any) -> Refused:
    """The refusal that asking meets."""
    with pytest.raises(Refused) as no:
        submit(who, on, when, now=now, **more)
    return no.value


def rules_broken(no: Refused) -> list[str]:
    """The rules that a policy-violation names."""
    assert no.kind == "policy-violation", no
    return [one.rule for one in no.facts["violations"]]


def decide(
    booking_id: uuid.UUID, who: User, said: str = "approve", *, now: datetime = cast.NOW, note: str = ""
) -> BookingRow:
    return service.decide(booking_id, said, note=note, by=cast.actor(who), now=now)
