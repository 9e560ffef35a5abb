"""OpenID Connect on the wire: an issuer's discovery document, its keys, the token that it signed.

Authlib and joserfc know the protocol; what they are given to check, and what an issuer must offer us, stands here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jwk import KeySet

from sharing.kernel.outbound import UnfetchedError, checked, where
from sharing.kernel.refusals import Refused
from sharing.people.rules import Begun, Fault

SIGNED_BY: Final = (
    "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512".split()
)  # keys of two halves: nobody who knows the client's secret alone can sign
CLIENT_AUTH: Final = ("client_secret_basic", "client_secret_post")
SCOPE: Final = "openid profile email"
LEEWAY_SECONDS: Final = 60
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Provider:
    """Where an issuer is asked, and how it wants to be."""

    issuer: str
    authorize_at: str
    token_at: str
    keys_at: str
    userinfo_at: str | None
    client_auth: str
    says_who: bool  # it names itself in its answer (RFC 9207), which must then be there


def discovery_of(issuer: str) -> str:
    """Where an issuer's discovery document lies."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def unusable(*faults: Fault) -> Refused:
    """The refusal that names what is wrong with an issuer."""
    return Refused("sign-on-unavailable", faults=[{"code": one.code, "said": one.said} for one in faults])


def safe_address(address: Any, inside: frozenset[str]) -> bool:
    """True for an address that may carry a secret or send a person to: encrypted, or an inside host that is listed."""
    try:
        parts = checked(address if isinstance(address, str) else "")
    except UnfetchedError:
        return False
    return not parts.fragment and (parts.scheme == "https" or "{}:{}".format(*where(parts)).lower() in inside)


def _document(body: bytes, fault: str) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise unusable(Fault(fault)) from None
    if not isinstance(said, dict):
        raise unusable(Fault(fault))
    return said


def provider_from(body: bytes, issuer: str, inside: frozenset[str]) -> Provider:
    """What a discovery document says. Raises Refused: sign-on-unavailable, with everything that is wrong."""
    said = _document(body, "not-json")
    faults = [*_wrong_places(said, issuer, inside), *_wrong_ways(said)]
    if faults:
        raise unusable(*faults)
    ways = said.get("token_endpoint_auth_methods_supported") or CLIENT_AUTH[:1]
    return Provider(
        issuer=issuer,
        authorize_at=said["authorization_endpoint"],
        token_at=said["token_endpoint"],
        keys_at=said["jwks_uri"],
        userinfo_at=said.get("userinfo_endpoint"),
        client_auth=next(one for one in CLIENT_AUTH if one in ways),
        says_who=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _wrong_places(said: Mapping[str, Any], issuer: str, inside: frozenset[str]) -> list[Fault]:
    found = []
    if said.get("issuer") != issuer:
        found.append(Fault("other-issuer", str(said.get("issuer"))[:200]))
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if name not in said:
            found.append(Fault("missing", name))
        elif not safe_address(said[name], inside):
            found.append(Fault("unsafe-address", f"{name}: {str(said[name])[:200]}"))
    if "userinfo_endpoint" in said and not safe_address(said["userinfo_endpoint"], inside):
        found.append(Fault("unsafe-address", f"userinfo_endpoint: {str(said['userinfo_endpoint'])[:200]}"))
    return found


def _wrong_ways(said: Mapping[str, Any]) -> list[Fault]:
    """What it does not offer of what is needed; what it does not speak of is taken as the standard has it."""
    needed: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        ("response_types_supported", "no-code-flow", ("code",)),
        ("code_challenge_methods_supported", "no-pkce", ("S256",)),
        ("id_token_signing_alg_values_supported", "no-signing", tuple(SIGNED_BY)),
        ("token_endpoint_auth_methods_supported", "no-client-auth", CLIENT_AUTH),
    )
    found = []
    for name, fault, wanted in needed:
        offered = said.get(name)
        if offered is None:
            continue
        listed = [one for one in offered if isinstance(one, str)] if isinstance(offered, list) else []
        if not set(wanted) & set(listed):
            found.append(Fault(fault, ", ".join(listed)[:200]))
    return found


# --- asking ----------------------------------------------------------------------------------------------------------


def authorize_address(provider: Provider, begun: Begun, *, client_id: str, redirect_uri: str) -> str:
    """Where the person signs in at her institution."""
    return str(
        prepare_grant_uri(
            provider.authorize_at,
            client_id=client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=SCOPE,
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
        )
    )


def token_request(
    provider: Provider, begun: Begun, code: str, *, client_id: str, secret: str, redirect_uri: str
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of the question that turns a code into a token."""
    body = prepare_token_request(
        "authorization_code", "", redirect_uri, code=code, code_verifier=begun.verifier
    )
    if provider.client_auth == "client_secret_basic":  # RFC 6749, 2.3.1: each half is form-encoded first
        client_id, secret = quote(client_id, ""), quote(secret, "")
    auth = ClientAuth(client_id, secret, provider.client_auth)
    _uri, headers, body = auth.prepare("POST", provider.token_at, dict(_FORM), body)
    return str(body).encode(), headers


# --- reading what was answered ---------------------------------------------------------------------------------------


def tokens_from(body: bytes) -> tuple[str, str | None]:
    """The identity token and the access token. Raises Refused: sign-on-unavailable."""
    said = _document(body, "token-unreadable")
    token, access = said.get("id_token"), said.get("access_token")
    if not isinstance(token, str):
        raise unusable(Fault("no-id-token"))
    return token, access if isinstance(access, str) else None


def keys_from(body: bytes) -> KeySet:
    """The keys that an issuer signs with. Raises Refused: sign-on-unavailable."""
    said = _document(body, "keys-unreadable")
    try:
        return KeySet.import_key_set(said)  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise unusable(Fault("keys-unreadable")) from None


def claims_from(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, access: str | None, now: datetime
) -> dict[str, Any]:
    """What a token says, once its signature, issuer, audience, times and nonce have been found good.

    Raises Refused: sign-on-failed (`token`, with what is wrong in the protocol's own word).
    """
    try:
        found = jwt.decode(token, keys, algorithms=SIGNED_BY)
        said = CodeIDToken(
            found.claims,
            found.header,
            options={
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": client_id},
                "nonce": {"essential": True, "value": nonce},
            },
            params={"nonce": nonce, "client_id": client_id, "access_token": access},
        )
        said.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
    except ClaimError as error:
        raise Refused("sign-on-failed", reason="token", said=f"{error.error} {error.claim}"[:60]) from None
    except JoseError as error:
        raise Refused("sign-on-failed", reason="token", said=str(error.error)[:60]) from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Refused("sign-on-failed", reason="token", said="unreadable") from None
    return dict(said)


def userinfo_from(body: bytes, subject: Any) -> dict[str, Any]:
    """What the issuer tells of the person beside the token; of another person it tells nothing.

    Raises Refused: sign-on-unavailable, sign-on-failed.
    """
    said = _document(body, "userinfo-unreadable")
    if said.get("sub") != subject:
        raise Refused("sign-on-failed", reason="token", said="userinfo sub")
    return said
