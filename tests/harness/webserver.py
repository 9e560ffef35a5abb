"""A real HTTP server on loopback that answers what a test tells it, and keeps what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What it answers next; `drip` writes by itself instead."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drip: Callable[[Any], None] | None = None


@dataclass
class WebServer:
    """Its address, the reply that it gives, and the headers of every request."""

    host: str
    port: int
    reply: Reply = field(default_factory=Reply)
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}/calendar.ics"


@contextmanager
def webserver() -> Iterator[WebServer]:
    """Started on a free port; stopped at the end."""
    made: list[WebServer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server = made[0]
            server.asked.append(dict(self.headers.items()))
            reply = server.reply
            if reply.drip is not None:
                reply.drip(self.wfile)
                return
            known = reply.headers.get("ETag")
            same = known is not None and self.headers.get("If-None-Match") == known
            self.send_response(304 if same else reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0" if same else str(len(reply.body)))
            self.end_headers()
            if not same:
                self.wfile.write(reply.body)

        def log_message(self, *_args: Any) -> None:
            return None

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    made.append(WebServer("127.0.0.1", listening.server_address[1]))
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield made[0]
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
