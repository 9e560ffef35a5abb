"""People brought by file: found again by their number, entered, changed, taken into groups. Nobody is ever taken out.

An empty cell says nothing, and whoever a file does not name stays as she is. The whole file is one transaction.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from sharing.audit import service as audit
from sharing.kernel.bulk import completed, insert_many
from sharing.kernel.db import db, lock_person, new_id, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.tables.plan import Action, Counts, Fault, Mode, RowRead
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.network.queries import InstitutionRow
from sharing.people import queries
from sharing.people.models import Grant, Membership, User
from sharing.people.rules import (
    HERS,
    Actor,
    Outcome,
    PlannedPerson,
    Role,
    ScopeKind,
    ScopePath,
    kept_phone,
)
from sharing.people.service.roles import RIGHT

PIECE: Final = 1000
_ONE_AT_A_TIME: Final = uuid.UUID("2d5b7f80-1c1e-4c0e-8a52-9d0d6f3b4a77")
_user, _grant, _membership = table_of(User), table_of(Grant), table_of(Membership)


class _Planner:
    """Plans rows in their order; knows what earlier rows named."""

    def __init__(self, headings: Mapping[str, str], house: InstitutionRow, now: datetime) -> None:
        self.headings, self.house, self.on = headings, house, shanghai_day(now)
        groups = queries.groups(house.id)
        self.groups = {row.name: row.id for row in groups} | {row.code: row.id for row in groups}
        self.seen: dict[tuple[str, str], int] = {}

    def plan(self, rows: Sequence[RowRead]) -> list[PlannedPerson]:
        known = queries.numbered(self.house.id, [row.values.get("staff_no", "") for row in rows])
        ids = [one.id for one in known.values()]
        self.members = queries.groups_by_person(ids, self.on)
        self.wide = queries.reaching_beyond(self.house.id, ids, self.on)
        self.emails = queries.emails_known([row.values["email"] for row in rows if row.values.get("email")])
        names = {name for row in rows for name in self._names(row.values.get("staff_no", ""))}
        self.usernames = queries.usernames_known(names)
        return [self._planned(row, known.get(row.values.get("staff_no", ""))) for row in rows]

    def _planned(self, row: RowRead, old: queries.Numbered | None) -> PlannedPerson:
        values = dict(row.values)
        number = values.get("staff_no", "")
        faults = list(row.faults)
        if not number and not faults:
            faults.append(self._fault("staff_no", "", "no-key"))
        if number:
            faults += self._twice("staff_no", number, "twice", row.line)
        if old is not None and old.left:
            faults.append(self._fault("staff_no", number, "left"))
        said = values.pop("groups", [])
        faults += [self._fault("groups", one, "unknown-group", one) for one in said if one not in self.groups]
        joins = tuple(dict.fromkeys(self.groups[one] for one in said if one in self.groups))
        if "phone" in values:
            values["phone"] = kept_phone(values["phone"])
        if old is None:
            return self._add(row, values, joins, faults)
        return self._change(row, old, values, joins, faults)

    def _add(
        self, row: RowRead, values: dict[str, Any], joins: tuple[uuid.UUID, ...], faults: list[Fault]
    ) -> PlannedPerson:
        number = values.get("staff_no", "")
        if not values.get("name") and not row.faults:
            faults.append(self._fault("name", "", "missing"))
        if email := values.get("email"):
            faults += self._email(email, row.line)
        username = next((one for one in self._names(number) if one not in self.usernames), None)
        if username is None and number:
            faults.append(self._fault("staff_no", number, "taken"))
        if faults:
            return PlannedPerson(row.line, Action.BAD, number, values.get("name", ""), faults=tuple(faults))
        self.usernames.add(username or "")
        columns = values | {"username": username, "institution_id": self.house.id}
        return PlannedPerson(
            row.line, Action.ADD, number, values["name"], new_id(), columns=columns, joins=joins
        )

    def _change(
        self,
        row: RowRead,
        old: queries.Numbered,
        values: dict[str, Any],
        joins: tuple[uuid.UUID, ...],
        faults: list[Fault],
    ) -> PlannedPerson:
        changes = {}
        for name, value in values.items():
            before = getattr(old, name)
            if before == value or (name in HERS and (before or old.id in self.wide)):
                continue
            if name == "email":
                faults += self._email(value, row.line)
            changes[name] = (before, value)
        joins = tuple(one for one in joins if one not in self.members[old.id])
        columns = {name: after for name, (_before, after) in changes.items()}
        if joins:
            words = [name for name, key in self.groups.items() if key in joins]
            changes["groups"] = ("", words)
        action = Action.BAD if faults else Action.CHANGE if changes else Action.SAME
        return PlannedPerson(
            row.line, action, old.staff_no, old.name, old.id, columns, changes, joins, tuple(faults)
        )

    def _names(self, number: str) -> list[str]:
        """User names for a new person: her number, or her house's code before it."""
        plain = re.sub(r"[^a-z0-9._\-]", "", number.lower()).strip("._-")[:40]
        house = re.sub(r"[^a-z0-9]", "", self.house.code.lower())[:19]
        return [name for name in (plain, f"{house}-{plain}") if len(plain) > 1 and len(name) <= 60]

    def _email(self, email: str, line: int) -> list[Fault]:
        if email.lower() in self.emails:
            return [self._fault("email", email, "email-known")]
        return self._twice("email", email.lower(), "email-twice", line)

    def _twice(self, field: str, value: str, reason: str, line: int) -> list[Fault]:
        first = self.seen.setdefault((field, value), line)
        return [] if first == line else [self._fault(field, value, reason, str(first))]

    def _fault(self, field: str, value: str, reason: str, limit: str = "") -> Fault:
        return Fault(self.headings.get(field, ""), value[:200], reason, limit)


def _pieces(rows: Iterable[RowRead]) -> Iterator[list[RowRead]]:
    iterator = iter(rows)
    while piece := list(islice(iterator, PIECE)):
        yield piece


@transactional
def import_people(
    rows: Iterable[RowRead],
    headings: Mapping[str, str],
    *,
    institution_id: uuid.UUID,
    mode: Mode | None,
    source: str,
    by: Actor | None,
    now: datetime,
) -> Outcome:
    """Say what a file would do (mode None), or do it: all of it or nothing, or its good rows.

    headings  of the fields that the file fills
    source    what the person calls the file; the reason of every role that it gives
    Raises Refused: not-found, forbidden, file-refused, edit-conflict (somebody entered one of them meanwhile).
    """
    house = _must_bring(institution_id, by)
    if mode is not None:
        lock_person(uuid.uuid5(_ONE_AT_A_TIME, str(house.id)))
    planner, counts, planned = _Planner(headings, house, now), Counts(), []
    for piece in _pieces(rows):
        found = planner.plan(piece)
        counts = counts.with_rows(found)
        planned += [row for row in found if row.action is not Action.SAME]
    if mode is None or (mode is Mode.ALL and counts.bad):
        return Outcome(counts, tuple(planned), done=False)
    written = _write([row for row in planned if row.action is not Action.BAD], house, source, by, now)
    return Outcome(replace(counts, written=written), tuple(planned), done=True)


def _must_bring(institution_id: uuid.UUID, by: Actor | None) -> InstitutionRow:
    house = network.institution(institution_id)
    if house is None:
        raise Refused("not-found")
    if by is not None and not by.may(RIGHT, ScopePath(house.zone_id, house.id)):
        raise Refused("forbidden")
    return house


def _write(
    planned: Sequence[PlannedPerson], house: InstitutionRow, source: str, by: Actor | None, now: datetime
) -> int:
    firm = house.kind == "enterprise"
    adds = [row for row in planned if row.action is Action.ADD]
    fixed = {"kind": "enterprise" if firm else "member", "created_at": now}
    role = Role.ENTERPRISE if firm else Role.RESEARCHER
    try:
        _insert(_user, [{"email": "", **row.columns, **fixed, "id": row.id} for row in adds])
        _change([row for row in planned if row.action is Action.CHANGE and row.columns])
        _give([(row.id, role, ScopeKind.INSTITUTION, house.id) for row in adds], source, by, now)
        _join(planned, source, by, now)
    except IntegrityError as error:
        raise Refused("edit-conflict") from error
    _note(planned, house, by, now)
    return len(planned)


def _insert(table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        insert_many(table, completed(table, rows))


def _change(rows: Sequence[PlannedPerson]) -> None:
    """One statement a set of columns and values alike would need a bind each; a person a statement is quick enough."""
    for row in rows:
        db.session.execute(update(_user).where(_user.c.id == row.id).values(**row.columns))


def _give(
    held: Sequence[tuple[Any, Role, ScopeKind, Any]], source: str, by: Actor | None, now: datetime
) -> None:
    fixed = {"starts_on": shanghai_day(now), "reason": source[:300], "created_at": now}
    fixed |= {"granted_by": by.user_id if by else None}
    _insert(_grant, [
        {"id": new_id(), "user_id": user_id, "role": role.value, "scope_kind": kind.value, "scope_id": scope_id}
        | fixed
        for user_id, role, kind, scope_id in held
    ])  # fmt: skip


def _join(planned: Sequence[PlannedPerson], source: str, by: Actor | None, now: datetime) -> None:
    """Members and their leave to book for the group, as `groups.add_member` gives it."""
    on = shanghai_day(now)
    joins = [(row.id, group_id) for row in planned for group_id in row.joins]
    may = queries.booking_for([row.id for row in planned if row.joins and row.id], on)
    _insert(
        _membership,
        [{"id": new_id(), "group_id": group, "user_id": user, "starts_on": on} for user, group in joins],
    )
    held = [
        (user, Role.RESEARCHER, ScopeKind.GROUP, group) for user, group in joins if (user, group) not in may
    ]
    _give(held, source, by, now)


def _note(planned: Sequence[PlannedPerson], house: InstitutionRow, by: Actor | None, now: datetime) -> None:
    events: list[dict[str, Any]] = []
    joined: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in planned:
        about = {"about": ("user", row.id), "zone": house.zone_code, "institution": house.id}
        if row.action is Action.ADD:
            events.append({"action": "people.user-added", "after": dict(row.columns), **about})
        elif row.columns:
            before = {name: row.changes[name][0] for name in row.columns}
            events.append({"action": "people.edited", "before": before, "after": dict(row.columns), **about})
        for group_id in row.joins:
            joined[group_id].append(row.id)
    for group_id, members in joined.items():
        about = {"about": ("group", group_id), "zone": house.zone_code, "institution": house.id}
        events.append({"action": "people.member-added", "after": {"user_ids": members}, **about})
    if events:
        audit.record_many(events, by=by, now=now)
