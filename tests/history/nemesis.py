"""Whoever breaks things while clients work: workers killed, the database stopped at once and started again."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.harness.postgres import Postgres
from tests.harness.processes import Server

KILL_EVERY = 0.7
STOP_EVERY = 8.0
ALL_AT_ONCE_EVERY = 7  # each so many kills, every worker goes at the same instant


@dataclass
class Nemesis(threading.Thread):
    """Kills a random worker about every 0.7 s and stops PostgreSQL immediately every 8 s.

    faults  when what happened: (instant, "kill" | "kill-all" | "stop")
    """

    server: Server
    database: Postgres | None
    seed: int
    stop_now: threading.Event = field(default_factory=threading.Event)
    faults: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        chance = random.Random(self.seed)
        last_stop = time.monotonic()
        while not self.stop_now.wait(KILL_EVERY * chance.uniform(0.7, 1.3)):
            self._kill(chance)
            if self.database is not None and time.monotonic() - last_stop > STOP_EVERY:
                self.database.halt()
                self.faults.append((time.monotonic(), "stop"))
                self.database.go()
                last_stop = time.monotonic()

    def _kill(self, chance: random.Random) -> None:
        workers = self.server.workers()
        if not workers:
            return
        everyone = (self.count("kill") + self.count("kill-all")) % ALL_AT_ONCE_EVERY == ALL_AT_ONCE_EVERY - 1
        for pid in workers if everyone else [chance.choice(workers)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.faults.append((time.monotonic(), "kill-all" if everyone else "kill"))

    def count(self, kind: str) -> int:
        return sum(1 for _at, what in self.faults if what == kind)

    @property
    def kills(self) -> int:
        return self.count("kill") + self.count("kill-all")


def gaps(
    faults: Sequence[tuple[float, str]], statuses: Sequence[tuple[float, int]], good: Callable[[int], bool]
) -> dict[str, float]:
    """R3: the longest time from a fault to the first good answer after it, by kind of fault, in seconds."""
    answers = sorted(at for at, status in statuses if good(status))
    longest: dict[str, float] = {}
    for at, kind in faults:
        after = next((one for one in answers if one > at), None)
        if after is not None:
            longest[kind] = max(longest.get(kind, 0.0), after - at)
    return longest
