"""Prices as JSON: what a scope has, what a change would do, entering and withdrawing."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.ifmatch import version_read
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.people.signed import me, once
from sharing.pricing import forms, queries, service, shapes
from sharing.pricing.formats import price_json
from sharing.registry import queries as registry
from sharing.registry.formats import entry_json
from sharing.registry.forms import ScopeAsked, WithdrawForm
from sharing.registry.pages import entries
from sharing.registry.service import Dates
from sharing.registry.shapes import EnteredOut

bp = APIBlueprint("prices_api", __name__, url_prefix="/api/v1/prices", tag="Rules")


@bp.get("")
@needs("registry.read-internal")
@takes(ScopeAsked, "query")
@bp.output(shapes.PricesOut)
@bp.doc(summary="Prices of a scope", operation_id="listPrices", responses={404: "No such scope"})
def listed() -> Any:
    """Rows with how each stands today: coming, now, past, withdrawn."""
    scope = entries.scope_to_read()
    found = queries.entries(scope, shanghai_day(clock.now()))
    return entries.rows_answer(
        queries.PRICES, scope, (price_json(one.row) | entry_json(one) for one in found)
    )


@bp.post("/preview")
@needs("price.edit")
@once
@takes(forms.PricesIn)
@bp.output(shapes.PriceEffectOut)
@bp.doc(summary="What prices would change", operation_id="previewPrices")
def preview() -> Any:
    """For every kind of buyer what sample spans cost before and after, on the first day. Nothing is written."""
    asked, now = parse(forms.PricesIn, json_body()), clock.now()
    scope = entries.scope_to_edit(asked.scope, queries.PRICES)
    dates = Dates(asked.valid_from, asked.source_document)
    service.check_prices(asked.entered(), dates, now)
    found = queries.effect(asked.entered(), scope, asked.valid_from, asked.source_document)
    return jsonify(shapes.effect_json(found, asked.valid_from))


@bp.post("")
@needs("price.edit")
@takes(forms.PricesIn)
@bp.output(EnteredOut, status_code=201)
@bp.doc(
    summary="Enter prices",
    operation_id="enterPrices",
    responses={
        409: "The day has a row already",
        412: "Somebody changed the scope's prices since `If-Match` was read",
    },
)
def enter() -> Any:
    """Prices of a scope from a day on, all or none. `If-Match` with the list's ETag is optional."""
    asked, by, now = parse(forms.PricesIn, json_body()), me(), clock.now()
    dates = Dates(asked.valid_from, asked.source_document, revision=version_read())

    def enter_them() -> list[uuid.UUID]:
        scope = registry.scope_said(asked.scope)
        return service.add_prices(asked.entered(), dates, scope=scope.pair, by=by, now=now)

    return entries.entered(enter_them, by=by, now=now)


@bp.post("/<uuid:row_id>/withdraw")
@needs("price.edit")
@once
@takes(WithdrawForm)
@bp.output({}, status_code=204)
@bp.doc(
    summary="Withdraw a price that has not begun",
    operation_id="withdrawPrice",
    responses={409: "It has begun"},
)
def withdraw(row_id: uuid.UUID) -> Any:
    """It stays in the list as withdrawn; a price that holds or held is ended by another one."""
    reason = parse(WithdrawForm, json_body()).reason
    service.withdraw_price(row_id, reason=reason, by=me(), now=clock.now())
    return Response(status=204)
