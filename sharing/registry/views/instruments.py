"""An instrument's settings, for who runs it; its pictures; the star."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.audit import queries as audit
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, SIGNED_IN, needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people.signed import me
from sharing.registry import forms, queries, service
from sharing.registry.pages.imports import storage
from sharing.registry.queries import Head
from sharing.registry.rules import spans_in_text
from sharing.registry.rules.hours import DAY_KINDS, WEEKDAYS

bp = Blueprint("instruments", __name__)

PARTS: Final = (
    "record",
    "status",
    "pictures",
    "documents",
    "policy",
    "timetable",
    "questions",
    "licences",
    "managers",
)
BY_RIGHT: Final = {
    "licences": lambda head: head.may_license,
    "managers": lambda head: head.may_appoint,
}


# --- pictures and the star -----------------------------------------------------------------------------------


@bp.get("/pictures/<uuid:picture_id>.jpg")
@needs(PUBLIC)
def picture(picture_id: uuid.UUID) -> ResponseReturnValue:
    """A picture's file. It never changes under its key, so it may be kept for a year."""
    row = queries.picture(picture_id)
    path = service.file_of(storage(), row.sha256, small=request.args.get("size") == "small") if row else None
    if row is None or path is None or not path.is_file():
        raise Refused("not-found")
    response = Response(path.read_bytes(), mimetype=row.media_type)
    response.set_etag(path.stem)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response.make_conditional(request)


@bp.post("/instruments/<uuid:instrument_id>/star")
@needs(SIGNED_IN)
def star(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """Mark as often used, or no longer; htmx gets the star alone."""
    on = request.form.get("on") == "1"
    service.star(instrument_id, on, by=me(), now=clock.now())
    if request.headers.get("HX-Request"):
        return render_template("registry/_star.html", instrument_id=instrument_id, on=on)
    return redirect(url_for("registry.instrument", instrument_id=instrument_id))


# --- entering a new one --------------------------------------------------------------------------------------


@bp.route("/instruments/new", methods=["GET", "POST"])
@needs("registry.create")
def new() -> ResponseReturnValue:
    """A form for a new instrument; what was typed is kept when it is refused."""
    refused = None
    if request.method == "POST":
        try:
            asked = parse(forms.NewInstrumentForm, request.form)
            row = service.create(asked.changes(), by=me(), now=clock.now())
        except Refused as no:
            refused = _kept(no)
        else:
            flash(_("已登记 %(code)s", code=row.code), "good")
            return redirect(url_for(".settings", instrument_id=row.id))
    page = render_template(
        "registry/new.html",
        values=_typed() or {"capacity": 1},
        owners=queries.owners(me(), shanghai_day(clock.now())),
        refused=refused,
        said=current_app.extensions["sharing.explain"](refused) if refused else "",
        **_lists(),
    )
    return page, refused.status if refused else 200


# --- settings ------------------------------------------------------------------------------------------------


@bp.get("/instruments/<uuid:instrument_id>/settings")
@needs("registry.read-internal")
def settings(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """One part of the settings at a time, chosen by `part`; whoever may not change it may read it."""
    return _shown(instrument_id, request.args.get("part", ""))


def _shown(instrument_id: uuid.UUID, part: str, refused: Refused | None = None) -> ResponseReturnValue:
    now = clock.now()
    on = shanghai_day(now)
    head = queries.head(instrument_id, me(), on)
    if head is None:
        raise Refused("not-found")
    if not head.sees_internal and not head.may_set:
        raise Refused("forbidden")
    parts = [one for one in PARTS if BY_RIGHT.get(one, _always)(head)]
    part = part if part in parts else parts[0]
    body = render_template(
        "registry/settings.html",
        head=head,
        part=part,
        parts=parts,
        on=on,
        refused=refused,
        typed=_typed(),
        values_of=values_of,
        history=audit.history("instrument", instrument_id, limit=30),
        **_facts(part, head, on),
    )
    return body, refused.status if refused else 200


def _always(_head: Head) -> bool:
    return True


def _facts(part: str, head: Head, on: date) -> dict[str, Any]:
    """What one part shows beside the head."""
    key = head.row.id
    terms = queries.booking_terms(key)
    if part == "record":
        return _lists(head.row.category_code)
    if part == "pictures":
        return {"pictures": queries.pictures(key)}
    if part == "documents":
        return {"documents": queries.documents(key)}
    if part == "policy" and terms:
        return {"now": terms.policy(on)}
    if part == "timetable" and terms:
        kinds = DAY_KINDS + WEEKDAYS
        table = terms.timetable(on)
        return {"rows": queries.timetables_at("instrument", key), "now": table, "kinds": kinds} | {
            "in_text": spans_in_text
        }
    if part == "questions" and terms:
        own = queries.questions_at("instrument", key)
        return {
            "own": own,
            "asked": terms.questions,
            "shipped": network.setting("sample_questions", on) or [],
        }
    if part == "licences":
        return {"licences": queries.licences(key)}
    return {}


def values_of(row: Any, valid_from: date | None = None) -> dict[str, Any]:
    """A row's fields as a form shows them before anybody typed."""
    shown = {name: getattr(row, name) for name in row.__dataclass_fields__}
    if valid_from is not None:
        return shown | {"valid_from": valid_from}
    fen = row.original_value_fen
    value = "" if fen is None else f"{fen // 1_000_000}.{fen % 1_000_000 // 100:04d}".rstrip("0").rstrip(".")
    return shown | {"zone": row.zone_code, "category": row.category_code, "original_value_fen": value}


def _lists(now_in: str = "") -> dict[str, Any]:
    """What is chosen from. A category that is gone stays choosable for what is in it."""
    return {
        "zones": network.zones(),
        "categories": [one for one in network.categories() if not one.gone or one.code == now_in],
    }


def _typed() -> Mapping[str, Any]:
    """What was typed, to be shown again."""
    return request.form if request.method == "POST" else {}


def _kept(no: Refused) -> Refused:
    """A refusal that the form shows; one that hides the thing goes on to the error page."""
    if no.kind in {"not-found", "forbidden", "unavailable", "read-only", "unauthenticated"}:
        raise no
    return no


def done(instrument_id: uuid.UUID, part: str, said: str, work: Callable[[], object]) -> ResponseReturnValue:
    """Do it and come back to the part; when it is refused, show the part with what was typed."""
    try:
        work()
    except Refused as no:
        return _shown(instrument_id, part, _kept(no))
    flash(said, "good")
    return redirect(url_for("instruments.settings", instrument_id=instrument_id, part=part))


@bp.post("/instruments/<uuid:instrument_id>/edit")
@needs("registry.edit")
def edit(instrument_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        asked = parse(forms.InstrumentForm, request.form)
        service.edit(instrument_id, asked.changes(), revision=asked.revision, by=me(), now=clock.now())

    return done(instrument_id, "record", _("已保存"), work)


@bp.post("/instruments/<uuid:instrument_id>/status")
@needs("registry.edit")
def status(instrument_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        asked = parse(forms.StatusForm, request.form)
        service.change_status(
            instrument_id, asked.status, reason=asked.status_reason, by=me(), now=clock.now()
        )

    return done(instrument_id, "status", _("状态已更新"), work)


@bp.post("/instruments/<uuid:instrument_id>/pictures")
@needs("registry.edit")
def add_picture(instrument_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        asked = parse(forms.PictureForm, request.form)
        sent = request.files.get("picture")
        data = sent.read() if sent else b""
        service.add_picture(
            instrument_id, data, caption=asked.caption, storage=storage(), by=me(), now=clock.now()
        )

    return done(instrument_id, "pictures", _("图片已加上"), work)


@bp.post("/instruments/<uuid:instrument_id>/pictures/<uuid:picture_id>/retire")
@needs("registry.edit")
def retire_picture(instrument_id: uuid.UUID, picture_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        service.retire_picture(picture_id, by=me(), now=clock.now())

    return done(instrument_id, "pictures", _("图片已撤下"), work)


@bp.post("/instruments/<uuid:instrument_id>/timetable")
@needs("policy.edit")
def add_timetable(instrument_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        asked = parse(forms.TimetableForm, request.form)
        values = {"name": asked.name, "name_en": asked.name_en, "days": asked.days()}
        dates = service.Dates(asked.valid_from, asked.source_document, asked.inherit)
        service.add_timetable(values, dates, scope=("instrument", instrument_id), by=me(), now=clock.now())

    return done(instrument_id, "timetable", _("新的开放时间已录入"), work)


@bp.post("/instruments/<uuid:instrument_id>/questions")
@needs("policy.edit")
def add_question(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """One question; or, with `shipped`, the network's whole sample and hazard declaration."""

    def work() -> None:
        now = clock.now()
        if request.form.get("shipped"):
            questions = network.setting("sample_questions", shanghai_day(now)) or []
        else:
            questions = [parse(forms.QuestionForm, request.form).row()]
        service.add_questions(scope=("instrument", instrument_id), questions=questions, by=me(), now=now)

    return done(instrument_id, "questions", _("预约时会问到"), work)


@bp.post("/instruments/<uuid:instrument_id>/questions/<uuid:question_id>/retire")
@needs("policy.edit")
def retire_question(instrument_id: uuid.UUID, question_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        service.retire_question(question_id, by=me(), now=clock.now())

    return done(instrument_id, "questions", _("以后不再问"), work)


@bp.post("/instruments/<uuid:instrument_id>/licences")
@needs("licence.grant")
def grant_licence(instrument_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        asked = parse(forms.LicenceForm, request.form)
        service.grant_licence(
            instrument_id,
            service.person_meant(instrument_id, asked.who, "who"),
            level=asked.level,
            starts_on=asked.starts_on,
            ends_on=asked.ends_on,
            by=me(),
            now=clock.now(),
        )

    return done(instrument_id, "licences", _("已授权，并已告知本人"), work)


@bp.post("/instruments/<uuid:instrument_id>/licences/paste")
@needs("licence.grant")
def paste_licences(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """A list from a sheet: all of it or, when asked, the good lines, with every bad one named."""
    try:
        asked = parse(forms.PasteForm, request.form)
        done = service.paste_licences(
            instrument_id, asked.text, partly=asked.partly, by=me(), now=clock.now()
        )
    except Refused as no:
        return _shown(instrument_id, "licences", _kept(no))
    flash(_("已授权 %(count)s 人，并已告知本人", count=done.granted), "good")
    for sentence in service.said(done.faults):
        flash(sentence, "bad")
    return redirect(url_for(".settings", instrument_id=instrument_id, part="licences"))


@bp.post("/instruments/<uuid:instrument_id>/licences/<uuid:licence_id>/end")
@needs("licence.grant")
def end_licence(instrument_id: uuid.UUID, licence_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        service.end_licence(licence_id, reason=request.form.get("reason", ""), by=me(), now=clock.now())

    return done(instrument_id, "licences", _("授权已收回，并已告知本人"), work)


@bp.post("/instruments/<uuid:instrument_id>/managers")
@needs("people.manage")
def set_managers(instrument_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        asked = parse(forms.ManagersForm, request.form)
        named = {
            field: [service.person_meant(instrument_id, one, field) for one in forms.words_of(text)]
            for field, text in (("managers", asked.managers), ("deputies", asked.deputies))
        }
        service.set_managers(instrument_id, **named, reason=asked.reason, by=me(), now=clock.now())

    return done(instrument_id, "managers", _("机主已更新"), work)
