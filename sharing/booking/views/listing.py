"""The list of bookings for those who oversee them: read only, as a page and as a file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from sharing.booking import queries
from sharing.booking.forms.listing import ListingIn
from sharing.booking.pages import listing as page
from sharing.booking.pages.words import status_words
from sharing.booking.rules import Status
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.kernel.tables import csv_bytes
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people.signed import me

bp = Blueprint("bookings", __name__, url_prefix="/bookings")
RIGHT = "booking.read-all"


@bp.get("")
@needs(RIGHT)
def listed() -> ResponseReturnValue:
    """Bookings on the instruments that the reader oversees, the latest first."""
    scopes, refused = me().scopes(RIGHT), None
    given, found = ListingIn(), queries.Listed([], None)
    try:
        given = parse(ListingIn, request.args)
        found = queries.listing(given.asked(), scopes)
    except Refused as no:
        if no.kind != "invalid-input":
            raise
        refused = no
    body = render_template(
        "booking/listing.html",
        found=found,
        houses=network.institutions_named({row.institution_id for row in found.rows}),
        form=request.args if refused else given,
        errors={one["field"]: one["message"] for one in refused.facts["fields"]} if refused else {},
        statuses=[(one.value, status_words(one)) for one in Status],
        zones=network.zones(),
        whole=scopes.everything,
        now=clock.now(),
    )
    return body, refused.status if refused else 200


@bp.get("/export")
@needs(RIGHT)
def export() -> ResponseReturnValue:
    """The bookings of these filters, all of them, as CSV while they are read."""
    rows = queries.whole_listing(parse(ListingIn, request.args).asked(), me().scopes(RIGHT))
    pieces: Any = csv_bytes(page.headings(), page.cells(rows))
    response = Response(stream_with_context(pieces), mimetype="text/csv")
    name = f"bookings-{shanghai_day(clock.now()).isoformat()}.csv"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
