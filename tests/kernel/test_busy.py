"""Busy times of a calendar file: repetitions laid out, what does not count left out, hostile files answered in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sharing.kernel import busy as module
from sharing.kernel.busy import UnreadableError, busy
from sharing.kernel.timespan import SHANGHAI, TimeSpan

WINDOW = TimeSpan(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))


def calendar(*events: str) -> bytes:
    inner = "".join(f"BEGIN:VEVENT\r\n{one}\r\nEND:VEVENT\r\n" for one in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//campus//\r\n{inner}END:VCALENDAR\r\n".encode()


def hours(day: int, start: int, end: int, month: int = 3) -> TimeSpan:
    return TimeSpan(
        datetime(2026, month, day, start, tzinfo=SHANGHAI), datetime(2026, month, day, end, tzinfo=SHANGHAI)
    )


ONE = "UID:1\r\nDTSTART:20260303T090000\r\nDTEND:20260303T100000"


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ((ONE,), [hours(3, 9, 10)]),
        (("UID:1\r\nDTSTART:20260303T010000Z\r\nDTEND:20260303T020000Z",), [hours(3, 9, 10)]),
        (("UID:1\r\nDTSTART;TZID=Asia/Shanghai:20260303T090000\r\nDURATION:PT1H",), [hours(3, 9, 10)]),
        (("UID:1\r\nDTSTART;VALUE=DATE:20260305",), [TimeSpan(hours(5, 0, 1).start, hours(6, 0, 1).start)]),
        ((f"{ONE}\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nEXDATE:20260310T090000",), [hours(3, 9, 10), hours(17, 9, 10)]),
        ((f"{ONE}\r\nRRULE:FREQ=DAILY;COUNT=2", ("UID:1\r\nRECURRENCE-ID:20260304T090000\r\nDTSTART:20260304T140000\r\n"
          "DTEND:20260304T150000")), [hours(3, 9, 10), hours(4, 14, 15)]),
        ((f"{ONE}\r\nSTATUS:CANCELLED",), []),
        ((f"{ONE}\r\nTRANSP:TRANSPARENT",), []),
        (("UID:7@booking.ours\r\nDTSTART:20260303T090000\r\nDTEND:20260303T100000",), []),
        ((ONE, "UID:2\r\nDTSTART:20260303T093000\r\nDTEND:20260303T110000"), [hours(3, 9, 11)]),
        (("UID:1\r\nDTSTART:20250303T090000\r\nDTEND:20250303T100000",), []),
        ((), []),
    ],
)  # fmt: skip
def test_what_a_calendar_keeps_busy(events: tuple[str, ...], found: list[TimeSpan]) -> None:
    assert busy(calendar(*events), WINDOW, ours="booking.ours") == found


def test_what_reaches_over_the_edge_is_cut_and_seconds_count_as_their_minute() -> None:
    start = WINDOW.start - timedelta(hours=1)
    event = f"UID:1\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H30M1S"
    assert busy(calendar(event), WINDOW) == [TimeSpan(WINDOW.start, WINDOW.start + timedelta(minutes=31))]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "broken"),
        (b"<html>login</html>", "broken"),
        (b"\xff\xfe\x00" * 500, "broken"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" * 3000, "broken"),
        (calendar("UID:1\r\nDTSTART:nonsense"), "broken"),
        (calendar(f"{ONE}\r\nRRULE:FREQ=DAILY;COUNT=x"), "broken"),
        (calendar(f"{ONE}\r\nRRULE:FREQ=MINUTELY;INTERVAL=2"), "too-many"),
        (b"x" * (module.MOST_BYTES + 1), "too-large"),
    ],
)
def test_a_file_that_is_none_is_answered(source: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as no:
        busy(source, WINDOW)
    assert no.value.reason == reason


def test_a_rule_without_end_costs_no_more_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CPU_SECONDS", 1)
    with pytest.raises(UnreadableError) as no:
        busy(calendar(f"{ONE}\r\nRRULE:FREQ=SECONDLY"), WINDOW)
    assert no.value.reason == "too-heavy"
