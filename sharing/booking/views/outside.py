"""The page on which an instrument's calendar is said to be kept in a campus system."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.booking import forms, service
from sharing.booking.pages.outside import outside_page
from sharing.kernel import clock
from sharing.kernel.busy import MOST_BYTES
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import bounded, needs
from sharing.people.signed import me

bp = Blueprint("outside", __name__)
AT = "/instruments/<uuid:instrument_id>/outside"


@bp.get(AT)
@needs("booking.manage")
def of_instrument(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """Where it is read, how the last reading went, and what is booked on both sides."""
    return _page(instrument_id)


def _page(instrument_id: uuid.UUID, refused: Refused | None = None) -> ResponseReturnValue:
    page = outside_page(instrument_id, me(), now=clock.now())
    fields = refused.facts.get("fields", ()) if refused else ()
    body = render_template(
        "booking/outside.html",
        page=page,
        values=request.form if refused else page.values,
        errors={str(one["field"]): str(one["message"]) for one in fields},
        refused=current_app.extensions["sharing.explain"](refused) if refused and not fields else "",
    )
    return body, refused.status if refused else 200


def _done(instrument_id: uuid.UUID, work: Callable[[], Any], said: str) -> ResponseReturnValue:
    try:
        work()
    except Refused as no:
        if no.kind in {"not-found", "forbidden", "unauthenticated"}:
            raise
        return _page(instrument_id, no)
    flash(said, "good")
    return redirect(url_for(".of_instrument", instrument_id=instrument_id))


@bp.post(AT)
@needs("booking.manage")
def keep(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """Set it up, or change it; an address is read at once."""

    def work() -> None:
        given: Mapping[str, str] = {
            name: request.form.get(name, "") for name in ("address", "link", "limit_minutes")
        }
        row = service.keep_outside(
            instrument_id, parse(forms.OutsideIn, given).command(), by=me(), now=clock.now()
        )
        if row.kind == "address":
            service.read_outside(row, now=clock.now())

    return _done(instrument_id, work, _("已保存"))


@bp.post(f"{AT}/read")
@needs("booking.manage")
def read(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """Read it at once."""
    return _done(
        instrument_id,
        lambda: service.read_now(instrument_id, by=me(), now=clock.now()),
        _("已去读取，结果见下"),
    )


@bp.post(f"{AT}/file")
@needs("booking.manage")
@bounded(MOST_BYTES)
def file(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """Take over a file."""
    given = request.files.get("file")
    source = given.stream.read() if given else b""
    return _done(
        instrument_id,
        lambda: service.drop_file(instrument_id, source, by=me(), now=clock.now()),
        _("已按文件更新占用"),
    )


@bp.post(f"{AT}/drop")
@needs("booking.manage")
def drop(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the calendar here again."""
    return _done(
        instrument_id,
        lambda: service.drop_outside(instrument_id, by=me(), now=clock.now()),
        _("日历改回在本平台管理"),
    )
