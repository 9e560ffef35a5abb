"""Every kind of refusal with its HTTP status, once. What each says to people stands in `web/messages.py`."""

from __future__ import annotations

from typing import Any, Final

KINDS: Final[dict[str, int]] = {
    "bad-request": 400,
    "invalid-input": 422,
    "unauthenticated": 401,
    "sign-in-failed": 401,
    "sign-in-throttled": 429,
    "sign-on-failed": 400,
    "sign-on-nobody": 403,
    "sign-on-unavailable": 424,  # an institution's server fails, not ours
    "rate-limited": 429,
    "forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "unsupported-media-type": 415,
    "too-large": 413,
    "file-refused": 422,
    "import-bad-rows": 422,
    "csrf": 400,
    "precondition-failed": 412,
    "precondition-required": 428,
    "edit-conflict": 409,
    "duplicate": 409,
    "booking-conflict": 409,
    "block-hits": 409,
    "block-over": 409,
    "policy-violation": 422,
    "invalid-transition": 409,
    "no-service-orders": 422,
    "quote-changed": 409,
    "order-incomplete": 409,
    "no-approver": 422,
    "no-mandate": 403,
    "not-your-decision": 403,
    "not-on-behalf": 403,
    "chain-without-approver": 422,
    "idempotency-mismatch": 422,
    "link-expired": 410,
    "password-refused": 422,
    "in-use": 409,
    "rule-begun": 409,
    "period-not-over": 409,
    "period-open": 409,
    "last-administrator": 409,
    "read-only": 403,
    "busy": 503,
    "unavailable": 503,
}


class Refused(Exception):
    """A use case said no. Nothing was written; `kind` names the reason, `facts` go to the person who asked.

    Facts are plain values (str, int, bool, None, lists and dicts of them, dates, frozen dataclasses): pages and the
    API show the same ones.
    """

    def __init__(self, kind: str, **facts: Any) -> None:
        if kind not in KINDS:
            raise KeyError(f"unknown kind of refusal: {kind}")
        super().__init__(kind)
        self.kind = kind
        self.facts = facts

    @property
    def status(self) -> int:
        return KINDS[self.kind]

    def __str__(self) -> str:
        return f"{self.kind} {self.facts}" if self.facts else self.kind
