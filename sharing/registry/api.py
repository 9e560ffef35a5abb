"""The register as a table, for programs: taking it away, bringing it back, what became of each file."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from typing import Any, Final, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for
from pydantic import BaseModel

from sharing.audit.service import plain
from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.idempotency import Answer, posted
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import bounded, needs
from sharing.kernel.tables import MOST_BYTES
from sharing.kernel.timespan import shanghai_day
from sharing.people.signed import me
from sharing.registry import forms, queries, service
from sharing.registry.pages import imports as page
from sharing.registry.pages.export import XLSX, exported
from sharing.registry.rules.records import OPEN, RunRow

bp = APIBlueprint("records_api", __name__, url_prefix="/api/v1", tag="Registry")
PIECE: Final = 1024 * 1024
_KINDS: Final[dict[str, dict[str, Any]]] = {"text/csv": {}, XLSX: {}}
FILE: Final[dict[int | str, dict[str, str | dict[str, dict[str, Any]]]]] = {
    200: {"description": "The file", "content": _KINDS},
    404: {"description": "No such zone or institution"},
}


class CountsOut(BaseModel):
    """Rows of the file by what becomes of them; `written` of added and changed, `line` the last that was reached."""

    rows: int
    added: int
    changed: int
    same: int
    bad: int
    written: int
    line: int


class ProblemOut(BaseModel):
    """Why nothing, or no more, was written: a kind of refusal, its reason and its sentence."""

    kind: str
    message: str
    reason: str


class ImportOut(BaseModel):
    """One file that was brought to the register."""

    id: uuid.UUID
    file_name: str
    sha256: str
    institution: str | None
    layout: str
    mode: Literal["all", "good"]
    state: Literal["waiting", "looking", "looked", "asked", "applying", "done", "refused"]
    interrupted: bool
    file_removed: bool
    counts: CountsOut
    problem: ProblemOut | None
    created_at: datetime
    looked_at: datetime | None
    ended_at: datetime | None


class RowOut(BaseModel):
    """A row that differs: `changes` are field, before, after; `faults` column, value, message."""

    line: int
    code: str
    name: str
    changes: list[dict[str, str]]
    faults: list[dict[str, str]]


class ImportRowsOut(BaseModel):
    items: list[RowOut]
    total: int
    page: int
    per_page: int


class ImportsOut(BaseModel):
    items: list[ImportOut]
    total: int
    page: int
    per_page: int


@bp.get("/registry/export")
@needs("registry.read-internal")
@takes(forms.ExportIn, "query")
@bp.doc(summary="The register as a CSV or XLSX file", operation_id="exportRegistry", responses=FILE)
def export() -> Any:
    """Every record in one's scope, in our layout (which keeps every field), the national one, or as asset cards."""
    asked = parse(forms.ExportIn, request.args.to_dict())
    return exported(asked, by=me(), on=shanghai_day(clock.now()))


def _json(run: RunRow) -> dict[str, Any]:
    told_at, _done = service.import_told(page.storage(), run.id)
    names = ("id", "file_name", "sha256", "layout", "mode", "state", "counts", "problem")
    shown = {name: getattr(run, name) for name in (*names, "created_at", "looked_at", "ended_at")}
    shown |= {"institution": run.institution_code, "interrupted": run.killed(told_at, clock.now())}
    shown |= {"file_removed": service.import_removed(page.storage(), run.id)}
    told: dict[str, Any] = plain(shown)
    return told


def _known(run_id: uuid.UUID) -> RunRow:
    row = queries.import_run(run_id)
    if row is None or not queries.may_know(row, me()):
        raise Refused("not-found")
    return row


@bp.post("/registry/imports")
@needs("registry.create")
@bounded(MOST_BYTES)
@takes(forms.UploadIn, "form")
@bp.output(ImportOut, status_code=202)
@bp.doc(
    summary="Bring a file to the register",
    operation_id="bringImport",
    responses={413: "The file is too big"},
)
def bring() -> Any:
    """A dry run: the file is looked at, at once where it is small, and nothing is written until it is applied."""
    by, now = me(), clock.now()
    sent = request.files.get("file")
    asked = parse(forms.BringForm, request.form)
    service.must_bring(asked.institution, by, now)
    if sent is None or not sent.filename:
        raise Refused("invalid-input", fields=[{"field": "file", "message": _("请选择文件")}])
    name, stream = sent.filename, sent.stream
    saved = queries.import_mapping(asked.mapping) if asked.mapping else None

    def work() -> Answer:
        stream.seek(0)
        run_id = service.bring_import(
            stream,
            file_name=name,
            institution_id=asked.institution,
            layout="mapping" if saved else asked.layout,
            targets=dict(saved.targets) if saved else None,
            storage=page.storage(),
            by=by,
            now=now,
        )
        body = json.dumps(_json(_known(run_id)), ensure_ascii=False).encode()
        return Answer(202, body, url_for(".one", run_id=run_id))

    digest = hashlib.sha256()
    for piece in iter(lambda: stream.read(PIECE), b""):
        digest.update(piece)
    fields = json.dumps([digest.hexdigest(), name, *sorted(request.form.items())]).encode()
    response = posted(user_id=by.user_id, now=now, work=work, body=fields)
    run = _known(uuid.UUID(response.get_json()["id"]))
    if run.state in OPEN and page.small(run):
        page.worked_on(run, by=by, now=now)
    return response


@bp.get("/registry/imports")
@needs("registry.read-internal")
@takes(forms.RunsAsked, "query")
@bp.output(ImportsOut)
@bp.doc(summary="Files that were brought", operation_id="listImports")
def listed() -> Any:
    """Those that one may know of, the newest first."""
    asked = parse(forms.RunsAsked, request.args.to_dict())
    found = queries.import_runs(me(), page=asked.page, per_page=asked.per_page)
    items = [_json(row) for row in found.items]
    return jsonify(items=items, total=found.total, page=found.page, per_page=found.per_page)


@bp.get("/registry/imports/<uuid:run_id>")
@needs("registry.read-internal")
@bp.output(ImportOut)
@bp.doc(summary="One file that was brought", operation_id="getImport")
def one(run_id: uuid.UUID) -> Any:
    """Where it stands, and what it would do or did, in numbers."""
    return jsonify(_json(_known(run_id)))


@bp.get("/registry/imports/<uuid:run_id>/rows")
@needs("registry.read-internal")
@takes(forms.RowsAsked, "query")
@bp.output(ImportRowsOut)
@bp.doc(summary="The rows of a file that differ or are bad", operation_id="listImportRows")
def rows(run_id: uuid.UUID) -> Any:
    """Fifty a page, of one kind: changed, added or bad."""
    asked = parse(forms.RowsAsked, request.args.to_dict())
    found = page.shown(_known(run_id), show=asked.kind, page=asked.page, now=clock.now()).rows
    items = [
        {
            "line": row.line,
            "code": row.code,
            "name": row.name,
            "changes": plain(row.differences),
            "faults": [{"column": a, "value": b, "message": c} for a, b, c in row.faults],
        }
        for row in found.items
    ]
    return jsonify(items=items, total=found.total, page=found.page, per_page=found.per_page)


@bp.post("/registry/imports/<uuid:run_id>/apply")
@needs("registry.create")
@takes(forms.ApplyIn)
@bp.output(ImportOut, status_code=202)
@bp.doc(
    summary="Write what a file says",
    operation_id="applyImport",
    responses={409: "It was not looked at yet, is written already, or its file is kept no longer"},
)
def apply(run_id: uuid.UUID) -> Response:
    """`mode` all: everything or nothing; good: the good rows. A large file is written by a timer: ask again."""
    by, now = me(), clock.now()
    asked = parse(forms.ApplyIn, json_body())

    def work() -> Answer:
        service.ask_import(run_id, asked.mode, by=by, now=now, storage=page.storage())
        body = json.dumps(_json(_known(run_id)), ensure_ascii=False).encode()
        return Answer(202, body, url_for(".one", run_id=run_id))

    response = posted(user_id=by.user_id, now=now, work=work)
    run = _known(run_id)
    if run.state in OPEN and page.small(run):
        page.worked_on(run, by=by, now=now)
    return response
