"""Scopes of dated rules: found by what people call them, what lies in them, and the rows that stand there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, func, or_, select, true

from sharing.audit import queries as audit
from sharing.kernel.db import db
from sharing.kernel.paging import Page
from sharing.kernel.refusals import Refused
from sharing.network import queries as network
from sharing.people.rules import Actor, ScopePath
from sharing.registry.queries.instruments import (
    CATEGORY,
    INSTITUTION,
    INSTRUMENT,
    ZONE,
    instrument,
    instrument_by_code,
)
from sharing.registry.rules import InstrumentRow, Status
from sharing.registry.rules.scopes import OPEN_SCOPES, Entry, R, Scope, standings

NETWORK: Final = Scope("network", None, "", "", "", ScopePath())
PER_PAGE: Final = 20


# --- one scope -------------------------------------------------------------------------------------------------------


def scope_said(text: str) -> Scope:
    """The scope that `network`, `zone:kunming`, `institution:uni`, `category:040102` or `instrument:<id or code>` says.

    Raises Refused: not-found.
    """
    kind, _colon, code = text.partition(":")
    find = _SAID.get(kind)
    found = find(code) if find else None
    if found is None:
        raise Refused("not-found")
    return found


def scope_of(kind: str, scope_id: uuid.UUID | None) -> Scope:
    """The scope of a dated row. Raises Refused: not-found."""
    find = _BY_ID.get(kind)
    found = find(scope_id) if find else None
    if found is None:
        raise Refused("not-found")
    return found


def _network(code: str | None) -> Scope | None:
    return None if code else NETWORK


def _zone(row: network.ZoneRow | None) -> Scope | None:
    if row is None:
        return None
    return Scope("zone", row.id, row.code, row.name, row.name_en, ScopePath(row.id), (NETWORK,))


def _institution(row: network.InstitutionRow | None) -> Scope | None:
    if row is None:
        return None
    zone = scope_of("zone", row.zone_id)
    path = ScopePath(row.zone_id, row.id)
    return Scope("institution", row.id, row.code, row.name, row.name_en, path, (zone, NETWORK))


def _category(condition: ColumnElement[bool]) -> Scope | None:
    c = CATEGORY.c
    asked = select(c.id, c.code, c.name, c.name_en).where(condition).order_by(c.id.desc()).limit(1)
    row = db.session.execute(asked).first()
    return Scope("category", *row, ScopePath(), (NETWORK,)) if row else None


def _instrument(row: InstrumentRow | None) -> Scope | None:
    if row is None:
        return None
    names = (row.category_code, row.category_name, row.category_name_en)
    category = Scope("category", row.category_id, *names, ScopePath(), (NETWORK,))
    house = scope_of("institution", row.institution_id)
    zone = scope_of("zone", row.zone_id)
    wider = (category, house, zone, NETWORK)
    return Scope("instrument", row.id, str(row.id), row.name, row.name_en, row.path, wider)


def _instrument_said(code: str) -> Scope | None:
    try:
        return _instrument(instrument(uuid.UUID(code)))
    except ValueError:
        return _instrument(instrument_by_code(code))


_SAID: Final[dict[str, Callable[[str], Scope | None]]] = {
    "network": _network,
    "zone": lambda code: _zone(network.zone(code)),
    "institution": lambda code: _institution(network.institution_by_code(code)),
    "category": lambda code: _category(CATEGORY.c.code == code),
    "instrument": _instrument_said,
}
_BY_ID: Final[dict[str, Callable[[Any], Scope | None]]] = {
    "network": lambda _key: NETWORK,
    "zone": lambda key: _zone(network.zone_by_id(key)),
    "institution": lambda key: _institution(network.institution(key)),
    "category": lambda key: _category(CATEGORY.c.id == key),
    "instrument": lambda key: _instrument(instrument(key)),
}


def may_read(scope: Scope, by: Actor) -> bool:
    """Rules of the network, a zone and a category hold in every house, which may read them; its own are its own."""
    return scope.kind in OPEN_SCOPES or by.may("registry.read-internal", scope.path)


def home(by: Actor) -> Scope:
    """Where an administrator begins: her institution, her zone, an instrument of hers, or the network."""
    where = by.scopes("registry.read-internal")
    for kind, ids in (
        ("institution", where.institutions),
        ("zone", where.zones),
        ("instrument", where.instruments),
    ):
        if ids and not where.everything:
            return scope_of(kind, min(ids))
    return NETWORK


# --- what lies in it -------------------------------------------------------------------------------------------------


def _inside(scope: Scope) -> ColumnElement[bool]:
    c = INSTRUMENT.c
    column = {
        "instrument": c.id,
        "category": c.category_id,
        "institution": c.institution_id,
        "zone": c.zone_id,
    }
    return true() if scope.kind == "network" else column[scope.kind] == scope.id


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom a rule of a scope reaches: these instruments; `kept` is how many a nearer rule holds for."""

    instruments: tuple[uuid.UUID, ...]
    kept: int


def reached(scope: Scope, own: Collection[str]) -> Reached:
    """The instruments of a scope that are not retired, but for those that a nearer scope's rule holds for.

    own  scope keys that have a rule in force that does not hand back (`own_keys`)
    """
    c = INSTRUMENT.c
    asked = select(c.id, c.category_id, c.institution_id, c.zone_id).where(
        _inside(scope), c.status != Status.RETIRED.value
    )
    found, kept = [], 0
    for row in db.session.execute(asked.order_by(c.code)):
        keys = (f"instrument:{row.id}", f"category:{row.category_id}", f"institution:{row.institution_id}",
                f"zone:{row.zone_id}", "network")  # fmt: skip
        nearer = keys[: keys.index(scope.key)]
        if any(key in own for key in nearer):
            kept += 1
        else:
            found.append(row.id)
    return Reached(tuple(found), kept)


# --- the rows that stand there ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of dated row.

    right   what changes it at a scope
    action  what it is called in the audit, with `-withdrawn` where a row is taken back
    line    the column that parts rows which do not end each other, such as the price group
    """

    table: Table
    right: str
    action: str
    line: str | None = None

    @property
    def actions(self) -> tuple[str, str]:
        return self.action, f"{self.action}-withdrawn"


def entries(kind: Kind, key: str, on: date, make: Callable[[Any], R]) -> list[Entry[R]]:
    """Every row of one scope, withdrawn ones too, the latest first."""
    rows = db.session.execute(select(kind.table).where(kind.table.c.scope_key == key)).mappings()
    line = kind.line
    return standings(
        ((make(row), row[line] if line else None, row["created_at"], row["withdrawn_at"]) for row in rows), on
    )


def revision(kind: Kind, key: str) -> int:
    """The version of a scope's rows: they are only ever added and withdrawn, so counting both tells any change."""
    c = kind.table.c
    asked = select(func.count() + func.count(c.withdrawn_at)).where(c.scope_key == key)
    return int(db.session.execute(asked).scalar_one())


def own_keys(kind: Kind, on: date, *lines: ColumnElement[bool]) -> set[str]:
    """Scope keys with a row in force on a day that does not hand back."""
    c = kind.table.c
    asked = select(c.scope_key, c.inherit).where(c.valid_from <= on, c.withdrawn_at.is_(None), *lines)
    rows = db.session.execute(asked.order_by(c.valid_from))
    hands_back = {row.scope_key: row.inherit for row in rows}
    return {key for key, up in hands_back.items() if not up}


@dataclass(frozen=True, slots=True)
class Below:
    """A narrower scope that has rows of its own."""

    said: str
    name: str
    name_en: str


def below(kind: Kind, scope: Scope, *, page: int = 1) -> Page[Below]:
    """Narrower scopes in this one that have rows of their own, by kind and name."""
    c = kind.table.c
    inside = {
        "institution": _inside(scope),
        "category": _inside(scope),
        "zone": or_(INSTITUTION.c.zone_id == scope.id, INSTRUMENT.c.zone_id == scope.id),
        "network": c.scope_kind != "network",
    }.get(scope.kind)
    if inside is None:
        return Page([], 0)
    joined = (
        kind.table.outerjoin(INSTRUMENT, and_(c.scope_kind == "instrument", INSTRUMENT.c.id == c.scope_id))
        .outerjoin(INSTITUTION, and_(c.scope_kind == "institution", INSTITUTION.c.id == c.scope_id))
        .outerjoin(CATEGORY, and_(c.scope_kind == "category", CATEGORY.c.id == c.scope_id))
        .outerjoin(ZONE, and_(c.scope_kind == "zone", ZONE.c.id == c.scope_id))
    )
    named = [
        func.coalesce(INSTRUMENT.c[name], INSTITUTION.c[name], CATEGORY.c[name], ZONE.c[name]).label(name)
        for name in ("code", "name", "name_en")
    ]
    asked = select(c.scope_kind, c.scope_id, *named).select_from(joined)
    asked = asked.where(inside, c.withdrawn_at.is_(None), c.scope_key != scope.key).distinct()
    total = db.session.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
    rows = db.session.execute(
        asked.order_by(c.scope_kind, named[1], c.scope_id).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    )
    return Page([_below(row) for row in rows], total, page, PER_PAGE)


def _below(row: Any) -> Below:
    code = row.scope_id if row.scope_kind == "instrument" else row.code
    return Below(f"{row.scope_kind}:{code}", row.name or "", row.name_en or "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page of one kind of rule at one scope shows beside the rows themselves."""

    scope: Scope
    on: date
    revision: int
    may_edit: bool
    below: Page[Below]
    history: Sequence[audit.EventRow]


def sheet(kind: Kind, scope: Scope, by: Actor, on: date, *, page: int = 1) -> Sheet:
    """Raises Refused: forbidden, when the scope's rules are none of hers to read."""
    if not may_read(scope, by):
        raise Refused("forbidden")
    return Sheet(
        scope=scope,
        on=on,
        revision=revision(kind, scope.key),
        may_edit=by.may(kind.right, scope.path),
        below=below(kind, scope, page=page),
        history=audit.history(scope.kind, scope.id, actions=kind.actions, limit=50),
    )
