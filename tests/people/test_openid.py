"""A token is believed for its signature by the issuer's own key alone, whatever else it says."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from sharing.kernel.refusals import Refused
from sharing.people.formats import openid
from sharing.people.rules import claimed
from tests import cast

NOW = int(cast.NOW.timestamp())
SAID = {"iss": "https://sso.example", "aud": "us", "sub": "7", "iat": NOW, "exp": NOW + 60, "nonce": "n"}
KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
KEYS = KeySet.import_key_set({"keys": [KEY.as_dict(private=False)]})


def read(token: str) -> dict[str, Any]:
    return openid.claims_from(
        token, KEYS, issuer="https://sso.example", client_id="us", nonce="n", access=None, now=cast.NOW
    )


def test_what_the_issuer_signed_is_believed() -> None:
    assert read(jwt.encode({"alg": "RS256", "kid": "1"}, SAID, KEY)) == SAID
    assert read(jwt.encode({"alg": "RS256"}, SAID, KEY)) == SAID  # the one key that there is


def by_hand(alg: str, secret: bytes = b"") -> str:
    """A token as no library would make it."""
    parts = [json.dumps(one).encode() for one in ({"alg": alg, "kid": "1"}, SAID)]
    signed = b".".join(urlsafe_b64encode(one).rstrip(b"=") for one in parts)
    mac = hmac.new(secret, signed, hashlib.sha256).digest() if secret else b""
    return (signed + b"." + urlsafe_b64encode(mac).rstrip(b"=")).decode()


def test_what_anybody_could_have_signed_is_not() -> None:
    public = KEY.as_pem(private=False)  # which everybody knows
    forged = [by_hand("none"), by_hand("HS256", b"the client's secret"), by_hand("HS256", public)]
    stranger = jwt.encode({"alg": "RS256", "kid": "1"}, SAID, RSAKey.generate_key(2048))
    for token in (*forged, stranger, "", "a", "a.b.c", "é.b.c"):
        with pytest.raises(Refused, match="sign-on-failed"):
            read(token)


def test_what_is_no_document_is_told_and_no_fault() -> None:
    for body in (b"", b"\xff", b"[]", b"7", b"[" * 100_000):
        for reader in (openid.keys_from, openid.tokens_from):
            with pytest.raises(Refused, match="sign-on-unavailable"):
                reader(body)
        with pytest.raises(Refused, match="not-json"):
            openid.provider_from(body, "https://sso.example", frozenset())
    for keys in (b"{}", b'{"keys": 7}', b'{"keys": [7]}', b'{"keys": [{"kty": "RSA"}]}', b'{"keys": []}'):
        with pytest.raises(Refused, match="keys-unreadable"):
            openid.keys_from(keys)


def test_a_claim_names_somebody_by_text_or_by_number() -> None:
    said = {
        "text": " A1 ",
        "number": 42,
        "true": True,
        "list": ["a"],
        "nul": "a\0",
        "empty": " ",
        "long": "x" * 255,
    }
    named = {name: claimed(said, name) for name in (*said, "none")}
    assert named == dict.fromkeys((*said, "none")) | {"text": "A1", "number": "42"}
