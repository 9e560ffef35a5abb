"""My desk and the manager's desk."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.booking import queries
from sharing.booking.pages import desks
from sharing.booking.rules import BlockRow, BookingRow, Status
from sharing.booking.views.bookings import bp
from sharing.kernel import clock
from sharing.kernel.language import named
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.kernel.timespan import SHANGHAI, TimeSpan, at_shanghai, believable
from sharing.people.signed import me

__all__ = ["bp"]
MOST_DAYS = 42


@bp.get("/desk")
@needs(SIGNED_IN)
def desk() -> ResponseReturnValue:
    """Next up, waiting on me, waiting on others, what was."""
    page = request.args.get("page", 1, type=int)
    shown = desks.desk(
        me(),
        now=clock.now(),
        statuses=request.args.getlist("status"),
        page=max(1, min(page, 10_000)),
        back=url_for("booking.desk"),
    )
    return render_template("booking/desk.html", desk=shown)


@bp.get("/manage")
@needs("booking.manage")
def manage() -> ResponseReturnValue:
    """The manager's queue."""
    shown = desks.queue(me(), now=clock.now(), back=url_for("booking.manage"))
    return render_template("booking/manage.html", manage=shown)


@bp.get("/manage/today")
@needs("booking.manage")
def today() -> ResponseReturnValue:
    """Today's board, and what waits to be confirmed."""
    shown = desks.today(me(), now=clock.now(), back=url_for("booking.today"))
    return render_template("booking/manage.html", manage=shown)


@bp.get("/manage/weeks")
@needs("booking.manage")
def weeks() -> ResponseReturnValue:
    """A timeline over all my instruments."""
    start = request.args.get("start", "")
    shown = desks.weeks(me(), first=_day(start) if start else None, now=clock.now())
    return render_template("booking/manage.html", manage=shown)


@bp.get("/manage/weeks.json")
@needs("booking.manage")
def weeks_data() -> ResponseReturnValue:
    """The same for the calendar widget: resources and items between two days."""
    by = me()
    window = days_asked()
    mine = queries.run_by(by)
    return jsonify(
        resources=[
            {
                "id": str(i.id),
                "title": named(i.name, i.name_en),
                "href": url_for("registry.instrument", instrument_id=i.id),
            }
            for i in mine
        ],
        items=[
            *(_item(row) for row in queries.timeline(by, window)),
            *(_closed(row) for row in queries.in_window([i.id for i in mine], window)),
        ],
    )


def _item(row: BookingRow) -> dict[str, Any]:
    return {
        "resource_id": str(row.instrument_id),
        "kind": "hold" if row.status is Status.REQUESTED else "booking",
        "start": _iso(row.span.start),
        "end": _iso(row.span.end),
        "title": named(row.requester_name, row.requester_name_en),
        "booking_id": str(row.id),
        "number": row.number,
        "status": row.status.value,
        "movable": False,
        "href": url_for("booking.booking", booking_id=row.id),
    }


def _closed(row: BlockRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "resource_id": str(row.instrument_id),
        "kind": "block",
        "start": _iso(row.span.start),
        "end": _iso(row.span.end),
        "title": row.reason,
        "movable": False,
        "href": url_for("blocks.of_instrument", instrument_id=row.instrument_id, edit=row.id),
    }


def _iso(at: datetime) -> str:
    return at.astimezone(SHANGHAI).isoformat(timespec="minutes")


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise Refused("bad-request", field="start") from None
    if not believable(day):
        raise Refused("bad-request", field="start")
    return day


def days_asked() -> TimeSpan:
    """`?start=YYYY-MM-DD&end=YYYY-MM-DD`, half-open, at most six weeks. Raises Refused: bad-request."""
    start, end = _day(request.args.get("start", "")), _day(request.args.get("end", ""))
    if not 0 < (end - start).days <= MOST_DAYS:
        raise Refused("bad-request", field="end")
    return TimeSpan(at_shanghai(start), at_shanghai(end))
