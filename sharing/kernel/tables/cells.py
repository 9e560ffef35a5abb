"""A cell's text on its way out and back: what a spreadsheet would run is escaped, and the escape is taken back."""

from __future__ import annotations

from typing import Final

from sharing.kernel.refusals import Refused

ESCAPE: Final = "'"
_CONTROL: Final = "".join(map(chr, (*range(32), 127)))
_RUNS: Final = frozenset("=+-@" + _CONTROL)
_ESCAPED: Final = _RUNS | {ESCAPE}


def guarded(text: str) -> str:
    """Text as a CSV cell: an apostrophe before what begins a formula, and before what looks like our own escape."""
    return ESCAPE + text if text[:1] in _RUNS or looks_escaped(text) else text


def looks_escaped(text: str) -> bool:
    """True when reading would take an apostrophe off this text."""
    return text[:1] == ESCAPE and text[1:2] in _ESCAPED


def unguarded(text: str) -> str:
    """The text that was meant; `unguarded(guarded(text)) == text` for every text."""
    return text[1:] if looks_escaped(text) else text


def unreadable(reason: str, message: str, **facts: object) -> Refused:
    """The refusal of a whole file. facts: line, column (its heading or letter), limit, where there are such."""
    return Refused("file-refused", reason=reason, message=message, **facts)
