"""Asking an institution's sign-in service: bounded in time and number, so that a slow one holds up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sharing.kernel.outbound import UnfetchedError, fetch, post
from sharing.kernel.refusals import Refused
from sharing.notify.service.channels import Sealing
from sharing.people.formats import openid
from sharing.people.queries import SignOnRow
from sharing.people.rules import Begun, Fault, claimed

SECONDS: Final = 4.0  # for each question; a sign-in asks up to four
MOST_BYTES: Final = 256 * 1024
PURPOSE: Final = "people.sign-on"
_AT_ONCE: Final = 3
_turns: Final = threading.BoundedSemaphore(_AT_ONCE)
_REFUSALS: Final = frozenset({"http-400", "http-401", "http-403"})


@contextmanager
def turn() -> Iterator[None]:
    """One of the places at the services of all institutions. Raises Refused: busy, when none is free."""
    if not _turns.acquire(timeout=SECONDS):
        raise Refused("busy", retry_after=5)
    try:
        yield
    finally:
        _turns.release()


def discovered(issuer: str, allow: frozenset[str]) -> openid.Provider:
    """What the issuer says of itself. Raises Refused: sign-on-unavailable."""
    if not openid.safe_address(issuer, allow):
        raise openid.unusable(Fault("address", issuer))
    return openid.provider_from(_read(openid.discovery_of(issuer), allow), issuer, allow)


def keys_of(provider: openid.Provider, allow: frozenset[str]) -> Any:
    """The keys that it signs with now: asked anew each time, so that a changed key counts at once.

    Raises Refused: sign-on-unavailable.
    """
    return openid.keys_from(_read(provider.keys_at, allow))


def exchanged(
    provider: openid.Provider,
    row: SignOnRow,
    begun: Begun,
    code: str,
    *,
    secret: str,
    back: str,
    allow: frozenset[str],
) -> tuple[str, str | None]:
    """The tokens for a code. Raises Refused: sign-on-failed (code), sign-on-unavailable."""
    body, headers = openid.token_request(
        provider, begun, code, client_id=row.client_id, secret=secret, redirect_uri=back
    )
    try:
        reply = post(
            provider.token_at, body, most_bytes=MOST_BYTES, seconds=SECONDS, headers=headers, allowed=allow
        )
    except UnfetchedError as error:
        if error.reason in _REFUSALS:
            raise Refused("sign-on-failed", reason="code", said=error.reason) from None
        raise openid.unusable(Fault(error.reason, provider.token_at)) from None
    return openid.tokens_from(reply.body)


def completed(
    provider: openid.Provider, claims: dict[str, Any], name: str, access: str | None, allow: frozenset[str]
) -> dict[str, Any]:
    """The claims, with what the issuer tells only when it is asked of the person; asked only for what is missing.

    Raises Refused: sign-on-unavailable, sign-on-failed.
    """
    if claimed(claims, name) is not None or provider.userinfo_at is None or access is None:
        return claims
    headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
    more = openid.userinfo_from(_read(provider.userinfo_at, allow, headers), claims.get("sub"))
    return more | claims


def _read(address: str, allow: frozenset[str], headers: dict[str, str] | None = None) -> bytes:
    try:
        return fetch(address, most_bytes=MOST_BYTES, seconds=SECONDS, headers=headers, allowed=allow).body
    except UnfetchedError as error:
        raise openid.unusable(Fault(error.reason, address)) from None


def tried(issuer: str, sealing: Sealing) -> list[dict[str, str]]:
    """Everything that is wrong with an issuer, its keys too; nothing: people can sign in there."""
    try:
        with turn():
            keys_of(discovered(issuer, sealing.allow), sealing.allow)
    except Refused as no:
        if no.kind != "sign-on-unavailable":
            raise
        return list(no.facts["faults"])
    return []
