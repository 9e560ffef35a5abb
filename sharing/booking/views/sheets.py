"""Paper: an instrument's week for who runs it, a sheet for its door for everybody, and the code on it."""

from __future__ import annotations

import uuid
from datetime import date

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from sharing.booking.pages import sheets
from sharing.booking.pages.tab import day_asked
from sharing.kernel import clock
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, needs
from sharing.people.signed import me
from sharing.registry import queries as registry

bp = Blueprint("sheets", __name__)


@bp.get("/instruments/<uuid:instrument_id>/week-plan")
@needs("booking.manage")
def week_plan(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """A week on A4 with everybody's name, for who runs the instrument."""
    row = registry.instrument(instrument_id)
    if row is None:
        raise Refused("not-found")
    if not me().may("booking.manage", row.path):
        raise Refused("forbidden")
    shown = sheets.sheet(instrument_id, me(), first=_first(), now=clock.now())
    return render_template("booking/week_plan.html", sheet=shown)


@bp.get("/instruments/<uuid:instrument_id>/door-sheet")
@needs(PUBLIC)
def door_sheet(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """The sheet for a door: it hangs where everybody passes, so it names nobody who booked."""
    shown = sheets.sheet(instrument_id, None, first=_first(), now=clock.now())
    return render_template("booking/door_sheet.html", sheet=shown)


@bp.get("/instruments/<uuid:instrument_id>/qr.svg")
@needs(PUBLIC)
def code(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """The code alone, for a label or a poster of one's own."""
    if registry.instrument(instrument_id) is None:
        raise Refused("not-found")
    drawn = sheets.code(sheets.page_address(instrument_id), alone=True)
    return Response(drawn, mimetype="image/svg+xml")


def _first() -> date | None:
    return day_asked(request.args.get("start", ""))
