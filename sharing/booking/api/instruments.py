"""Instruments as JSON. Here, not in the registry: an answer carries prices, and a search may ask for free time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for

from sharing.audit.service import plain
from sharing.booking.pages.catalogue import searched
from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.idempotency import Answer, posted
from sharing.kernel.ifmatch import matched, version_required
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, needs
from sharing.kernel.timespan import shanghai_day
from sharing.people.signed import me, me_or_none
from sharing.pricing import queries as pricing
from sharing.pricing.formats import price_json
from sharing.registry import forms, service, shapes
from sharing.registry import queries as registry
from sharing.registry.formats import instrument_json
from sharing.registry.rules import InstrumentRow

bp = APIBlueprint("instruments_api", __name__, url_prefix="/api/v1", tag="Registry")


def shown(rows: Sequence[InstrumentRow]) -> list[dict[str, Any]]:
    """Instruments as they are answered: managers, terms and prices of all of them in one statement each."""
    on = shanghai_day(clock.now())
    ids = [row.id for row in rows]
    managers = registry.managers_of(ids, on)
    terms = registry.terms_of(ids)
    prices = pricing.prices_of({row.id: row.scope_keys for row in rows}, on)
    signed_in = me_or_none() is not None
    return [
        plain(
            instrument_json(
                row,
                managers=managers[row.id],
                prices=[price_json(one) for one in prices[row.id]],
                policy=terms[row.id].policy(on),
                signed_in=signed_in,
            )
        )
        for row in rows
    ]


def _answer(row: InstrumentRow) -> Response:
    response = jsonify(shown([row])[0])
    response.set_etag(row.etag)
    return response


@bp.get("/instruments")
@needs(PUBLIC)
@takes(forms.SearchIn, "query")
@bp.output(shapes.InstrumentsOut)
@bp.doc(summary="Find instruments", operation_id="listInstruments")
def instruments() -> Any:
    """What is found. `q` looks in names, models, makers, institutions, numbers and pinyin; `zone`, `institution`,
    `category`, `subject`, `status` and `mode` take several values; `audience` means open at least to these; `price` is
    a band of the hourly price that the caller would pay; `free_from` and `free_to` together ask for instruments with
    free time in that window."""
    asked = parse(forms.SearchIn, request.args)
    found = searched(asked, me_or_none(), clock.now(), facets=False).page
    return jsonify(items=shown(found.items), total=found.total, page=found.page, per_page=found.per_page)


@bp.get("/instruments/<uuid:instrument_id>")
@needs(PUBLIC)
@bp.output(shapes.InstrumentOut)
@bp.doc(summary="One instrument", operation_id="getInstrument")
def instrument(instrument_id: uuid.UUID) -> Any:
    """An instrument, retired ones too. Its `ETag` is what a change sends back as `If-Match`."""
    row = registry.instrument(instrument_id)
    if row is None:
        raise Refused("not-found")
    return _answer(row)


@bp.patch("/instruments/<uuid:instrument_id>")
@needs("registry.edit")
@takes(forms.InstrumentIn)
@bp.output(shapes.InstrumentOut)
@bp.doc(
    summary="Change some fields of an instrument",
    operation_id="editInstrument",
    responses={412: "Somebody changed it since it was read", 428: "`If-Match` is missing"},
)
def edit(instrument_id: uuid.UUID) -> Any:
    """Only the fields given are changed. `If-Match` is required: 428 without it, 412 when somebody was faster."""
    revision = version_required()
    changes = parse(forms.InstrumentIn, json_body()).values()
    with matched():
        row = service.edit(instrument_id, changes, revision=revision, by=me(), now=clock.now())
    return _answer(row)


@bp.post("/instruments")
@needs("registry.create")
@takes(forms.NewInstrumentIn)
@bp.output(shapes.InstrumentOut, status_code=201)
@bp.doc(
    summary="Enter an instrument",
    operation_id="createInstrument",
    responses={409: "The code or the asset number is taken"},
)
def create() -> Any:
    """201 with the instrument and its `Location`. `institution`, `name` and `category` are required."""
    asked, by, now = parse(forms.NewInstrumentIn, json_body()), me(), clock.now()

    def work() -> Answer:
        row = service.create(asked.values(), by=by, now=now)
        return Answer(201, _answer(row).get_data(), url_for(".instrument", instrument_id=row.id))

    return posted(user_id=by.user_id, now=now, work=work)
