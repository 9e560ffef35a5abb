"""The books as JSON, for finance staff, and the closing of a month."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import request

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.kernel.timespan import SHANGHAI, shanghai_day
from sharing.ledger import formats, queries, service, shapes
from sharing.ledger.forms import ClosingIn, EntriesIn, TrialBalanceIn
from sharing.ledger.rules import MONTH
from sharing.people.signed import me, once

bp = APIBlueprint("ledger_api", __name__, url_prefix="/api/v1", tag="Books")

NOWHERE = {404: "No institution has that code"}


@bp.get("/ledger/entries")
@needs("finance.read")
@takes(EntriesIn, "query")
@bp.output(shapes.EntriesOut)
@bp.doc(summary="Entries of an institution's books", operation_id="listLedgerEntries", responses=NOWHERE)
def entries() -> Any:
    """In the order of their posting, with their lines."""
    asked = parse(EntriesIn, request.args)
    house = service.readable(asked.institution, by=me())
    rows = queries.entries(house.id, month=asked.period, after=asked.after, most=asked.per_page + 1)
    shown = rows[: asked.per_page]
    return {
        "items": [formats.entry_json(row) for row in shown],
        "after": shown[-1].id if len(rows) > len(shown) else None,
    }


@bp.get("/ledger/trial-balance")
@needs("finance.read")
@takes(TrialBalanceIn, "query")
@bp.output(shapes.TrialBalanceOut)
@bp.doc(summary="What each account took in", operation_id="getTrialBalance", responses=NOWHERE)
def trial_balance() -> Any:
    """Of entries up to a day."""
    asked = parse(TrialBalanceIn, request.args)
    house = service.readable(asked.institution, by=me())
    found = queries.trial_balance(house.id, asked.as_of or shanghai_day(clock.now()))
    return formats.trial_balance_json(found)


@bp.post("/periods/<month>/close")
@needs("period.close")
@once
@takes(ClosingIn)
@bp.output(shapes.PeriodOut)
@bp.doc(summary="Close a month of an institution's books", operation_id="closePeriod")
def close(month: str) -> Any:
    """From then on it takes no entry; what happened in it and comes later goes into the next, its day kept. 409
    `period-not-over`, or `period-open` while an earlier month is open."""
    if MONTH.fullmatch(month) is None:
        raise Refused("not-found")
    row = service.close(parse(ClosingIn, json_body()).institution, month, by=me(), now=clock.now())
    assert row.closed_at is not None
    return {"month": row.month, "closed_at": row.closed_at.astimezone(SHANGHAI)}
