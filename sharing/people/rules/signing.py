"""What a person signs in with: her user name, her staff or student number, or her mobile number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

_MOBILE: Final = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody whom a sign-in may mean."""

    id: UUID
    username: str
    password_hash: str


def mobile(text: str) -> str | None:
    """The eleven digits of a mainland mobile number, however it is written; None for anything else."""
    found = _MOBILE.fullmatch(re.sub(r"[\s\-()]", "", text))
    return found[1] if found else None


def kept_phone(phone: str | None) -> str | None:
    """A telephone number as it is kept, so that it is found again: a mobile's digits alone, others as written."""
    return (mobile(phone) or phone) if phone else None


def numbers_like(number: str) -> frozenset[str]:
    """A staff number as it may have been entered: as typed, in small letters, in capitals."""
    return frozenset({number, number.lower(), number.upper()})


def account_meant(said: str, found: Sequence[Account]) -> Account | None:
    """Whose sign-in it is: a user name is one person's alone; a number counts only where one person has it.

    So nobody takes another's sign-in away by entering her user name as his telephone number.
    """
    named = [one for one in found if one.username == said.lower()]
    return named[0] if named else found[0] if len(found) == 1 else None
