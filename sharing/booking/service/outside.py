"""Calendars kept in a campus system: set up, read, and what a reading finds booked on both sides."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from flask import current_app
from sqlalchemy import delete, update

from sharing.audit.service import record
from sharing.booking import calendar_feed, queries
from sharing.booking.queries.tables import BLOCK, OUTSIDE
from sharing.booking.rules import BlockKind, OutsideAsk, OutsideRow
from sharing.booking.service import slots, telling
from sharing.booking.service.filling import refill
from sharing.kernel.busy import MOST_BYTES, UnreadableError, busy
from sharing.kernel.db import db, insert, new_id, transactional
from sharing.kernel.language import _
from sharing.kernel.outbound import UnfetchedError, checked, fetch
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.network import service as network
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import Terms

AHEAD: Final = timedelta(days=120)
WHOLE_EVERY: Final = timedelta(hours=12)  # repetitions reach further every day, though the file is unchanged
SECONDS: Final = 15.0


def _managed(instrument_id: uuid.UUID, by: Actor) -> Terms:
    terms = registry.booking_terms(instrument_id)
    if terms is None:
        raise Refused("not-found")
    if not by.may("booking.manage", terms.instrument.path):
        raise Refused("forbidden")
    return terms


@transactional
def keep_outside(instrument_id: uuid.UUID, ask: OutsideAsk, *, by: Actor, now: datetime) -> OutsideRow:
    """Say that an instrument's calendar is kept outside, and where it is read. Nothing is booked here until the first
    reading. Raises Refused: not-found, forbidden, invalid-input."""
    terms = _managed(instrument_id, by)
    wrong = [name for name, url in (("address", ask.address), ("link", ask.link)) if url and not _good(url)]
    if wrong:
        message = _("请填写 http:// 或 https:// 开头的完整网址，不带用户名和密码")
        raise Refused("invalid-input", fields=[{"field": name, "message": message} for name in wrong])
    before = queries.outside_row(instrument_id)
    values: dict[str, Any] = {
        "kind": "address" if ask.address else "file",
        "address": ask.address,
        "link": ask.link,
        "limit_minutes": ask.limit_minutes,
        "set_by": by.user_id,
    }
    fresh: dict[str, Any] = {"etag": "", "modified": "", "whole_at": None, "tried_at": None, "fault": ""}
    same = before is not None and before.address == ask.address
    row = insert(OUTSIDE).values(instrument_id=instrument_id, created_at=now, read_at=None, **values, **fresh)
    changed = values if same else values | fresh | {"read_at": None}
    db.session.execute(row.on_conflict_do_update(index_elements=["instrument_id"], set_=changed))
    _audited("outside.keep", terms, by, now, {"before": _plain(before), "after": values})
    network.raise_epoch()
    return _there(instrument_id)


def _good(url: str) -> bool:
    try:
        checked(url)
    except UnfetchedError:
        return False
    return True


def _plain(row: OutsideRow | None) -> dict[str, Any] | None:
    shown = ("kind", "address", "link", "limit_minutes")
    return {name: getattr(row, name) for name in shown} if row else None


def _audited(action: str, terms: Terms, by: Actor | None, now: datetime, facts: dict[str, Any]) -> None:
    instrument = terms.instrument
    about, house = ("instrument", instrument.id), instrument.institution_id
    record(action, about=about, by=by, now=now, zone=instrument.zone_code, institution=house, **facts)


def _there(instrument_id: uuid.UUID) -> OutsideRow:
    row = queries.outside_row(instrument_id)
    if row is None:
        raise Refused("not-found")
    return row


@transactional
def drop_outside(instrument_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """The calendar is kept here again: what was read of the other one is free. Raises Refused: not-found, forbidden."""
    terms = _managed(instrument_id, by)
    before = _there(instrument_id)
    slots.lock(instrument_id)
    _clear(queries.outside_blocks(instrument_id, now).values())
    db.session.execute(delete(OUTSIDE).where(OUTSIDE.c.instrument_id == instrument_id))
    refill(instrument_id, now)
    _audited("outside.drop", terms, by, now, {"before": _plain(before)})
    network.raise_epoch()


def _clear(ids: Iterable[uuid.UUID]) -> None:
    gone = list(ids)
    if gone:
        slots.release(*gone)
        db.session.execute(delete(BLOCK).where(BLOCK.c.id.in_(gone)))


# --- reading ---------------------------------------------------------------------------------------------------------


def read_outside(row: OutsideRow, *, now: datetime) -> bool:
    """Read one address and take over what is busy there; nothing is held while the other side is asked. A failure is
    written down and leaves the last reading as it was. True when it was read."""
    whole = row.whole_at is None or row.whole_at <= now - WHOLE_EVERY
    known = {"If-None-Match": row.etag, "If-Modified-Since": row.modified}
    headers = {} if whole else {name: value for name, value in known.items() if value}
    allowed = current_app.extensions["sharing.settings"].inside_hosts
    try:
        found = fetch(row.address, most_bytes=MOST_BYTES, seconds=SECONDS, headers=headers, allowed=allowed)
        spans = None if found.status == 304 else busy(found.body, _window(now), ours=calendar_feed.UID_DOMAIN)
    except (UnfetchedError, UnreadableError) as error:
        _failed(row.instrument_id, error.reason, now=now)
        return False
    marks = {"etag": found.etag or row.etag, "modified": found.modified or row.modified}
    taken_over(row.instrument_id, spans, marks, now=now)
    return True


def drop_file(instrument_id: uuid.UUID, source: bytes, *, by: Actor, now: datetime) -> OutsideRow:
    """Take over a calendar file that was brought here. Raises Refused: not-found, forbidden, file-refused."""
    _managed(instrument_id, by)
    _there(instrument_id)
    try:
        spans = busy(source, _window(now), ours=calendar_feed.UID_DOMAIN)
    except UnreadableError as error:
        raise Refused("file-refused", reason=error.reason, message=fault_said(error.reason)) from None
    taken_over(instrument_id, spans, {}, now=now)
    return _there(instrument_id)


def read_now(instrument_id: uuid.UUID, *, by: Actor, now: datetime) -> OutsideRow:
    """Read the address at once, for whoever set it up and waits. Raises Refused: not-found (no address: its files are
    dropped), forbidden."""
    _managed(instrument_id, by)
    row = _there(instrument_id)
    if row.kind != "address":
        raise Refused("not-found")
    read_outside(row, now=now)
    return _there(instrument_id)


def _window(now: datetime) -> TimeSpan:
    start = now.replace(second=0, microsecond=0)
    return TimeSpan(start, start + AHEAD)


@transactional
def _failed(instrument_id: uuid.UUID, reason: str, *, now: datetime) -> None:
    changed = update(OUTSIDE).where(OUTSIDE.c.instrument_id == instrument_id)
    db.session.execute(changed.values(tried_at=now, fault=reason[:40]))


@transactional
def taken_over(
    instrument_id: uuid.UUID, spans: list[TimeSpan] | None, marks: dict[str, str], *, now: datetime
) -> None:
    """Write a reading: what is busy no longer is freed, what is new takes what is free of its time, and a booking of
    ours in the way stays and is reported. None: unchanged since the last reading."""
    slots.lock(instrument_id)
    row = queries.outside_row(instrument_id)
    terms = registry.booking_terms(instrument_id)
    if row is None or terms is None:
        return  # it was dropped meanwhile
    read = {"read_at": now, "tried_at": now, "fault": "", **marks}
    if spans is not None:
        read["whole_at"] = now
        _differ(row, terms, spans, now)
    db.session.execute(update(OUTSIDE).where(OUTSIDE.c.instrument_id == instrument_id).values(**read))


def _differ(row: OutsideRow, terms: Terms, spans: list[TimeSpan], now: datetime) -> None:
    """What has begun keeps its past: a span is known again by its end where it began before now."""
    held = queries.outside_blocks(row.instrument_id, now)
    begun = {span.end: span for span in held if span.start < now}
    wanted = {begun.get(span.end, span) if span.start <= now else span for span in spans}
    gone, new = set(held) - wanted, sorted(wanted - set(held))
    if not gone and not new:
        return
    _clear(held[span] for span in gone)
    for span in new:
        _write(row, terms, span, now)
    refill(row.instrument_id, now)
    _audited("outside.read", terms, None, now, {"after": {"added": len(new), "gone": len(gone)}})
    if new:
        _report(terms, new, now)


def _write(row: OutsideRow, terms: Terms, span: TimeSpan, now: datetime) -> None:
    db.session.execute(
        BLOCK.insert().values(
            id=new_id(),
            instrument_id=row.instrument_id,
            zone_code=terms.instrument.zone_code,
            series_id=None,
            starts_at=span.start,
            ends_at=span.end,
            kind=BlockKind.OUTSIDE.value,
            reason="",
            repeat="",
            laid_by=row.set_by,
            created_at=now,
            lifted_at=None,
        )
    )


def _report(terms: Terms, spans: list[TimeSpan], now: datetime) -> None:
    """Bookings of ours on time that is taken outside too stand; who runs the instrument is told, once a change."""
    for booking in queries.met(terms, spans, now)[0]:
        once = f"outside:{booking.id}:{booking.revision}"
        record(
            "booking.outside-clash",
            about=("booking", booking.id),
            by=None,
            now=now,
            zone=booking.zone_code,
            institution=booking.institution_id,
        )
        telling.managers("booking.outside-clash", booking, now=now, once=once)


def fault_said(reason: str) -> str:
    """Why a reading failed, and what to look at."""
    words = {
        "address": _("网址不对"),
        "private": _("网址指向内部网络，不能读取；确需读取的，请平台运维登记"),
        "unresolved": _("找不到这个主机"),
        "unreachable": _("连接不上"),
        "timeout": _("对方太久没有答复"),
        "redirect": _("对方转到了别的网址；请填最终的网址"),
        "encoded": _("对方送来的是压缩内容"),
        "too-large": _("日历文件太大（最多 2 MB）"),
        "too-many": _("日历里的事件太多"),
        "too-heavy": _("日历里的重复规则展开不完"),
        "broken": _("读不出日历：应为 iCalendar（.ics）"),
    }
    return words.get(reason, _("对方答复 %(code)s", code=reason.removeprefix("http-")))
