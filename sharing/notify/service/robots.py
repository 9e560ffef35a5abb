"""The robots of WeCom and DingTalk: a web hook each, that takes a message as JSON and answers with a return code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from sharing.kernel.language import _
from sharing.kernel.outbound import UnfetchedError, checked, post, where
from sharing.kernel.refusals import Refused
from sharing.notify.rules import HOSTS, TOO_FAST, UNFIT, Answer, Kind
from sharing.notify.service.post import Failure

SECONDS: Final = 10.0
MOST_BYTES: Final = 64 * 1024
BARRED: Final = frozenset(
    {"address", "private"}
)  # what this installation does not ask; a later try changes nothing


@dataclass(frozen=True, slots=True)
class Robot:
    """Where one robot is asked: its address carries its key; DingTalk's may be signed with a secret besides."""

    kind: Kind
    address: str
    secret: str = ""

    def send(self, body: Mapping[str, Any], *, now: datetime, allow: frozenset[str]) -> Failure | None:
        """Hand over one message; None: it was taken."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        said = json.dumps(body, ensure_ascii=False).encode()
        try:
            reply = post(
                self.signed(now), said, most_bytes=MOST_BYTES, seconds=SECONDS, headers=headers, allowed=allow
            )
        except UnfetchedError as error:
            return _unsent(error.reason)
        answer = answered(reply.body)
        return (
            None if answer.taken else Failure(f"{answer.code} {answer.message}", final=answer.code in UNFIT)
        )

    def signed(self, now: datetime) -> str:
        """The address, signed as DingTalk asks: HMAC-SHA256 of the instant in milliseconds and the secret."""
        if self.kind is not Kind.DINGTALK or not self.secret:
            return self.address
        stamp = str(int(now.timestamp() * 1000))
        mac = hmac.new(self.secret.encode(), f"{stamp}\n{self.secret}".encode(), hashlib.sha256)
        sign = base64.b64encode(mac.digest()).decode()
        return f"{self.address}{'&' if '?' in self.address else '?'}{urlencode({'timestamp': stamp, 'sign': sign})}"


def _unsent(reason: str) -> Failure:
    if reason in BARRED:
        return Failure(f"not asked: {reason}", final=True)
    kind, _dash, status = reason.partition("-")
    return Failure(f"HTTP {status}" if kind == "http" else f"no answer: {reason}")


def answered(body: bytes) -> Answer:
    """`{"errcode": 0, "errmsg": "ok"}`; anything else refuses."""
    try:
        said = json.loads(body)
        return Answer(int(said["errcode"]), str(said.get("errmsg", ""))[:200])
    except (ValueError, TypeError, KeyError):
        return Answer(-1, "the answer cannot be read")


def too_fast(failure: Failure) -> bool:
    """Whether a robot took offence at the pace, so that it is left alone for this round."""
    return failure.reason.partition(" ")[0] in {str(code) for code in TOO_FAST}


def known_address(kind: Kind, address: str, allow: frozenset[str]) -> None:
    """Raises Refused: invalid-input, when an address is not one of that program's robots."""
    try:
        parts = checked(address)
    except UnfetchedError:
        raise _wrong(kind) from None
    host, port = where(parts)
    meant = parts.scheme == "https" and port == 443 and host == HOSTS[kind]
    if not (meant or f"{host}:{port}" in allow) or not parts.query or parts.fragment:
        raise _wrong(kind)


def _wrong(kind: Kind) -> Refused:
    return Refused(
        "invalid-input",
        fields=[
            {
                "field": "address",
                "message": _("请粘贴机器人的完整 Webhook 地址：https://%(host)s/…", host=HOSTS[kind]),
            }
        ],
    )
