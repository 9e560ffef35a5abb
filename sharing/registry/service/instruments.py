"""Entering, editing and retiring instruments. Nothing is deleted; each change keeps before and after."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, save, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.numbering import next_number
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people.rules import Actor
from sharing.registry import queries
from sharing.registry.models import Favourite, Instrument
from sharing.registry.rules import InstrumentRow, Status
from sharing.registry.service.index import reindex
from sharing.registry.service.leave import leave_for

ABOUT: Final = "instrument"
PLACED: Final = ("institution", "zone", "category")
"""Given by code and kept as keys; the owner never changes by an edit."""


def must(right: str, instrument_id: uuid.UUID, by: Actor) -> InstrumentRow:
    """The instrument, where this person holds the right. Raises Refused: not-found, forbidden."""
    row = queries.instrument(instrument_id)
    if row is None:
        raise Refused("not-found")
    if not by.may(right, row.path):
        raise Refused("forbidden")
    return row


@transactional
def create(values: Mapping[str, Any], *, by: Actor, now: datetime) -> InstrumentRow:
    """Enter an instrument.

    values  columns of `registry_instrument`, checked by a form, and the codes of institution, zone and category; the
            zone is the institution's where none is given, the code a number in the institution's series
    raises  Refused: forbidden, no-mandate, invalid-input, duplicate
    """
    owner = network.institution_by_code(values["institution"])
    if owner is None:
        raise _unknown("institution")
    leave = leave_for(owner, by, now)
    columns = {key: value for key, value in values.items() if key not in PLACED}
    columns |= _placed({"zone": owner.zone_code, **values})
    if not columns.get("code"):
        columns["code"] = next_number("instrument", owner.code, shanghai_day(now).year)
    row = Instrument(institution_id=owner.id, created_at=now, changed_at=now, **columns)
    _saved(row)
    reindex([row.id])
    made = _now_there(row.id)
    audit.record(
        "registry.create",
        about=(ABOUT, row.id),
        by=by,
        now=now,
        zone=made.zone_code,
        institution=made.institution_id,
        after=dict(values),
        note=leave,
    )
    return made


@transactional
def edit(
    instrument_id: uuid.UUID, changes: Mapping[str, Any], *, revision: int, by: Actor, now: datetime
) -> InstrumentRow:
    """Change some fields, if nobody changed the instrument since `revision` was read.

    changes  as for `create`, without the institution; fields that stay as they are do no harm
    raises   Refused: not-found, forbidden, invalid-input, duplicate, edit-conflict (with the revision that stands)
    """
    before = must("registry.edit", instrument_id, by)
    row = _locked(instrument_id)
    if row.revision != revision:
        raise Refused("edit-conflict", revision=row.revision)
    columns = {key: value for key, value in changes.items() if key not in PLACED}
    if "status" in columns:
        _check_status(Status(columns["status"]), columns.get("status_reason", row.status_reason), before, by)
    columns |= _placed({k: v for k, v in changes.items() if k != "category" or v != before.category_code})
    changed = {key: value for key, value in columns.items() if getattr(row, key) != value}
    if not changed:
        return before
    was = {key: getattr(row, key) for key in changed}
    for key, value in changed.items():
        setattr(row, key, value)
    _raised(row, now)
    audit.record(
        "registry.edit",
        about=(ABOUT, instrument_id),
        by=by,
        now=now,
        zone=before.zone_code,
        institution=before.institution_id,
        before=was,
        after=changed,
    )
    reindex([instrument_id])
    return _now_there(instrument_id)


@transactional
def change_status(
    instrument_id: uuid.UUID, status: Status, *, reason: str, by: Actor, now: datetime
) -> InstrumentRow:
    """Say whether it runs, and why not. Retiring is this too: nothing is deleted.

    Raises Refused: not-found, forbidden, invalid-input (no reason given for anything but in service).
    """
    before = must("registry.edit", instrument_id, by)
    _check_status(status, reason, before, by)
    row = _locked(instrument_id)
    if (row.status, row.status_reason) == (status.value, reason):
        return before
    was = {"status": row.status, "status_reason": row.status_reason}
    row.status, row.status_reason = status.value, reason
    _raised(row, now)
    audit.record(
        "registry.retire" if status is Status.RETIRED else "registry.status",
        about=(ABOUT, instrument_id),
        by=by,
        now=now,
        zone=before.zone_code,
        institution=before.institution_id,
        before=was,
        after={"status": status, "status_reason": reason},
        note=reason or None,
    )
    return _now_there(instrument_id)


@transactional
def star(instrument_id: uuid.UUID, on: bool, *, by: Actor, now: datetime) -> None:
    """Mark an instrument as often used, or no longer. A person's own mark, so it is not audited."""
    if queries.instrument(instrument_id) is None:
        raise Refused("not-found")
    table = table_of(Favourite)
    if not on:
        mine = (table.c.user_id == by.user_id, table.c.instrument_id == instrument_id)
        db.session.execute(delete(table).where(*mine))
        return
    values = {"user_id": by.user_id, "instrument_id": instrument_id, "created_at": now}
    db.session.execute(insert(table).values(**values).on_conflict_do_nothing())


# --- parts shared by the changes of an instrument ------------------------------------------------------------


def touch(instrument_id: uuid.UUID, now: datetime) -> None:
    """Raise the revision of an instrument whose pictures or questions changed: its page and its terms did."""
    row = _locked(instrument_id)
    _raised(row, now)


def _locked(instrument_id: uuid.UUID) -> Instrument:
    row = db.session.get(Instrument, instrument_id, with_for_update=True)
    if row is None:
        raise Refused("not-found")
    return row


def _raised(row: Instrument, now: datetime) -> None:
    row.revision += 1
    row.changed_at = now
    _saved(row)


def _saved(row: Instrument) -> None:
    """Send it to the database, whose unique constraints have the last word."""
    sent = {"asset_no": row.asset_no, "code": row.code}  # after a refusal the row cannot be read any more
    try:
        save(row)
    except IntegrityError as error:
        field = "asset_no" if "asset_no" in str(error.orig) else "code"
        raise Refused("duplicate", field=field, value=sent[field]) from error


def _now_there(instrument_id: uuid.UUID) -> InstrumentRow:
    row = queries.instrument(instrument_id)
    if row is None:
        raise LookupError(f"instrument {instrument_id} was written and is not there")
    return row


def _placed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of the zone and the category that the codes name. Raises Refused: invalid-input."""
    out: dict[str, Any] = {}
    if "zone" in values:
        zone = network.zone(values["zone"])
        if zone is None:
            raise _unknown("zone")
        out["zone_id"] = zone.id
    if "category" in values:
        category = network.category(values["category"])
        if category is None or category.gone:
            raise _unknown("category")
        out |= {"category_id": category.id, "category_code": category.code}
    return out


def _unknown(field: str) -> Refused:
    return Refused("invalid-input", fields=[{"field": field, "message": _("没有这个代码")}])


def _check_status(status: Status, reason: str, before: InstrumentRow, by: Actor) -> None:
    if status is not Status.IN_SERVICE and not reason.strip():
        raise Refused(
            "invalid-input", fields=[{"field": "status_reason", "message": _("请写明原因，让预约的人知道")}]
        )
    back = before.status is Status.RETIRED and status is not Status.RETIRED
    if back and not by.may("registry.create", before.path):
        raise Refused("forbidden")
