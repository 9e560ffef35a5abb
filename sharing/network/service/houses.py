"""Zones are set up, institutions join, change and leave."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import select, update

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries
from sharing.network.models import Institution, Zone
from sharing.network.service.rules import Editor, must_edit, raise_epoch

PLACING: Final = frozenset({"zone_id", "kind", "joined_on"})  # what the house itself does not say

# --- zones -----------------------------------------------------------------------------------------------------------


@transactional
def add_zone(values: Mapping[str, Any], *, by: Editor | None, now: datetime) -> uuid.UUID:
    """A new zone of the network, in use at once everywhere: every process reads its zones anew with the next rule.

    values  code, name, name_en, number_prefix, position, places, source_document. `by` None is the command line
    Raises Refused: forbidden, duplicate (code or prefix).
    """
    if by is not None:
        must_edit(by)
    table, zone_id = table_of(Zone), new_id()
    row = {"id": zone_id, "is_province": False, **values}
    added = insert(table).values(**row).on_conflict_do_nothing().returning(table.c.id)
    if db.session.execute(added).first() is None:
        taken = queries.zone(values["code"]) is not None
        raise Refused("duplicate", field="code" if taken else "number_prefix")
    _take_places(zone_id, values["places"])
    about = ("zone", zone_id)
    audit.record("network.zone-added", about=about, by=by, now=now, zone=values["code"], after=row)
    raise_epoch()
    return zone_id


@transactional
def edit_zone(zone_id: uuid.UUID, values: Mapping[str, Any], *, by: Editor | None, now: datetime) -> None:
    """Change a zone's names, order, prefectures or document; its code and the prefix of its numbers stay.

    Raises Refused: forbidden, not-found.
    """
    if by is not None:
        must_edit(by)
    before = queries.zone_by_id(zone_id)
    if before is None:
        raise Refused("not-found")
    was = {name: getattr(before, name) for name in values}
    changed = {name: value for name, value in values.items() if audit.plain(value) != audit.plain(was[name])}
    if not changed:
        return
    db.session.execute(update(table_of(Zone)).where(table_of(Zone).c.id == zone_id).values(**changed))
    _take_places(zone_id, changed.get("places", ()))
    audit.record(
        "network.zone",
        about=("zone", zone_id),
        by=by,
        now=now,
        zone=before.code,
        before={name: was[name] for name in changed},
        after=changed,
    )
    raise_epoch()


def _take_places(zone_id: uuid.UUID, places: Collection[str]) -> None:
    """A prefecture belongs to one node: whichever had it gives it up."""
    table = table_of(Zone)
    others = select(table.c.id, table.c.places).where(table.c.id != zone_id)
    for other, held in db.session.execute(others).all():
        left = [place for place in held if place not in places]
        if len(left) < len(held):
            db.session.execute(update(table).where(table.c.id == other).values(places=left))


# --- institutions ----------------------------------------------------------------------------------------------------


def must_keep(zone_id: uuid.UUID, institution_id: uuid.UUID | None, by: Editor | None, right: str) -> None:
    """`by` None is the command line. Raises Refused: forbidden."""
    if by is None:
        return
    within = by.scopes(right)
    if not (within.everything or zone_id in within.zones or institution_id in within.institutions):
        raise Refused("forbidden")


@transactional
def add_institution(values: Mapping[str, Any], *, by: Editor | None, now: datetime) -> uuid.UUID:
    """An institution joins: whoever administers its zone, or the province, enters it.

    values  code, name, name_en, kind, zone_id, uscc, address, phone, joined_on, source_document
    Raises Refused: forbidden, duplicate (code, or unified social credit code).
    """
    must_keep(values["zone_id"], None, by, "institution.manage")
    table, institution_id = table_of(Institution), new_id()
    row = {"id": institution_id, "is_sample": False, **values}
    added = insert(table).values(**row).on_conflict_do_nothing().returning(table.c.id)
    if db.session.execute(added).first() is None:
        taken = db.session.execute(select(table.c.id).where(table.c.code == values["code"])).first()
        raise Refused("duplicate", field="code" if taken else "uscc")
    _tell("network.institution-added", row, by, now, after=row)
    return institution_id


@transactional
def add_enterprise(
    *, name: str, name_en: str, uscc: str, zone_id: uuid.UUID, address: str, by: Editor, now: datetime
) -> uuid.UUID:
    """Enter a company whose zone accepted it; the same code again gives the one that there is."""
    table = table_of(Institution)
    row: dict[str, Any] = {
        "id": new_id(),
        "code": f"E-{uscc}",
        "name": name,
        "name_en": name_en or name,
        "kind": "enterprise",
    }
    row |= {"zone_id": zone_id, "uscc": uscc, "address": address or None, "is_sample": False}
    added = insert(table).values(**row).on_conflict_do_nothing().returning(table.c.id)
    if db.session.execute(added).first() is None:
        found = select(table.c.id).where(table.c.uscc == uscc)
        return cast("uuid.UUID", db.session.execute(found).scalar_one())
    _tell("network.enterprise-added", row, by, now, after=row)
    return cast("uuid.UUID", row["id"])


@transactional
def edit_institution(
    institution_id: uuid.UUID, values: Mapping[str, Any], *, by: Editor | None, now: datetime
) -> Mapping[str, Any]:
    """Change an institution's entry; returns what changed. Its own administrator may change all but where it belongs.

    Raises Refused: not-found, forbidden, duplicate (unified social credit code).
    """
    before = queries.institution(institution_id)
    if before is None:
        raise Refused("not-found")
    was = {name: getattr(before, name) for name in values}
    changed = {name: value for name, value in values.items() if value != was[name]}
    right = "institution.manage" if changed.keys() & PLACING else "institution.edit"
    must_keep(before.zone_id, institution_id, by, right)
    if "zone_id" in changed:
        must_keep(changed["zone_id"], None, by, right)
    if not changed:
        return changed
    table = table_of(Institution)
    if changed.get("uscc"):
        taken = select(table.c.id).where(table.c.uscc == changed["uscc"], table.c.id != institution_id)
        if db.session.execute(taken).first():
            raise Refused("duplicate", field="uscc")
    db.session.execute(update(table).where(table.c.id == institution_id).values(**changed))
    row = {"id": institution_id, "zone_id": changed.get("zone_id", before.zone_id)}
    old = {name: was[name] for name in changed}
    _tell("network.institution", row, by, now, before=old, after=changed)
    return changed


@transactional
def retire_institution(
    institution_id: uuid.UUID, *, reason: str, source_document: str, by: Editor | None, now: datetime
) -> None:
    """It leaves the network from now on; its history stays. People, instruments and bookings are their slices' to end.

    Raises Refused: not-found, forbidden.
    """
    before = queries.institution(institution_id)
    if before is None:
        raise Refused("not-found")
    must_keep(before.zone_id, None, by, "institution.manage")
    table = table_of(Institution)
    closed = {"retired_at": now, "close_reason": reason}
    db.session.execute(update(table).where(table.c.id == institution_id).values(**closed))
    row = {"id": institution_id, "zone_id": before.zone_id}
    after = {"close_reason": reason, "source_document": source_document, "day": shanghai_day(now)}
    _tell("network.institution-closed", row, by, now, after=after)


def _tell(action: str, row: Mapping[str, Any], by: Editor | None, now: datetime, **sides: Any) -> None:
    """Audited in its own house and zone; names and addresses stand in pages that are kept until a rule changes."""
    node = queries.zone_by_id(row["zone_id"])
    audit.record(
        action,
        about=("institution", row["id"]),
        by=by,
        now=now,
        zone=node.code if node else None,
        institution=row["id"],
        **sides,
    )
    raise_epoch()
