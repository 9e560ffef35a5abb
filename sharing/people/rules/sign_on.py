"""Signing in with one's institution's own account (OpenID Connect): what is agreed on, and whom a claim means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

LASTS: Final = timedelta(minutes=10)  # between leaving for the institution's page and coming back from it
LONGEST_CLAIM: Final = 254


class NamedBy(StrEnum):
    """What of ours a claim is held against."""

    STAFF_NO = "staff_no"
    EMAIL = "email"
    USERNAME = "username"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an issuer; `said` is the word of its document that shows it."""

    code: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-on under way, known to one browser alone: what has to come back, and where to go then."""

    institution: str  # its code
    state: str
    nonce: str
    verifier: str  # PKCE
    after: str
    at: datetime

    def over(self, now: datetime) -> bool:
        """True when it took too long, or was begun by a clock that is not ours."""
        return not timedelta() <= now - self.at <= LASTS


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody of the institution whom a claim may mean."""

    id: UUID
    left: bool


def claimed(claims: Mapping[str, Any], name: str) -> str | None:
    """What a claim says of the person, as text; None where it says nothing that could name somebody."""
    value = claims.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or "\0" in value:
        return None
    text = value.strip()
    return text if 0 < len(text) <= LONGEST_CLAIM else None


def unmet(found: list[Bearer]) -> str | None:
    """Why nobody may come in: `unknown`, `several`, `left`; None when exactly one person of today is meant."""
    here = [one for one in found if not one.left]
    if len(here) == 1:
        return None
    return "several" if here else "left" if found else "unknown"
