"""Closing time on an instrument: its maintenance tab, and the forms that are sent from it and from the weeks."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.booking import forms, queries, service
from sharing.booking.pages.closing import closing_tab
from sharing.booking.rules import BlockRow
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.people.signed import me

bp = Blueprint("blocks", __name__)


@bp.get("/instruments/<uuid:instrument_id>/blocks")
@needs("booking.manage")
def of_instrument(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """What closes it now, later and before, and the form; `edit` fills it with a block, `start` and `end` with time."""
    editing = _editing(instrument_id)
    asked = {name: request.args[name] for name in ("start", "end") if name in request.args}
    tab = closing_tab(instrument_id, me(), now=clock.now(), editing=editing, values=asked or None)
    return render_template("booking/blocks.html", tab_of=tab)


def _editing(instrument_id: uuid.UUID) -> BlockRow | None:
    """The block that the address names. Raises Refused: not-found."""
    if "edit" not in request.args:
        return None
    try:
        row = queries.block(uuid.UUID(request.args["edit"]))
    except ValueError:
        row = None
    if row is None or row.instrument_id != instrument_id or row.lifted_at is not None:
        raise Refused("not-found")
    return row


def _back(instrument_id: uuid.UUID) -> str:
    """Where the form was: a local path in `next`, else the tab."""
    wanted = request.form.get("next", "")
    local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if local else url_for(".of_instrument", instrument_id=instrument_id)


def _sent(
    instrument_id: uuid.UUID, work: Callable[[], Any], said: str, editing: BlockRow | None = None
) -> ResponseReturnValue:
    """Run one action; what is refused shows the tab again as typed, with whom it hits."""
    try:
        work()
    except Refused as no:
        if no.kind in {"not-found", "unauthenticated", "forbidden"}:
            raise
        tab = closing_tab(
            instrument_id,
            me(),
            now=clock.now(),
            editing=editing,
            values=request.form,
            errors={str(f["field"]): str(f["message"]) for f in no.facts.get("fields", ())},
            refused=str(current_app.extensions["sharing.explain"](no)),
            hits=no.facts.get("bookings", ()),
        )
        return render_template("booking/blocks.html", tab_of=tab), no.status
    flash(said, "good")
    return redirect(_back(instrument_id))


@bp.post("/instruments/<uuid:instrument_id>/blocks")
@needs("booking.manage")
def close_time(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """Close time; when it hits bookings, the page asks what becomes of each and is sent again with the answers."""

    def work() -> None:
        ask = forms.closing(request.form, instrument_id)
        service.close_time(ask, forms.chosen(request.form), by=me(), now=clock.now())

    return _sent(instrument_id, work, _("已停用，受影响的预约人已收到通知"))


@bp.post("/blocks/<uuid:block_id>")
@needs("booking.manage")
def edit(block_id: uuid.UUID) -> ResponseReturnValue:
    """Change one date of closed time."""
    row = queries.block(block_id)
    if row is None:
        raise Refused("not-found")

    def work() -> None:
        ask = forms.closing(request.form, row.instrument_id)
        choices = forms.chosen(request.form)
        service.edit_block(
            block_id,
            span=ask.span,
            kind=ask.kind,
            reason=ask.reason,
            choices=choices,
            by=me(),
            now=clock.now(),
        )

    return _sent(row.instrument_id, work, _("停用时段已更改"), editing=row)


@bp.post("/blocks/<uuid:block_id>/reopen")
@needs("booking.manage")
def reopen(block_id: uuid.UUID) -> ResponseReturnValue:
    """Give the time back: what runs ends now, what is to come is lifted."""
    row = queries.block(block_id)
    if row is None:
        raise Refused("not-found")

    def work() -> None:
        reach = parse(forms.ReopenIn, request.form).reach
        service.reopen(block_id, reach, by=me(), now=clock.now())

    return _sent(row.instrument_id, work, _("时间已重新开放"))
