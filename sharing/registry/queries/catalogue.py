"""The catalogue: two statements for a page of instruments, one for all facets with their counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Float,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    text,
    true,
    union_all,
)

from sharing.kernel.db import Key, db, is_sqlite
from sharing.kernel.paging import Page
from sharing.network import queries as network
from sharing.registry.queries.instruments import INSTITUTION, INSTRUMENT, ZONE, instruments
from sharing.registry.queries.terms import POLICY
from sharing.registry.rules import Audience, BookingMode, InstrumentRow, Status
from sharing.registry.rules.grams import match_postgresql, match_sqlite, parts
from sharing.registry.rules.search import VALUE_STEPS_FEN, Catalogue, FacetValue, Search, stem

FILTERS: Final = ("zone", "institution", "category", "mode", "status", "audience", "value")
_FOUND_SQLITE: Final = text(
    "SELECT instrument_id, -bm25(registry_fts, 0, 10, 5, 1, 0.5) AS rank FROM registry_fts"
    " WHERE registry_fts MATCH :looked_for"
)
_FOUND_POSTGRESQL: Final = text(
    "SELECT instrument_id, ts_rank('{0.05,0.1,0.5,1}', words, CAST(:looked_for AS tsquery)) AS rank"
    " FROM registry_fts WHERE words @@ CAST(:looked_for AS tsquery)"
)
SEARCHED: Final = "name terms rest sound"


def catalogue(search: Search, *, on: date, extra: ColumnElement[bool] | None = None) -> Catalogue:
    """A page of what is found, and every facet counted with the other filters applied.

    on     the Shanghai day whose policies say to whom an instrument is open
    extra  one more condition on `INSTRUMENT`, such as free time in a window, which other slices know of
    """
    counts = _counts(search, on, extra)
    total = next((n for facet, _v, _n, _e, n in counts if facet == "total"), 0)
    return Catalogue(Page(_page(search, on, extra), total, search.page, search.per_page), _facets(counts))


def listed(search: Search, *, on: date, extra: ColumnElement[bool] | None = None) -> Catalogue:
    """The same without facets, for lists that show none."""
    found = _matched(search, on, extra)
    total = db.session.execute(select(func.count()).select_from(found).where(*_met(found))).scalar_one()
    return Catalogue(Page(_page(search, on, extra), total, search.page, search.per_page))


# --- what is found -----------------------------------------------------------------------------------------


def _looked_for(search: Search) -> Subquery | None:
    """The instruments whose words have every part of the query, with how well; None when nothing is looked for."""
    wanted = parts(search.q)
    if not wanted:
        return None
    sqlite = is_sqlite()
    said = match_sqlite(wanted, SEARCHED) if sqlite else match_postgresql(wanted)
    statement = (_FOUND_SQLITE if sqlite else _FOUND_POSTGRESQL).bindparams(looked_for=said)
    return statement.columns(instrument_id=Key, rank=Float).subquery("found")


def _conditions(search: Search, audience: ColumnElement[str] | None) -> dict[str, ColumnElement[bool]]:
    """The condition of each filter that is set, by its facet."""
    c = INSTRUMENT.c
    out: dict[str, ColumnElement[bool]] = {}
    if search.zones:
        out["zone"] = c.zone_id.in_(select(ZONE.c.id).where(ZONE.c.code.in_(search.zones)))
    if search.institutions:
        codes = INSTITUTION.c.code.in_(search.institutions)
        out["institution"] = c.institution_id.in_(select(INSTITUTION.c.id).where(codes))
    if search.categories:
        stems = sorted({stem(code) for code in search.categories})
        out["category"] = or_(*(c.category_code.startswith(one, autoescape=True) for one in stems))
    if search.modes:
        out["mode"] = c.booking_mode.in_([one.value for one in search.modes])
    if search.statuses:
        out["status"] = c.status.in_([one.value for one in search.statuses])
    else:
        out["status"] = c.status != Status.RETIRED.value
    if search.audience and audience is not None:
        wide = [one.value for one in Audience if one.breadth >= search.audience.breadth]
        out["audience"] = audience.in_(wide)
    if search.min_value_fen is not None:
        out["value"] = c.original_value_fen >= search.min_value_fen
    return out


def audience_on(on: date) -> tuple[Any, ColumnElement[str]]:
    """The policy rows in force, left-joined to `INSTRUMENT`, and to whom each instrument is open by them."""
    rank = func.row_number().over(partition_by=POLICY.c.scope_key, order_by=POLICY.c.valid_from.desc())
    newest = (
        select(POLICY.c.scope_kind, POLICY.c.scope_id, POLICY.c.audience, POLICY.c.inherit, rank.label("age"))
        .where(POLICY.c.valid_from <= on)
        .cte("newest_policy")
    )
    ours = {
        "instrument": INSTRUMENT.c.id,
        "category": INSTRUMENT.c.category_id,
        "institution": INSTRUMENT.c.institution_id,
        "zone": INSTRUMENT.c.zone_id,
        "network": None,
    }
    joined: Any = INSTRUMENT
    said: list[ColumnElement[Any]] = []
    for kind, column in ours.items():
        at = newest.alias(f"policy_{kind}")
        here = true() if column is None else at.c.scope_id == column
        in_force = and_(at.c.scope_kind == kind, at.c.age == 1, at.c.inherit.is_(False), here)
        joined = joined.outerjoin(at, in_force)
        said.append(at.c.audience)
    return joined, func.coalesce(*said, literal(Audience.EVERYONE.value))


def _matched(search: Search, on: date, extra: ColumnElement[bool] | None) -> CTE:
    """Whatever meets the text and the extra condition, with a column for each filter saying whether it is met."""
    joined, audience = audience_on(on)
    c = INSTRUMENT.c
    met = _conditions(search, audience)
    columns: list[ColumnElement[Any]] = [
        c.id,
        c.zone_id,
        c.institution_id,
        c.category_code,
        c.booking_mode,
        c.status,
        c.original_value_fen,
        audience.label("audience"),
        *(func.coalesce(met[name], False).label(f"met_{name}") for name in FILTERS if name in met),
    ]
    asked = select(*columns).select_from(joined)
    found = _looked_for(search)
    if found is not None:
        asked = asked.where(c.id.in_(select(found.c.instrument_id)))
    if extra is not None:
        asked = asked.where(extra)
    return asked.cte("matched")


def _met(matched: CTE, but: str = "") -> list[ColumnElement[bool]]:
    """Every filter's condition but one's."""
    return [matched.c[f"met_{name}"] for name in FILTERS if name != but and f"met_{name}" in matched.c]


# --- facets ------------------------------------------------------------------------------------------------

Count = tuple[str, str, str | None, str | None, int]


def _counts(search: Search, on: date, extra: ColumnElement[bool] | None) -> list[Count]:
    """(facet, value, name, English name, count) of every facet and of the whole, in one statement."""
    m = _matched(search, on, extra)
    first = func.substr(m.c.category_code, 1, 2)
    second = func.substr(m.c.category_code, 1, 4)
    arms = [
        select(literal("total"), literal(""), _no(), _no(), func.count()).select_from(m).where(*_met(m)),
        _arm(m, "category", "class", first),
        _arm(m, "category", "subclass", second),
        _arm(m, "mode", "mode", m.c.booking_mode),
        _arm(m, "status", "status", m.c.status),
        _arm(m, "audience", "audience", m.c.audience),
        *(
            select(literal("value"), literal(str(step)), _no(), _no(), func.count())
            .select_from(m)
            .where(*_met(m, "value"), m.c.original_value_fen >= step)
            for step in VALUE_STEPS_FEN
        ),
        select(literal("zone"), ZONE.c.code, ZONE.c.name, ZONE.c.name_en, func.count())
        .join_from(m, ZONE, ZONE.c.id == m.c.zone_id)
        .where(*_met(m, "zone"))
        .group_by(ZONE.c.id, ZONE.c.code, ZONE.c.name, ZONE.c.name_en),
        select(
            literal("institution"),
            INSTITUTION.c.code,
            INSTITUTION.c.name,
            INSTITUTION.c.name_en,
            func.count(),
        )
        .join_from(m, INSTITUTION, INSTITUTION.c.id == m.c.institution_id)
        .where(*_met(m, "institution"))
        .group_by(INSTITUTION.c.id, INSTITUTION.c.code, INSTITUTION.c.name, INSTITUTION.c.name_en),
    ]
    return [tuple(row) for row in db.session.execute(union_all(*arms))]


def _no() -> ColumnElement[Any]:
    return cast(null(), String)


def _arm(m: CTE, filter_name: str, facet: str, value: ColumnElement[Any]) -> Select[Any]:
    return (
        select(literal(facet), cast(value, String), _no(), _no(), func.count())
        .select_from(m)
        .where(*_met(m, filter_name))
        .group_by(value)
    )


def _facets(counts: Sequence[Count]) -> dict[str, list[FacetValue]]:
    by: dict[str, dict[str, Count]] = {}
    for row in counts:
        by.setdefault(row[0], {})[row[1]] = row
    zones = {row.code: row.position for row in network.zones()}
    return {
        "zone": sorted(_named(by, "zone"), key=lambda one: zones.get(one.value, 0)),
        "category": _tree(by),
        "institution": sorted(_named(by, "institution"), key=lambda one: (-one.count, one.value)),
        "audience": _audiences(by.get("audience", {})),
        "mode": [_value(by, "mode", one.value) for one in BookingMode],
        "status": [_value(by, "status", one.value) for one in Status],
        "value": [_value(by, "value", str(step)) for step in VALUE_STEPS_FEN],
    }


def _named(by: dict[str, dict[str, Count]], facet: str) -> list[FacetValue]:
    return [
        FacetValue(value, name or "", en or "", n) for _f, value, name, en, n in by.get(facet, {}).values()
    ]


def _value(by: dict[str, dict[str, Count]], facet: str, value: str) -> FacetValue:
    known = by.get(facet, {}).get(value)
    return FacetValue(value, "", "", known[4] if known else 0)


def _audiences(counts: dict[str, Count]) -> list[FacetValue]:
    """Open at least to these: what is open to everyone is open to the network too."""
    exact = {one: counts[one.value][4] if one.value in counts else 0 for one in Audience}
    wider = {one: sum(n for other, n in exact.items() if other.breadth >= one.breadth) for one in Audience}
    return [FacetValue(one.value, "", "", wider[one]) for one in Audience if one is not Audience.GROUP]


def _tree(by: dict[str, dict[str, Count]]) -> list[FacetValue]:
    """The category tree, two levels, in the order of the codes; only where there is something."""
    out = []
    for row in network.categories():
        level, key = (0, "class") if row.code.endswith("0000") else (1, "subclass")
        if row.level > 2:
            continue
        found = by.get(key, {}).get(stem(row.code))
        if found:
            out.append(FacetValue(row.code, row.name, row.name_en, found[4], level))
    return out


# --- the page ----------------------------------------------------------------------------------------------


def _page(search: Search, on: date, extra: ColumnElement[bool] | None) -> list[InstrumentRow]:
    """Which are on the page, from narrow rows; then these few whole."""
    asked = select(INSTRUMENT.c.id)
    if search.audience:
        joined, audience = audience_on(on)
        wide = _conditions(search, audience)["audience"]
        asked = asked.where(INSTRUMENT.c.id.in_(select(INSTRUMENT.c.id).select_from(joined).where(wide)))
    asked = asked.where(*_conditions(search, None).values())
    if extra is not None:
        asked = asked.where(extra)
    found = _looked_for(search)
    if found is not None:
        asked = asked.join(found, found.c.instrument_id == INSTRUMENT.c.id)
    asked = asked.order_by(*_order(search, found)).limit(search.per_page)
    asked = asked.offset((search.page - 1) * search.per_page)
    ids = db.session.execute(asked).scalars().all()
    rows = instruments(ids)
    return [rows[one] for one in ids]


def _order(search: Search, found: Subquery | None) -> list[Any]:
    c = INSTRUMENT.c
    sort = search.sort or ("relevance" if found is not None else "name")
    runs_first = case((c.status == Status.IN_SERVICE.value, 0), else_=1)
    ways: dict[str, list[Any]] = {
        "relevance": [runs_first, *([found.c.rank.desc()] if found is not None else [])],
        "name": [],
        "-name": [c.name.desc()],
        "value": [c.original_value_fen.is_(None), c.original_value_fen],
        "-value": [c.original_value_fen.is_(None), c.original_value_fen.desc()],
        "newest": [c.created_at.desc()],
    }
    return [*ways[sort], c.name, c.code]
