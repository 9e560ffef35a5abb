"""Clients that book random windows, each request with a key of its own, and never give up on an unknown outcome."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sharing.kernel.timespan import SHANGHAI
from tests.history.checker import Attempt

GRAIN = 15
SHORTEST, LONGEST = 15, 120
TIMEOUT = 20
PAUSE = 0.2  # after an unknown outcome: the server says Retry-After, in whole seconds
SETTLERS = 8
DEFINITE = frozenset({201, 409, 422})


@dataclass
class Load:
    """What all clients share.

    token            of the one person they all are, for keys are scoped to a person
    first_day, days  where the windows lie
    """

    address: str
    token: str
    instruments: list[str]
    first_day: datetime
    days: int
    seed: int
    stop: threading.Event = field(default_factory=threading.Event)
    attempts: list[Attempt] = field(default_factory=list)
    statuses: list[tuple[float, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, attempt: Attempt) -> None:
        with self.lock:
            self.attempts.append(attempt)

    def saw(self, status: int) -> None:
        with self.lock:
            self.statuses.append((time.monotonic(), status))


class Client(threading.Thread):
    """One client: asks, waits for the answer, asks again."""

    def __init__(self, load: Load, number: int) -> None:
        super().__init__(daemon=True)
        self.load = load
        self.random = random.Random(f"{load.seed}-{number}")
        self.wire = Wire(load)

    def run(self) -> None:
        while not self.load.stop.is_set():
            attempt = self.wire.ask(self._attempt())
            self.load.note(attempt)
            if attempt.status == 0:
                self.load.stop.wait(PAUSE)
        self.wire.close()

    def _attempt(self) -> Attempt:
        grains = self.random.randint(SHORTEST // GRAIN, LONGEST // GRAIN)
        latest = self.load.days * 24 * 60 // GRAIN - grains
        start = self.load.first_day + timedelta(minutes=GRAIN * self.random.randint(0, latest))
        end = start + timedelta(minutes=GRAIN * grains)
        now = time.monotonic()
        where = self.random.choice(self.load.instruments)
        return Attempt(str(uuid.UUID(int=self.random.getrandbits(128))), where, start, end, now, now, now, 0)


class Wire:
    """A kept-alive connection, opened again whenever it breaks."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.headers = {"Authorization": f"Bearer {load.token}", "Content-Type": "application/json"}
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, attempt: Attempt) -> Attempt:
        """Send it once. Whatever is no definite answer leaves it unknown."""
        body = {
            "instrument_id": attempt.instrument_id,
            "start": attempt.start.astimezone(SHANGHAI).isoformat(),
            "end": attempt.end.astimezone(SHANGHAI).isoformat(),
            "purpose": "历史检查",
        }
        began = time.monotonic()
        status, answer = self._sent(body, attempt.key)
        ended = time.monotonic()
        self.load.saw(status)
        if status not in DEFINITE:
            return replace(attempt, began=began, ended=ended, status=0, unknown_first=True)
        ids = attempt.ids + ((answer["id"],) if status == 201 else ())
        return replace(attempt, began=began, ended=ended, status=status, ids=ids)

    def _sent(self, body: Any, key: str) -> tuple[int, Any]:
        try:
            if self.connection is None:
                host = urlsplit(self.load.address).netloc
                self.connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
            headers = self.headers | {"Idempotency-Key": key}
            self.connection.request("POST", "/api/v1/bookings", json.dumps(body), headers)
            answer = self.connection.getresponse()
            raw = answer.read()
            return answer.status, json.loads(raw) if answer.status in DEFINITE else None
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return 0, None

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def settled(load: Load, attempts: list[Attempt], *, seconds: float) -> list[Attempt]:
    """Ask again, with the same key, whatever is unknown, until every outcome is definite or the time is over."""
    deadline = time.monotonic() + seconds

    def settle(share: list[Attempt]) -> list[Attempt]:
        wire, out = Wire(load), []
        for attempt in share:
            one = attempt
            while one.status == 0 and time.monotonic() < deadline:
                one = wire.ask(one)
            out.append(one)
        wire.close()
        return out

    with ThreadPoolExecutor(SETTLERS) as pool:
        shares = pool.map(settle, [attempts[n::SETTLERS] for n in range(SETTLERS)])
    return [one for share in shares for one in share]
