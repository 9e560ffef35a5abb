"""Signing in with the account of one's institution: away to its page, back with a code, in as one of its people."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from sharing.kernel.refusals import Refused
from sharing.kernel.sealed import opened
from sharing.kernel.timespan import shanghai_day
from sharing.notify.service.channels import Sealing
from sharing.people import queries
from sharing.people.formats import openid
from sharing.people.queries import SignOnRow
from sharing.people.rules import Begun, Fault, NamedBy, claimed, unmet
from sharing.people.service import provider as asked
from sharing.people.service.sign_in import Opened, begin_session, tell_failure
from sharing.people.service.throttle import Guess, guessing

log = structlog.get_logger("sharing.sign_on")
SECRET_BYTES: Final = 32


def begin_sign_on(
    row: SignOnRow, *, after: str, back: str, sealing: Sealing, now: datetime
) -> tuple[Begun, str]:
    """What to remember of it, and where the person goes to sign in.

    back  the address of ours that she comes back to, registered at her institution
    Raises Refused: sign-on-unavailable, busy.
    """
    begun = Begun(
        institution=row.code,
        state=secrets.token_urlsafe(SECRET_BYTES),
        nonce=secrets.token_urlsafe(SECRET_BYTES),
        verifier=secrets.token_urlsafe(SECRET_BYTES),
        after=after,
        at=now,
    )
    with asked.turn():
        provider = asked.discovered(row.issuer, sealing.allow)
    return begun, openid.authorize_address(provider, begun, client_id=row.client_id, redirect_uri=back)


def finish_sign_on(
    row: SignOnRow,
    under_way: Sequence[Begun],
    answer: Mapping[str, str],
    *,
    back: str,
    address: str,
    browser: str,
    lasts: timedelta,
    sealing: Sealing,
    now: datetime,
) -> Opened:
    """Begin a session for the person whom her institution names.

    under_way  what this browser began; answer: what it brought back
    Raises Refused: sign-on-failed, sign-on-nobody, sign-on-unavailable, sign-in-throttled, busy.
    """
    begun = _begun(row, under_way, answer, now)
    with asked.turn():
        claims = _claims(row, begun, answer, back=back, address=address, sealing=sealing, now=now)
    user_id = _meant(row, claims, address, now)
    return begin_session(user_id, address, browser, way="sign-on", now=now, ends_at=now + lasts)


def _begun(row: SignOnRow, under_way: Sequence[Begun], answer: Mapping[str, str], now: datetime) -> Begun:
    """The sign-on that this answer belongs to. Raises Refused: sign-on-failed."""
    state = answer.get("state", "")
    mine = [one for one in under_way if secrets.compare_digest(one.state.encode(), state.encode())]
    if not mine or mine[0].institution != row.code or mine[0].over(now):
        raise Refused("sign-on-failed", reason="state")
    if error := answer.get("error"):
        raise Refused("sign-on-failed", reason="denied", said=error[:60])
    if not answer.get("code"):
        raise Refused("sign-on-failed", reason="code", said="")
    return mine[0]


def _claims(
    row: SignOnRow,
    begun: Begun,
    answer: Mapping[str, str],
    *,
    back: str,
    address: str,
    sealing: Sealing,
    now: datetime,
) -> dict[str, Any]:
    """What the institution vouches for. A code that it does not take counts as a failed try from this address."""
    provider = asked.discovered(row.issuer, sealing.allow)
    if answer.get("iss", "" if provider.says_who else row.issuer) != row.issuer:
        raise Refused("sign-on-failed", reason="token", said="iss")
    secret = opened(row.sealed_secret, key=sealing.key, purpose=asked.PURPOSE)
    if secret is None:
        raise openid.unusable(Fault("sealed"))
    with guessing(Guess(f"#on:{begun.state}", address), now) as attempt:
        try:
            token, access = asked.exchanged(
                provider, row, begun, answer["code"], secret=secret, back=back, allow=sealing.allow
            )
        except Refused as no:
            attempt.failed = no.kind == "sign-on-failed"
            raise
    claims = openid.claims_from(
        token,
        asked.keys_of(provider, sealing.allow),
        issuer=row.issuer,
        client_id=row.client_id,
        nonce=begun.nonce,
        access=access,
        now=now,
    )
    return asked.completed(provider, claims, row.claim, access, sealing.allow)


def _meant(row: SignOnRow, claims: Mapping[str, Any], address: str, now: datetime) -> uuid.UUID:
    """The one person of this institution that the claim names. Raises Refused: sign-on-nobody.

    Whoever holds a role beyond her house does not come in on its word alone: its administrator keeps that service,
    and would hold the rights of a zone or of the province by it.
    """
    value = claimed(claims, row.claim)
    if value is None:
        raise _nobody(row, "no-claim", row.claim)
    if row.named_by is NamedBy.EMAIL and claims.get("email_verified") is False:
        raise _nobody(row, "unverified", value)
    found = queries.bearers(row.institution_id, row.named_by, value, now)
    if reason := unmet(found):
        for one in found:
            tell_failure(one.id, address, now)
        raise _nobody(row, reason, value)
    user_id = next(one.id for one in found if not one.left)
    if queries.reaching_beyond(row.institution_id, [user_id], shanghai_day(now)):
        tell_failure(user_id, address, now)
        raise _nobody(row, "beyond", value)
    return user_id


def _nobody(row: SignOnRow, reason: str, value: str) -> Refused:
    log.info("sign-on means nobody", institution=row.code, reason=reason)
    return Refused("sign-on-nobody", reason=reason, institution=row.code, value=value[:60])
