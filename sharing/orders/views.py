"""The pages of service orders and what is done on them; each action posts here and answers a redirect."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _, named
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, bounded, needs
from sharing.kernel.tables import csv_bytes
from sharing.kernel.timespan import shanghai_day
from sharing.orders import formats, forms, pages, service
from sharing.orders.rules import Hazard, OrderRow, Side
from sharing.people import queries as people
from sharing.people.signed import me
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow

bp = Blueprint("orders", __name__)
THROUGH = {"not-found", "unauthenticated", "unavailable", "read-only"}


# --- lists -----------------------------------------------------------------------------------------------------------


@bp.get("/desk/orders")
@needs(SIGNED_IN)
def mine() -> ResponseReturnValue:
    """The orders that I, or those I act for, placed."""
    return _listed(Side.CUSTOMER)


@bp.get("/manage/orders")
@needs("order.manage")
def managed() -> ResponseReturnValue:
    """The orders on the instruments that I run."""
    return _listed(Side.HOUSE)


def _filters() -> forms.FiltersIn:
    known = {name: request.args[name] for name in forms.FiltersIn.model_fields if request.args.get(name)}
    return parse(forms.FiltersIn, known)


def _listed(side: Side) -> ResponseReturnValue:
    asked = _filters()
    found = pages.list_page(side, show=asked.show, words=asked.q, page=asked.page, by=me(), now=clock.now())
    return render_template("orders/list.html", shown=found)


@bp.get("/manage/orders.csv")
@needs("order.manage")
def sheet() -> ResponseReturnValue:
    """The list as it stands, as a spreadsheet."""
    asked = _filters()
    rows = pages.sheet(Side.HOUSE, show=asked.show, words=asked.q, by=me())
    data = csv_bytes([str(one) for one in formats.HEADINGS], map(formats.sheet_row, rows))
    head = {"Content-Disposition": "attachment; filename=orders.csv"}
    return Response(stream_with_context(data), mimetype="text/csv", headers=head)


# --- asking ----------------------------------------------------------------------------------------------------------


@bp.route("/instruments/<uuid:instrument_id>/order", methods=["GET", "POST"])
@needs("order.submit")
@bounded(service.MOST_TOGETHER)
def new(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """The form of an order; what was typed is kept when it is refused."""
    instrument = registry.instrument(instrument_id)
    if instrument is None:
        raise Refused("not-found")
    refused = None
    if request.method == "POST":
        try:
            sent = forms.sent_files(request.files.getlist("files"))
            row = service.submit(forms.asked(request.form, instrument_id), sent, by=me(), now=clock.now())
        except Refused as no:
            refused = _kept(no)
        else:
            flash(_("委托已提交，等机主报价"), "good")
            return redirect(url_for(".order", order_id=row.id), 303)
    return _form(instrument, refused), refused.status if refused else 200


def _form(instrument: InstrumentRow, refused: Refused | None) -> str:
    by, on = me(), shanghai_day(clock.now())
    groups = people.groups_of(by.user_id, on) if by.kind == "member" else []
    faults = refused.facts.get("fields", ()) if refused else ()
    return render_template(
        "orders/new.html",
        instrument=instrument,
        managers=[named(one.name, one.name_en) for one in registry.managers(instrument.id, on)],
        groups=[(str(one.id), named(one.name, one.name_en)) for one in groups],
        hazards=[(one.value, one.word) for one in Hazard],
        values=request.form,
        errors={str(one["field"]): str(one["message"]) for one in faults},
        refused=_said(refused) if refused else "",
    )


def _said(no: Refused) -> str:
    return str(current_app.extensions["sharing.explain"](no))


def _kept(no: Refused) -> Refused:
    """A refusal that the form shows; one that hides the thing goes on to the error page."""
    if no.kind in THROUGH:
        raise no
    return no


# --- one order -------------------------------------------------------------------------------------------------------


@bp.get("/orders/<uuid:order_id>")
@needs(SIGNED_IN)
def order(order_id: uuid.UUID) -> ResponseReturnValue:
    """What, where it stands, whose turn it is and until when, what I may do now."""
    return _shown(pages.order_page(order_id, by=me(), now=clock.now()))


def _shown(page: pages.OrderPage) -> str:
    return render_template(
        "orders/order.html",
        page=page,
        shown_lines=pages.shown_lines,
        deliveries=pages.deliveries,
        last_day=pages.last_day,
    )


@bp.get("/orders/<uuid:order_id>/files/<uuid:file_id>")
@needs(SIGNED_IN)
def file(order_id: uuid.UUID, file_id: uuid.UUID) -> ResponseReturnValue:
    """A file as a download, for the two parties: never shown in the page, never run."""
    found, path = pages.file_of(order_id, file_id, by=me())
    return send_file(
        path, mimetype="application/octet-stream", as_attachment=True, download_name=found.name, max_age=0
    )


def _done(order_id: uuid.UUID, work: Callable[[], Any], said: str, opened: str) -> ResponseReturnValue:
    """Run one action; a refusal shows the order as it is now, the reason on top and the form as typed."""
    try:
        work()
    except Refused as no:
        page = pages.order_page(
            order_id,
            by=me(),
            now=clock.now(),
            typed=request.form.to_dict(),
            lines=forms.typed_lines(request.form),
            refused=_kept(no),
            said=_said(no),
            opened=opened,
        )
        return _shown(page), no.status
    flash(said, "good")
    return redirect(url_for(".order", order_id=order_id), 303)


def _note() -> str:
    return parse(forms.NoteIn, request.form).note


def _noted(order_id: uuid.UUID, act: Callable[..., OrderRow], said: str, opened: str) -> ResponseReturnValue:
    return _done(order_id, lambda: act(order_id, note=_note(), by=me(), now=clock.now()), said, opened)


@bp.post("/orders/<uuid:order_id>/files")
@needs("order.submit")
@bounded(service.MOST_TOGETHER)
def add_files(order_id: uuid.UUID) -> ResponseReturnValue:
    """More files to the request."""

    def work() -> None:
        sent = forms.sent_files(request.files.getlist("files"))
        service.add_files(order_id, sent, by=me(), now=clock.now())

    return _done(order_id, work, _("文件已附上"), "files")


@bp.post("/orders/<uuid:order_id>/quote")
@needs("order.manage")
def quote(order_id: uuid.UUID) -> ResponseReturnValue:
    """Quote, or quote anew."""

    def work() -> None:
        terms, revision = forms.quoted(request.form)
        service.quote(order_id, terms, revision=revision, by=me(), now=clock.now())

    return _done(order_id, work, _("报价已发给客户"), "quote")


@bp.post("/orders/<uuid:order_id>/accept")
@needs("order.submit")
def accept(order_id: uuid.UUID) -> ResponseReturnValue:
    """Agree to the version that the page showed."""

    def work() -> None:
        version = parse(forms.AcceptIn, request.form).version
        service.accept(order_id, version=version, by=me(), now=clock.now())

    return _done(order_id, work, _("已接受报价，等机主排期"), "")


@bp.post("/orders/<uuid:order_id>/refuse")
@needs("order.submit")
def refuse(order_id: uuid.UUID) -> ResponseReturnValue:
    """Do not want it on these terms."""
    return _noted(order_id, service.refuse, _("已谢绝报价，委托结束"), "refuse")


@bp.post("/orders/<uuid:order_id>/ask-change")
@needs("order.submit")
def ask_change(order_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for another quote."""
    return _noted(order_id, service.ask_change, _("已请机主重新报价"), "ask_change")


@bp.post("/orders/<uuid:order_id>/decline")
@needs("order.manage")
def decline(order_id: uuid.UUID) -> ResponseReturnValue:
    """Do not take the order."""
    return _noted(order_id, service.decline, _("已答复不接受"), "decline")


@bp.post("/orders/<uuid:order_id>/withdraw")
@needs("order.submit")
def withdraw(order_id: uuid.UUID) -> ResponseReturnValue:
    """Take the order back."""
    return _noted(order_id, service.withdraw, _("委托已撤回"), "withdraw")


@bp.post("/orders/<uuid:order_id>/contract")
@needs("order.submit")
@bounded(service.MOST_BYTES)
def contract(order_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the written contract, or what its registration says now."""

    def work() -> None:
        given = parse(forms.ContractIn, request.form).contract()
        sent = forms.sent_files(request.files.getlist("file"))
        service.record_contract(order_id, given, sent[0] if sent else None, by=me(), now=clock.now())

    return _done(order_id, work, _("合同已登记"), "contract")


@bp.post("/orders/<uuid:order_id>/schedule")
@needs("order.manage")
def schedule(order_id: uuid.UUID) -> ResponseReturnValue:
    """Lay the slot and name the operator, or move it."""

    def work() -> None:
        asked = parse(forms.ScheduleForm, request.form)
        service.schedule(order_id, asked.span, asked.operator_id, by=me(), now=clock.now())

    return _done(order_id, work, _("时间已排定，客户和操作人已收到通知"), "schedule")


@bp.post("/orders/<uuid:order_id>/receive")
@needs("order.manage")
def receive(order_id: uuid.UUID) -> ResponseReturnValue:
    """The samples are here."""
    return _noted(order_id, service.receive, _("已登记收样"), "receive")


@bp.post("/orders/<uuid:order_id>/results")
@needs("order.manage")
@bounded(service.MOST_TOGETHER)
def deliver(order_id: uuid.UUID) -> ResponseReturnValue:
    """Give the result."""

    def work() -> None:
        sent = forms.sent_files(request.files.getlist("files"))
        service.deliver(order_id, sent, note=_note(), by=me(), now=clock.now())

    return _done(order_id, work, _("结果已交付，等客户验收"), "deliver")


@bp.post("/orders/<uuid:order_id>/accept-result")
@needs("order.submit")
def accept_result(order_id: uuid.UUID) -> ResponseReturnValue:
    """Accept the result."""
    return _noted(order_id, service.accept_result, _("已验收，委托完成"), "")


@bp.post("/orders/<uuid:order_id>/object")
@needs("order.submit")
def object_to(order_id: uuid.UUID) -> ResponseReturnValue:
    """Object to the result."""
    return _noted(order_id, service.object_to, _("异议已发给机主"), "object_to")


@bp.post("/orders/<uuid:order_id>/stop")
@needs("order.manage")
def stop(order_id: uuid.UUID) -> ResponseReturnValue:
    """The house cannot go on."""
    return _noted(order_id, service.stop, _("委托已终止，客户已收到通知"), "stop")
