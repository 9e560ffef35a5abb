"""Calendars, quotes and free time as JSON (CONTRACT section 4)."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from apiflask import APIBlueprint
from flask import Response, current_app, request

from sharing.booking import formats, forms, queries, shapes
from sharing.booking.rules import Violation, Week, local
from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.idempotency import Answer, posted
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, needs
from sharing.kernel.timespan import TimeSpan, shanghai_day, week_span
from sharing.people.signed import me, me_or_none
from sharing.pricing.formats import quote_json

bp = APIBlueprint("calendar_api", __name__, url_prefix="/api/v1", tag="Calendar")
AHEAD: Final = timedelta(days=14)


def _dumped(found: dict[str, Any]) -> bytes:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


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
    return _dumped(formats.calendar_json(week))


@bp.get("/availability")
@needs("booking.submit")
@takes(forms.AvailabilityIn, "query")
@bp.output(shapes.AvailabilityOut)
@bp.doc(summary="The earliest free time", operation_id="listAvailability")
def availability() -> Any:
    """Across every instrument that you may book: of a category, of a zone, or one; two weeks from now by default."""
    asked, now = parse(forms.AvailabilityIn, request.args), clock.now()
    found = queries.availability(
        me(),
        _window(asked.from_, asked.to, TimeSpan(now, now + AHEAD)),
        now,
        minutes=asked.duration,
        instrument_id=asked.instrument,
        category=asked.category,
        zone=asked.zone,
        limit=asked.limit,
    )
    items = [formats.free_json(free) for free in found]
    page = {"items": items, "total": len(items), "page": 1, "per_page": asked.limit}
    return Response(_dumped(page), mimetype="application/json")


@bp.post("/quotes")
@needs("booking.submit")
@takes(forms.QuoteIn)
@bp.output(shapes.QuoteOut)
@bp.doc(summary="What a span would cost, and what stands against it", operation_id="createQuote")
def quote() -> Any:
    """Nothing is written: price lines, every broken rule, the time in the way, the approval it would take."""
    given = request.get_json()
    ask, by, now = parse(forms.QuoteIn, given if isinstance(given, dict) else {}).command(), me(), clock.now()

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
        return Answer(200, _dumped(shown))

    return posted(user_id=by.user_id, now=now, work=work)


def _violation(one: Violation) -> dict[str, Any]:
    sentence = current_app.extensions["sharing.violation"](one)
    return {"rule": one.rule, "message": sentence, "limit": one.limit, "actual": one.actual, **one.facts}
