"""What rows of a file would do to the register: found again, compared, judged; nothing is written here.

An empty cell says nothing and an instrument that a file does not name stays as it is. The owner never changes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sharing.kernel.refusals import Refused
from sharing.kernel.tables.plan import Action, Fault, RowRead
from sharing.network import queries as network
from sharing.network.queries import InstitutionRow
from sharing.people.rules import Actor
from sharing.registry import queries
from sharing.registry.formats.columns import Taken, same
from sharing.registry.queries import matching
from sharing.registry.rules import InstrumentRow, Status
from sharing.registry.rules.grams import folded
from sharing.registry.rules.records import KEYS, Planned
from sharing.registry.service.leave import leave_for

NEEDED: Final = ("name", "category")
_KEPT: Final = {"zone": "zone_code", "category": "category_code"}


class Planner:
    """Plans a file's rows, piece by piece in their order; knows what earlier rows already named.

    owner  whose instruments they are, where the rows do not say
    by     who brings them; None at the server's own command line
    now    when: a house's leave to bring new ones is asked of that day
    since  refuse to change what somebody changed after this instant: it was not in the difference that was shown
    """

    def __init__(
        self,
        taken: Taken,
        *,
        owner: InstitutionRow | None,
        by: Actor | None,
        now: datetime,
        since: datetime | None = None,
    ) -> None:
        self.taken, self.owner, self.by, self.now, self.since = taken, owner, by, now, since
        houses = [one for one in network.institutions() if one.kind != "enterprise"]
        self.houses = {folded(one.code): one for one in houses}
        self.houses |= {folded(one.uscc): one for one in houses if one.uscc}
        self.by_id = {one.id: one for one in houses}
        self.zones = {one.code: one.id for one in network.zones()}
        self.categories = {one.code: one.id for one in network.categories() if not one.gone}
        self.numbers: dict[uuid.UUID, dict[str, uuid.UUID]] = {}
        self.seen: dict[Any, int] = {}
        self.leaves: dict[uuid.UUID, tuple[str | None, str | None]] = {}

    def plan(self, rows: Sequence[RowRead]) -> list[Planned]:
        """What each row would do, in order."""
        codes = matching.ids_by_code({row.values["code"] for row in rows if row.values.get("code")})
        national = matching.ids_by_national_no(
            {row.values["national_no"] for row in rows if row.values.get("national_no")}
        )
        meant = [self._meant(row, codes, national) for row in rows]
        known = queries.instruments({one for one, _house, _faults in meant if one})
        return [
            self._planned(row, known[key] if key else None, house, [*row.faults, *faults], codes)
            for row, (key, house, faults) in zip(rows, meant, strict=True)
        ]

    # --- which instrument is meant ------------------------------------------------------------------------------------

    def _meant(
        self, row: RowRead, codes: Mapping[str, uuid.UUID], national: Mapping[str, uuid.UUID]
    ) -> tuple[uuid.UUID | None, InstitutionRow | None, list[Fault]]:
        """The instrument that the row names, its house, and why it cannot be told."""
        said = row.values.get("institution")
        named = self.houses.get(folded(said)) if said else None
        house = named or self.owner
        if said and house is None:
            return None, None, [self._fault("institution", said, "unknown-institution")]
        if named and self.owner and named.id != self.owner.id:
            return None, named, [self._fault("institution", str(said), "other-institution", self.owner.code)]
        found = [
            codes.get(row.values.get("code", "")),
            self._numbers(house).get(folded(row.values.get("asset_no") or "")) if house else None,
            national.get(row.values.get("national_no") or ""),
        ]
        ids = {one for one in found if one}
        if len(ids) > 1:
            return None, house, [self._fault(self._key(row), "", "two-instruments")]
        return next(iter(ids), None), house, []

    def _numbers(self, house: InstitutionRow) -> dict[str, uuid.UUID]:
        if house.id not in self.numbers:
            self.numbers[house.id] = matching.numbers_of(house.id)
        return self.numbers[house.id]

    def _key(self, row: RowRead) -> str:
        return next((field for field in KEYS if row.values.get(field)), KEYS[0])

    # --- what it would do ---------------------------------------------------------------------------------------------

    def _planned(
        self,
        row: RowRead,
        old: InstrumentRow | None,
        house: InstitutionRow | None,
        faults: list[Fault],
        codes: Mapping[str, uuid.UUID],
    ) -> Planned:
        key = self._key(row)
        if not faults:
            faults += (
                self._twice(row, old, house) if row.values.get(key) else [self._fault(key, "", "no-key")]
            )
        if old is not None:
            return self._change(row, old, faults)
        if house is None and not faults:
            faults.append(self._fault("institution", "", "unknown-institution"))
        return self._add(row, house, faults, codes)

    def _twice(self, row: RowRead, old: InstrumentRow | None, house: InstitutionRow | None) -> list[Fault]:
        """A file may name an instrument once."""
        names: list[Any] = [old.id] if old else []
        names += [("code", row.values["code"])] if row.values.get("code") else []
        asset_no = row.values.get("asset_no")
        names += [(house.id, folded(asset_no))] if asset_no and house else []
        first = next((self.seen[name] for name in names if name in self.seen), None)
        self.seen |= {name: row.line for name in names if name not in self.seen}
        key = self._key(row)
        return [] if first is None else [self._fault(key, str(row.values[key]), "twice", str(first))]

    def _change(self, row: RowRead, old: InstrumentRow, faults: list[Fault]) -> Planned:
        values = {**row.values}
        said = values.pop("institution", None)
        owner = self.by_id.get(old.institution_id)
        if said and self.houses.get(folded(said)) != owner and self.owner is None:
            faults.append(self._fault("institution", said, "other-institution", old.institution_code))
        elif self.owner and self.owner.id != old.institution_id:
            faults.append(self._fault(self._key(row), old.code, "other-institution", old.institution_code))
        columns = self.taken.columns
        changed = {field: value for field, value in values.items() if not same(columns[field], value, old)}
        if changed and self.by and not self.by.may("registry.edit", old.path):
            faults.append(self._fault(self._key(row), old.code, "forbidden"))
        if changed and self.since and old.changed_at > self.since:
            faults.append(self._fault(self._key(row), old.code, "changed-since"))
        if not faults:
            faults += self._misplaced(changed) + self._status(changed, old) + self._number_taken(changed, old)
        changes = {field: (_before(old, field), value) for field, value in changed.items()}
        action = Action.BAD if faults else Action.CHANGE if changes else Action.SAME
        return Planned(
            line=row.line,
            action=action,
            id=old.id,
            code=old.code,
            name=old.name,
            columns=self._columns(changed) if action is Action.CHANGE else {},
            changes=changes,
            faults=tuple(faults),
            cells=row.cells if faults else {},
            revision=old.revision,
            zone=old.zone_code,
        )

    def _add(
        self, row: RowRead, house: InstitutionRow | None, faults: list[Fault], codes: Mapping[str, uuid.UUID]
    ) -> Planned:
        values = {**self.taken.defaults, **row.values}
        values.pop("institution", None)
        if not faults and house:
            faults += [self._fault(field, "", "missing") for field in NEEDED if not values.get(field)]
            faults += self._misplaced(values) + self._status(values, None)
            if refused := self._leave(house)[1]:
                faults.append(self._fault(self._key(row), "", refused))
            if values.get("code") in codes:
                faults.append(self._fault("code", values["code"], "taken"))
            values.setdefault("zone", house.zone_code)
        good = not faults and house is not None
        return Planned(
            line=row.line,
            action=Action.ADD if good else Action.BAD,
            code=str(values.get("code") or values.get("asset_no") or ""),
            name=str(values.get("name") or ""),
            columns={**self._columns(values), "institution_id": house.id} if good and house else {},
            faults=tuple(faults),
            cells={} if good else row.cells,
            zone=str(values.get("zone") or ""),
            leave=self._leave(house)[0] if good and house else None,
        )

    def _leave(self, house: InstitutionRow) -> tuple[str | None, str | None]:
        """The document by which she brings a new one in a house's stead, if so; and why she may not, if so."""
        if house.id not in self.leaves:
            try:
                self.leaves[house.id] = leave_for(house, self.by, self.now) if self.by else None, None
            except Refused as no:
                self.leaves[house.id] = None, no.kind
        return self.leaves[house.id]

    # --- judging ------------------------------------------------------------------------------------------------------

    def _misplaced(self, values: Mapping[str, Any]) -> list[Fault]:
        """Codes of zones and categories that there are not."""
        checks = (("zone", self.zones, "unknown-zone"), ("category", self.categories, "unknown-category"))
        return [
            self._fault(field, values[field], reason)
            for field, known, reason in checks
            if values.get(field) and values[field] not in known
        ]

    def _status(self, values: Mapping[str, Any], old: InstrumentRow | None) -> list[Fault]:
        """As on the page: all but in service carries its reason, and only who may enter one brings it back."""
        if "status" not in values and "status_reason" not in values:
            return []
        status = values.get("status", old.status if old else Status.IN_SERVICE)
        reason = values.get("status_reason", old.status_reason if old else "")
        if status != Status.IN_SERVICE and not reason:
            return [self._fault("status_reason", "", "status-reason")]
        back = old is not None and old.status is Status.RETIRED and status != Status.RETIRED
        if back and old and self.by and not self.by.may("registry.create", old.path):
            return [self._fault("status", status, "forbidden")]
        return []

    def _number_taken(self, changed: Mapping[str, Any], old: InstrumentRow) -> list[Fault]:
        """A number that another instrument goes by."""
        faults = []
        if changed.get("code") and matching.ids_by_code([changed["code"]]):
            faults.append(self._fault("code", changed["code"], "taken"))
        house = self.by_id.get(old.institution_id)
        holder = self._numbers(house).get(folded(changed.get("asset_no") or "")) if house else None
        if holder and holder != old.id:
            faults.append(self._fault("asset_no", changed["asset_no"], "taken"))
        return faults

    def _columns(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by field as columns of the table."""
        out = {
            field: value
            for field, value in values.items()
            if field not in ("zone", "category", "institution")
        }
        if values.get("zone"):
            out["zone_id"] = self.zones[values["zone"]]
        if values.get("category"):
            out |= {"category_id": self.categories[values["category"]], "category_code": values["category"]}
        return out

    def _fault(self, field: str, value: str, reason: str, limit: str = "") -> Fault:
        return Fault(self.taken.headings.get(field, ""), str(value)[:200], reason, limit)


def _before(row: InstrumentRow, field: str) -> Any:
    kept = getattr(row, _KEPT.get(field, field))
    return list(kept) if isinstance(kept, tuple) else kept
