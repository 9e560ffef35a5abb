"""A real web server on loopback that takes web hooks as WeCom's and DingTalk's robots do, and can be told to refuse."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

PER_MINUTE = 20
HOUR_MS = 3_600_000


class RobotServer:
    """Use it with `with`. `messages` is what was taken, in order, as (kind, body).

    secrets   DingTalk: secrets by access token; a request that is not signed with one is refused, as there
    answers   what is said next instead, by turns: (HTTP status, errcode, errmsg)
    clock_ms  what time it is there; DingTalk refuses a signature that is more than an hour old
    """

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.secrets: dict[str, str] = {}
        self.keys = {"good"}
        self.answers: deque[tuple[int, int, str]] = deque()
        self.clock_ms: int | None = None
        self.asked = 0
        self.redirect_to = ""

    @property
    def wecom(self) -> str:
        return f"http://127.0.0.1:{self.port}/cgi-bin/webhook/send?key=good"

    @property
    def dingtalk(self) -> str:
        return f"http://127.0.0.1:{self.port}/robot/send?access_token=good"

    @property
    def allow(self) -> frozenset[str]:
        return frozenset({f"127.0.0.1:{self.port}"})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, int, str]:
        """The HTTP status, the return code and its words."""
        self.asked += 1
        if self.answers:
            return self.answers.popleft()
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/cgi-bin/webhook/send":
            return self._wecom(query, body)
        if parts.path == "/robot/send":
            return self._dingtalk(query, body)
        return 404, -1, "no such path"

    def _wecom(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, int, str]:
        if query.get("key") not in self.keys:
            return 200, 93000, "invalid webhook url"
        if body.get("msgtype") != "markdown" or not isinstance(body["markdown"].get("content"), str):
            return 200, 40008, "invalid message type"
        if len(body["markdown"]["content"].encode()) > 4096:
            return 200, 40058, "markdown.content exceed max length 4096"
        if sum(kind == "wecom" for kind, _body in self.messages) >= PER_MINUTE:
            return 200, 45009, "api freq out of limit"
        self.messages.append(("wecom", body))
        return 200, 0, "ok"

    def _dingtalk(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, int, str]:
        token = query.get("access_token", "")
        if token not in self.keys:
            return 200, 300001, "token is not exist"
        if token in self.secrets and not self._signed(query, self.secrets[token]):
            return 200, 310000, "sign not match"
        card = body.get("actionCard", {})
        if body.get("msgtype") != "actionCard" or not all(
            card.get(name) for name in ("title", "text", "singleTitle", "singleURL")
        ):
            return 200, 400102, "param error"
        self.messages.append(("dingtalk", body))
        return 200, 0, "ok"

    def _signed(self, query: dict[str, str], secret: str) -> bool:
        stamp = query.get("timestamp", "")
        now = self.clock_ms if self.clock_ms is not None else int(time.time() * 1000)
        if not stamp.isdigit() or abs(now - int(stamp)) > HOUR_MS:
            return False
        mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        return hmac.compare_digest(base64.b64encode(mac).decode(), query.get("sign", ""))

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                status, code, words = outer.answer(self.path, json.loads(self.rfile.read(length)))
                said = json.dumps({"errcode": code, "errmsg": words}).encode()
                self.send_response(302 if outer.redirect_to else status)
                if outer.redirect_to:
                    self.send_header("Location", outer.redirect_to)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_args: object) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
