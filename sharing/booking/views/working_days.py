"""Changing the statutory calendar. Here, not in `network`: it shows which bookings lie on the days that change."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.booking import queries
from sharing.booking.forms.days import DaysForm, YearIn
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.network import service
from sharing.people.signed import me

bp = Blueprint("days", __name__, url_prefix="/admin/working-days")
HIDDEN = {"not-found", "forbidden", "unavailable", "read-only", "unauthenticated"}


@bp.get("")
@needs("registry.read-internal")
def page() -> ResponseReturnValue:
    """The list of a year, the form for whoever may change it, the history."""
    return _page(clock.now(), parse(YearIn, request.args).year)


@bp.post("")
@needs("network.edit")
def enter() -> ResponseReturnValue:
    """First which days and bookings it would change, then entered, all or none."""
    now = clock.now()
    year: int | None = None
    effect: queries.CalendarEffect | None = None
    try:
        asked = parse(DaysForm, request.form)
        given = asked.entered()
        changes = given.changes()
        year = changes[0].day.year
        if request.form.get("step") == "save":
            service.edit_calendar(
                changes,
                source_document=given.source_document,
                revision=asked.revision,
                by=me(),
                now=now,
            )
            flash(_("已保存，从现在起按新的日历计算。"), "good")
            return redirect(url_for(".page", year=year), 303)
        service.check_calendar(changes, by=me(), now=now)
        effect = queries.calendar_effect(changes, now)
    except Refused as no:
        if no.kind in HIDDEN:
            raise
        return _page(now, year, refused=no)
    return _page(now, year, effect=effect)


def _page(
    now: datetime,
    year: int | None,
    *,
    effect: queries.CalendarEffect | None = None,
    refused: Refused | None = None,
) -> ResponseReturnValue:
    year = year or shanghai_day(now).year
    fields = refused.facts.get("fields", []) if refused else []
    body = render_template(
        "booking/working_days.html",
        year=year,
        days=network.listed_days(year),
        published=year in network.work_calendar().published,
        revision=network.calendar_revision(),
        history=service.calendar_history(),
        may_edit=me().has("network.edit"),
        typed=request.form if request.method == "POST" else {},
        errors=fields,
        refused=refused,
        effect=effect,
    )
    return body, refused.status if refused else 200
