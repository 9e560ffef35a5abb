"""What was done to the rules of a scope, in words: who, when, each value before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sharing.audit.queries import EventRow
from sharing.kernel.language import _

Say = Callable[[str, Any], str]


@dataclass(frozen=True, slots=True)
class Change:
    """One value; `before` is empty where nothing stood."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """One deed of a history."""

    at: datetime
    who: str
    withdrawn: bool
    note: str
    about: str
    changes: tuple[Change, ...]


def told(events: Iterable[EventRow], labels: Mapping[str, Any], say: Say, about: str = "") -> list[Told]:
    """The newest first; of a row that replaces another only what differs.

    labels  column -> what people call it, in the order shown; other columns are left out
    say     a column's value in words
    about   the column that names what a row is of, such as its price group
    """
    return [
        _told(event, labels, say, about) for event in sorted(events, key=lambda one: one.at, reverse=True)
    ]


def _told(event: EventRow, labels: Mapping[str, Any], say: Say, about: str) -> Told:
    before, after = event.before or {}, event.after or {}
    withdrawn = not event.after
    changes = [
        Change(
            str(label), say(key, before[key]) if key in before else "", say(key, after[key]) if after else ""
        )
        for key, label in labels.items()
        if (key in before or key in after) and before.get(key) != after.get(key)
    ]
    named = after.get(about) or before.get(about)
    return Told(
        event.at,
        event.actor_name or _("命令行"),
        withdrawn,
        event.note or "",
        say(about, named) if named else "",
        tuple(changes),
    )
