"""Booking policies as JSON: what a scope has, which bookings a change would meet, entering and withdrawing."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify

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
from sharing.registry import service
from sharing.registry.formats import entry_json, policy_json
from sharing.registry.forms import PolicyIn, ScopeAsked, WithdrawForm
from sharing.registry.pages import entries
from sharing.registry.shapes import EnteredOut

bp = APIBlueprint("policies_api", __name__, url_prefix="/api/v1/policies", tag="Rules")


@bp.get("")
@needs("registry.read-internal")
@takes(ScopeAsked, "query")
@bp.output(shapes.PoliciesOut)
@bp.doc(summary="Booking policies of a scope", operation_id="listPolicies", responses={404: "No such scope"})
def listed() -> Any:
    """Rows with how each stands today: coming, now, past, withdrawn."""
    scope = entries.scope_to_read()
    found = registry.policy_entries(scope, shanghai_day(clock.now()))
    return entries.rows_answer(
        registry.POLICIES, scope, (policy_json(one.row) | entry_json(one) for one in found)
    )


@bp.post("/preview")
@needs("policy.edit")
@once
@takes(PolicyIn)
@bp.output(shapes.PolicyEffectOut)
@bp.doc(summary="Which bookings a policy would meet", operation_id="previewPolicy")
def preview() -> Any:
    """Future bookings that would break it and keep their time all the same; who may book no more, who may now."""
    asked, now = parse(PolicyIn, json_body()), clock.now()
    scope = entries.scope_to_edit(asked.scope, registry.POLICIES)
    service.check_dates(asked.dates(), now)
    found = queries.policy_effect(
        asked.row(), scope, valid_from=asked.valid_from, inherit=asked.inherit, now=now
    )
    return jsonify(plain(shapes.policy_effect_json(found)))


@bp.post("")
@needs("policy.edit")
@takes(PolicyIn)
@bp.output(EnteredOut, status_code=201)
@bp.doc(
    summary="Enter a booking policy",
    operation_id="enterPolicy",
    responses={
        409: "The day has a row already",
        412: "Somebody changed the scope's policies since `If-Match` was read",
    },
)
def enter() -> Any:
    """A policy of a scope from a day on. `If-Match` with the list's ETag is optional."""
    asked, by, now = parse(PolicyIn, json_body()), me(), clock.now()
    dates = service.Dates(asked.valid_from, asked.source_document, asked.inherit, version_read())

    def enter_it() -> list[uuid.UUID]:
        scope = registry.scope_said(asked.scope)
        return [service.add_policy(asked.row(), dates, scope=scope.pair, by=by, now=now)]

    return entries.entered(enter_it, by=by, now=now)


@bp.post("/<uuid:row_id>/withdraw")
@needs("policy.edit")
@once
@takes(WithdrawForm)
@bp.output({}, status_code=204)
@bp.doc(
    summary="Withdraw a policy that has not begun",
    operation_id="withdrawPolicy",
    responses={409: "It has begun"},
)
def withdraw(row_id: uuid.UUID) -> Any:
    """It stays in the list as withdrawn; a policy that holds or held is ended by another one."""
    reason = parse(WithdrawForm, json_body()).reason
    service.withdraw_policy(row_id, reason=reason, by=me(), now=clock.now())
    return Response(status=204)
