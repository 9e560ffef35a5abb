"""Passwords: what makes one good enough, and Argon2id at OWASP's minimum for keeping it.

At most as many are hashed at once as the machine has cores: a flood of guesses must not starve everybody else.
"""

from __future__ import annotations

import os
import re
import threading
import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sharing.kernel.refusals import Refused

SHORTEST: Final = 10
LONGEST: Final = 128
PATIENCE_SECONDS: Final = 5

HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)  # 19 MiB, 2 passes, 1 lane
NOBODY: Final = (  # the hash of forgotten random bytes: what an unknown person's guess is held against
    "$argon2id$v=19$m=19456,t=2,p=1$28eik+kWl/SuoUF0inhU0w$K9KXWSM4vPtm+my50RuJ6CgHbawlhKUYMYkHQDKvReE"
)
_turns: Final = threading.BoundedSemaphore(os.cpu_count() or 1)

_COMMON_STEMS: Final = frozenset(
    """123456789 12345678 1234567890 0123456789 987654321 password passw0rd p@ssword p@ssw0rd qwerty qwertyuiop
    qwerty123 asdfghjkl zxcvbnm 1qaz2wsx 1qaz2wsx3edc qazwsx qazwsxedc 1q2w3e4r 1q2w3e4r5t q1w2e3r4 a1b2c3d4 abc123
    abcd1234 abcdef abcdefg abcdefgh abcdefghij iloveyou sunshine princess football baseball monkey dragon letmein
    welcome admin administrator adminadmin root rootroot test testtest guest changeme default secret master
    superman batman starwars trustno1 whatever computer internet samsung google facebook michael jennifer charlie
    woaini woaini1314 woaini520 wozhixihuanni 5201314 1314520 5211314 520520 aini1314 a123456 a123456789 a12345678
    qq123456 qq123456789 zxc123 asd123 asdasd asdf1234 zaq12wsx aa123456 aaa111 a5201314 nihao nihao123 caonima
    mima mima123 yunnan kunming honghe dehong xishuangbanna daxue shiyanshi yiqi laboratory instrument sharing
    密码 我的密码 我爱你 云南 昆明""".split()
)
_TAIL = re.compile(r"[\d\W_]{0,8}$")


def _normal(password: str) -> str:
    """One form for what input methods write differently, so that full-width and half-width open the same door."""
    return unicodedata.normalize("NFKC", password)


def weaknesses(password: str, names: Iterable[str] = ()) -> list[str]:
    """All that is wrong with a new password: too-short, too-long, common, repeated, own-name. Nothing: good enough.

    names  the person's own words (username, name, mail address), which it may not be made of
    """
    plain = _normal(password).casefold()
    found: list[str] = []
    if len(plain) < SHORTEST:
        found.append("too-short")
    if len(plain) > LONGEST:
        found.append("too-long")
    stems = {plain, _TAIL.sub("", plain), plain[: len(plain) // 2] if _doubled(plain) else plain}
    if stems & _COMMON_STEMS or _is_run(plain):
        found.append("common")
    elif len(set(plain)) < 5:
        found.append("repeated")
    own = {part for name in names for part in re.split(r"[@.\s]+", name.casefold()) if len(part) >= 3}
    if any(_TAIL.sub("", plain.replace(part, "")) == "" for part in own if part in plain):
        found.append("own-name")
    return found


def _doubled(plain: str) -> bool:
    half = len(plain) // 2
    return len(plain) % 2 == 0 and plain[:half] == plain[half:]


def _is_run(plain: str) -> bool:
    """1234567890, abcdefghij, 9876543210: each character one step from the last."""
    steps = {ord(b) - ord(a) for a, b in pairwise(plain)}
    return len(plain) > 3 and steps in ({1}, {-1})


def hashed(password: str) -> str:
    """What the database keeps. Raises Refused: busy, when too many wait for their turn."""
    with _Turn():
        return HASHER.hash(_normal(password))


def matches(password: str, kept: str | None) -> bool:
    """True when the password is the kept one; for nobody (None) it takes as long and is False.

    Raises Refused: busy, when too many wait for their turn.
    """
    with _Turn():
        try:
            right = HASHER.verify(kept or NOBODY, _normal(password)[: LONGEST * 4])
        except (VerificationError, InvalidHashError):
            return False
    return right and kept is not None


def outdated(kept: str) -> bool:
    """True when it was hashed with other costs than today's."""
    return HASHER.check_needs_rehash(kept)


class _Turn:
    """One of the places at the hasher."""

    def __enter__(self) -> None:
        if not _turns.acquire(timeout=PATIENCE_SECONDS):
            raise Refused("busy", retry_after=2)

    def __exit__(self, *_why: object) -> None:
        _turns.release()
