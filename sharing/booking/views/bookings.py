"""The page of a booking and what is done on it; each action posts here and answers a redirect."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.booking import forms, queries, service
from sharing.booking.pages.one import booking_page
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.people.signed import me

bp = Blueprint("booking", __name__)


@bp.get("/bookings/<uuid:booking_id>")
@needs(SIGNED_IN)
def booking(booking_id: uuid.UUID) -> ResponseReturnValue:
    """One booking: what, where it stands, what may be done now."""
    return _page(booking_id)


def _page(booking_id: uuid.UUID, refused: Refused | None = None) -> ResponseReturnValue:
    page = booking_page(booking_id, by=me(), now=clock.now())
    said = current_app.extensions["sharing.explain"](refused) if refused else ""
    body = render_template("booking/booking.html", page=page, form=request.form, refused=said, way_out="")
    return body, refused.status if refused else 200


def back(booking_id: uuid.UUID) -> str:
    """Where the form was: a local path in `next`, else the booking's page."""
    wanted = request.form.get("next", "")
    return (
        wanted
        if wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
        else url_for("booking.booking", booking_id=booking_id)
    )


def _done(booking_id: uuid.UUID, work: Callable[[], Any], said: str) -> ResponseReturnValue:
    """Run one action; a refusal shows the booking as it is now, with the reason on top."""
    try:
        work()
    except Refused as no:
        if no.kind in {"not-found", "unauthenticated"}:
            raise
        return _page(booking_id, no)
    flash(said, "good")
    return redirect(back(booking_id))


def _approval_id() -> uuid.UUID | None:
    """The approval that the card showed: a card gone stale decides nothing else."""
    given = request.form.get("approval", "")
    try:
        return uuid.UUID(given) if given else None
    except ValueError:
        raise Refused("bad-request") from None


def _decide(booking_id: uuid.UUID, decision: str, said: str) -> ResponseReturnValue:
    note = request.form.get("note", "").strip()
    return _done(
        booking_id,
        lambda: service.decide(
            booking_id, decision, note=note, approval_id=_approval_id(), by=me(), now=clock.now()
        ),
        said,
    )


@bp.post("/bookings/<uuid:booking_id>/approve")
@needs(SIGNED_IN)
def approve(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Say yes to the step that waits for me; a deputy holds no right of her own, the service asks for the seat."""
    return _decide(booking_id, "approve", _("已批准"))


@bp.post("/bookings/<uuid:booking_id>/reject")
@needs(SIGNED_IN)
def reject(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Say no for good; the slot is free at once."""
    return _decide(booking_id, "reject", _("已答复不同意，时段已释放"))


@bp.post("/bookings/<uuid:booking_id>/return")
@needs(SIGNED_IN)
def give_back(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Send back for change; number and slot stay until the deadline."""
    return _decide(booking_id, "return", _("已退回修改"))


@bp.post("/bookings/approve")
@needs(SIGNED_IN)
def approve_many() -> ResponseReturnValue:
    """Approve several; each is its own decision, and those that fail are named."""
    failed: list[str] = []
    chosen = request.form.getlist("booking")
    for one in chosen:
        booking_text, _colon, approval_text = one.partition(":")
        try:
            booking_id, approval_id = uuid.UUID(booking_text), uuid.UUID(approval_text)
        except ValueError:
            raise Refused("bad-request") from None
        try:
            service.decide(booking_id, "approve", note="", approval_id=approval_id, by=me(), now=clock.now())
        except Refused as no:
            failed.append(str(current_app.extensions["sharing.explain"](no)))
    if chosen:
        flash(_("已批准 %(n)s 项", n=len(chosen) - len(failed)), "good" if not failed else "wait")
    for reason in failed:
        flash(reason, "bad")
    return redirect(url_for("booking.manage"))


@bp.post("/bookings/<uuid:booking_id>/cancel")
@needs(SIGNED_IN)
def cancel(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Give the slot back."""
    note = request.form.get("note", "").strip()
    return _done(
        booking_id, lambda: service.cancel(booking_id, note=note, by=me(), now=clock.now()), _("已取消")
    )


@bp.post("/bookings/<uuid:booking_id>/reschedule")
@needs(SIGNED_IN)
def reschedule(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Move it; the old slot stays until the new one is taken."""
    return _done(
        booking_id,
        lambda: service.reschedule(booking_id, span=forms.span(request.form), by=me(), now=clock.now()),
        _("已改期；需要审批的，批准前原来的时间照旧有效"),
    )


@bp.post("/bookings/<uuid:booking_id>/propose")
@needs("booking.manage")
def propose(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Offer another time, held until it is answered."""

    def work() -> None:
        note = request.form.get("note", "").strip()
        service.propose(booking_id, forms.span(request.form), note=note, by=me(), now=clock.now())

    return _done(booking_id, work, _("已建议新时间，等预约人答复"))


@bp.post("/bookings/<uuid:booking_id>/accept")
@needs(SIGNED_IN)
def accept(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Take the time that was proposed."""
    return _done(booking_id, lambda: service.accept(booking_id, by=me(), now=clock.now()), _("已接受新时间"))


@bp.post("/bookings/<uuid:booking_id>/decline")
@needs(SIGNED_IN)
def decline(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the booking as it is."""
    return _done(booking_id, lambda: service.decline(booking_id, by=me(), now=clock.now()), _("时间不变"))


@bp.post("/bookings/<uuid:booking_id>/hand-over")
@needs(SIGNED_IN)
def hand_over(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Offer it to a colleague."""

    def work() -> None:
        ask = parse(forms.HandOverIn, request.form)
        service.hand_over(booking_id, person=ask.person, note=ask.note, by=me(), now=clock.now())

    return _done(booking_id, work, _("已请对方接手；答复之前预约仍是原来的"))


@bp.post("/bookings/<uuid:booking_id>/take-over")
@needs(SIGNED_IN)
def take_over(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Take what a colleague offers."""

    def work() -> None:
        group_id = parse(forms.TakeOverIn, request.form).research_group_id
        service.take_over(booking_id, group_id=group_id, by=me(), now=clock.now())

    return _done(booking_id, work, _("已接手；付费方换了的，等新的付费方同意"))


@bp.post("/bookings/<uuid:booking_id>/keep")
@needs(SIGNED_IN)
def keep(booking_id: uuid.UUID) -> ResponseReturnValue:
    """End an offer: the booking stays whose it is."""
    return _done(booking_id, lambda: service.keep(booking_id, by=me(), now=clock.now()), _("预约不转手"))


@bp.post("/bookings/<uuid:booking_id>/check-in")
@needs(SIGNED_IN)
def check_in(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Begin to use."""
    return _done(booking_id, lambda: service.check_in(booking_id, by=me(), now=clock.now()), _("已签到"))


@bp.post("/bookings/<uuid:booking_id>/check-out")
@needs(SIGNED_IN)
def check_out(booking_id: uuid.UUID) -> ResponseReturnValue:
    """End the use."""
    return _done(booking_id, lambda: service.check_out(booking_id, by=me(), now=clock.now()), _("已结束使用"))


@bp.post("/bookings/<uuid:booking_id>/no-show")
@needs("booking.manage")
def no_show(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Nobody came; the rest of the slot is free."""
    return _done(
        booking_id,
        lambda: service.mark_no_show(booking_id, note="", by=me(), now=clock.now()),
        _("已记为爽约"),
    )


@bp.post("/bookings/<uuid:booking_id>/confirm")
@needs("booking.manage")
def confirm(booking_id: uuid.UUID) -> ResponseReturnValue:
    """A manager's word on how a booking without check-out ended."""

    def work() -> None:
        span = None if request.form.get("as_booked") else forms.used(request.form)
        service.confirm_use(booking_id, span=span, by=me(), now=clock.now())

    return _done(booking_id, work, _("已确认"))


@bp.get("/bookings/<uuid:booking_id>/edit")
@needs(SIGNED_IN)
def edit(booking_id: uuid.UUID) -> ResponseReturnValue:
    """A returned request, filled into the panel of its instrument."""
    row = queries.readable_booking(booking_id, me(), clock.now())
    return redirect(url_for("registry.instrument", instrument_id=row.instrument_id, tab="book", edit=row.id))
