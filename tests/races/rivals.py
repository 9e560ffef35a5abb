"""Rivals over HTTP: many threads, each with a connection of its own, from one starting line a round."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Said:
    """An answer: status and body, as JSON where it is JSON."""

    status: int
    body: Any


@dataclass(frozen=True)
class Call:
    """A request as it is sent."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


def api(method: str, path: str, token: str, body: Any = None, key: str = "") -> Call:
    """A call of the API."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    headers |= {"Idempotency-Key": key} if key else {}
    return Call(method, f"/api/v1{path}", b"" if body is None else json.dumps(body).encode(), headers)


def form(path: str, cookie: str, fields: dict[str, str]) -> Call:
    """A form sent by a signed-in browser."""
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    return Call("POST", path, urlencode(fields).encode(), headers)


class Rivals:
    """So many clients of one server."""

    def __init__(self, address: str, number: int) -> None:
        self.host = urlsplit(address).netloc
        self.number = number
        self.pool = ThreadPoolExecutor(number)

    def race(self, calls: Sequence[Call]) -> list[Said]:
        """All at the same instant: connections stand open before the starting line."""
        line = threading.Barrier(len(calls))

        def run(call: Call) -> Said:
            connection = http.client.HTTPConnection(self.host, timeout=60)
            connection.connect()
            line.wait()
            return _sent(connection, call)

        return list(self.pool.map(run, calls))

    def one(self, call: Call) -> Said:
        """A single request."""
        return _sent(http.client.HTTPConnection(self.host, timeout=60), call)

    def each(self, works: Sequence[Callable[[], Any]]) -> list[Any]:
        return list(self.pool.map(lambda work: work(), works))

    def close(self) -> None:
        self.pool.shutdown()


def _sent(connection: http.client.HTTPConnection, call: Call) -> Said:
    try:
        connection.request(call.method, call.path, body=call.body, headers=call.headers)
        answer = connection.getresponse()
        raw = answer.read()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return Said(answer.status, json.loads(raw) if is_json else raw)
    finally:
        connection.close()
