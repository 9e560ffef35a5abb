"""The life of an import: a file is brought, looked at, applied; what became of it is written with the rows themselves.

All or nothing: the rows and the run's end are one transaction. Good rows only: each piece of a thousand rows is whole
and moves the run's line with it. So a process that is killed leaves no doubt: the run says what is there.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, Self, TextIO

from sqlalchemy import update

from sharing.audit.service import plain
from sharing.kernel.db import attempts, db, save, transaction, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.tables import MOST_BYTES
from sharing.kernel.tables.plan import Action, Counts, Mode, RowRead
from sharing.network import queries as network
from sharing.people.rules import Actor, ScopePath
from sharing.registry.formats.columns import Reader
from sharing.registry.models import ImportMapping, ImportRun
from sharing.registry.queries import runs as known
from sharing.registry.queries.runs import RUN
from sharing.registry.rules.records import OPEN, Planned, Problem, RunRow, State
from sharing.registry.service.bulk import write
from sharing.registry.service.leave import leave_for
from sharing.registry.service.planning import Planner

PIECE: Final = 1000
Tell = Callable[[Counts], None]


# --- files of a run ---------------------------------------------------------------------------------------------------


def folder_of(storage: Path, run_id: uuid.UUID) -> Path:
    return storage / "imports" / str(run_id)


def file_of(storage: Path, run_id: uuid.UUID) -> Path:
    """The file as it was brought."""
    return folder_of(storage, run_id) / "file"


def removed(storage: Path, run_id: uuid.UUID) -> bool:
    """True when the file is kept no longer: what it said cannot be read or applied any more."""
    return not file_of(storage, run_id).is_file()


def told(storage: Path, run_id: uuid.UUID) -> tuple[datetime | None, int]:
    """When a run at work last told of itself, and how many rows it had then come to."""
    path = folder_of(storage, run_id) / "progress"
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC), int(path.read_text() or 0)
    except (OSError, ValueError):
        return None, 0


def outcomes(
    storage: Path, run: RunRow, action: Action, *, skip: int = 0, most: int | None = None
) -> Iterator[Any]:
    """The rows that were found to be added, changed or bad, as they were written down; a stretch of them when asked."""
    path = folder_of(storage, run.id) / f"{_pass(run)}-{action.value}.jsonl"
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            for line in islice(file, skip, None if most is None else skip + most):
                yield json.loads(line)


def _pass(run: RunRow) -> str:
    return "looked" if run.started_at is None else "applied"


class _Notes:
    """Writes down what becomes of each row that is not as it was, and how far the run has come."""

    def __init__(self, storage: Path, run_id: uuid.UUID, name: str, tell: Tell) -> None:
        self.folder, self.name, self.tell = folder_of(storage, run_id), name, tell
        self.files: dict[Action, TextIO] = {}

    def __enter__(self) -> Self:
        for action in (Action.ADD, Action.CHANGE, Action.BAD):
            path = self.folder / f"{self.name}-{action.value}.jsonl"
            self.files[action] = path.open("w", encoding="utf-8")
        self.come_to(Counts())
        return self

    def __exit__(self, *_error: object) -> None:
        for file in self.files.values():
            file.close()

    def note(self, planned: Sequence[Planned]) -> None:
        for row in planned:
            if row.action is not Action.SAME:
                about = {"line": row.line, "id": row.id, "code": row.code, "name": row.name}
                found = {"changes": row.changes, "faults": row.faults, "cells": row.cells}
                self.files[row.action].write(json.dumps(plain(about | found), ensure_ascii=False) + "\n")

    def come_to(self, counts: Counts) -> None:
        (self.folder / "progress").write_text(str(counts.rows))
        self.tell(counts)


def _quiet(_counts: Counts) -> None:
    """Nobody watches."""


# --- bringing ---------------------------------------------------------------------------------------------------------


def must_bring(institution_id: uuid.UUID | None, by: Actor | None, now: datetime) -> None:
    """Ask whether she may bring a house's instruments. Raises Refused: not-found, forbidden, no-mandate."""
    if institution_id is None:
        return
    owner = network.institution(institution_id)
    if owner is None:
        raise Refused("not-found")
    if by:
        leave_for(owner, by, now)


@transactional
def bring(
    source: IO[bytes],
    *,
    file_name: str,
    institution_id: uuid.UUID | None,
    layout: str,
    targets: dict[str, str] | None = None,
    storage: Path,
    by: Actor | None,
    now: datetime,
) -> uuid.UUID:
    """Keep a file to be looked at. Raises Refused: as `must_bring`, too-large."""
    must_bring(institution_id, by, now)
    run = ImportRun(
        institution_id=institution_id,
        by_id=by.user_id if by else None,
        by_name=by.name if by else "",
        file_name=file_name[-200:],
        sha256="",
        layout=layout,
        targets=targets,
        created_at=now,
    )
    save(run)
    folder_of(storage, run.id).mkdir(parents=True, exist_ok=True)
    run.sha256 = _kept(source, file_of(storage, run.id))
    save(run)
    return run.id


def _kept(source: IO[bytes], path: Path) -> str:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while piece := source.read(1024 * 1024):
            size += len(piece)
            if size > MOST_BYTES:
                raise Refused("too-large", limit=MOST_BYTES, actual=size)
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


@transactional
def save_mapping(
    name: str, targets: dict[str, str], *, institution_id: uuid.UUID | None, by: Actor, now: datetime
) -> uuid.UUID:
    """Keep a mapping for the next time, under a name. Raises Refused: forbidden."""
    owner = network.institution(institution_id) if institution_id else None
    path = ScopePath(owner.zone_id, owner.id) if owner else ScopePath()
    if not by.may("registry.create", path):
        raise Refused("forbidden")
    row = ImportMapping(
        institution_id=institution_id, name=name, targets=targets, by_id=by.user_id, created_at=now
    )
    save(row)
    return row.id


@transactional
def ask(run_id: uuid.UUID, mode: Mode, *, by: Actor, now: datetime, storage: Path) -> None:
    """Ask for what was looked at to be applied. Raises Refused: not-found, forbidden, invalid-transition (the file is
    kept no longer, too)."""
    run = known.import_run(run_id)
    if run is None or not known.may_know(run, by):
        raise Refused("not-found")
    if run.by_id != by.user_id and not known.may_know(run, by, "registry.create"):
        raise Refused("forbidden")
    killed = run.state is State.APPLYING and run.killed(told(storage, run_id)[0], now)
    if run.state is not State.LOOKED and not killed:
        raise Refused("invalid-transition", status=run.state.value, allowed=[])
    values = {"state": State.ASKED.value, "mode": mode.value}
    db.session.execute(update(RUN).where(RUN.c.id == run_id).values(**values))
    if removed(storage, run_id):  # asked once the line is ours: `forget_imports` holds it while it removes
        raise Refused("invalid-transition", status=run.state.value, allowed=[])


# --- working ----------------------------------------------------------------------------------------------------------


def due(storage: Path, now: datetime) -> list[RunRow]:
    """Runs that wait for somebody to look or to apply; a look that was killed waits again."""
    looking = known.open_runs({State.LOOKING})
    return known.open_runs(OPEN) + [run for run in looking if run.killed(told(storage, run.id)[0], now)]


@transactional
def _claimed(run: RunRow, to: State, now: datetime, mode: Mode) -> bool:
    """Take a run to work on; False when somebody was faster."""
    started = now if to is State.APPLYING else None
    statement = (
        update(RUN)
        .where(RUN.c.id == run.id, RUN.c.state == run.state.value)
        .values(state=to.value, started_at=started, mode=mode.value, ended_at=None, problem=None)
    )
    return bool(db.session.connection().execute(statement).rowcount)


def _ended(
    run_id: uuid.UUID, state: State, counts: Counts, problem: Problem | None = None, **times: datetime
) -> None:
    values = {
        "state": state.value,
        **asdict(counts),
        "problem": asdict(problem) if problem else None,
        **times,
    }
    db.session.execute(update(RUN).where(RUN.c.id == run_id).values(**values))


def _pieces(rows: Iterator[RowRead]) -> Iterator[list[RowRead]]:
    while piece := list(islice(rows, PIECE)):
        yield piece


def look(
    run_id: uuid.UUID, read: Reader, *, storage: Path, by: Actor | None, now: datetime, tell: Tell = _quiet
) -> RunRow:
    """Say what the file would do, row by row; the register is only read. A file that cannot be read ends the run."""
    run = _there(run_id)
    if not _claimed(run, State.LOOKING, now, run.mode):
        return run
    counts = Counts()
    try:
        with read() as taken, _Notes(storage, run_id, "looked", tell) as notes:
            planner = Planner(taken, owner=_owner(run), by=by, now=now)
            for piece in _pieces(taken.rows):
                planned = planner.plan(piece)
                counts = counts.with_rows(planned)
                notes.note(planned)
                notes.come_to(counts)
            layout = taken.layout
    except Refused as no:
        _refused(run_id, no, counts, now)
        return _there(run_id)
    with transaction():
        _ended(run_id, State.LOOKED, counts, looked_at=now)
        db.session.execute(update(RUN).where(RUN.c.id == run_id).values(layout=layout))
    return _there(run_id)


def apply(
    run_id: uuid.UUID,
    read: Reader,
    *,
    mode: Mode,
    storage: Path,
    by: Actor | None,
    now: datetime,
    tell: Tell = _quiet,
) -> RunRow:
    """Write what the file says: all of it or nothing, or its good rows. Raises nothing: the run says how it ended."""
    run = _there(run_id)
    if not _claimed(run, State.APPLYING, now, mode):
        return run
    work = _all if mode is Mode.ALL else _good
    counts = Counts()
    try:
        with _Notes(storage, run_id, "applied", tell) as notes:
            counts = work(run, read, notes, by, now)
    except Refused as no:
        _refused(run_id, no, _there(run_id).counts if mode is Mode.GOOD else counts, now)
    return _there(run_id)


def _all(run: RunRow, read: Reader, notes: _Notes, by: Actor | None, now: datetime) -> Counts:
    """One transaction from the first row to the run's end; a bad row leaves nothing but its report."""

    def work() -> Counts:
        counts = Counts()
        with read() as taken:
            planner = Planner(taken, owner=_owner(run), by=by, now=now, since=run.looked_at)
            for piece in _pieces(taken.rows):
                planned = planner.plan(piece)
                counts = counts.with_rows(planned)
                notes.note(planned)
                if not counts.bad:
                    written = write(planned, by=by, now=now)
                    counts = replace(counts, written=counts.written + written)
                notes.come_to(counts)
        if counts.bad:
            raise Refused("import-bad-rows", counts=replace(counts, written=0))
        _ended(run.id, State.DONE, counts, ended_at=now)
        return counts

    return attempts(work)


def _good(run: RunRow, read: Reader, notes: _Notes, by: Actor | None, now: datetime) -> Counts:
    """Piece by piece, each whole with the run's line; bad rows are left out and reported."""
    counts = Counts()
    with read() as taken:
        planner = Planner(taken, owner=_owner(run), by=by, now=now, since=run.looked_at)
        for piece in _pieces(taken.rows):
            planned = planner.plan(piece)
            reached = counts.with_rows(planned)

            def work(planned: Sequence[Planned] = planned, reached: Counts = reached) -> Counts:
                written = write(planned, by=by, now=now)
                whole = replace(reached, written=reached.written + written)
                _ended(run.id, State.APPLYING, whole)
                return whole

            counts = attempts(work)
            notes.note(planned)
            notes.come_to(counts)
    with transaction():
        _ended(run.id, State.DONE, counts, ended_at=now)
    return counts


def _refused(run_id: uuid.UUID, no: Refused, counts: Counts, now: datetime) -> None:
    counts = no.facts.get("counts", counts)
    problem = Problem(no.kind, str(no.facts.get("message", "")), str(no.facts.get("reason", "")))
    with transaction():
        _ended(run_id, State.REFUSED, counts, problem, ended_at=now)


def _there(run_id: uuid.UUID) -> RunRow:
    run = known.import_run(run_id)
    if run is None:
        raise Refused("not-found")
    return run


def _owner(run: RunRow) -> network.InstitutionRow | None:
    return network.institution(run.institution_id) if run.institution_id else None
