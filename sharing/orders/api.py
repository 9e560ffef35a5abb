"""Service orders as JSON: ask, quote, agree, lay the slot, give and accept the result."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any, Final

from apiflask import APIBlueprint
from flask import Response, request, send_file

from sharing.booking.formats import spoken
from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.idempotency import Answer, json_answer, json_response, posted
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, bounded, needs
from sharing.orders import formats, forms, pages, queries, service, shapes
from sharing.orders.rules import OrderRow, may
from sharing.people.signed import me

bp = APIBlueprint("orders_api", __name__, url_prefix="/api/v1", tag="Service orders")
NOT_NOW: Final = {409: "The order's status does not allow it: `status`, `allowed`"}


def _note() -> str:
    """The optional `{note}` of a step; no body at all is fine."""
    return parse(forms.NoteIn, json_body()).note if request.get_data() else ""


def _whole(row: OrderRow) -> dict[str, Any]:
    by = me()
    return formats.whole_json(
        row,
        queries.quotes(row.id),
        queries.contract(row.id),
        queries.files_for(row, by),
        allowed=[action.value for action in may(row, by)],
    )


def _acted(work: Callable[[], OrderRow], body: bytes | None = None) -> Response:
    """One step, once for its key; the order as it then is."""
    by, now = me(), clock.now()
    return posted(user_id=by.user_id, now=now, work=lambda: json_answer(_whole(work())), body=body)


def _noted(order_id: uuid.UUID, act: Callable[..., OrderRow]) -> Response:
    """A step that takes nothing but a note."""
    said = _note()
    return _acted(lambda: act(order_id, note=said, by=me(), now=clock.now()))


def _fingerprint(sent: list[service.Sent]) -> bytes:
    """What stands for a body with files, where a retry is to be told from another request."""
    digests = [[one.name, hashlib.sha256(one.data).hexdigest()] for one in sent]
    return json.dumps([digests, sorted(request.form.items())]).encode()


@bp.get("/orders")
@needs(SIGNED_IN)
@takes(forms.OrdersIn, "query")
@bp.output(shapes.OrdersOut)
@bp.doc(summary="Service orders that you may know of", operation_id="listOrders")
def listed() -> Any:
    """The newest first; those that wait, what is due first. `status` takes several."""
    asked = parse(forms.OrdersIn, request.args)
    found = queries.search(
        queries.Search(
            side=asked.side,
            waiting=asked.waiting,
            statuses=tuple(asked.status),
            instrument_id=asked.instrument,
            words=asked.q,
            page=asked.page,
            per_page=asked.per_page,
        ),
        me(),
    )
    items = [formats.order_json(row) for row in found.items]
    return json_response(
        {"items": items, "total": found.total, "page": found.page, "per_page": found.per_page}
    )


@bp.post("/orders")
@needs("order.submit")
@takes(forms.OrderIn)
@bp.output(shapes.OrderOut, status_code=201)
@bp.doc(
    summary="Ask for a test",
    operation_id="createOrder",
    responses={422: "The instrument takes no service orders, or rules bar you from it"},
)
def submit() -> Any:
    """The house is asked for a quote."""
    ask, by, now = parse(forms.OrderIn, json_body()).command(), me(), clock.now()

    def work() -> Answer:
        row = service.submit(ask, by=by, now=now)
        return json_answer(_whole(row), 201, f"/api/v1/orders/{row.id}")

    return posted(user_id=by.user_id, now=now, work=work)


@bp.get("/orders/<uuid:order_id>")
@needs(SIGNED_IN)
@bp.output(shapes.OrderOut)
@bp.doc(summary="One service order", operation_id="getOrder")
def one(order_id: uuid.UUID) -> Any:
    """An order that you may know of; its files only for the two parties."""
    return json_response(_whole(queries.readable_order(order_id, me())))


@bp.get("/orders/<uuid:order_id>/files/<uuid:file_id>")
@needs(SIGNED_IN)
@bp.doc(summary="A file of an order", operation_id="getOrderFile", responses={200: "The bytes"})
def file(order_id: uuid.UUID, file_id: uuid.UUID) -> Any:
    """The bytes, as a download."""
    found, path = pages.file_of(order_id, file_id, by=me())
    return send_file(
        path, mimetype="application/octet-stream", as_attachment=True, download_name=found.name, max_age=0
    )


@bp.post("/orders/<uuid:order_id>/files")
@needs("order.submit")
@bounded(service.MOST_TOGETHER)
@takes(forms.FilesUpload, "form")
@bp.output(shapes.OrderOut)
@bp.doc(summary="Add files to the request", operation_id="addOrderFiles", responses=NOT_NOW)
def add_files(order_id: uuid.UUID) -> Any:
    """Multipart, `files`; the customer's, until the order is over."""
    sent = forms.sent_files(request.files.getlist("files"))
    return _acted(
        lambda: service.add_files(order_id, sent, by=me(), now=clock.now()), body=_fingerprint(sent)
    )


@bp.post("/orders/<uuid:order_id>/quote")
@needs("order.manage")
@takes(forms.QuoteIn)
@bp.output(shapes.OrderOut)
@bp.doc(
    summary="Quote",
    operation_id="quoteOrder",
    responses={409: "Somebody changed the order since `revision`, or it is agreed already"},
)
def quote(order_id: uuid.UUID) -> Any:
    """A version of its own each time; the customer accepts one version."""
    ask = parse(forms.QuoteIn, json_body())
    return _acted(
        lambda: service.quote(order_id, ask.terms(), revision=ask.revision, by=me(), now=clock.now())
    )


@bp.post("/orders/<uuid:order_id>/accept")
@needs("order.submit")
@takes(forms.AcceptIn)
@bp.output(shapes.OrderOut)
@bp.doc(
    summary="Accept the quote",
    operation_id="acceptQuote",
    responses={409: "Another version stands: `version`, `changed`; or the quote's time is over"},
)
def accept(order_id: uuid.UUID) -> Any:
    """The version that you read."""
    ask = parse(forms.AcceptIn, json_body())
    return _acted(lambda: service.accept(order_id, version=ask.version, by=me(), now=clock.now()))


@bp.post("/orders/<uuid:order_id>/refuse")
@needs("order.submit")
@takes(forms.NoteIn)
@bp.output(shapes.OrderOut)
@bp.doc(summary="Refuse the quote", operation_id="refuseQuote", responses=NOT_NOW)
def refuse(order_id: uuid.UUID) -> Any:
    """The order is over."""
    return _noted(order_id, service.refuse)


@bp.post("/orders/<uuid:order_id>/ask-change")
@needs("order.submit")
@takes(forms.NoteIn)
@bp.output(shapes.OrderOut)
@bp.doc(summary="Ask for another quote", operation_id="askChange", responses=NOT_NOW)
def ask_change(order_id: uuid.UUID) -> Any:
    """`note` says what should be different."""
    return _noted(order_id, service.ask_change)


@bp.post("/orders/<uuid:order_id>/decline")
@needs("order.manage")
@takes(forms.NoteIn)
@bp.output(shapes.OrderOut)
@bp.doc(summary="Do not take the order", operation_id="declineOrder", responses=NOT_NOW)
def decline(order_id: uuid.UUID) -> Any:
    """`note` says why."""
    return _noted(order_id, service.decline)


@bp.post("/orders/<uuid:order_id>/withdraw")
@needs("order.submit")
@takes(forms.NoteIn)
@bp.output(shapes.OrderOut)
@bp.doc(summary="Take the order back", operation_id="withdrawOrder", responses=NOT_NOW)
def withdraw(order_id: uuid.UUID) -> Any:
    """Until the samples are received; time that was laid is free again."""
    return _noted(order_id, service.withdraw)


@bp.post("/orders/<uuid:order_id>/contract")
@needs("order.submit")
@bounded(service.MOST_BYTES)
@takes(forms.ContractUpload, "form")
@bp.output(shapes.OrderOut)
@bp.doc(summary="Record the written contract", operation_id="recordContract", responses=NOT_NOW)
def contract(order_id: uuid.UUID) -> Any:
    """Multipart; `file` may be left out when one is there already. Either party's."""
    ask = parse(forms.ContractIn, request.form)
    sent = forms.sent_files(request.files.getlist("file"))
    return _acted(
        lambda: service.record_contract(
            order_id, ask.contract(), sent[0] if sent else None, by=me(), now=clock.now()
        ),
        body=_fingerprint(sent),
    )


@bp.post("/orders/<uuid:order_id>/schedule")
@needs("order.manage")
@takes(forms.ScheduleIn)
@bp.output(shapes.OrderOut)
@bp.doc(
    summary="Lay the slot",
    operation_id="scheduleOrder",
    responses={409: "The time is taken, or a contract is missing", 422: "Broken rules, every one"},
)
def schedule(order_id: uuid.UUID) -> Any:
    """On the instrument's calendar, with its operator; once more to move it."""
    ask = parse(forms.ScheduleIn, json_body())
    try:
        return _acted(lambda: service.schedule(order_id, ask.span, ask.operator_id, by=me(), now=clock.now()))
    except Refused as no:
        raise spoken(no) from None


@bp.post("/orders/<uuid:order_id>/receive")
@needs("order.manage")
@takes(forms.NoteIn)
@bp.output(shapes.OrderOut)
@bp.doc(summary="The samples are here", operation_id="receiveSamples", responses=NOT_NOW)
def receive(order_id: uuid.UUID) -> Any:
    """From now on the order cannot be withdrawn."""
    return _noted(order_id, service.receive)


@bp.post("/orders/<uuid:order_id>/results")
@needs("order.manage")
@bounded(service.MOST_TOGETHER)
@takes(forms.FilesUpload, "form")
@bp.output(shapes.OrderOut)
@bp.doc(summary="Give the result", operation_id="deliverResult", responses=NOT_NOW)
def deliver(order_id: uuid.UUID) -> Any:
    """Multipart, `files` and `note`; a later delivery stands beside the earlier ones."""
    said = parse(forms.NoteIn, request.form).note
    sent = forms.sent_files(request.files.getlist("files"))
    return _acted(
        lambda: service.deliver(order_id, sent, note=said, by=me(), now=clock.now()), body=_fingerprint(sent)
    )


@bp.post("/orders/<uuid:order_id>/accept-result")
@needs("order.submit")
@takes(forms.NoteIn)
@bp.output(shapes.OrderOut)
@bp.doc(summary="Accept the result", operation_id="acceptResult", responses=NOT_NOW)
def accept_result(order_id: uuid.UUID) -> Any:
    """The order is done."""
    return _noted(order_id, service.accept_result)


@bp.post("/orders/<uuid:order_id>/object")
@needs("order.submit")
@takes(forms.NoteIn)
@bp.output(shapes.OrderOut)
@bp.doc(summary="Object to the result", operation_id="objectToResult", responses=NOT_NOW)
def object_to(order_id: uuid.UUID) -> Any:
    """`note` says why; the house answers with another delivery."""
    return _noted(order_id, service.object_to)


@bp.post("/orders/<uuid:order_id>/stop")
@needs("order.manage")
@takes(forms.NoteIn)
@bp.output(shapes.OrderOut)
@bp.doc(summary="Stop an accepted order", operation_id="stopOrder", responses=NOT_NOW)
def stop(order_id: uuid.UUID) -> Any:
    """The house cannot go on; `note` says why."""
    return _noted(order_id, service.stop)
