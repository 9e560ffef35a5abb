"""The price list of a scope: what holds, the form with its effect, the history."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.rights import needs
from sharing.people.rules import Actor
from sharing.people.signed import me
from sharing.pricing import forms, queries, service
from sharing.pricing.formats import LABELS, PRICE_GROUPS, said, sample_words
from sharing.pricing.rules import NewPrice
from sharing.registry import queries as registry
from sharing.registry.formats.history import told
from sharing.registry.forms import WithdrawForm
from sharing.registry.pages.dated import RulePage
from sharing.registry.queries import Sheet
from sharing.registry.rules import Scope, Standing
from sharing.registry.service import Dates

bp = Blueprint("prices", __name__, url_prefix="/admin/prices")
Draft = tuple[list[NewPrice], Dates]
BAND_LINES: Final = 3


def _facts(sheet: Sheet) -> dict[str, Any]:
    entries = queries.entries(sheet.scope, sheet.on)
    own = [one.row for one in entries if one.standing is Standing.NOW]
    names = {group: str(word) for group, word in PRICE_GROUPS.items()}
    return {
        "entries": entries,
        "history": told(sheet.history, LABELS, said, "price_group"),
        "table": queries.shown_table(sheet.scope.keys, sheet.on),
        "mine": (),
        "names": names,
        "groups": [(group.value, name) for group, name in names.items()],
        "values": forms.to_page(own),
        "bands": BAND_LINES,
        "samples": [{"label": word, "num": True, "unit": _("元")} for word in sample_words()],
    }


def _read(form: MultiDict[str, Any], now: datetime) -> Draft:
    prices, dates = forms.from_page(form)
    service.check_prices(prices, dates, now)
    return prices, dates


def _effect(draft: Draft, scope: Scope, _now: datetime) -> queries.PriceEffect:
    prices, dates = draft
    return queries.effect(prices, scope, dates.valid_from, dates.source_document)


def _save(draft: Draft, scope: Scope, by: Actor, now: datetime) -> object:
    return service.add_prices(*draft, scope=scope.pair, by=by, now=now)


PAGE: Final = RulePage(queries.PRICES, "prices.page", "pricing/prices.html", _facts, _read, _effect, _save)


@bp.get("")
@needs("registry.read-internal")
def mine() -> ResponseReturnValue:
    """The list where the reader is at home."""
    return PAGE.at_home(me())


@bp.get("/<scope>")
@needs("registry.read-internal")
def page(scope: str) -> ResponseReturnValue:
    """Prices of a scope: now, to come, past; the form for whoever may set them."""
    return PAGE.show(scope, me(), clock.now())


@bp.post("/<scope>")
@needs("price.edit")
def enter(scope: str) -> ResponseReturnValue:
    """First what it would change for whom, then entered."""
    return PAGE.send(scope, me(), clock.now())


@bp.post("/rows/<uuid:row_id>/withdraw")
@needs("price.edit")
def withdraw(row_id: uuid.UUID) -> ResponseReturnValue:
    """Take back a price that has not begun."""
    reason = parse(WithdrawForm, request.form).reason
    kind, scope_id = service.withdraw_price(row_id, reason=reason, by=me(), now=clock.now())
    return PAGE.withdraw(registry.scope_of(kind, scope_id))
