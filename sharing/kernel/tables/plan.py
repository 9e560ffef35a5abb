"""Words of every import: what a row was read as, what is wrong in it, what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol


class Action(StrEnum):
    """What becomes of a row."""

    ADD = "added"
    CHANGE = "changed"
    SAME = "same"
    BAD = "bad"


class Mode(StrEnum):
    """What is written when some rows are bad."""

    ALL = "all"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a row: the heading of the file, what stood there, a reason, and what would do."""

    heading: str
    value: str
    reason: str
    limit: str = ""


@dataclass(frozen=True, slots=True)
class RowRead:
    """One row: values by field as a form checked them, the cells as they stood, and what could not be read."""

    line: int
    values: Mapping[str, Any]
    cells: Mapping[str, str]
    faults: tuple[Fault, ...] = ()


class Judged(Protocol):
    """A row of which is known what becomes of it."""

    @property
    def line(self) -> int: ...
    @property
    def action(self) -> Action: ...


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a file by what becomes of them; `written` of the added and changed, `line` the last that was reached."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    bad: int = 0
    written: int = 0
    line: int = 0

    def with_rows(self, planned: Iterable[Judged]) -> Counts:
        one = dict.fromkeys(Action, 0)
        last = self.line
        for row in planned:
            one[row.action] += 1
            last = row.line
        return replace(
            self,
            rows=self.rows + sum(one.values()),
            added=self.added + one[Action.ADD],
            changed=self.changed + one[Action.CHANGE],
            same=self.same + one[Action.SAME],
            bad=self.bad + one[Action.BAD],
            line=last,
        )

    @property
    def different(self) -> int:
        return self.added + self.changed
