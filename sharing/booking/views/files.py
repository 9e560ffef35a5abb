"""A file given as an answer, as a download: never shown in the page, never run."""

from __future__ import annotations

import uuid

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue

from sharing.booking import queries
from sharing.booking.service import files
from sharing.kernel import clock
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.people.signed import me

bp = Blueprint("booking_files", __name__)


@bp.get("/bookings/<uuid:booking_id>/files/<key>")
@needs(SIGNED_IN)
def answer(booking_id: uuid.UUID, key: str) -> ResponseReturnValue:
    """The file that answers the question `key`, for whoever may read the booking."""
    row = queries.readable_booking(booking_id, me(), clock.now())
    given = next((one.value for one in queries.answers([row.id]).get(row.id, []) if one.key == key), None)
    if not isinstance(given, dict) or not files.place(str(given.get("sha256", ""))).is_file():
        raise Refused("not-found")
    return send_file(
        files.place(given["sha256"]).absolute(),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=given["name"],
        max_age=0,
    )
