"""Before and after of one row, as lines that a person reads: the field's name, what it was, what it is. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sharing.kernel.language import _
from sharing.kernel.money import Money
from sharing.kernel.timespan import TimeSpan
from sharing.web import filters
from sharing.web.trail import words

Names = Mapping[uuid.UUID, str]
MOST_SHOWN: Final = 300  # letters of one value
WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONDAY: Final = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a change; `before` is None where the thing is new, `after` where it is gone."""

    field: str
    before: str | None
    after: str | None


def lines(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, names: Names) -> list[Line]:
    """What differs, in the order in which it was written; what stayed the same is left out."""
    was, now = before or {}, after or {}
    found: list[Line] = []
    for key in dict.fromkeys([*now, *was]):
        if key in words.HIDDEN or (key in was and key in now and was[key] == now[key]):
            continue
        old, new = (_said(key, side, names) if key in side else None for side in (was, now))
        if (old or None) != (new or None):
            found.append(Line(words.field(key), old if before is not None else None, new))
    return found


def references(values: Mapping[str, Any] | None) -> Iterator[tuple[str, uuid.UUID]]:
    """The things that a row's values name by key: kind and key."""
    given = values or {}
    for key, held in given.items():
        kind = given.get("scope_kind") if key == "scope_id" else words.REFERENCES.get(key)
        if kind and (found := _key(held)):
            yield str(kind), found


def _key(held: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(held) if isinstance(held, str) and len(held) == 36 else None
    except ValueError:
        return None


def _said(key: str, side: Mapping[str, Any], names: Names) -> str:
    return _text(key, side[key], names)[:MOST_SHOWN]


def _text(key: str, held: Any, names: Names) -> str:
    if held is None or held == "" or held == []:
        return ""
    if isinstance(held, bool):
        return _("是") if held else _("否")
    if isinstance(held, int):
        return _number(key, held)
    if isinstance(held, str):
        return _word(key, held, names)
    if isinstance(held, Mapping):
        return _group(key, held, names)
    if isinstance(held, Sequence):
        return _("、").join(filter(None, (_text(key, one, names) for one in held)))
    return str(held)


def _number(key: str, held: int) -> str:
    if key.endswith("_fen"):
        return filters.yuan(Money(held))
    return filters.hours(held) if key.endswith("_minutes") else str(held)


def _word(key: str, held: str, names: Names) -> str:
    found = _key(held)
    if found:
        return names.get(found, held[:8])
    try:
        if key.endswith("_at") or key in {"start", "end"}:
            return filters.local_moment(datetime.fromisoformat(held))
        if key.endswith(("_on", "_from")) or key in {"day", "until"}:
            return filters.local_day(date.fromisoformat(held[:10]))
    except ValueError:
        return held
    return words.value(key, held)


def _group(key: str, held: Mapping[str, Any], names: Names) -> str:
    """A span, the hours of each kind of day, or several fields in a row; what is not as it was meant is told so too."""
    try:
        if held.keys() == {"start", "end"}:
            ends = (datetime.fromisoformat(held[name]) for name in ("start", "end"))
            return filters.local_span(TimeSpan(*ends))
        if key == "days":
            return _("；").join(f"{_day_kind(name)} {_hours(spans)}" for name, spans in held.items())
    except (TypeError, ValueError):
        pass
    parts = ((name, _text(name, part, names)) for name, part in held.items() if name not in words.HIDDEN)
    return _("，").join(f"{words.field(name)} {text}" for name, text in parts if text)


def _hours(spans: Sequence[Sequence[int]]) -> str:
    said = [f"{a // 60:02d}:{a % 60:02d}–{b // 60:02d}:{b % 60:02d}" for a, b in spans]
    return _("、").join(said) or _("不开放")


def _day_kind(name: str) -> str:
    known = {"workday": _("工作日"), "weekend": _("周末"), "holiday": _("节假日")}
    return known.get(name) or filters.weekday(MONDAY + timedelta(days=WEEK.index(name)))
