"""Calendars, quotes and free time as JSON (CONTRACT section 4)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from apiflask import APIBlueprint
from flask import Response, current_app, request

from sharing.booking import formats, forms, queries, shapes
from sharing.booking.rules import Submit, Violation, Week, local
from sharing.booking.rules.finding import Look
from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.idempotency import Answer, json_answer, json_bytes, json_response, posted
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, SIGNED_IN, needs
from sharing.kernel.timespan import TimeSpan, shanghai_day, week_span
from sharing.people.signed import me, me_or_none
from sharing.pricing.formats import quote_json

bp = APIBlueprint("calendar_api", __name__, url_prefix="/api/v1", tag="Calendar")
MOST_BARRED: Final = 50  # instruments of which an answer says why not


def _window(start: datetime | None, end: datetime | None, default: TimeSpan) -> TimeSpan:
    """The stretch asked for. Raises Refused: invalid-input when it is backwards."""
    first = start or default.start
    last = end or (first + (default.end - default.start))
    if last <= first:
        raise Refused("invalid-input", fields=[{"field": "end", "message": _("结束时间须晚于开始时间")}])
    return TimeSpan(first, last)


@bp.get("/instruments/<uuid:instrument_id>/calendar")
@needs(PUBLIC)
@takes(forms.WindowIn, "query")
@bp.output(shapes.CalendarOut)
@bp.doc(
    summary="An instrument's calendar",
    operation_id="getCalendar",
    responses={304: "Unchanged since `If-None-Match`"},
)
def calendar(instrument_id: uuid.UUID) -> Any:
    """Open and closed time, bookings, what is held for requests, buffers, blocks; this week where nothing is named.

    Whose booking it is shows only to those who may see it.
    """
    asked, by, now = parse(forms.WindowIn, request.args), me_or_none(), clock.now()
    window = _window(asked.start, asked.end, week_span(shanghai_day(asked.start or now)))
    known = queries.calendar(instrument_id, by, now)
    if request.if_none_match.contains_weak(known.tag):
        return Response(status=304, headers={"ETag": f'W/"{known.tag}"'})
    response = Response(queries.written(known, window, by, _said), mimetype="application/json")
    response.set_etag(known.tag, weak=True)
    return response


def _said(week: Week) -> bytes:
    return json_bytes(formats.calendar_json(week))


@bp.get("/instruments/<uuid:instrument_id>/why")
@needs("booking.submit")
@takes(forms.WhyIn, "query")
@bp.output(shapes.WhyOut)
@bp.doc(summary="Why a time cannot be had", operation_id="whyNot")
def why(instrument_id: uuid.UUID) -> Any:
    """Every rule with its limit, what holds the time as far as you may know, closures, whom to ask, and the nearest
    time that works for you."""
    span = parse(forms.WhyIn, request.args).span
    found = queries.why(Submit(instrument_id, span, ""), by=me(), now=clock.now())
    return json_response(formats.why_json(found, _sentence))


def _sentence(one: Violation) -> str:
    said: str = current_app.extensions["sharing.violation"](one)
    return said


@bp.get("/availability")
@needs("booking.submit")
@takes(forms.AvailabilityIn, "query")
@bp.output(shapes.AvailabilityOut)
@bp.doc(summary="The earliest free time", operation_id="listAvailability")
def availability() -> Any:
    """Across every instrument that is asked for and that you may book, the earliest time first; two weeks from now by
    default. Judged as a booking would be, but for what it is still asked: its questions, its card, which of several
    groups pays. `barred` names instruments that you may not book so at all, and why."""
    asked, by, now = parse(forms.AvailabilityIn, request.args), me(), clock.now()
    look = Look(asked.window(now), asked.duration)
    ids, beyond = ([asked.instrument], 0) if asked.instrument else queries.to_look_at(asked.search(), by, now)
    found = queries.earliest(ids, look, by, now, limit=asked.limit, total=asked.limit, beyond=beyond)
    items = formats.earliest_json(found, asked.limit)
    told = queries.with_names(found.barred[:MOST_BARRED], now)
    barred = [
        formats.barred_json(one) | {"violations": [_violation(broken) for broken in one.broken]}
        for one in told
    ]
    page = {"items": items, "total": len(items), "page": 1, "per_page": asked.limit}
    counted = {"looked_at": found.looked_at, "beyond": found.beyond, "barred_total": len(found.barred)}
    return json_response(page | counted | {"barred": barred})


@bp.post("/quotes")
@needs(SIGNED_IN)
@takes(forms.QuoteIn)
@bp.output(shapes.QuoteOut)
@bp.doc(summary="What a span would cost, and what stands against it", operation_id="createQuote")
def quote() -> Any:
    """Nothing is written: price lines, every broken rule, the time in the way, the approval it would take."""
    ask, by, now = parse(forms.QuoteIn, json_body()).command(), me(), clock.now()

    def work() -> Answer:
        found = queries.check(ask, by=by, now=now, questions_later=not ask.answers)
        shown = quote_json(found.quote) | {
            "violations": [_violation(one) for one in found.violations],
            "exempt_from": list(found.exempt_from),
            "conflicts": [local(span) for span in found.conflicts],
            "closed": [{**local(one.span), "reason": one.reason} for one in found.closed],
            "alternatives": [formats.free_json(free) for free in found.alternatives],
            "steps": [{"step": step.role, "rule": step.rule} for step in found.steps],
            "advice": [{"kind": one.kind, "earliest": formats.instant(one.earliest)} for one in found.advice],
        }
        return json_answer(shown)

    return posted(user_id=by.user_id, now=now, work=work)


def _violation(one: Violation) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "message": _sentence(one),
        "limit": one.limit,
        "actual": one.actual,
        **one.facts,
    }
