"""What is searched: an instrument's words cut into grams, and a query cut the same way.

A run of Chinese becomes its pairs of characters plus its last character; Latin words and figures stay whole. A single
character asks for whatever begins with it, two or more for their pairs side by side, a Latin word for whatever begins
with it; all parts of a query must be found. Grams are written in ASCII (電 as `u96fb`), so that neither database's idea
of what a letter is matters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_CHINESE: Final = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN: Final = re.compile(rf"[{_CHINESE}]+|[^\W_{_CHINESE}]+")
_SPLIT: Final = re.compile(r"[a-z]+|[0-9]+")
MOST_PARTS: Final = 12
LONGEST: Final = 200


def folded(text: str) -> str:
    """Width, ligatures and case evened out: ＳＥＭ and sem are one."""
    return unicodedata.normalize("NFKC", text).casefold()


def runs(text: str) -> list[str]:
    """Runs of Chinese, and words of anything else that is written with letters or figures."""
    return _RUN.findall(folded(text))


def is_chinese(run: str) -> bool:
    return re.match(f"[{_CHINESE}]", run) is not None


def written(token: str) -> str:
    """The token in ASCII letters and figures."""
    return token if token.isascii() else "".join(c if c.isascii() else f"u{ord(c):x}" for c in token)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def grams(text: str) -> list[str]:
    """What is indexed of a text, in order."""
    out: list[str] = []
    for run in runs(text):
        out += [*_pairs(run), run[-1]] if is_chinese(run) else [run]
    return [written(token) for token in out]


def tails(text: str) -> list[str]:
    """Every tail of the Latin words in a name, so that pcr finds qPCR and any two letters of a name find it."""
    words = [run for run in runs(text) if not is_chinese(run)]
    return [written(word[i:]) for word in words for i in range(1, len(word))]


def joined(text: str) -> list[str]:
    """A model number however people space it: its parts, its words run together, from each word on.

    `Regulus 8100` gives regulus8100 beside its words; `JSM-7610F` also jsm7610f, 7610 and f.
    """
    words = [word for word in runs(text) if not is_chinese(word)]
    together = ["".join(words[i:]) for i in range(len(words) - 1)]
    parts = [part for word in words for part in _SPLIT.findall(word) if part != word]
    return [written(token) for token in dict.fromkeys((*together, *parts))]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a query: tokens side by side; `prefix` when it is one token of which only the beginning is known."""

    tokens: tuple[str, ...]
    prefix: bool


def parts(query: str) -> list[Part]:
    """A query's parts, all of which must be found; empty when nothing in it can be looked for."""
    found: list[Part] = []
    for run in runs(query[:LONGEST]):
        if is_chinese(run) and len(run) > 1:
            part = Part(tuple(written(pair) for pair in _pairs(run)), prefix=False)
        else:
            part = Part((written(run),), prefix=True)
        if part not in found:
            found.append(part)
    return found[:MOST_PARTS]


def match_sqlite(query: Iterable[Part], columns: str) -> str:
    """The parts as an FTS5 expression over the named columns. Tokens are ASCII letters and figures, never operators."""
    said = [f'"{" ".join(part.tokens)}" *' if part.prefix else f'"{" ".join(part.tokens)}"' for part in query]
    return f"{{{columns}}} : ({' AND '.join(said)})"


def match_postgresql(query: Iterable[Part]) -> str:
    """The parts as a tsquery's text, to be cast, never parsed by a configuration."""
    said = [
        f"'{part.tokens[0]}':*" if part.prefix else " <-> ".join(f"'{token}'" for token in part.tokens)
        for part in query
    ]
    return " & ".join(f"({one})" for one in said)


def vector(columns: Iterable[tuple[str, Iterable[str]]]) -> str:
    """A tsvector's text, to be cast: tokens with their positions and weights; `columns` are (weight, tokens) pairs.

    A gap between columns keeps a phrase from reaching over. Limits of the type: 255 places a token, place 16383.
    """
    places: dict[str, list[str]] = {}
    at = 0
    for weight, tokens in columns:
        for token in tokens:
            if at < 16383:
                at += 1
            known = places.get(token)
            if known is None:
                places[token] = [f"{at}{weight}"]
            elif len(known) < 255:
                known.append(f"{at}{weight}")
        at = min(at + 1, 16383)
    return " ".join(f"'{token}':{','.join(where)}" for token, where in places.items())
