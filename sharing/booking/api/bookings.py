"""Bookings as JSON: ask, look, move, decide, use (CONTRACT section 4)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request

from sharing.approval import queries as approvals
from sharing.booking import formats, forms, queries, service, shapes
from sharing.booking.rules import BookingRow, Submit
from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.idempotency import Answer, json_answer, json_response, posted
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.people.rules import Actor
from sharing.people.signed import me
from sharing.registry import queries as registry

bp = APIBlueprint("booking_api", __name__, url_prefix="/api/v1", tag="Bookings")


def note() -> str:
    """The optional `{note}` of a step; no body at all is fine."""
    return parse(forms.NoteIn, json_body()).note if request.get_data() else ""


def shown(row: BookingRow) -> dict[str, Any]:
    """One booking with its approval, and that of its pending change."""
    change = approvals.of("change", row.change.id) if row.change else None
    return formats.booking_json(row, approvals.of("booking", row.id), change)


@bp.get("/bookings")
@needs(SIGNED_IN)
@takes(forms.BookingsIn, "query")
@bp.output(shapes.BookingsOut)
@bp.doc(summary="Bookings that you may know of", operation_id="listBookings")
def listed() -> Any:
    """By start; `mine=true` only your own. `from` and `to` bound what overlaps them; `status` takes several."""
    asked, by = parse(forms.BookingsIn, request.args), me()
    page = queries.search(
        queries.Search(
            mine=asked.mine,
            instrument_id=asked.instrument,
            statuses=asked.statuses,
            since=asked.from_,
            until=asked.to,
            newest_first=asked.sort == "-start",
            page=asked.page,
            per_page=asked.per_page,
        ),
        by,
    )
    said = approvals.many("booking", [row.id for row in page.items])
    of_change = approvals.many("change", [row.change.id for row in page.items if row.change])
    items = [
        formats.booking_json(row, said.get(row.id), of_change.get(row.change.id) if row.change else None)
        for row in page.items
    ]
    return json_response({"items": items, "total": page.total, "page": page.page, "per_page": page.per_page})


@bp.post("/bookings")
@needs("booking.submit")
@takes(forms.BookingIn)
@bp.output(shapes.BookingOut, status_code=201)
@bp.doc(
    summary="Ask for time",
    operation_id="createBooking",
    responses={409: "The time is taken; `conflicts` and `alternatives`", 422: "Broken rules, every one"},
)
def submit() -> Any:
    """A request, or a booking at once where the instrument is self-service. `Idempotency-Key` makes a retry safe."""
    return _asked(parse(forms.BookingIn, json_body()).command(), by=me(), booker=None, now=clock.now())


def _asked(ask: Submit, *, by: Actor, booker: Actor | None, now: datetime) -> Any:
    """Ask once for the key of whoever is at the other end; 201 with the booking."""

    def work() -> Answer:
        done = service.submit(ask, by=by, now=now, booker=booker)
        row, asked = done.booking, done.approval
        found = formats.booking_json(row, approvals.of("booking", row.id) if asked else None)
        return json_answer(found, 201, f"/api/v1/bookings/{row.id}")

    def once() -> Response:
        return posted(user_id=(booker or by).user_id, now=now, work=work)

    return _spoken(lambda: service.kindly(once, ask=ask, by=by, now=now))


@bp.post("/bookings/on-behalf")
@needs("booking.on-behalf")
@takes(forms.OnBehalfIn)
@bp.output(shapes.BookingOut, status_code=201)
@bp.doc(
    summary="Ask for time for somebody else",
    operation_id="createBookingOnBehalf",
    responses={409: "The time is taken; `conflicts` and `alternatives`", 422: "Broken rules, every one"},
)
def submit_for() -> Any:
    """As its manager for anybody, as head for a member, as an institution's administrator or booking agent for its
    people. Every rule is judged for the person; both names stay on the booking, and the person is told."""
    given, booker, now = parse(forms.OnBehalfIn, json_body()), me(), clock.now()
    terms = registry.booking_terms(given.instrument_id)
    if terms is None:
        raise Refused("not-found")
    person = queries.person_meant(given.person, booker, terms.instrument.path, now)
    return _asked(given.command(), by=person, booker=booker, now=now)


def _spoken(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Refused as no:
        raise formats.spoken(no) from None


@bp.get("/bookings/<uuid:booking_id>")
@needs(SIGNED_IN)
@bp.output(shapes.BookingOut)
@bp.doc(summary="One booking", operation_id="getBooking")
def one(booking_id: uuid.UUID) -> Any:
    """A booking that you may know of, or are asked to decide."""
    return json_response(shown(queries.readable_booking(booking_id, me(), clock.now())))


@bp.patch("/bookings/<uuid:booking_id>")
@needs("booking.submit")
@takes(forms.MoveIn)
@bp.output(shapes.BookingOut)
@bp.doc(
    summary="Move, lengthen or shorten",
    operation_id="rescheduleBooking",
    responses={202: "The change waits for approval: see `pending_change`", 409: "The time is taken"},
)
def reschedule(booking_id: uuid.UUID) -> Any:
    """All or nothing: the old time is kept unless the new one is taken. A change that somebody must approve is 202."""
    ask = parse(forms.MoveIn, json_body())
    row: BookingRow = _spoken(
        lambda: service.reschedule(
            booking_id, ask.span, instrument_id=ask.instrument_id, by=me(), now=clock.now()
        )
    )
    response = json_response(shown(row))
    response.status_code = 202 if row.change else 200
    return response


def _acted(work: Callable[[], BookingRow]) -> Response:
    """One step, once for its key; the booking as it then is."""
    by, now = me(), clock.now()
    return posted(user_id=by.user_id, now=now, work=lambda: json_answer(shown(work())))


@bp.post("/bookings/<uuid:booking_id>/approve")
@needs(SIGNED_IN)
@takes(forms.NoteIn)
@bp.output(shapes.BookingOut)
@bp.doc(summary="Approve the step whose turn it is", operation_id="approveBooking")
def approve(booking_id: uuid.UUID) -> Any:
    """Your yes, in your own right or for whom you stand in. Nobody decides on what she asked for herself."""
    said = note()
    return _acted(lambda: service.decide(booking_id, "approve", note=said, by=me(), now=clock.now()))


@bp.post("/bookings/<uuid:booking_id>/reject")
@needs(SIGNED_IN)
@takes(forms.NoteIn)
@bp.output(shapes.BookingOut)
@bp.doc(summary="Reject", operation_id="rejectBooking")
def reject(booking_id: uuid.UUID) -> Any:
    """Your no: the request ends and its time is free; of a pending change only the change ends."""
    said = note()
    return _acted(lambda: service.decide(booking_id, "reject", note=said, by=me(), now=clock.now()))


@bp.post("/bookings/<uuid:booking_id>/return")
@needs(SIGNED_IN)
@takes(forms.NoteIn)
@bp.output(shapes.BookingOut)
@bp.doc(summary="Send back for change", operation_id="returnBooking")
def give_back(booking_id: uuid.UUID) -> Any:
    """The requester mends it and sends it again under the same number; its time stays held until the deadline."""
    said = note()
    return _acted(lambda: service.decide(booking_id, "return", note=said, by=me(), now=clock.now()))


@bp.post("/bookings/<uuid:booking_id>/cancel")
@needs("booking.submit")
@takes(forms.NoteIn)
@bp.output(shapes.BookingOut)
@bp.doc(summary="Cancel", operation_id="cancelBooking")
def cancel(booking_id: uuid.UUID) -> Any:
    """Yours until it begins; a manager's until it is over."""
    said = note()
    return _acted(lambda: service.cancel(booking_id, note=said, by=me(), now=clock.now()))


@bp.post("/bookings/<uuid:booking_id>/propose")
@needs("booking.manage")
@takes(forms.ProposalIn)
@bp.output(shapes.BookingOut)
@bp.doc(
    summary="Propose another time",
    operation_id="proposeTime",
    responses={409: "The proposed time is taken, or the booking has begun or waits for a change"},
)
def propose(booking_id: uuid.UUID) -> Any:
    """Held in `pending_change` until the requester answers or `due_at` passes; the booking's own time stays held."""
    ask = parse(forms.ProposalIn, json_body())
    return _spoken(
        lambda: _acted(lambda: service.propose(booking_id, ask.span, note=ask.note, by=me(), now=clock.now()))
    )


@bp.post("/bookings/<uuid:booking_id>/accept")
@needs("booking.submit")
@bp.output(shapes.BookingOut)
@bp.doc(summary="Take the proposed time", operation_id="acceptTime")
def accept(booking_id: uuid.UUID) -> Any:
    """Yours to answer; what was approved stays approved unless the new time costs more."""
    return _acted(lambda: service.accept(booking_id, by=me(), now=clock.now()))


@bp.post("/bookings/<uuid:booking_id>/decline")
@needs("booking.submit")
@bp.output(shapes.BookingOut)
@bp.doc(summary="Keep your time", operation_id="declineTime")
def decline(booking_id: uuid.UUID) -> Any:
    """The booking stays as it is. To give it up instead, cancel it: while a proposal waits that costs nothing."""
    return _acted(lambda: service.decline(booking_id, by=me(), now=clock.now()))


@bp.post("/bookings/<uuid:booking_id>/hand-over")
@needs("booking.submit")
@takes(forms.HandOverIn)
@bp.output(shapes.BookingOut)
@bp.doc(summary="Offer it to a colleague", operation_id="handOverBooking")
def hand_over(booking_id: uuid.UUID) -> Any:
    """It stays yours, with the offer in `pending_change`, until the colleague takes it or `due_at` passes."""
    ask = parse(forms.HandOverIn, json_body())
    return _acted(
        lambda: service.hand_over(booking_id, person=ask.person, note=ask.note, by=me(), now=clock.now())
    )


@bp.post("/bookings/<uuid:booking_id>/take-over")
@needs("booking.submit")
@takes(forms.TakeOverIn)
@bp.output(shapes.BookingOut)
@bp.doc(summary="Take what a colleague offers", operation_id="takeOverBooking")
def take_over(booking_id: uuid.UUID) -> Any:
    """Judged for you. Where another group pays from now on it is asked first: see `pending_change`."""
    group_id = parse(forms.TakeOverIn, json_body()).research_group_id if request.get_data() else None
    return _acted(lambda: service.take_over(booking_id, group_id=group_id, by=me(), now=clock.now()))


@bp.post("/bookings/<uuid:booking_id>/keep")
@needs("booking.submit")
@bp.output(shapes.BookingOut)
@bp.doc(summary="End an offer", operation_id="keepBooking")
def keep(booking_id: uuid.UUID) -> Any:
    """The colleague's no, or the offer taken back: the booking stays whose it is."""
    return _acted(lambda: service.keep(booking_id, by=me(), now=clock.now()))


@bp.post("/bookings/<uuid:booking_id>/check-in")
@needs("booking.submit")
@takes(forms.NoteIn)
@bp.output(shapes.BookingOut)
@bp.doc(summary="Check in", operation_id="checkIn")
def check_in(booking_id: uuid.UUID) -> Any:
    """Begin the use; opens some minutes before the start."""
    said = note()
    return _acted(lambda: service.check_in(booking_id, note=said, by=me(), now=clock.now()))


@bp.post("/bookings/<uuid:booking_id>/check-out")
@needs("booking.submit")
@takes(forms.NoteIn)
@bp.output(shapes.BookingOut)
@bp.doc(summary="Check out", operation_id="checkOut")
def check_out(booking_id: uuid.UUID) -> Any:
    """End the use; what is left of the time is free at once."""
    said = note()
    return _acted(lambda: service.check_out(booking_id, note=said, by=me(), now=clock.now()))


@bp.post("/bookings/<uuid:booking_id>/no-show")
@needs("booking.manage")
@takes(forms.NoteIn)
@bp.output(shapes.BookingOut)
@bp.doc(summary="Nobody came", operation_id="markNoShow")
def no_show(booking_id: uuid.UUID) -> Any:
    """A manager's word, from the start on; what is left of the time is free at once."""
    said = note()
    return _acted(lambda: service.mark_no_show(booking_id, note=said, by=me(), now=clock.now()))
