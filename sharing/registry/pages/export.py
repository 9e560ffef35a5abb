"""The register as a file: what a person may read inside, in the layout that she asks for."""

from __future__ import annotations

import tempfile
from datetime import date

from flask import Response, send_file, stream_with_context

from sharing.kernel.refusals import Refused
from sharing.kernel.tables import csv_bytes, write_xlsx
from sharing.network import queries as network
from sharing.people.rules import Actor
from sharing.registry import forms, queries
from sharing.registry.formats import LAYOUTS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exported(asked: forms.ExportIn, *, by: Actor, on: date) -> Response:
    """Every record in one's scope, streamed. Raises Refused: not-found (no such zone or institution)."""
    shape = LAYOUTS[asked.layout]
    zone = network.zone(asked.zone) if asked.zone else None
    house = network.institution_by_code(asked.institution) if asked.institution else None
    if (asked.zone and zone is None) or (asked.institution and house is None):
        raise Refused("not-found")
    rows = queries.records(
        by.scopes("registry.read-internal"),
        zone_id=zone.id if zone else None,
        institution_id=house.id if house else None,
        with_retired=shape.with_retired,
    )
    header, cells = shape.headings(), map(shape.cells, rows)
    name = f"instruments-{asked.layout}-{on.isoformat()}.{asked.format}"
    if asked.format == "xlsx":
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
        write_xlsx(file, header, cells)
        file.seek(0)
        return send_file(file, mimetype=XLSX, as_attachment=True, download_name=name, max_age=0)
    response = Response(stream_with_context(csv_bytes(header, cells)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
