"""Approval chains as JSON: what a scope has, what a change would reach, entering and withdrawing."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify

from sharing.approval import queries as approvals
from sharing.approval import service
from sharing.approval.formats import chain_json
from sharing.approval.forms import ChainIn
from sharing.audit.service import plain
from sharing.booking import queries, shapes
from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.ifmatch import version_read
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.people.signed import me, once
from sharing.registry import queries as registry
from sharing.registry.formats import entry_json
from sharing.registry.forms import ScopeAsked, WithdrawForm
from sharing.registry.pages import entries
from sharing.registry.service import Dates
from sharing.registry.shapes import EnteredOut

bp = APIBlueprint("chains_api", __name__, url_prefix="/api/v1/chains", tag="Rules")


@bp.get("")
@needs("registry.read-internal")
@takes(ScopeAsked, "query")
@bp.output(shapes.ChainsOut)
@bp.doc(summary="Approval chains of a scope", operation_id="listChains", responses={404: "No such scope"})
def listed() -> Any:
    """Rows with how each stands today: coming, now, past, withdrawn."""
    scope = entries.scope_to_read()
    found = approvals.chain_entries(scope, shanghai_day(clock.now()))
    return entries.rows_answer(
        approvals.CHAINS, scope, (chain_json(one.row) | entry_json(one) for one in found)
    )


@bp.post("/preview")
@needs("chain.edit")
@once
@takes(ChainIn)
@bp.output(shapes.ChainEffectOut)
@bp.doc(summary="What a chain would reach", operation_id="previewChain")
def preview() -> Any:
    """The instruments and who would decide; requests under way go on by the chain that they began with."""
    asked, now = parse(ChainIn, json_body()), clock.now()
    scope = entries.scope_to_edit(asked.scope, approvals.CHAINS)
    service.check_chain(asked.chain(), asked.dates(), scope=scope.pair, now=now)
    found = queries.chain_effect(
        asked.chain(), scope, valid_from=asked.valid_from, inherit=asked.inherit, now=now
    )
    return jsonify(plain(shapes.chain_effect_json(found)))


@bp.post("")
@needs("chain.edit")
@takes(ChainIn)
@bp.output(EnteredOut, status_code=201)
@bp.doc(
    summary="Enter an approval chain",
    operation_id="enterChain",
    responses={
        409: "The day has a row already",
        412: "Somebody changed the scope's chains since `If-Match` was read",
    },
)
def enter() -> Any:
    """A chain of a scope from a day on. `If-Match` with the list's ETag is optional."""
    asked, by, now = parse(ChainIn, json_body()), me(), clock.now()
    dates = Dates(asked.valid_from, asked.source_document, asked.inherit, version_read())

    def enter_it() -> list[uuid.UUID]:
        scope = registry.scope_said(asked.scope)
        return [service.save_chain(asked.chain(), dates, scope=scope.pair, by=by, now=now)]

    return entries.entered(enter_it, by=by, now=now)


@bp.post("/<uuid:row_id>/withdraw")
@needs("chain.edit")
@once
@takes(WithdrawForm)
@bp.output({}, status_code=204)
@bp.doc(
    summary="Withdraw a chain that has not begun",
    operation_id="withdrawChain",
    responses={409: "It has begun"},
)
def withdraw(row_id: uuid.UUID) -> Any:
    """It stays in the list as withdrawn; a chain that holds or held is ended by another one."""
    reason = parse(WithdrawForm, json_body()).reason
    service.withdraw_chain(row_id, reason=reason, by=me(), now=clock.now())
    return Response(status=204)
