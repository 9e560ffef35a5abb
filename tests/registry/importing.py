"""Bringing a file to the register in a test, as the entry points do."""

from __future__ import annotations

import io
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from sharing.audit.models import AuditEvent
from sharing.kernel.db import db, table_of
from sharing.kernel.tables import csv_bytes, write_xlsx
from sharing.kernel.tables.plan import Action, Fault, Mode
from sharing.people.rules import Actor
from sharing.registry import forms, queries, service
from sharing.registry.formats import LAYOUTS
from sharing.registry.queries.instruments import INSTRUMENT
from sharing.registry.rules.records import RunRow
from tests import cast

LATER = cast.NOW + timedelta(minutes=1)


def csv_of(header: str, *rows: str) -> bytes:
    return "\n".join((header, *rows, "")).encode()


def brought(data: bytes, storage: Path, *, by: Actor | None, house: Any = None, **more: Any) -> uuid.UUID:
    given = {"file_name": "登记表.csv", "layout": "auto", "now": cast.NOW} | more
    return service.bring_import(
        io.BytesIO(data), institution_id=house.id if house else None, storage=storage, by=by, **given
    )


def looked(data: bytes, storage: Path, *, by: Actor | None = None, house: Any = None, **more: Any) -> RunRow:
    """Bring and look."""
    run = found(brought(data, storage, by=by, house=house, **more))
    return service.look_at_import(run.id, forms.reader(run, storage), storage=storage, by=by, now=cast.NOW)


def applied(
    data: bytes,
    storage: Path,
    *,
    by: Actor | None = None,
    mode: Mode = Mode.ALL,
    house: Any = None,
    **more: Any,
) -> RunRow:
    """Bring and apply at once."""
    run = found(brought(data, storage, by=by, house=house, **more))
    return again(run, storage, by=by, mode=mode)


def again(
    run: RunRow, storage: Path, *, by: Actor | None = None, mode: Mode = Mode.ALL, now: datetime = LATER
) -> RunRow:
    return service.apply_import(
        run.id, forms.reader(run, storage), mode=mode, storage=storage, by=by, now=now
    )


def found(run_id: uuid.UUID) -> RunRow:
    run = queries.import_run(run_id)
    assert run
    return run


def bad(run: RunRow, storage: Path) -> list[tuple[int, str, str]]:
    """Line, column and reason of everything wrong."""
    return [
        (row["line"], fault.heading, fault.reason)
        for row in service.import_outcomes(storage, run, Action.BAD)
        for fault in (Fault(**one) for one in row["faults"])
    ]


def changes(run: RunRow, storage: Path) -> dict[int, dict[str, list[Any]]]:
    return {row["line"]: row["changes"] for row in service.import_outcomes(storage, run, Action.CHANGE)}


def everything() -> list[tuple[Any, ...]]:
    """Every instrument and every audit row, to be compared."""
    rows = db.session.execute(select(INSTRUMENT).order_by(INSTRUMENT.c.id)).all()
    events = db.session.execute(select(table_of(AuditEvent)).order_by(table_of(AuditEvent).c.id)).all()
    db.session.rollback()
    return [tuple(map(str, row)) for row in (*rows, *events)]


def exported(layout: str, kind: str = "csv") -> bytes:
    shape = LAYOUTS[layout]
    cells = map(shape.cells, queries.records(queries.EVERYTHING, with_retired=shape.with_retired))
    if kind == "csv":
        return b"".join(csv_bytes(shape.headings(), cells))
    out = io.BytesIO()
    write_xlsx(out, shape.headings(), cells)
    return out.getvalue()
