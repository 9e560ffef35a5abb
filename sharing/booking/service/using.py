"""Use: check-in and check-out by the user or the manager, no-shows, and what a manager says of an end nobody said."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sharing.approval import queries as approvals
from sharing.approval.rules import State
from sharing.booking.rules import OPEN, Action, BookingRow, Status, Violation, allowed, moved, readable
from sharing.booking.service import slots, telling
from sharing.booking.service.ending import close_change, withdraw
from sharing.booking.service.filling import refill
from sharing.booking.service.recording import change, locked, slot_of
from sharing.kernel.db import transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import SHANGHAI, TimeSpan, minutes, shanghai_day
from sharing.people.rules import Actor
from sharing.registry import queries as registry

MINUTE = timedelta(minutes=1)


@transactional
def check_in(booking_id: uuid.UUID, *, note: str = "", by: Actor, now: datetime) -> BookingRow:
    """Begin the use, from some minutes before the start until the end (SCENARIOS 27), on her phone or by a manager.

    Raises Refused: not-found, forbidden, invalid-transition, policy-violation (check_in_early_minutes).
    """
    row = locked(booking_id)
    _hers_or_managed(row, by)
    moved(row.status, Action.CHECK_IN)
    if row.span.end <= now:
        raise _not_now(row, Action.CHECK_IN)
    early = _early(row)
    opens_at = row.span.start - timedelta(minutes=early)
    if now < opens_at:
        facts = {"opens_at": opens_at.astimezone(SHANGHAI).isoformat()}
        ahead = minutes(now, row.span.start)
        raise Refused(
            "policy-violation", violations=[Violation("check_in_early_minutes", early, ahead, facts)]
        )
    return change(row, Action.CHECK_IN, {"checked_in_at": now}, by=by, now=now, note=note, shown=False)


@transactional
def check_out(booking_id: uuid.UUID, *, note: str = "", by: Actor, now: datetime) -> BookingRow:
    """End the use; what is left of the slot is free at once.

    Raises Refused: not-found, forbidden, invalid-transition.
    """
    row = locked(booking_id)
    _hers_or_managed(row, by)
    row = change(row, Action.CHECK_OUT, {"checked_out_at": now}, by=by, now=now, note=note, shown=False)
    give_back(row, now)
    return row


@transactional
def mark_no_show(booking_id: uuid.UUID, *, note: str = "", by: Actor, now: datetime) -> BookingRow:
    """A manager says that nobody came; what is left of the slot is free at once.

    Raises Refused: not-found, forbidden, invalid-transition (also before the start).
    """
    row = locked(booking_id)
    _managed(row, by)
    moved(row.status, Action.NO_SHOW)
    if now < row.span.start:
        raise _not_now(row, Action.NO_SHOW)
    return no_show(row, by=by, now=now, note=note)


def no_show(row: BookingRow, *, by: Actor | None, now: datetime, note: str = "") -> BookingRow:
    """Write it, give the time back, tell her."""
    row = change(row, Action.NO_SHOW, {"end_note": note}, by=by, now=now, note=note)
    give_back(row, now)
    telling.requester("booking.no-show", row, now=now, invite=True, person=by, note=note)
    return row


@transactional
def confirm_use(
    booking_id: uuid.UUID,
    *,
    span: TimeSpan | None = None,
    note: str = "",
    by: Actor,
    now: datetime,
) -> BookingRow:
    """A manager says how a booking ended that nobody checked out of.

    span  when it was used; None: from the check-in, if there was one, to the end as booked

    Raises Refused: not-found, forbidden, invalid-transition (also before its end), invalid-input (ends in the future).
    """
    row = locked(booking_id)
    _managed(row, by)
    moved(row.status, Action.CONFIRM)
    if not row.to_confirm(now):
        raise _not_now(row, Action.CONFIRM)
    begun = span.start if span else row.checked_in_at or row.span.start
    ended = span.end if span else row.span.end
    if ended > now:
        raise Refused("invalid-input", fields=[{"field": "end", "message": _("结束时间还没有到")}])
    values: dict[str, Any] = {"checked_in_at": begun, "checked_out_at": ended}
    row = change(row, Action.CONFIRM, values, by=by, now=now, note=note, shown=False)
    give_back(row, ended)
    return row


def give_back(row: BookingRow, at: datetime) -> None:
    """Free what is left of the slot after an instant, the clean-up kept; a pending change goes.

    What happened counts a minute at least (SCENARIOS, decisions), so that a trace of the use stays on the calendar.
    """
    if row.change is not None:
        withdraw("change", row.change.id, now=at)
        close_change(row.change, "withdrawn", now=at)
    whole = slot_of(row)
    last = at.replace(second=0, microsecond=0) + (MINUTE if at.second or at.microsecond else timedelta())
    end = max(last + timedelta(minutes=row.cleanup_minutes), whole.start + MINUTE)
    if end >= whole.end:
        return
    slots.release(row.id)
    slots.put(row.instrument_id, TimeSpan(whole.start, end), row.position, kind="booking", source_id=row.id)
    refill(row.instrument_id, at)


def _early(row: BookingRow) -> int:
    terms = registry.booking_terms(row.instrument_id)
    return terms.policy(shanghai_day(row.span.start)).check_in_early_minutes if terms else 0


def _not_now(row: BookingRow, action: Action) -> Refused:
    still = [one for one in allowed(row.status) if one != action.value]
    return Refused("invalid-transition", status=row.status.value, allowed=still)


def _hers_or_managed(row: BookingRow, by: Actor) -> None:
    if row.requester_id != by.user_id and not by.may("booking.manage", row.path):
        raise Refused("forbidden" if readable(row, by) else "not-found")


def _managed(row: BookingRow, by: Actor) -> None:
    if not by.may("booking.manage", row.path):
        raise Refused("forbidden" if readable(row, by) else "not-found")


def actions(row: BookingRow, *, by: Actor, now: datetime) -> frozenset[str]:
    """What she may do to the booking now, decisions aside: the codes of `rules.Action`, to `propose` another time or
    `answer` such a proposal, to `take-over` what is offered to her; for the buttons of a page."""
    runs = by.may("booking.manage", row.path)
    mine = row.requester_id == by.user_id
    if row.change and row.change.to_id == by.user_id and row.change.proposed and row.change.open(now):
        return frozenset({"take-over"})
    if by.read_only or not (mine or runs):
        return frozenset()
    started, over = row.span.start <= now, row.span.end <= now
    fits = {
        Action.CANCEL: not over if runs else not started,
        Action.RESCHEDULE: not over,
        Action.RESUBMIT: mine and row.status is Status.REQUESTED and _returned(row),
        Action.CHECK_IN: not over and row.span.start - timedelta(minutes=_early(row)) <= now,
        Action.CHECK_OUT: True,
        Action.NO_SHOW: runs and started,
        Action.CONFIRM: runs and over,
        Action.HAND_OVER: not started,
    }
    may = allowed(row.status)
    found: set[str] = {action.value for action, fit in fits.items() if fit and action.value in may}
    pending = row.change
    if mine and pending is not None and pending.another_time and pending.open(now):
        found.add("answer")
    if runs and not started and row.status in OPEN and (pending is None or pending.proposed):
        found.add("propose")
    return frozenset(found)


def _returned(row: BookingRow) -> bool:
    approval = approvals.of("booking", row.id)
    return approval is not None and approval.state is State.RETURNED
