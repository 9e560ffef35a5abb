"""Working on runs of an import: at once where the file is small, else by the timer; and what a page shows of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flask import current_app

from sharing.kernel.paging import Page
from sharing.kernel.refusals import Refused
from sharing.kernel.tables.plan import Action, Fault, Mode
from sharing.people.rules import Actor
from sharing.registry import forms, service
from sharing.registry.formats.faults import said
from sharing.registry.formats.layouts import label_of
from sharing.registry.rules.records import AT_WORK, OPEN, RunRow, State

SMALL_BYTES: Final = 256 * 1024  # a file that is worked on while the person waits
PER_PAGE: Final = 50


def storage() -> Path:
    """Where files are kept, by the settings of this installation."""
    return Path(current_app.extensions["sharing.settings"].storage_dir)


def small(run: RunRow) -> bool:
    return service.import_file(storage(), run.id).stat().st_size <= SMALL_BYTES


def worked_on(run: RunRow, *, by: Actor | None, now: datetime) -> RunRow:
    """Look or apply, whichever the run waits for."""
    work: dict[str, Any] = {"storage": storage(), "by": by, "now": now}
    if run.state is State.ASKED:
        return service.apply_import(run.id, forms.reader(run, storage()), mode=run.mode, **work)
    return service.look_at_import(run.id, forms.reader(run, storage()), **work)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after, named as our own layout does."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row of the file that is not as it was, or is wrong."""

    line: int
    code: str
    name: str
    differences: Sequence[Difference]
    faults: Sequence[tuple[str, str, str]]  # column, what stood there, sentence


@dataclass(frozen=True, slots=True)
class RunShown:
    """A run as its page has it. `done` is how many rows it has come to; `killed` when its process has gone; `removed`
    when its file is kept no longer, which is after `days`."""

    run: RunRow
    show: Action
    rows: Page[RowShown]
    done: int
    killed: bool
    removed: bool
    days: int

    @property
    def moves(self) -> bool:
        """True while the page should be asked again."""
        return self.run.state in OPEN or (self.run.state in AT_WORK and not self.killed)

    @property
    def may_apply(self) -> bool:
        if self.removed:
            return False
        again = self.killed and self.run.state is State.APPLYING
        return (self.run.state is State.LOOKED or again) and (self.run.counts.different > 0 or again)


def shown(run: RunRow, *, show: str, page: int, now: datetime) -> RunShown:
    """The run with a page of its rows of one kind."""
    counts = run.counts
    totals: Mapping[Action, int] = {
        Action.CHANGE: counts.changed, Action.ADD: counts.added, Action.BAD: counts.bad,
    }  # fmt: skip
    first = next((one for one in (Action.BAD, Action.CHANGE, Action.ADD) if totals[one]), Action.CHANGE)
    chosen = next((one for one in totals if one.value == show), first)
    told_at, done = service.import_told(storage(), run.id)
    rows = service.import_outcomes(storage(), run, chosen, skip=(page - 1) * PER_PAGE, most=PER_PAGE)
    removed = service.import_removed(storage(), run.id)
    listed = Page([_row(row) for row in rows], 0 if removed else totals[chosen], page, PER_PAGE)
    days = current_app.extensions["sharing.settings"].import_days
    return RunShown(run, chosen, listed, done, run.killed(told_at, now), removed, days)


def _row(row: Mapping[str, Any]) -> RowShown:
    faults = [Fault(**one) for one in row["faults"]]
    return RowShown(
        row["line"],
        row["code"],
        row["name"],
        [
            Difference(label_of(field), _plain(one), _plain(other))
            for field, (one, other) in row["changes"].items()
        ],
        [(fault.heading, fault.value, said(fault)) for fault in faults],
    )


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value))
    return "" if value is None else str(value)


def mode_of(text: str) -> Mode:
    """What a form says. Raises Refused: invalid-input."""
    if text not in set(Mode):
        raise Refused("invalid-input", fields=[{"field": "mode", "message": text}])
    return Mode(text)
