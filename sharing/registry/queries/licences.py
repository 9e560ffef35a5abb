"""Reading who may use an instrument alone, and who runs it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select

from sharing.kernel.db import db, table_of
from sharing.people.models import Grant, User
from sharing.people.queries import PersonRow
from sharing.people.rules import Role
from sharing.registry.models import Licence
from sharing.registry.queries.instruments import INSTRUMENT
from sharing.registry.rules import LicenceLevel, LicenceRow

LICENCE: Final = table_of(Licence)
GRANT: Final = table_of(Grant)
USER: Final = table_of(User)
_FIELDS: Final = tuple(LicenceRow.__dataclass_fields__)
_PERSON: Final = (
    "id",
    "username",
    "name",
    "name_en",
    "email",
    "language",
    "institution_id",
    "staff_no",
    "phone",
    "department",
    "kind",
)


@dataclass(frozen=True, slots=True)
class LicensedRow:
    """A licence with the names of who holds it and who gave it, for lists."""

    licence: LicenceRow
    name: str
    name_en: str
    staff_no: str | None
    granted_by_name: str


@dataclass(frozen=True, slots=True)
class ManagerRow(PersonRow):
    """Who runs an instrument: `deputy` when she stands in; `whole_house` when she runs all of the institution."""

    deputy: bool = False
    whole_house: bool = False


def _row(row: Any) -> LicenceRow:
    values = dict(zip(_FIELDS, row, strict=False))
    values["level"] = LicenceLevel(values["level"])
    return LicenceRow(**values)


def _in_force(on: date) -> ColumnElement[bool]:
    c = LICENCE.c
    return and_(c.ended_at.is_(None), c.starts_on <= on, or_(c.ends_on.is_(None), c.ends_on > on))


def licence(instrument_id: uuid.UUID, user_id: uuid.UUID, on: date) -> LicenceRow | None:
    """The furthest licence that a person holds on a day."""
    c = LICENCE.c
    asked = select(*(c[name] for name in _FIELDS)).where(
        c.instrument_id == instrument_id, c.user_id == user_id, _in_force(on)
    )
    order = list(LicenceLevel)
    rows = [_row(row) for row in db.session.execute(asked)]
    return max(rows, key=lambda row: (order.index(row.level), row.starts_on), default=None)


def last_licence(instrument_id: uuid.UUID, user_id: uuid.UUID) -> LicenceRow | None:
    """The licence that a person held last, in force or not: says since when it lapsed."""
    c = LICENCE.c
    asked = select(*(c[name] for name in _FIELDS)).where(
        c.instrument_id == instrument_id, c.user_id == user_id
    )
    row = db.session.execute(asked.order_by(c.starts_on.desc(), c.id.desc()).limit(1)).first()
    return _row(row) if row else None


def licences(instrument_id: uuid.UUID, *, on: date | None = None) -> list[LicensedRow]:
    """An instrument's licences with names, the newest first; only those in force when a day is given."""
    c, giver = LICENCE.c, USER.alias("giver")
    asked = (
        select(*(c[name] for name in _FIELDS), USER.c.name, USER.c.name_en, USER.c.staff_no, giver.c.name)
        .join_from(LICENCE, USER, USER.c.id == c.user_id)
        .join(giver, giver.c.id == c.granted_by)
        .where(c.instrument_id == instrument_id)
        .order_by(c.starts_on.desc(), c.id.desc())
    )
    if on is not None:
        asked = asked.where(_in_force(on))
    size = len(_FIELDS)
    return [LicensedRow(_row(row[:size]), *row[size:]) for row in db.session.execute(asked)]


def licences_of(user_id: uuid.UUID, on: date) -> list[tuple[LicenceRow, str, str]]:
    """What a person holds on a day, with the instrument's names; what ends first stands first."""
    c = LICENCE.c
    asked = (
        select(*(c[name] for name in _FIELDS), INSTRUMENT.c.name, INSTRUMENT.c.name_en)
        .join_from(LICENCE, INSTRUMENT, INSTRUMENT.c.id == c.instrument_id)
        .where(c.user_id == user_id, _in_force(on))
        .order_by(c.ends_on.is_(None), c.ends_on, INSTRUMENT.c.name)
    )
    size = len(_FIELDS)
    return [(_row(row[:size]), row[size], row[size + 1]) for row in db.session.execute(asked)]


def every_licence_of(user_id: uuid.UUID) -> dict[uuid.UUID, list[LicenceRow]]:
    """All that a person ever held, in force or not, by instrument; one statement."""
    c = LICENCE.c
    found: dict[uuid.UUID, list[LicenceRow]] = {}
    for row in db.session.execute(select(*(c[name] for name in _FIELDS)).where(c.user_id == user_id)):
        made = _row(row)
        found.setdefault(made.instrument_id, []).append(made)
    return found


def licences_on(
    instruments: Iterable[uuid.UUID], persons: Iterable[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], list[LicenceRow]]:
    """Licences that nobody ended, of these persons on these instruments, whatever their days; one statement."""
    c = LICENCE.c
    asked = select(*(c[name] for name in _FIELDS)).where(
        c.instrument_id.in_(list(instruments)), c.user_id.in_(list(persons)), c.ended_at.is_(None)
    )
    found: dict[tuple[uuid.UUID, uuid.UUID], list[LicenceRow]] = {}
    for row in map(_row, db.session.execute(asked)):
        found.setdefault((row.instrument_id, row.user_id), []).append(row)
    return found


def licensed(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]], on: date) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Those of these (instrument, person) pairs that hold a licence on a day, in one statement."""
    wanted = set(pairs)
    if not wanted:
        return set()
    c = LICENCE.c
    asked = select(c.instrument_id, c.user_id).where(
        c.instrument_id.in_({i for i, _u in wanted}), c.user_id.in_({u for _i, u in wanted}), _in_force(on)
    )
    return {(row[0], row[1]) for row in db.session.execute(asked)} & wanted


def managers(instrument_id: uuid.UUID, on: date) -> list[ManagerRow]:
    """Manager and deputies of an instrument on a day; where it has none of its own, those of its institution."""
    return managers_of([instrument_id], on).get(instrument_id, [])


def managers_of(ids: Iterable[uuid.UUID], on: date) -> dict[uuid.UUID, list[ManagerRow]]:
    """The same for several instruments, one statement; deputies after managers, then by name."""
    wanted = list(ids)
    if not wanted:
        return {}
    own: dict[uuid.UUID, dict[uuid.UUID, ManagerRow]] = {}
    house: dict[uuid.UUID, dict[uuid.UUID, ManagerRow]] = {}
    for instrument_id, role, scope_kind, *person in db.session.execute(_running(wanted, on)):
        at_house = scope_kind == "institution"
        fields = dict(zip(_PERSON, person, strict=True))
        made = ManagerRow(**fields, left=False, deputy=role == Role.DEPUTY_MANAGER, whole_house=at_house)
        (house if at_house else own).setdefault(instrument_id, {}).setdefault(made.id, made)
    return {key: list((own.get(key) or house.get(key) or {}).values()) for key in wanted}


def _running(ids: list[uuid.UUID], on: date) -> Any:
    g, u, i = GRANT.c, USER.c, INSTRUMENT.c
    here = or_(
        and_(g.scope_kind == "instrument", g.scope_id == i.id),
        and_(g.scope_kind == "institution", g.scope_id == i.institution_id),
    )
    return (
        select(i.id, g.role, g.scope_kind, *(u[name] for name in _PERSON))
        .join_from(INSTRUMENT, GRANT, here)
        .join(USER, u.id == g.user_id)
        .where(
            i.id.in_(ids),
            g.role.in_([Role.MANAGER.value, Role.DEPUTY_MANAGER.value]),
            g.starts_on <= on,
            or_(g.ends_on.is_(None), g.ends_on > on),
            u.left_at.is_(None),
        )
        .order_by(g.role.desc(), u.name, u.id)  # manager before deputy_manager
    )
