"""Bookings as the API shows them; pure. Instants leave as Shanghai time, money as fen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sharing.approval.queries import ApprovalRow, StepRow
from sharing.booking.rules import (
    BlockRow,
    BookingRow,
    ChangeRow,
    Free,
    Hit,
    Item,
    ItemKind,
    OutsideRow,
    Violation,
    Week,
    Why,
    local,
)
from sharing.booking.rules.finding import Barred, Earliest
from sharing.kernel.language import named
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import SHANGHAI
from sharing.pricing.formats import quote_json, thawed


def instant(at: datetime | None) -> str | None:
    """RFC 3339 with Shanghai's offset."""
    return at.astimezone(SHANGHAI).isoformat() if at else None


def booking_json(
    row: BookingRow, approval: ApprovalRow | None, change_approval: ApprovalRow | None = None
) -> dict[str, Any]:
    """One booking (CONTRACT section 4) with where its approval stands."""
    return {
        "id": str(row.id),
        "number": row.number,
        "series_id": str(row.series_id) if row.series_id else None,
        "instrument_id": str(row.instrument_id),
        "instrument": {
            "code": row.instrument_code,
            "name": named(row.instrument_name, row.instrument_name_en),
        },
        "requester": _person(row.requester_id, row.requester_name, row.requester_name_en),
        "booked_by": _person(row.booked_by_id, row.booked_by_name, row.booked_by_name_en),
        "research_group_id": str(row.group_id) if row.group_id else None,
        "fund_card_id": str(row.card_id) if row.card_id else None,
        "project_id": row.project_id,
        **local(row.span),
        "setup_minutes": row.setup_minutes,
        "cleanup_minutes": row.cleanup_minutes,
        "position": row.position,
        "status": row.status.value,
        "purpose": row.purpose,
        "attendees": list(row.attendees),
        "approvals": [step_json(step) for step in approval.steps] if approval else [],
        "quote": quote_json(thawed(row.quote)) if row.quote.get("state") else dict(row.quote),
        "exempt_from": list(row.exempt_from),
        "pending_change": change_json(row.change, change_approval) if row.change else None,
        "checked_in_at": instant(row.checked_in_at),
        "checked_out_at": instant(row.checked_out_at),
        "note": row.end_note,
        "free_cancel": row.free_cancel,
        "service": row.service,
        "revision": row.revision,
        "created_at": instant(row.created_at),
        "changed_at": instant(row.changed_at),
    }


def step_json(step: StepRow) -> dict[str, Any]:
    """One step: who decided what and when; while nobody has, `decision` is null and `due_at` says until when."""
    last = step.last
    return {
        "step": step.role.value,
        "state": step.state,
        "by": _person(last.by_id, last.by_name, last.by_name_en) if last else None,
        "standing_for": _person(last.for_id, last.for_name, last.for_name_en) if last else None,
        "rule": last.rule if last else None,
        "decision": last.decision if last else None,
        "at": instant(last.at) if last else None,
        "note": last.note if last else "",
        "due_at": instant(step.due_at),
    }


def _person(key: uuid.UUID | None, name: str | None, name_en: str | None) -> dict[str, str] | None:
    return {"id": str(key), "name": named(name or "", name_en)} if key else None


def change_json(change: ChangeRow, approval: ApprovalRow | None) -> dict[str, Any]:
    """A change that waits for approval."""
    return {
        "id": str(change.id),
        **local(change.span),
        "instrument_id": str(change.instrument_id),
        "position": change.position,
        "amount_fen": change.amount.fen,
        "proposed": change.proposed,
        "hand_over_to": _person(change.to_id, change.to_name, change.to_name_en),
        "due_at": instant(change.due_at),
        "note": change.note,
        "approvals": [step_json(step) for step in approval.steps] if approval else [],
    }


def item_json(item: Item) -> dict[str, Any]:
    """A piece of a calendar; `title` and `booking_id` only where the reader may know whose it is, the `title` of
    closed time for everybody."""
    shown: dict[str, Any] = {"kind": item.kind.value, **local(item.span), "position": item.position}
    if item.booking_id is not None:
        shown |= {"title": item.title, "booking_id": str(item.booking_id), "status": item.status}
    elif item.title:
        shown["title"] = item.title
    return shown


def calendar_json(week: Week) -> dict[str, Any]:
    """What is on an instrument's calendar, in order of start."""
    order = list(ItemKind)
    items = sorted(week.items, key=lambda item: (item.span.start, order.index(item.kind)))
    return {"items": [item_json(item) for item in items], "version": week.version}


def block_json(row: BlockRow, dates: Sequence[BlockRow] = ()) -> dict[str, Any]:
    """One block; `dates` are all of the series that was just laid."""
    return {
        "id": str(row.id),
        "series_id": str(row.series_id) if row.series_id else None,
        "instrument_id": str(row.instrument_id),
        **local(row.span),
        "kind": row.kind.value,
        "reason": row.reason,
        "repeat": row.repeat or None,
        "laid_by": _person(row.laid_by, row.laid_by_name, row.laid_by_name_en),
        "created_at": instant(row.created_at),
        "dates": [{"id": str(one.id), **local(one.span)} for one in dates],
    }


def outside_json(row: OutsideRow, now: datetime) -> dict[str, Any]:
    """A calendar kept in a campus system, and how its last reading went."""
    return {
        "instrument_id": str(row.instrument_id),
        "kind": row.kind,
        "address": row.address,
        "link": row.link,
        "limit_minutes": row.limit_minutes,
        "read_at": instant(row.read_at),
        "tried_at": instant(row.tried_at),
        "fault": row.fault or None,
        "stale": row.stale(now),
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    """A booking in the way of a block, what may be chosen for it, and free time for it."""
    return {
        "id": str(hit.row.id),
        "number": hit.row.number,
        "requester": named(hit.row.requester_name, hit.row.requester_name_en),
        "status": hit.row.status.value,
        **local(hit.row.span),
        "actions": [fate.value for fate in hit.fates],
        "proposed": local(hit.proposed) if hit.proposed else None,
    }


def earliest_json(found: Earliest, limit: int) -> list[dict[str, Any]]:
    """Free times of all instruments in order; at one time they stand as they were found, the nearest first."""
    times = [(span, quote, one.instrument) for one in found.offers for span, quote in one.times]
    times.sort(key=lambda one: one[0].start)
    return [
        free_json(Free(row.id, span, row.name, row.name_en, quote.amount))
        for span, quote, row in times[:limit]
    ]


def barred_json(one: Barred) -> dict[str, Any]:
    """An instrument that cannot be booked so; the caller adds why, in words."""
    return {
        "instrument_id": str(one.instrument.id),
        "instrument_name": named(one.instrument.name, one.instrument.name_en),
    }


def free_json(free: Free) -> dict[str, Any]:
    """Free time on an instrument."""
    shown: dict[str, Any] = {
        "instrument_id": str(free.instrument_id),
        "instrument_name": named(free.instrument_name, free.instrument_name_en),
        **local(free.span),
    }
    return shown | ({"amount_fen": free.amount.fen} if free.amount is not None else {})


def why_json(found: Why, say: Callable[[Violation], str]) -> dict[str, Any]:
    """Why a time cannot be had; `say` puts a broken rule into words."""
    return {
        "works": found.works,
        **local(found.span),
        "rules": [
            {
                "rule": one.rule,
                "ok": one.broken is None,
                "message": say(one.broken) if one.broken else "",
                "limit": one.limit,
                "actual": one.broken.actual if one.broken else None,
            }
            for one in found.rules
        ],
        "taken": [item_json(one) for one in found.taken],
        "closed": [{**local(one.span), "reason": one.reason} for one in found.check.closed],
        "own": [{"id": str(row.id), "number": row.number, **local(row.span)} for row in found.check.own],
        "nearest": free_json(found.nearest) if found.nearest else None,
        "ask": list(found.ask),
    }


def spoken(no: Refused) -> Refused:
    """The refusal with its spans as the API shows them."""
    facts: Mapping[str, Any] = no.facts
    if no.kind == "block-hits":
        hits: Sequence[Hit] = facts["bookings"]
        return Refused(no.kind, bookings=[hit_json(one) for one in hits])
    if no.kind != "booking-conflict":
        return no
    alternatives: Sequence[Free] = facts.get("alternatives", ())
    return Refused(
        no.kind,
        conflicts=[local(span) for span in facts.get("conflicts", ())],
        own=list(facts.get("own", ())),
        alternatives=[free_json(free) for free in alternatives],
    )
