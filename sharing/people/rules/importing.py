"""Words of an import of people: what a row would do to a person, and what came of the whole file."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sharing.kernel.tables.plan import Action, Counts, Fault

HERS: Final = ("email", "phone")
"""What a file fills only where she has none: they open her account, and are hers to change."""


class Standing(StrEnum):
    """What a person is in her house."""

    STAFF = "staff"
    STUDENT = "student"
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """What a row would do. changes: field -> (before, after); joins: groups that she is to become a member of."""

    line: int
    action: Action
    staff_no: str = ""
    name: str = ""
    id: uuid.UUID | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    joins: tuple[uuid.UUID, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file would do, or did. `written` counts people; rows that are as they were are left out of `rows`."""

    counts: Counts
    rows: tuple[PlannedPerson, ...]
    done: bool

    def of(self, action: Action) -> list[PlannedPerson]:
        return [row for row in self.rows if row.action is action]
