"""The panel "your booking" and the week beside it: what htmx and the calendar ask, and the form that is sent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.booking import forms, queries, service
from sharing.booking.pages import tab
from sharing.booking.rules import Check, Free, Item, Submit, Week
from sharing.booking.views.desks import days_asked
from sharing.kernel import clock
from sharing.kernel.db import attempts
from sharing.kernel.idempotency import Answer, answered, fingerprint
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, SIGNED_IN, needs
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


@bp.get("/instruments/<uuid:instrument_id>/why")
@needs(SIGNED_IN)
def why(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """Why a time cannot be had; a part of the panel for htmx, else a page of its own."""
    terms, by, now = _terms(instrument_id), me(), clock.now()
    found = queries.why(Submit(instrument_id, forms.span(request.args), ""), by=by, now=now)
    page = tab.why_page(found, terms.instrument)
    part = request.headers.get("HX-Request") == "true"
    return render_template("booking/_why.html" if part else "booking/why.html", why=page, part=part)


@bp.post("/instruments/<uuid:instrument_id>/check")
@needs(PUBLIC)
def check(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """The rules and the price of the time in the panel, without writing anything."""
    terms, by, now = _terms(instrument_id), me_or_none(), clock.now()
    found: Check | None = None
    person: Actor | None = None
    if by is not None and request.form.get("start") and request.form.get("end"):
        try:
            ask = forms.panel(request.form, terms, draft=True)
            person = _person(terms, request.form, by, now)
            found = queries.check(
                ask, by=person or by, now=now, questions_later=True, booker=by if person else None
            )
        except Refused as no:
            if no.kind != "invalid-input":
                raise
            return render_template(
                "booking/_refusal.html", sentences=[f["message"] for f in no.facts["fields"]]
            )
    book = tab.book_tab(terms, by, now=now, values=request.form, check=found, person=person)
    return render_template("booking/_check.html", book=book)


def _person(terms: Terms, form: Mapping[str, str], by: Actor, now: datetime) -> Actor | None:
    """For whom the panel asks; None where for whoever sits before it. Raises Refused: not-on-behalf."""
    said = form.get("for", "")
    return queries.person_meant(said, by, terms.instrument.path, now) if said else None


@bp.post("/instruments/<uuid:instrument_id>/bookings/on-behalf")
@needs("booking.on-behalf")
def submit_for(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """The panel, sent for somebody else, who is told."""
    return _submitted(instrument_id)


@bp.post("/instruments/<uuid:instrument_id>/bookings")
@needs("booking.submit")
def submit(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """Send the panel: a new booking, a move, or a returned request again. The form comes back as typed when refused.

    The form carries a key of its own, so that a reload or a second press is the same request (CONTRACT section 4).
    """
    return _submitted(instrument_id)


def _submitted(instrument_id: uuid.UUID) -> ResponseReturnValue:
    terms = _terms(instrument_id)
    form: Mapping[str, str] = request.form
    try:
        form = forms.with_files(form, terms, request.files)
        booking_id = _sent(terms, form)
    except Refused as no:
        if no.kind in {"not-found", "unauthenticated", "forbidden", "not-on-behalf"}:
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
    ask, person = forms.panel(form, terms), _person(terms, form, by, now)
    who, booker = person or by, by if person else None
    if edit := form.get("edit"):
        return service.resubmit(_id(edit), ask=ask, by=by, now=now).id
    key = form.get("key", "")[:200]
    if not key:
        return service.submit(ask, by=who, now=now, booker=booker).booking.id
    asked = fingerprint("POST", request.path, key.encode())

    def work() -> Answer:
        done = service.submit(ask, by=who, now=now, booker=booker)
        return Answer(201, str(done.booking.id).encode())

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
    person = _person(terms, form, by, now)
    errors = {str(f["field"]): str(f["message"]) for f in no.facts.get("fields", ())}
    free = no.facts.get("alternatives")
    found = None if form.get("move") else _checked(terms, form, by, now, person, instead=free)
    instead = () if found and found.alternatives else free or ()
    own = no.facts.get("own", ())
    told = tab.Told(
        sentence=current_app.extensions["sharing.explain"](no),
        href=url_for("booking.booking", booking_id=own[0]["id"]) if own else "",
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
        person=person,
    )
    return render_template("booking/again.html", book=book, instrument=terms.instrument), no.status


def _checked(
    terms: Terms,
    values: Mapping[str, str],
    by: Actor | None,
    now: datetime,
    person: Actor | None,
    *,
    instead: Sequence[Free] | None = None,
) -> Check | None:
    """What the rules and the price say of the time in a form; None while there is none that can be read."""
    if by is None or not values.get("start"):
        return None
    try:
        ask, booker = forms.panel(values, terms, draft=True), by if person else None
        return queries.check(
            ask, by=person or by, now=now, questions_later=True, booker=booker, instead=instead
        )
    except Refused as no:
        if no.kind != "invalid-input":
            raise
        return None


def from_address(terms: Terms, args: Mapping[str, str]) -> tab.BookTab:
    """The tab as an address asks for it: `start`, `end`, `again`, `move`, `edit` (booking ids), `for` (a person)."""
    by, now = me_or_none(), clock.now()
    person, no_person = None, ""
    try:
        person = _person(terms, args, by, now) if by and by.has("booking.on-behalf") else None
    except Refused as no:
        no_person = current_app.extensions["sharing.explain"](no)
    values: dict[str, str] = {name: args[name] for name in ("start", "end") if len(args.get(name, "")) > 10}
    moving = queries.readable_booking(_id(args["move"]), by, now) if by and args.get("move") else None
    editing = queries.readable_booking(_id(args["edit"]), by, now) if by and args.get("edit") else None
    again = queries.readable_booking(_id(args["again"]), by, now) if by and args.get("again") else None
    if source := moving or editing or again:
        values = {**forms.typed(source, again=again is not None, now=now), **values}
    found = None if moving else _checked(terms, values, by, now, person)
    first = tab.day_asked(args.get("start", ""))
    return tab.book_tab(
        terms,
        by,
        now=now,
        values=values,
        first=first,
        check=found,
        moving=moving,
        editing=editing,
        person=person,
        no_person=no_person,
    )
