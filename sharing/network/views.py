"""The page of working days, which everybody may read."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.rights import PUBLIC, needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import forms, queries

bp = Blueprint("network", __name__, url_prefix="/network")
EDIT = "network.edit"


@bp.get("/working-days")
@needs(PUBLIC)
def working_days() -> ResponseReturnValue:
    """Holidays and shifted working days of a year, and whether its list is published."""
    asked = parse(forms.YearAsked, request.args)
    year = asked.year or shanghai_day(clock.now()).year
    calendar = queries.work_calendar()
    first = date(year, 1, 1)
    fixed = [date(year, month, day) for month, day in sorted(calendar.fixed)]
    return render_template(
        "network/working_days.html",
        year=year,
        published=year in calendar.published,
        days=queries.listed_days(year),
        fixed=[(day, *calendar.fixed[day.month, day.day]) for day in fixed],
        workdays=sum(
            calendar.is_workday(date.fromordinal(first.toordinal() + n)) for n in range(_length(year))
        ),
        may_edit=current_user.is_authenticated and current_user.actor.has(EDIT),
    )


def _length(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days
