"""People by file: brought, looked at, and written as was chosen; the file is kept only until then."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer

from sharing.kernel import clock, files
from sharing.kernel.inputs import parse
from sharing.kernel.language import _, named
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import bounded, needs
from sharing.kernel.tables.plan import Action, Mode
from sharing.network import queries as network
from sharing.people import formats, forms, service
from sharing.people.formats.importing import LABELS
from sharing.people.rules import Actor, Outcome
from sharing.people.service.forget import BROUGHT, FILE_LIFE
from sharing.people.signed import me
from sharing.people.views.joining import errors_of, said_of, storage
from sharing.people.views.roles import Choice, scope_choices

bp = Blueprint("people_import", __name__, url_prefix="/people/import")
SHOWN: Final = 200  # rows of a kind on the page; the API answers all


@bp.get("")
@needs("people.manage")
def page() -> ResponseReturnValue:
    """Where a file is brought."""
    return _page()


def houses_of(by: Actor) -> list[Choice]:
    """The houses whose people he keeps, by code, for a select."""
    chosen = [choice for _label, part in scope_choices(by) for choice in part]
    mark = "institution:"
    return [(value.removeprefix(mark), name) for value, name in chosen if value.startswith(mark)]


def _page(refused: Refused | None = None, **shown: Any) -> ResponseReturnValue:
    body = render_template(
        "people/import.html",
        by=me(),
        houses=houses_of(me()),
        form=request.form,
        errors=errors_of(refused),
        refused=said_of(refused),
        labels=LABELS,
        **shown,
    )
    return body, refused.status if refused else 200


@bp.post("")
@needs("people.manage")
@bounded(forms.MOST_BYTES)
def look() -> ResponseReturnValue:
    """Say what a file would do; nothing is written."""
    sent = request.files.get("file")
    try:
        house = _house(parse(forms.ImportForm, request.form).institution)
        if sent is None or not sent.filename:
            raise Refused("invalid-input", fields=[{"field": "file", "message": _("请选择文件")}])
        data, name = sent.stream.read(), sent.filename[-120:]
        outcome = worked(data, name, house.id, None)
        digest = files.digest_of(data)
        files.keep(files.place(storage(), BROUGHT, digest), data)
    except Refused as no:
        return _page(no)
    ticket = _tickets().dumps([str(me().user_id), str(house.id), digest, name])
    return _page(outcome=outcome, ticket=ticket, house=named(house.name, house.name_en), **_rows(outcome))


def _house(code: str) -> network.InstitutionRow:
    found = network.institution_by_code(code)
    if found is None:
        raise Refused("not-found")
    return found


def worked(source: bytes | Path, name: str, institution_id: uuid.UUID, mode: Mode | None) -> Outcome:
    """Read a file and say or do what it says."""
    with forms.read_people(source, name=name) as (headings, rows):
        return service.import_people(
            rows, headings, institution_id=institution_id, mode=mode, source=name, by=me(), now=clock.now()
        )


def _rows(outcome: Outcome) -> dict[str, Any]:
    """What the page lists of an outcome, in words."""
    return {
        "faults": [
            (row.line, one.heading, one.value, formats.said(one))
            for row in outcome.of(Action.BAD)[:SHOWN]
            for one in row.faults
        ],
        "changes": [
            (row, name, formats.shown_as(before), formats.shown_as(after))
            for row in outcome.of(Action.CHANGE)[:SHOWN]
            for name, (before, after) in row.changes.items()
        ],
        "added": outcome.of(Action.ADD)[:SHOWN],
    }


def _tickets() -> URLSafeTimedSerializer:
    """Signs which file, of whose house, she looked at."""
    return URLSafeTimedSerializer(current_app.extensions["sharing.settings"].key, salt="people.import")


@bp.post("/apply")
@needs("people.manage")
def apply() -> ResponseReturnValue:
    """Write the file that was looked at: all of it, or its good rows."""
    mode = Mode.GOOD if request.form.get("mode") == "good" else Mode.ALL
    try:
        by, house_id, digest, name = _tickets().loads(
            request.form.get("ticket", ""), max_age=int(FILE_LIFE.total_seconds())
        )
    except BadData:
        raise Refused("link-expired") from None
    path = files.place(storage(), BROUGHT, digest)
    if by != str(me().user_id) or not path.is_file():
        raise Refused("link-expired")
    try:
        outcome = worked(path, name, uuid.UUID(house_id), mode)
    except Refused as no:
        return _page(no)
    if not outcome.done:
        return _page(outcome=outcome, ticket=request.form["ticket"], house="", **_rows(outcome))
    path.unlink(missing_ok=True)
    sums = outcome.counts
    if not sums.written:
        flash(_("都和登记一致，没有写入任何内容。"), "good")
    else:
        flash(
            _("已写入：新增 %(added)s 人，改动 %(changed)s 人。", added=sums.added, changed=sums.changed),
            "good",
        )
    return redirect(url_for("people_import.page"), 303)
