"""Closing time: laid over bookings, whose fate the manager chooses one by one; ended early, lifted, changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import update

from sharing.audit.service import record
from sharing.booking import queries
from sharing.booking.queries.tables import BLOCK
from sharing.booking.rules import (
    Action,
    BlockKind,
    BlockRow,
    BookingRow,
    Choice,
    Closing,
    Fate,
    Hit,
    NoRepeatError,
    Reach,
    Status,
    repeats,
)
from sharing.booking.service import slots, telling
from sharing.booking.service.deciding import settle
from sharing.booking.service.ending import close_change, end, withdraw
from sharing.booking.service.filling import fill, refill
from sharing.booking.service.moving import asked_anew, judged_move
from sharing.kernel.db import db, new_id, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import Terms

Choices = Mapping[uuid.UUID, Choice]
Chosen = Sequence[tuple[BookingRow, Choice]]


@transactional
def close_time(ask: Closing, choices: Choices, *, by: Actor, now: datetime) -> list[BlockRow]:
    """Lay a block, or one on each date of a series. What it hits is moved, cancelled without a fee or kept, as chosen.

    Raises Refused: not-found, forbidden, invalid-input, block-hits (bookings without a choice), booking-conflict and
    policy-violation (a time that was proposed cannot be had).
    """
    terms = _managed(ask.instrument_id, by)
    spans = dates(ask, now)
    slots.lock(ask.instrument_id)
    chosen = _chosen(terms, spans, choices, now)
    series_id = new_id() if len(spans) > 1 else None
    ids = [_write(ask, span, series_id, terms, by=by, now=now) for span in spans]
    _clear(terms, chosen, spans=spans, reason=ask.reason, by=by, now=now)
    _unasked(terms, spans, {row.id for row, choice in chosen if choice.fate is Fate.KEEP}, now)
    return [found for key in ids if (found := queries.block(key))]


def _managed(instrument_id: uuid.UUID, by: Actor) -> Terms:
    """The terms of an instrument that she runs. Raises Refused: not-found, forbidden."""
    terms = registry.booking_terms(instrument_id)
    if terms is None:
        raise Refused("not-found")
    if not by.may("booking.manage", terms.instrument.path):
        raise Refused("forbidden")
    return terms


def dates(ask: Closing, now: datetime) -> list[TimeSpan]:
    """The spans that are asked to be closed. Raises Refused: invalid-input."""
    try:
        spans = repeats(ask.span, ask.repeat) if ask.repeat else [ask.span]
    except NoRepeatError as no:
        raise Refused(
            "invalid-input", fields=[{"field": "repeat", "message": no_repeat(no.reason)}]
        ) from None
    if spans[0].end <= now:
        raise Refused("invalid-input", fields=[{"field": "end", "message": _("这段时间已经过去")}])
    return spans


def no_repeat(reason: str) -> str:
    """Why a repetition cannot be had."""
    said = {
        "endless": _("请写明重复到哪天，或重复几次"),
        "too_many": _("一次最多重复 366 次，且在五年之内"),
        "no_dates": _("按这个规则没有一个日期"),
        "meets_itself": _("前一次还没结束，后一次已开始"),
    }
    return said.get(reason, _("重复规则看不懂：可按天、周、月、年重复"))


def _chosen(
    terms: Terms,
    spans: Sequence[TimeSpan],
    choices: Choices,
    now: datetime,
    kept: frozenset[uuid.UUID] = frozenset(),
) -> Chosen:
    """The bookings in the way, each with a choice that it can have; `kept` ones were kept before and may stay so.

    Raises Refused: block-hits.
    """
    rows, _pending = queries.met(terms, spans, now)
    asked = [row for row in rows if row.id not in kept or row.id in choices]
    if not all(_fits(Hit(row), choices.get(row.id)) for row in asked):
        hits = [one for one in queries.hits(terms, spans, now) if one.row.id not in kept]
        raise Refused("block-hits", bookings=hits)
    return [(row, choices[row.id]) for row in asked]


def _fits(hit: Hit, choice: Choice | None) -> bool:
    if choice is None or choice.fate not in hit.fates:
        return False
    return choice.fate is not Fate.MOVE or choice.start is not None


def _write(
    ask: Closing, span: TimeSpan, series_id: uuid.UUID | None, terms: Terms, *, by: Actor, now: datetime
) -> uuid.UUID:
    block_id, zone = new_id(), terms.instrument.zone_code
    values: dict[str, Any] = {
        "instrument_id": ask.instrument_id,
        "series_id": series_id,
        "starts_at": span.start,
        "ends_at": span.end,
        "kind": ask.kind.value,
        "reason": ask.reason,
        "repeat": ask.repeat if series_id else "",
    }
    db.session.execute(
        BLOCK.insert().values(id=block_id, zone_code=zone, laid_by=by.user_id, created_at=now, **values)
    )
    house = terms.instrument.institution_id
    about = ("block", block_id)
    record("block.lay", about=about, by=by, now=now, zone=zone, institution=house, after=values)
    return block_id


def _clear(
    terms: Terms, chosen: Chosen, *, spans: Sequence[TimeSpan], reason: str, by: Actor, now: datetime
) -> None:
    """Do what was chosen and let the blocks, whose rows stand by now, take the time.

    Bookings to move give their time up first and take their new one last, so that they may follow one another.
    """
    for row, choice in chosen:
        if choice.fate is Fate.CANCEL:
            _cancel(row, reason=reason, by=by, now=now)
        elif choice.fate is Fate.MOVE:
            _lift_off(row, now)
    for row, pending in queries.met(terms, spans, now)[1]:
        withdraw("change", pending.id, now=now)
        close_change(pending, "refused", now=now)
        telling.requester("booking.change-refused", row, now=now, person=by, note=reason)
    refill(terms.instrument.id, now)
    for row, choice in chosen:
        if choice.fate is Fate.MOVE:
            _move(row, choice, terms, reason=reason, by=by, now=now)
        elif choice.fate is Fate.KEEP:
            telling.requester("booking.block-kept", row, now=now, person=by, note=reason)


def _unasked(terms: Terms, spans: Sequence[TimeSpan], kept: set[uuid.UUID], now: datetime) -> None:
    """A booking that came in past the lock is asked about too. Raises Refused: block-hits."""
    if {row.id for row in queries.met(terms, spans, now)[0]} - kept:
        raise Refused("block-hits", bookings=queries.hits(terms, spans, now))


def _lift_off(row: BookingRow, now: datetime) -> None:
    """Give up the time of a booking that takes another one in the same transaction."""
    slots.release(row.id)
    if row.change is not None:
        withdraw("change", row.change.id, now=now)
        close_change(row.change, "withdrawn", now=now)


def _cancel(row: BookingRow, *, reason: str, by: Actor, now: datetime) -> None:
    if row.status is Status.REQUESTED:
        withdraw("booking", row.id, now=now)
    ended = end(row, Action.CANCEL, by=by, now=now, note=reason, free=True)
    telling.requester("booking.block-cancelled", ended, now=now, invite=True, person=by, note=reason)


def _move(row: BookingRow, choice: Choice, terms: Terms, *, reason: str, by: Actor, now: datetime) -> None:
    """To the proposed time; its approval stands, for the house moved it. A request is asked for anew."""
    start = choice.start or row.span.start
    goal = TimeSpan(start, start + (row.span.end - row.span.start))
    move = judged_move(row, terms, goal, manager=True, now=now)
    values = move.values | {"free_cancel": True}
    moved = settle(row, values, move.place, by=by, now=now, topic="booking.block-moved", note=reason)
    if row.status is Status.REQUESTED:
        asked_anew(moved, move.planned, terms, move.known.by, now=now)


# --- later -----------------------------------------------------------------------------------------------------------


def _locked(block_id: uuid.UUID, by: Actor, now: datetime) -> tuple[BlockRow, Terms]:
    """A block that stands, under the lock of its instrument. Raises Refused: not-found, forbidden, block-over."""
    row = queries.block(block_id)
    if row is None:
        raise Refused("not-found")
    terms = _managed(row.instrument_id, by)
    if row.kind is BlockKind.OUTSIDE:  # it is the campus system's to change
        raise Refused("forbidden")
    slots.lock(row.instrument_id)
    row = queries.block(block_id)
    if row is None or not row.stands(now):
        raise Refused("block-over")
    return row, terms


def _change(row: BlockRow, values: Mapping[str, Any], action: str, *, by: Actor, now: datetime) -> None:
    """Write the new values, audited with the old ones, and give its time up."""
    db.session.execute(update(BLOCK).where(BLOCK.c.id == row.id).values(**values))
    known = {"starts_at": row.span.start, "ends_at": row.span.end, "kind": row.kind, "reason": row.reason}
    before = {name: known.get(name) for name in values}
    record(
        action,
        about=("block", row.id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        before=before,
        after=values,
    )
    slots.release(row.id)


@transactional
def reopen(block_id: uuid.UUID, reach: Reach = Reach.THIS, *, by: Actor, now: datetime) -> list[BlockRow]:
    """Give closed time back: what runs ends now, what is to come is lifted.

    Raises Refused: not-found, forbidden, block-over.
    """
    row, _terms = _locked(block_id, by, now)
    found = queries.reached(row, reach, now)
    minute = now.replace(second=0, microsecond=0)
    for one in found:
        if one.span.start < minute:  # what has passed stays on the calendar
            _change(one, {"ends_at": minute}, "block.end", by=by, now=now)
            fill(one.instrument_id, [replace(one, span=TimeSpan(one.span.start, minute))])
        else:
            _change(one, {"lifted_at": now}, "block.lift", by=by, now=now)
    refill(row.instrument_id, now)
    return found


@transactional
def edit_block(
    block_id: uuid.UUID,
    *,
    span: TimeSpan,
    kind: BlockKind,
    reason: str,
    choices: Choices,
    by: Actor,
    now: datetime,
) -> BlockRow:
    """Change one date of closed time; what the new span hits besides is chosen as when a block is laid.

    Raises Refused: as `close_time`, and block-over.
    """
    row, terms = _locked(block_id, by, now)
    spans = dates(Closing(row.instrument_id, span, kind, reason), now)
    kept = frozenset(one.id for one in queries.met(terms, [row.span], now)[0])
    chosen = _chosen(terms, spans, choices, now, kept)
    values = {"starts_at": span.start, "ends_at": span.end, "kind": kind.value, "reason": reason}
    _change(row, values, "block.edit", by=by, now=now)
    _clear(terms, chosen, spans=spans, reason=reason, by=by, now=now)
    return queries.block(block_id) or row
