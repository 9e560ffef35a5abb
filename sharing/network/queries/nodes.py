"""Reading the network: small tables, read whole and kept until a rule changes."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar, cast

from flask import current_app, g, has_request_context
from sqlalchemy import Select, select

from sharing.kernel.db import db, table_of
from sharing.network.models import (
    CalendarDay,
    Category,
    CodeSet,
    Institution,
    RuleEpoch,
    Setting,
    Zone,
)
from sharing.network.rules import OfficeHours, WorkCalendar

T = TypeVar("T")
CACHE: Final = "sharing.network.per_epoch"
MOST_CACHED: Final = 50_000  # things kept between two changes of rules; then begun anew


# --- what follows from rules, kept until one of them changes ----------------------------------------------


def rule_epoch() -> int:
    """The number that changes with every dated rule; 0 while there are no rules yet. Asked once a request."""
    if has_request_context() and "rule_epoch" in g:
        return int(g.rule_epoch)
    epoch = db.session.execute(select(table_of(RuleEpoch).c.epoch)).scalar_one_or_none() or 0
    if has_request_context():
        g.rule_epoch = epoch
    return epoch


def know_epoch(epoch: int) -> None:
    """Hand on an epoch that another statement of this request has just read along, so that it is not asked again."""
    if has_request_context() and epoch:
        g.rule_epoch = epoch


def per_epoch(key: Hashable, load: Callable[[], T]) -> T:
    """What `load` gives, kept in this process until a rule changes.

    key  names the thing among all that slices keep, such as ("registry.terms", instrument_id, revision)
    """
    epoch = rule_epoch()
    if not epoch:
        return load()
    held: tuple[int, dict[Hashable, Any]] | None = current_app.extensions.get(CACHE)
    if held is None or held[0] != epoch or len(held[1]) > MOST_CACHED:
        held = current_app.extensions[CACHE] = (epoch, {})
    values = held[1]
    if key not in values:
        values[key] = load()
    return cast("T", values[key])


# --- zones, institutions, categories ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """A node of the network: a zone, or the province itself."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    number_prefix: str
    is_province: bool
    position: int
    places: Sequence[str]
    source_document: str = ""


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    """An owner of instruments or an outside enterprise, with its node's names."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    kind: str
    zone_id: uuid.UUID
    zone_code: str
    zone_name: str
    zone_name_en: str
    uscc: str | None
    address: str | None
    phone: str | None
    is_sample: bool
    joined_on: date | None = None
    source_document: str = ""
    retired_at: datetime | None = None
    close_reason: str = ""


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """One row of a code set as it is today; `aliases` are the words that people search by; one that is `gone` takes
    no new instruments."""

    id: uuid.UUID
    code_set: str
    code: str
    level: int
    parent_code: str | None
    name: str
    name_en: str
    aliases: str
    gone: bool = False


def zones() -> list[ZoneRow]:
    """Every node in its order, the province among them. Kept until a rule changes: every page asks."""
    return list(per_epoch("network.zones", _zones))


def _zones() -> tuple[ZoneRow, ...]:
    table = table_of(Zone)
    columns = [table.c[name] for name in ZoneRow.__dataclass_fields__]
    rows = db.session.execute(select(*columns).order_by(table.c.position, table.c.code))
    return tuple(ZoneRow(*row) for row in rows)


def zone(code: str) -> ZoneRow | None:
    return next((row for row in zones() if row.code == code), None)


def zone_by_id(zone_id: uuid.UUID) -> ZoneRow | None:
    return next((row for row in zones() if row.id == zone_id), None)


def _institutions() -> Select[Any]:
    return with_retired().where(table_of(Institution).c.retired_at.is_(None))


def with_retired() -> Select[Any]:
    table, node = table_of(Institution), table_of(Zone)
    c = table.c
    return (
        select(c.id, c.code, c.name, c.name_en, c.kind, c.zone_id, node.c.code, node.c.name, node.c.name_en)
        .add_columns(c.uscc, c.address, c.phone, c.is_sample)
        .add_columns(c.joined_on, c.source_document, c.retired_at, c.close_reason)
        .join_from(table, node, node.c.id == c.zone_id)
    )


def institutions(zone_id: uuid.UUID | None = None, kind: str | None = None) -> list[InstitutionRow]:
    """Institutions that are not retired, by zone and code; of one zone or kind when asked."""
    table, node = table_of(Institution), table_of(Zone)
    ask = _institutions().order_by(node.c.position, table.c.code)
    if zone_id is not None:
        ask = ask.where(table.c.zone_id == zone_id)
    if kind is not None:
        ask = ask.where(table.c.kind == kind)
    return [InstitutionRow(*row) for row in db.session.execute(ask)]


def institution(institution_id: uuid.UUID) -> InstitutionRow | None:
    row = db.session.execute(_institutions().where(table_of(Institution).c.id == institution_id)).first()
    return InstitutionRow(*row) if row else None


def institutions_named(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, InstitutionRow]:
    """These institutions by id, in one statement; those that left the network too, for history names them."""
    wanted = set(ids)
    ask = with_retired().where(table_of(Institution).c.id.in_(wanted))
    return {row[0]: InstitutionRow(*row) for row in db.session.execute(ask)} if wanted else {}


def institution_by_code(code: str) -> InstitutionRow | None:
    row = db.session.execute(_institutions().where(table_of(Institution).c.code == code)).first()
    return InstitutionRow(*row) if row else None


def institution_by_uscc(uscc: str) -> InstitutionRow | None:
    """The institution of that unified social credit code."""
    row = db.session.execute(_institutions().where(table_of(Institution).c.uscc == uscc)).first()
    return InstitutionRow(*row) if row else None


def categories(code_set: str | None = None) -> list[CategoryRow]:
    """One version of the code set, by code; the newest that has begun when none is named. Those that are gone stand
    in it too, for instruments and history name them."""
    return list(per_epoch(("network.categories", code_set), lambda: _categories(code_set)))


def _categories(code_set: str | None) -> tuple[CategoryRow, ...]:
    table, sets = table_of(Category), table_of(CodeSet)
    newest = (
        select(sets.c.version)
        .where(sets.c.begun)
        .order_by(sets.c.valid_from.desc(), sets.c.version.desc())
        .limit(1)
    )
    columns = [table.c[name] for name in CategoryRow.__dataclass_fields__]
    wanted = newest.scalar_subquery() if code_set is None else code_set
    ask = select(*columns).where(table.c.code_set == wanted, table.c.begun).order_by(table.c.code)
    return tuple(CategoryRow(*row) for row in db.session.execute(ask))


def category(code: str, code_set: str | None = None) -> CategoryRow | None:
    return next((row for row in categories(code_set) if row.code == code), None)


# --- dated values -----------------------------------------------------------------------------------------


def setting(key: str, on: date) -> Any:
    """The network's value of that key on a day; None before its first row."""
    held = [(begins, value) for begins, value, _source in _settings().get(key, ()) if begins <= on]
    return max(held, key=lambda one: one[0])[1] if held else None


def _settings() -> Mapping[str, tuple[tuple[date, Any, str], ...]]:
    return per_epoch("network.settings", _read_settings)


def _read_settings() -> dict[str, tuple[tuple[date, Any, str], ...]]:
    c = table_of(Setting).c
    out: dict[str, tuple[tuple[date, Any, str], ...]] = {}
    for key, begins, value, source in db.session.execute(
        select(c.key, c.valid_from, c.value, c.source_document)
    ):
        out[key] = (*out.get(key, ()), (begins, value, source))
    return out


def office_hours(on: date) -> OfficeHours:
    """When offices work on working days, by the row in force."""
    spans = setting("office_hours", on)
    return OfficeHours(tuple((int(a), int(b)) for a, b in spans)) if spans else OfficeHours()


# --- working days -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListedDay:
    """A day that the State Council's list names."""

    day: date
    kind: str
    name: str
    name_en: str
    source_document: str


def work_calendar() -> WorkCalendar:
    """All listed days and the fixed statutory ones; kept until a rule changes."""
    return per_epoch("network.work_calendar", _work_calendar)


def _work_calendar() -> WorkCalendar:
    days = listed_days()
    newest = max(_settings().get("fixed_days", ()), key=lambda row: row[0], default=None)
    fixed = newest[1] if newest else ()
    return WorkCalendar(
        listed={row.day: (row.kind, row.name, row.name_en) for row in days},
        published=frozenset(row.day.year for row in days),
        fixed={(int(month), int(day)): (name, name_en) for month, day, name, name_en in fixed},
    )


def listed_days(year: int | None = None) -> list[ListedDay]:
    """The table of holidays and shifted workdays, in order; of one year when asked."""
    table = table_of(CalendarDay)
    ask = select(*(table.c[name] for name in ListedDay.__dataclass_fields__)).order_by(table.c.day)
    if year is not None:
        ask = ask.where(table.c.day >= date(year, 1, 1), table.c.day < date(year + 1, 1, 1))
    return [ListedDay(*row) for row in db.session.execute(ask)]


def calendar_revision() -> int:
    """The version of the whole list: another wherever a day of it differs."""
    return zlib.crc32(repr(listed_days()).encode()) % 1_000_000_000
