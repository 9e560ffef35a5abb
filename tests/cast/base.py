"""What every builder stands on: the fixed clock, running numbers, one way to write a row."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from sharing.kernel.db import Base, db
from sharing.kernel.timespan import SHANGHAI, TimeSpan
from sharing.network.models import Category, Institution, Zone
from sharing.registry.models import Instrument

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI)  # a Monday
TODAY = NOW.date()
LONG_AGO = date(2024, 1, 1)
SOURCE = "测试规则"
LIVE = frozenset({"requested", "approved", "in_use"})  # these hold their slot
Row = TypeVar("Row", bound=Base)
Scope = Zone | Institution | Category | Instrument | None  # None: the whole network

numbers = itertools.count(1)


def keep(row: Row) -> Row:
    """Write one row and commit."""
    db.session.add(row)
    db.session.commit()
    return row


def clock(day: date | int, hour: str) -> datetime:
    """An instant by the Shanghai clock: `clock(2, "09:30")` is two days after TODAY at half past nine."""
    on = TODAY + timedelta(days=day) if isinstance(day, int) else day
    return datetime.combine(on, time.fromisoformat(hour), tzinfo=SHANGHAI)


def span(day: date | int, start: str, end: str) -> TimeSpan:
    """A span within one day by the Shanghai clock."""
    return TimeSpan(clock(day, start), clock(day, end))
