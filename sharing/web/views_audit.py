"""The page of the audit trail: who did what, when, before and after; and the same as a file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from sharing.audit import queries as audit
from sharing.audit.forms import TrailIn
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.kernel.tables import csv_bytes
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people.signed import me
from sharing.web.trail import reading, words

bp = Blueprint("audit", __name__, url_prefix="/audit")


@bp.get("")
@needs("audit.read")
def trail() -> ResponseReturnValue:
    """What was done where the reader may look, the newest first; a wrong filter is said at its field."""
    by, refused, given, found = me(), None, TrailIn(), reading.Trail((), None)
    try:
        given = parse(TrailIn, request.args)
        found = reading.trail(reading.asked_of(given, by), reading.sight_of(by))
    except Refused as no:
        if no.kind != "invalid-input":
            raise
        refused = no
    body = render_template(
        "audit/trail.html",
        found=found,
        form=request.args if refused else reading.spoken(given, found),
        errors={one["field"]: one["message"] for one in refused.facts["fields"]} if refused else {},
        whole=by.scopes("audit.read").everything,
        check=audit.last_check(),
        slices=words.SLICES,
        actions=words.ACTIONS,
        zones=network.zones(),
    )
    return body, refused.status if refused else 200


@bp.get("/export")
@needs("audit.read")
def export() -> ResponseReturnValue:
    """The rows of these filters, all of them, as CSV while they are read."""
    by = me()
    return trail_file(reading.asked_of(parse(TrailIn, request.args), by), reading.sight_of(by))


def trail_file(asked: audit.Asked, sight: audit.Sight) -> Response:
    """A stream of CSV."""
    pieces: Any = csv_bytes(reading.headings(), reading.cells(asked, sight))
    response = Response(stream_with_context(pieces), mimetype="text/csv")
    name = f"audit-{shanghai_day(clock.now()).isoformat()}.csv"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
