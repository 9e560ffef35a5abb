"""The register as a table, for administrators: taking it away, bringing it back, what became of each file."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)  # fmt: skip
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import bounded, needs
from sharing.kernel.tables import MOST_BYTES, csv_bytes
from sharing.kernel.tables.plan import Action
from sharing.kernel.timespan import shanghai_day
from sharing.network.queries import InstitutionRow
from sharing.people.rules import ScopePath
from sharing.people.signed import me
from sharing.registry import forms, queries, service
from sharing.registry.formats.faults import to_mend
from sharing.registry.formats.layouts import TARGETS, label_of
from sharing.registry.pages import imports as page
from sharing.registry.pages.export import exported
from sharing.registry.rules.records import RunRow

bp = Blueprint("records", __name__)
PART: Final = "run"  # the element that htmx asks anew


@bp.get("/records")
@needs("registry.read-internal")
def records() -> ResponseReturnValue:
    """Export, import, and the files that were brought."""
    return _records()


def _records(refused: Refused | None = None) -> ResponseReturnValue:
    by = me()
    houses = _houses()
    body = render_template(
        "registry/records/records.html",
        runs=queries.import_runs(by, page=max(1, request.args.get("page", 1, int))),
        houses=houses,
        whole=by.may("registry.create", ScopePath()) or bool(by.scopes("registry.create").zones),
        in_stead=bool(by.scopes("registry.create").zones),
        mappings=[row for house in houses for row in queries.mappings(house.id)] if houses else [],
        may_bring=by.has("registry.create"),
        now=clock.now(),
        refused=refused,
        said=current_app.extensions["sharing.explain"](refused) if refused else "",
    )
    return body, refused.status if refused else 200


def _houses() -> Sequence[InstitutionRow]:
    """Whose instruments she may bring."""
    found = queries.owners(me(), shanghai_day(clock.now()))
    return [one for one in found if one.kind != "enterprise"]


@bp.get("/records/export")
@needs("registry.read-internal")
def export() -> ResponseReturnValue:
    """Every record in one's scope as a file."""
    asked = parse(forms.ExportIn, request.args.to_dict())
    return exported(asked, by=me(), on=shanghai_day(clock.now()))


@bp.post("/records/imports")
@needs("registry.create")
@bounded(MOST_BYTES)
def bring() -> ResponseReturnValue:
    """Take a file; a small one is looked at now, a large one by the timer."""
    by, now = me(), clock.now()
    sent = request.files.get("file")
    try:
        asked = parse(forms.BringForm, request.form)
        service.must_bring(asked.institution, by, now)
        if sent is None or not sent.filename:
            raise Refused("invalid-input", fields=[{"field": "file", "message": _("请选择文件")}])
        saved = queries.import_mapping(asked.mapping) if asked.mapping else None
        run_id = service.bring_import(
            sent.stream,
            file_name=sent.filename,
            institution_id=asked.institution,
            layout="mapping" if saved else asked.layout,
            targets=dict(saved.targets) if saved else None,
            storage=page.storage(),
            by=by,
            now=now,
        )
    except Refused as no:
        if no.kind in ("invalid-input", "too-large", "no-mandate"):
            return _records(no)
        raise
    return _looked(run_id)


def _looked(run_id: uuid.UUID) -> ResponseReturnValue:
    run = _known(run_id)
    if page.small(run):
        page.worked_on(run, by=me(), now=clock.now())
    return redirect(url_for(".run", run_id=run_id), 303)


def _known(run_id: uuid.UUID, right: str = "registry.read-internal") -> RunRow:
    """The run, where she may know of it. Raises Refused: not-found, forbidden."""
    row = queries.import_run(run_id)
    if row is None or not queries.may_know(row, me()):
        raise Refused("not-found")
    if not queries.may_know(row, me(), right):
        raise Refused("forbidden")
    return row


@bp.get("/records/imports/<uuid:run_id>")
@needs("registry.read-internal")
def run(run_id: uuid.UUID) -> ResponseReturnValue:
    """What a file would do or did; asks itself again while somebody works on it."""
    row = _known(run_id)
    shown = page.shown(
        row, show=request.args.get("show", ""), page=max(1, request.args.get("page", 1, int)), now=clock.now()
    )
    part = request.headers.get("HX-Target") == PART
    asks = row.problem and row.problem.of_columns and not shown.removed
    headings = forms.headings(row, page.storage()) if asks else ()
    return render_template(
        "registry/records/_run.html" if part else "registry/records/run.html",
        shown=shown,
        headings=headings,
        targets=[(name, _target(name)) for name in TARGETS],
        may_apply=shown.may_apply and queries.may_know(row, me(), "registry.create"),
    )


def _target(name: str) -> str:
    if name == "original_value_wan":
        return _("原值（万元）")
    return label_of(TARGETS[name].field)


@bp.post("/records/imports/<uuid:run_id>/apply")
@needs("registry.create")
def apply(run_id: uuid.UUID) -> ResponseReturnValue:
    """Write what was looked at: all of it, or the good rows."""
    now = clock.now()
    row = _known(run_id, "registry.create")
    service.ask_import(
        run_id, page.mode_of(request.form.get("mode", "")), by=me(), now=now, storage=page.storage()
    )
    if page.small(row):
        page.worked_on(_known(run_id), by=me(), now=now)
    return redirect(url_for(".run", run_id=run_id), 303)


@bp.post("/records/imports/<uuid:run_id>/mapping")
@needs("registry.create")
def map_columns(run_id: uuid.UUID) -> ResponseReturnValue:
    """Say once which column fills which field; kept under a name when one is given, and the file is looked at anew."""
    by, now = me(), clock.now()
    old = _known(run_id, "registry.create")
    if service.import_removed(page.storage(), run_id):
        raise Refused("invalid-transition", status=old.state.value, allowed=[])
    chosen = {
        heading: request.form.get(f"column-{number}", "")
        for number, heading in enumerate(forms.headings(old, page.storage()))
    }
    try:
        kept = forms.targets(chosen)
    except Refused as no:
        for one in no.facts["fields"]:
            flash(" ".join(filter(None, (one["field"], one["message"]))), "bad")
        return redirect(url_for(".run", run_id=run_id), 303)
    if name := request.form.get("name", "").strip()[:60]:
        service.save_mapping(name, kept, institution_id=old.institution_id, by=by, now=now)
    with service.import_file(page.storage(), old.id).open("rb") as source:
        new_id = service.bring_import(
            source,
            file_name=old.file_name,
            institution_id=old.institution_id,
            layout="mapping",
            targets=kept,
            storage=page.storage(),
            by=by,
            now=now,
        )
    return _looked(new_id)


@bp.get("/records/imports/<uuid:run_id>/bad.csv")
@needs("registry.read-internal")
def bad_rows(run_id: uuid.UUID) -> ResponseReturnValue:
    """The bad rows as a file to mend and bring again: where each stood, what is wrong, its cells as they were."""
    row = _known(run_id)
    if service.import_removed(page.storage(), run_id):
        raise Refused("not-found")
    header, rows = to_mend(service.import_outcomes(page.storage(), row, Action.BAD))
    response = Response(stream_with_context(csv_bytes(header, rows)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"bad-rows-{run_id}.csv")
    return response
