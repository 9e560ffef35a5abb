"""Words of an import: a row as it was read, what it would do, how a run stands."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sharing.kernel.language import _l
from sharing.kernel.tables.plan import Action, Counts, Fault, Mode

KEYS: Final = ("code", "asset_no", "national_no")
"""What a row is known by again; a file needs one of these columns."""
SILENT_FOR: Final = timedelta(seconds=60)
"""A run at work tells of itself far more often; one that is silent for longer has been killed."""


class State(StrEnum):
    """A run's life: waiting → looking → looked → asked → applying → done; refused from any of them."""

    WAITING = "waiting"
    LOOKING = "looking"
    LOOKED = "looked"
    ASKED = "asked"
    APPLYING = "applying"
    DONE = "done"
    REFUSED = "refused"

    @property
    def word(self) -> str:
        return str(_WORDS[self])


_WORDS: Final[Mapping[State, Any]] = {
    State.WAITING: _l("等待核对"),
    State.LOOKING: _l("正在核对"),
    State.LOOKED: _l("已核对，未写入"),
    State.ASKED: _l("等待写入"),
    State.APPLYING: _l("正在写入"),
    State.DONE: _l("已写入"),
    State.REFUSED: _l("没有写入"),
}
AT_WORK: Final = frozenset({State.LOOKING, State.APPLYING})
OPEN: Final = frozenset({State.WAITING, State.ASKED})


@dataclass(frozen=True, slots=True)
class Planned:
    """What a row would do. changes: field -> (before, after), of a change; revision: what was read, of a change.

    leave: the document by which it is entered in a house's stead.
    """

    line: int
    action: Action
    id: uuid.UUID | None = None
    code: str = ""
    name: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    cells: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0
    zone: str = ""
    leave: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a run wrote nothing: a kind of refusal and, for a file that cannot be read, the reason and its sentence."""

    kind: str
    message: str = ""
    reason: str = ""

    @property
    def of_columns(self) -> bool:
        """True when the file was read and only what its columns mean is not clear."""
        return self.reason in {"layout", "no-key", "twice"}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of an import. `told_at` is when it last told of itself, `done` how many rows it had then come to."""

    id: uuid.UUID
    institution_id: uuid.UUID | None
    institution_code: str | None
    institution_name: str | None
    institution_name_en: str | None
    zone_id: uuid.UUID | None
    by_id: uuid.UUID | None
    by_name: str
    file_name: str
    sha256: str
    layout: str
    targets: Mapping[str, str] | None
    mode: Mode
    state: State
    counts: Counts
    problem: Problem | None
    created_at: datetime
    looked_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    def killed(self, told_at: datetime | None, now: datetime) -> bool:
        """True when it was at work and has been silent for too long: its process was killed."""
        last = told_at or self.started_at or self.created_at
        return self.state in AT_WORK and now - last > SILENT_FOR
