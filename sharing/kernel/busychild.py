"""Lays out the events of one calendar; run by `busy`, which gives it the file on stdin.

    busychild.py START END MEMORY_BYTES CPU_SECONDS MOST OURS

Prints JSON: {"busy": [[start, end], …]} in UTC, or {"wrong": reason}. Imports none of our package.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events  # type: ignore[import-untyped]
from icalendar import Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
HEAVY = 3  # the exit code where memory ran out; whatever else a hostile file makes a library raise is Python's own 1


def instant(value: Any) -> datetime:
    """A day begins at midnight, a time without a zone is meant, in Shanghai."""
    if not isinstance(value, datetime):
        assert isinstance(value, date)
        value = datetime.combine(value, time())
    aware: datetime = value if value.tzinfo else value.replace(tzinfo=SHANGHAI)
    return aware.astimezone(UTC)


def span(event: Any) -> tuple[datetime, datetime]:
    """From the minute in which it begins to the end of the one in which it ends."""
    start, end = instant(event.start), instant(event.end)
    start = start.replace(second=0, microsecond=0)
    whole = end.replace(second=0, microsecond=0)
    return start, whole if whole == end else whole + MINUTE


def counts(event: Any, ours: str) -> bool:
    """Neither cancelled, nor free time, nor one of our own that came back."""
    gone = str(event.get("STATUS", "")).upper() == "CANCELLED"
    free = str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"
    mine = bool(ours) and str(event.get("UID", "")).endswith(ours)
    return not (gone or free or mine)


def said(source: bytes, start: datetime, end: datetime, most: int, ours: str) -> dict[str, Any]:
    """What is printed of a file."""
    calendars = Calendar.from_ical(source, multiple=True)
    if not calendars:
        return {"wrong": "broken"}
    found: list[list[str]] = []
    for calendar in calendars:
        for event in recurring_ical_events.of(calendar).between(start, end):
            first, last = span(event)
            if counts(event, ours) and first < last:
                found.append([first.isoformat(), last.isoformat()])
            if len(found) > most:
                return {"wrong": "too-many"}
    return {"busy": found}


def main() -> None:
    """Bound, read, print."""
    start, end = (datetime.fromisoformat(text) for text in sys.argv[1:3])
    memory, seconds, most = (int(text) for text in sys.argv[3:6])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        told = said(sys.stdin.buffer.read(), start, end, most, sys.argv[6])
    except MemoryError:
        sys.exit(HEAVY)
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
