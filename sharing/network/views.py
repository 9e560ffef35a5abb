"""The page of working days: everybody may read it, the province's administrator changes it."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import forms, queries, service

bp = Blueprint("network", __name__, url_prefix="/network")
EDIT = "network.edit"


@bp.get("/working-days")
@needs(PUBLIC)
def working_days() -> ResponseReturnValue:
    """Holidays and shifted working days of a year, and whether its list is published."""
    asked = parse(forms.YearAsked, request.args)
    return _page(asked.year or shanghai_day(clock.now()).year)


def _page(year: int, refused: Refused | None = None) -> ResponseReturnValue:
    calendar = queries.work_calendar()
    first = date(year, 1, 1)
    fixed = [date(year, month, day) for month, day in sorted(calendar.fixed)]
    body = render_template(
        "network/working_days.html",
        year=year,
        published=year in calendar.published,
        days=queries.listed_days(year),
        fixed=[(day, *calendar.fixed[day.month, day.day]) for day in fixed],
        workdays=sum(
            calendar.is_workday(date.fromordinal(first.toordinal() + n)) for n in range(_length(year))
        ),
        may_edit=current_user.is_authenticated and current_user.actor.has(EDIT),
        form=request.form if refused else {},
        errors={one["field"]: one["message"] for one in refused.facts.get("fields", [])} if refused else {},
    )
    return body, refused.status if refused else 200


def _length(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


@bp.post("/working-days")
@needs(EDIT)
def edit_working_day() -> ResponseReturnValue:
    """Enter, change or take out a day, with the document that says so."""
    try:
        given = parse(forms.CalendarDayForm, request.form)
    except Refused as no:
        return _page(shanghai_day(clock.now()).year, no)
    service.edit_calendar_day(**given.model_dump(), by=current_user.actor, now=clock.now())
    flash(_("已保存，从现在起按新的日历计算。"), "good")
    return redirect(url_for("network.working_days", year=given.day.year), 303)
