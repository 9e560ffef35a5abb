"""Busy times of a calendar file from outside, read in a process of its own, whose memory and time are bounded."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

from sharing.kernel.timespan import TimeSpan, merged

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_EVENTS: Final = 5_000  # occurrences within the window
MEMORY: Final = 512 * 1024 * 1024
CPU_SECONDS: Final = 10
WALL_SECONDS: Final = 20
BROKEN: Final = 1  # the child's exit code after an error
_CHILD: Final = Path(__file__).with_name("busychild.py")


class UnreadableError(Exception):
    """No calendar could be read. `reason`: too-large, broken, too-many, too-heavy."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def busy(source: bytes, window: TimeSpan, *, ours: str = "") -> list[TimeSpan]:
    """When a calendar says that its thing is busy within a window: merged, whole minutes, in order.

    Repetitions are laid out, what is cancelled or transparent is left out, a time without a zone is Shanghai's.
    ours  the end of the UIDs of our own events, which come back where the other side reads our feed
    Raises UnreadableError.
    """
    if len(source) > MOST_BYTES:
        raise UnreadableError("too-large")
    bounds = [
        window.start.isoformat(),
        window.end.isoformat(),
        str(MEMORY),
        str(CPU_SECONDS),
        str(MOST_EVENTS),
    ]
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_CHILD), *bounds, ours],
            input=source,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableError("too-heavy") from None
    if done.returncode != 0:
        raise UnreadableError("broken" if done.returncode == BROKEN else "too-heavy")
    told = json.loads(done.stdout)
    if "wrong" in told:
        raise UnreadableError(str(told["wrong"]))
    spans = (TimeSpan(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in told["busy"])
    return merged(part for span in spans if (part := span.intersection(window)) is not None)
