"""Credentials that must be given on to others, encrypted at rest: whoever reads the database alone cannot use them.

The key is drawn from SHARING_SECRET_KEY, one for each purpose. What was sealed under another key, or changed, opens as
None: it has to be entered again.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def _box(key: str, purpose: str) -> Fernet:
    drawn = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(drawn))


def seal(text: str, *, key: str, purpose: str) -> str:
    """The text, encrypted and signed."""
    return _box(key, purpose).encrypt(text.encode()).decode()


def opened(sealed: str, *, key: str, purpose: str) -> str | None:
    """The text again; None when it was sealed under another key or is not as it was."""
    try:
        return _box(key, purpose).decrypt(sealed.encode()).decode()
    except (InvalidToken, ValueError):
        return None
