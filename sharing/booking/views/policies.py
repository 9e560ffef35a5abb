"""Booking policies of a scope as a page. Here, not in the registry: it shows which bookings a policy would meet."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from sharing.booking import queries
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.rights import needs
from sharing.people.rules import Actor
from sharing.people.signed import me
from sharing.registry import queries as registry
from sharing.registry import service
from sharing.registry.formats.history import told
from sharing.registry.formats.policies import AUDIENCES, LABELS, LEVELS, said
from sharing.registry.forms import PolicyForm, WithdrawForm
from sharing.registry.pages.dated import RulePage
from sharing.registry.queries import Sheet
from sharing.registry.rules import Scope

bp = Blueprint("policies", __name__, url_prefix="/admin/policies")


def _facts(sheet: Sheet) -> dict[str, Any]:
    now = registry.policy_at(sheet.scope, sheet.on)
    return {
        "entries": registry.policy_entries(sheet.scope, sheet.on),
        "history": told(sheet.history, LABELS, said),
        "now": now,
        "values": {name: getattr(now, name) for name in now.__dataclass_fields__} if now else {},
        "labels": LABELS,
        "audiences": {code: str(word) for code, word in AUDIENCES.items()},
        "levels": {code: str(word) for code, word in LEVELS.items()},
        "sentence": current_app.extensions["sharing.violation"],
    }


def _read(form: MultiDict[str, Any], now: datetime) -> PolicyForm:
    asked = parse(PolicyForm, form)
    service.check_dates(asked.dates(), now)
    return asked


def _effect(asked: PolicyForm, scope: Scope, now: datetime) -> queries.PolicyEffect:
    return queries.policy_effect(
        asked.row(), scope, valid_from=asked.valid_from, inherit=asked.inherit, now=now
    )


def _save(asked: PolicyForm, scope: Scope, by: Actor, now: datetime) -> object:
    return service.add_policy(asked.row(), asked.dates(), scope=scope.pair, by=by, now=now)


PAGE: Final = RulePage(
    registry.POLICIES, "policies.page", "booking/policies.html", _facts, _read, _effect, _save
)


@bp.get("")
@needs("registry.read-internal")
def mine() -> ResponseReturnValue:
    """The policy where the reader is at home."""
    return PAGE.at_home(me())


@bp.get("/<scope>")
@needs("registry.read-internal")
def page(scope: str) -> ResponseReturnValue:
    """The policy of a scope: now, to come, past; the form for whoever may set it."""
    return PAGE.show(scope, me(), clock.now())


@bp.post("/<scope>")
@needs("policy.edit")
def enter(scope: str) -> ResponseReturnValue:
    """First whom it would meet, then entered."""
    return PAGE.send(scope, me(), clock.now())


@bp.post("/rows/<uuid:row_id>/withdraw")
@needs("policy.edit")
def withdraw(row_id: uuid.UUID) -> ResponseReturnValue:
    """Take back a policy that has not begun."""
    reason = parse(WithdrawForm, request.form).reason
    kind, scope_id = service.withdraw_policy(row_id, reason=reason, by=me(), now=clock.now())
    return PAGE.withdraw(registry.scope_of(kind, scope_id))
