"""JSON for people brought by file."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import request
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import bounded, needs
from sharing.kernel.tables.plan import Mode
from sharing.network import queries as network
from sharing.people import formats, forms, service
from sharing.people.formats.importing import faults_json
from sharing.people.signed import me, once

bp = APIBlueprint("people_import_api", __name__, url_prefix="/api/v1/people", tag="People")


class ChangeOut(BaseModel):
    line: int
    staff_no: str
    field: str
    before: str
    after: str


class FaultOut(BaseModel):
    """What is wrong in a row of the file."""

    line: int
    column: str
    value: str
    reason: str
    message: str


class OutcomeOut(BaseModel):
    """What a file would do, or did where `done`."""

    done: bool
    rows: int
    added: int
    changed: int
    same: int
    bad: int
    written: int
    changes: list[ChangeOut]
    faults: list[FaultOut]


@bp.post("/imports")
@needs("people.manage")
@once
@bounded(forms.MOST_BYTES)
@takes(forms.PeopleUploadIn, "form")
@bp.output(OutcomeOut)
@bp.doc(
    summary="Bring people by file",
    operation_id="importPeople",
    responses={413: "The file is too big"},
)
def bring() -> Any:
    """`mode` look writes nothing, all writes every row or none (422 `import-bad-rows` names them), good the good rows.

    The same file twice writes nothing.
    """
    asked = parse(forms.ImportForm, request.form)
    house, sent = network.institution_by_code(asked.institution), request.files.get("file")
    if house is None:
        raise Refused("not-found")
    if sent is None or not sent.filename:
        raise Refused("invalid-input", fields=[{"field": "file", "message": _("请选择文件")}])
    mode = None if asked.mode == "look" else Mode(asked.mode)
    with forms.read_people(sent.stream.read(), name=sent.filename) as (headings, rows):
        outcome = service.import_people(
            rows,
            headings,
            institution_id=house.id,
            mode=mode,
            source=sent.filename,
            by=me(),
            now=clock.now(),
        )
    if mode is not None and not outcome.done:
        raise Refused("import-bad-rows", rows=faults_json(outcome))
    return formats.outcome_json(outcome)
