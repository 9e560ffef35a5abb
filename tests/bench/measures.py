"""What is measured: bookings against bare inserts, reads against an empty view, searches by the clock."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tests.bench.http import Wire

CLIENTS = 8


@dataclass(frozen=True)
class Desk:
    """Where one client books: a person's token and the instruments she uses, each with its next free start."""

    token: str
    instruments: tuple[UUID, ...]


def rate(work: Callable[[int, threading.Event], int], seconds: float) -> float:
    """Things done per second by CLIENTS threads that each run `work(client, stop)` until `stop`."""
    stop = threading.Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        began = time.perf_counter()
        tasks = [pool.submit(work, n, stop) for n in range(CLIENTS)]
        wait(tasks, timeout=seconds, return_when=FIRST_EXCEPTION)
        stop.set()
        done = [task.result() for task in tasks]
        return sum(done) / (time.perf_counter() - began)


def slots(first: datetime, round_: int, length: timedelta) -> Callable[[int], tuple[datetime, datetime]]:
    """The n-th span of a round: back to back, never met twice, within the hours that are always open."""
    base = first + timedelta(days=round_ * 2)

    def nth(n: int) -> tuple[datetime, datetime]:
        start = base + n * length
        return start, start + length

    return nth


def bookings_over_http(
    port: int, desks: Sequence[Desk], nth: Callable[[int], tuple[datetime, datetime]]
) -> Callable[[int, threading.Event], int]:
    """Bookings accepted by our API, one connection a client."""

    def work(client: int, stop: threading.Event) -> int:
        desk, wire, accepted, n = desks[client], Wire(port), 0, 0
        headers = f"Authorization: Bearer {desk.token}\r\nContent-Type: application/json\r\n"
        while not stop.is_set():
            instrument = desk.instruments[n % len(desk.instruments)]
            start, end = nth(n // len(desk.instruments))
            ask = {
                "instrument_id": str(instrument),
                "start": start.isoformat(),
                "end": end.isoformat(),
                "purpose": "b",
            }
            status, body = wire.send("POST", "/api/v1/bookings", headers, json.dumps(ask).encode())
            if status != 201:
                raise RuntimeError(f"{status}: {body.decode()[:600]}")
            accepted, n = accepted + 1, n + 1
        wire.close()
        return accepted

    return work


def reads(port: int, paths: Sequence[str], headers: str = "") -> Callable[[int, threading.Event], int]:
    """GETs answered, one connection a client, walking through `paths`."""

    def work(client: int, stop: threading.Event) -> int:
        wire, n = Wire(port), 0
        while not stop.is_set():
            status, body = wire.send("GET", paths[(client * 7 + n) % len(paths)], headers)
            if status != 200:
                raise RuntimeError(f"{status}: {body.decode('utf8', 'replace')[:600]}")
            n += 1
        wire.close()
        return n

    return work


def times(port: int, paths: Sequence[str], rounds: int, headers: str = "") -> list[float]:
    """Milliseconds of each answer, one client, nothing else under way."""
    wire, out = Wire(port), []
    for n in range(rounds):
        began = time.perf_counter()
        status, body = wire.send("GET", paths[n % len(paths)], headers)
        out.append((time.perf_counter() - began) * 1000)
        if status != 200:
            raise RuntimeError(f"{status}: {body.decode('utf8', 'replace')[:600]}")
    wire.close()
    return out


def middle(values: Sequence[float]) -> float:
    return statistics.median(values)
