"""Approval chains of a scope as a page. Here, not in `approval`: it shows which requests are under way."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from sharing.approval import formats, forms, service
from sharing.approval import queries as approvals
from sharing.approval.rules import MOST_STEPS
from sharing.booking import queries
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.rights import needs
from sharing.people.rules import Actor
from sharing.people.signed import me
from sharing.registry import queries as registry
from sharing.registry.formats.history import told
from sharing.registry.forms import WithdrawForm
from sharing.registry.pages.dated import RulePage
from sharing.registry.queries import Sheet
from sharing.registry.rules import Scope

bp = Blueprint("chains", __name__, url_prefix="/admin/chains")
SPARE: Final = 2  # lines for steps more


def _facts(sheet: Sheet) -> dict[str, Any]:
    now = approvals.chain_for(sheet.scope.keys, sheet.on)
    return {
        "entries": approvals.chain_entries(sheet.scope, sheet.on),
        "history": told(sheet.history, formats.LABELS, formats.said),
        "now": now,
        "shown": formats.shown_chain(now),
        "values": forms.to_page(now),
        "lines": min(MOST_STEPS, len(now.steps if now else ()) + SPARE),
        "roles": [(role.value, str(word)) for role, word in formats.STEPS.items()],
        "step_name": formats.step_name,
        "chain_line": formats.chain_line,
    }


def _read(form: MultiDict[str, Any], now: datetime) -> forms.ChainIn:
    asked = forms.from_page(form, str((request.view_args or {})["scope"]))
    _check(asked, now)
    return asked


def _check(asked: forms.ChainIn, now: datetime) -> None:
    scope = registry.scope_said(asked.scope)
    service.check_chain(asked.chain(), asked.dates(), scope=scope.pair, now=now)


def _effect(asked: forms.ChainIn, scope: Scope, now: datetime) -> queries.ChainEffect:
    return queries.chain_effect(
        asked.chain(), scope, valid_from=asked.valid_from, inherit=asked.inherit, now=now
    )


def _save(asked: forms.ChainIn, scope: Scope, by: Actor, now: datetime) -> object:
    return service.save_chain(asked.chain(), asked.dates(), scope=scope.pair, by=by, now=now)


PAGE: Final = RulePage(approvals.CHAINS, "chains.page", "booking/chains.html", _facts, _read, _effect, _save)


@bp.get("")
@needs("registry.read-internal")
def mine() -> ResponseReturnValue:
    """The chain where the reader is at home."""
    return PAGE.at_home(me())


@bp.get("/<scope>")
@needs("registry.read-internal")
def page(scope: str) -> ResponseReturnValue:
    """The chain of a scope: now, to come, past; the form for whoever may set it."""
    return PAGE.show(scope, me(), clock.now())


@bp.post("/<scope>")
@needs("chain.edit")
def enter(scope: str) -> ResponseReturnValue:
    """First which requests and instruments it would reach, then entered."""
    return PAGE.send(scope, me(), clock.now())


@bp.post("/rows/<uuid:row_id>/withdraw")
@needs("chain.edit")
def withdraw(row_id: uuid.UUID) -> ResponseReturnValue:
    """Take back a chain that has not begun."""
    reason = parse(WithdrawForm, request.form).reason
    kind, scope_id = service.withdraw_chain(row_id, reason=reason, by=me(), now=clock.now())
    return PAGE.withdraw(registry.scope_of(kind, scope_id))
