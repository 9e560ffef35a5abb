"""Joining: what a request can come to, a company's code, the user name that a mail address suggests."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015, table 1: no I, O, S, V, Z
_WEIGHTS: Final = (
    1,
    3,
    9,
    27,
    19,
    26,
    16,
    17,
    20,
    29,
    25,
    13,
    8,
    24,
    10,
    30,
    28,
)  # 3 to the power of the place, mod 31
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9._\-]+")


class State(StrEnum):
    """A request to join, and what became of it."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"


def uscc(text: str) -> str:
    """A unified social credit code as it is kept: capitals, no spaces."""
    return re.sub(r"[\s\-]", "", text).upper()


def uscc_check(body: str) -> str:
    """The 18th sign for the first seventeen (GB 32100-2015, 4.6)."""
    total = sum(weight * _SIGNS.index(sign) for weight, sign in zip(_WEIGHTS, body, strict=True))
    return _SIGNS[-total % 31]


def uscc_holds(code: str) -> bool:
    """True for eighteen signs of the table whose last one checks the others, with digits where the division stands."""
    if len(code) != 18 or any(sign not in _SIGNS for sign in code) or not code[2:8].isdigit():
        return False
    return uscc_check(code[:17]) == code[17]


def username_stem(email: str) -> str:
    """What a user name is made of: the part of the mail address before its sign, as names may be written."""
    stem = _NOT_IN_NAMES.sub("", email.partition("@")[0].lower()).strip("._-")[:50]
    return stem if len(stem) > 1 else f"user{stem}"
