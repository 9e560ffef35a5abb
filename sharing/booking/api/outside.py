"""Calendars kept in a campus system, as JSON and as files."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request

from sharing.booking import formats, forms, queries, service, shapes
from sharing.kernel import clock
from sharing.kernel.busy import MOST_BYTES
from sharing.kernel.documented import takes
from sharing.kernel.idempotency import json_answer, json_response, posted
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import bounded, needs
from sharing.people.signed import me
from sharing.registry import queries as registry

bp = APIBlueprint("outside_api", __name__, url_prefix="/api/v1", tag="Calendar")
AT = "/instruments/<uuid:instrument_id>/outside-calendar"


@bp.get(AT)
@needs("booking.manage")
@bp.output(shapes.OutsideOut)
@bp.doc(summary="An instrument's calendar in a campus system", operation_id="getOutsideCalendar")
def one(instrument_id: uuid.UUID) -> Any:
    """Where it is read, and how the last reading went; for who runs the instrument."""
    instrument = registry.instrument(instrument_id)
    if instrument is None:
        raise Refused("not-found")
    if not me().may("booking.manage", instrument.path):
        raise Refused("forbidden")
    row = queries.outside_row(instrument_id)
    if row is None:
        raise Refused("not-found")
    return json_response(formats.outside_json(row, clock.now()))


@bp.put(AT)
@needs("booking.manage")
@takes(forms.OutsideIn)
@bp.output(shapes.OutsideOut)
@bp.doc(summary="Keep the calendar in a campus system", operation_id="putOutsideCalendar")
def keep(instrument_id: uuid.UUID) -> Any:
    """Its busy times are read every five minutes and shown as taken. Private addresses are refused when it is read."""
    now = clock.now()
    row = service.keep_outside(instrument_id, parse(forms.OutsideIn, json_body()).command(), by=me(), now=now)
    return json_response(formats.outside_json(row, now))


@bp.delete(AT)
@needs("booking.manage")
@bp.doc(summary="Keep the calendar here again", operation_id="deleteOutsideCalendar", responses={204: "Done"})
def drop(instrument_id: uuid.UUID) -> Any:
    """What was read of it is free."""
    service.drop_outside(instrument_id, by=me(), now=clock.now())
    return Response(status=204)


@bp.post(f"{AT}/read")
@needs("booking.manage")
@bp.output(shapes.OutsideOut)
@bp.doc(summary="Read it at once", operation_id="readOutsideCalendar")
def read(instrument_id: uuid.UUID) -> Any:
    """`fault` says why it could not be read; the last reading then stays."""
    by, now = me(), clock.now()
    row = service.read_now(
        instrument_id, by=by, now=now
    )  # before the key's transaction: nothing waits for outside
    return posted(user_id=by.user_id, now=now, work=lambda: json_answer(formats.outside_json(row, now)))


@bp.put(f"{AT}/file")
@needs("booking.manage")
@bounded(MOST_BYTES)
@bp.output(shapes.OutsideOut)
@bp.doc(
    summary="Drop its calendar as a file",
    operation_id="dropOutsideCalendar",
    responses={422: "No calendar could be read: see `reason`"},
)
def file(instrument_id: uuid.UUID) -> Any:
    """The body is the iCalendar file, at most 2 MB; a later one replaces it."""
    now = clock.now()
    row = service.drop_file(instrument_id, request.get_data(), by=me(), now=now)
    return json_response(formats.outside_json(row, now))
