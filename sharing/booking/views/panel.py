"""The panel "your booking" and the week beside it: what htmx and the calendar ask, and the form that is sent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.booking import forms, queries, service
from sharing.booking.pages import tab
from sharing.booking.rules import Check, Item, Week
from sharing.booking.views.desks import days_asked
from sharing.kernel import clock
from sharing.kernel.db import attempts
from sharing.kernel.idempotency import Answer, answered, fingerprint
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, needs
from sharing.kernel.timespan import SHANGHAI
from sharing.people.rules import Actor
from sharing.people.signed import me, me_or_none
from sharing.registry import queries as registry
from sharing.registry.rules import Terms

bp = Blueprint("panel", __name__)


def _terms(instrument_id: uuid.UUID) -> Terms:
    terms = registry.booking_terms(instrument_id)
    if terms is None:
        raise Refused("not-found")
    return terms


@bp.get("/instruments/<uuid:instrument_id>/week")
@needs(PUBLIC)
def week(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """The calendar of some days; unchanged since the version that the browser holds is 304."""
    window, by = days_asked(), me_or_none()
    known = queries.calendar(instrument_id, by, clock.now())
    if request.if_none_match.contains_weak(known.tag):
        return "", 304, {"ETag": f'W/"{known.tag}"'}
    response = current_app.response_class(
        queries.written(known, window, by, _said), mimetype="application/json"
    )
    response.set_etag(known.tag, weak=True)
    return response


def _said(week: Week) -> bytes:
    return current_app.json.dumps(
        {"items": [_item(one) for one in week.items], "version": week.version}
    ).encode()


def _item(item: Item) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": item.kind.value,
        "start": item.span.start.astimezone(SHANGHAI).isoformat(timespec="minutes"),
        "end": item.span.end.astimezone(SHANGHAI).isoformat(timespec="minutes"),
        "position": item.position,
        "title": item.title,
        "booking_id": str(item.booking_id) if item.booking_id else None,
        "status": item.status,
        "mine": item.mine,
    }
    if item.booking_id:
        told["href"] = url_for("booking.booking", booking_id=item.booking_id)
    return told


@bp.post("/instruments/<uuid:instrument_id>/check")
@needs(PUBLIC)
def check(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """The rules and the price of the time in the panel, without writing anything."""
    terms, by, now = _terms(instrument_id), me_or_none(), clock.now()
    found: Check | None = None
    if by is not None and request.form.get("start") and request.form.get("end"):
        try:
            ask = forms.panel(request.form, terms, draft=True)
            found = queries.check(ask, by=by, now=now, questions_later=True)
        except Refused as no:
            if no.kind != "invalid-input":
                raise
            return render_template(
                "booking/_refusal.html", sentences=[f["message"] for f in no.facts["fields"]]
            )
    book = tab.book_tab(terms, by, now=now, values=request.form, check=found)
    return render_template("booking/_check.html", book=book)


@bp.post("/instruments/<uuid:instrument_id>/bookings")
@needs("booking.submit")
def submit(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """Send the panel: a new booking, a move, or a returned request again. The form comes back as typed when refused.

    The form carries a key of its own, so that a reload or a second press is the same request (CONTRACT section 4).
    """
    terms = _terms(instrument_id)
    form: Mapping[str, str] = request.form
    try:
        form = forms.with_files(form, terms, request.files)
        booking_id = _sent(terms, form)
    except Refused as no:
        if no.kind in {"not-found", "unauthenticated", "forbidden"}:
            raise
        return _again(terms, form, no)
    flash(_("预约成功") if terms.instrument.booking_mode.value == "self_service" else _("已提交"), "good")
    return redirect(url_for("booking.booking", booking_id=booking_id))


def _sent(terms: Terms, form: Mapping[str, str]) -> uuid.UUID:
    by, now = me(), clock.now()
    if move := form.get("move"):
        return service.reschedule(
            _id(move), span=forms.span(form), instrument_id=terms.instrument.id, by=by, now=now
        ).id
    ask = forms.panel(form, terms)
    if edit := form.get("edit"):
        return service.resubmit(_id(edit), ask=ask, by=by, now=now).id
    key = form.get("key", "")[:200]
    if not key:
        return service.submit(ask, by=by, now=now).booking.id
    asked = fingerprint("POST", request.path, key.encode())

    def work() -> Answer:
        return Answer(201, str(service.submit(ask, by=by, now=now).booking.id).encode())

    answer = attempts(
        lambda: answered(user_id=by.user_id, key=f"form:{key}", asked=asked, now=now, work=work)
    )
    return uuid.UUID(answer.body.decode())


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Refused("bad-request") from None


def _again(terms: Terms, form: Mapping[str, str], no: Refused) -> ResponseReturnValue:
    """The instrument's page with what was typed, what is wrong, and free time instead."""
    by, now = me(), clock.now()
    errors = {str(f["field"]): str(f["message"]) for f in no.facts.get("fields", ())}
    found = None if form.get("move") else _checked(terms, form, by, now)
    instead = () if found and found.alternatives else no.facts.get("alternatives", ())
    told = tab.Told(
        sentence=current_app.extensions["sharing.explain"](no),
        alternatives=tab.alternatives(instead, terms.instrument.id),
    )
    book = tab.book_tab(
        terms,
        by,
        now=now,
        values=form,
        errors=errors,
        check=found,
        refused=told,
        moving=queries.readable_booking(_id(form["move"]), by, now) if form.get("move") else None,
        editing=queries.readable_booking(_id(form["edit"]), by, now) if form.get("edit") else None,
    )
    return render_template("booking/again.html", book=book, instrument=terms.instrument), no.status


def _checked(terms: Terms, values: Mapping[str, str], by: Actor | None, now: datetime) -> Check | None:
    """What the rules and the price say of the time in a form; None while there is none that can be read."""
    if by is None or not values.get("start"):
        return None
    try:
        return queries.check(forms.panel(values, terms, draft=True), by=by, now=now, questions_later=True)
    except Refused as no:
        if no.kind != "invalid-input":
            raise
        return None


def from_address(terms: Terms, args: Mapping[str, str]) -> tab.BookTab:
    """The tab as an address asks for it: `start`, `end`, `again`, `move`, `edit` (booking ids)."""
    by, now = me_or_none(), clock.now()
    values: dict[str, str] = {name: args[name] for name in ("start", "end") if len(args.get(name, "")) > 10}
    moving = queries.readable_booking(_id(args["move"]), by, now) if by and args.get("move") else None
    editing = queries.readable_booking(_id(args["edit"]), by, now) if by and args.get("edit") else None
    again = queries.readable_booking(_id(args["again"]), by, now) if by and args.get("again") else None
    if source := moving or editing or again:
        values = {**forms.typed(source, again=again is not None, now=now), **values}
    found = None if moving else _checked(terms, values, by, now)
    first = tab.day_asked(args.get("start", ""))
    return tab.book_tab(
        terms, by, now=now, values=values, first=first, check=found, moving=moving, editing=editing
    )
