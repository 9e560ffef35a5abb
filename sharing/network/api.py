"""The network as JSON: zones, institutions, categories. Public."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from apiflask import APIBlueprint
from flask import request
from pydantic import BaseModel

from sharing.kernel.documented import takes
from sharing.kernel.inputs import parse
from sharing.kernel.rights import PUBLIC, needs
from sharing.network import queries
from sharing.network.forms import CategoriesAsked, InstitutionsAsked, Paged

bp = APIBlueprint("network_api", __name__, url_prefix="/api/v1", tag="Network")


class ZoneOut(BaseModel):
    """A node of the network: a zone, or the province itself."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    number_prefix: str
    is_province: bool


class InstitutionOut(BaseModel):
    """An owner of instruments, or an enterprise of the network."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    kind: str
    zone: str
    is_sample: bool


class CategoryOut(BaseModel):
    """One row of the code set of instrument categories."""

    code: str
    name: str
    name_en: str
    level: int
    parent_code: str | None
    code_set: str


class PageOut(BaseModel):
    """What every list carries."""

    total: int
    page: int
    per_page: int


class ZonesOut(PageOut):
    items: list[ZoneOut]


class InstitutionsOut(PageOut):
    items: list[InstitutionOut]


class CategoriesOut(PageOut):
    items: list[CategoryOut]


def _page(rows: Sequence[Any], asked: Paged) -> dict[str, Any]:
    first = (asked.page - 1) * asked.per_page
    return {
        "items": rows[first : first + asked.per_page],
        "total": len(rows),
        "page": asked.page,
        "per_page": asked.per_page,
    }


@bp.get("/zones")
@needs(PUBLIC)
@takes(Paged, "query")
@bp.output(ZonesOut)
@bp.doc(summary="Zones of the network", operation_id="listZones")
def zones() -> Any:
    """Every node in its order, the province itself among them."""
    asked = parse(Paged, request.args)
    fields = ZoneOut.model_fields
    return _page([{name: getattr(row, name) for name in fields} for row in queries.zones()], asked)


@bp.get("/institutions")
@needs(PUBLIC)
@takes(InstitutionsAsked, "query")
@bp.output(InstitutionsOut)
@bp.doc(summary="Institutions", operation_id="listInstitutions")
def institutions() -> Any:
    """Institutions that are not retired, by zone and code; `zone` is a zone's code. Companies are not for everybody."""
    asked = parse(InstitutionsAsked, request.args)
    zone = queries.zone(asked.zone) if asked.zone else None
    rows = [] if asked.zone and zone is None else queries.institutions(zone.id if zone else None, asked.kind)
    return _page([_institution(row) for row in rows if row.kind != "enterprise"], asked)


def _institution(row: queries.InstitutionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "name_en": row.name_en,
        "kind": row.kind,
        "zone": row.zone_code,
        "is_sample": row.is_sample,
    }


@bp.get("/categories")
@needs(PUBLIC)
@takes(CategoriesAsked, "query")
@bp.output(CategoriesOut)
@bp.doc(summary="Categories of instruments", operation_id="listCategories")
def categories() -> Any:
    """Rows of the code set by code; `parent` and `level` narrow them."""
    asked = parse(CategoriesAsked, request.args)
    rows = [
        {name: getattr(row, name) for name in CategoryOut.model_fields}
        for row in queries.categories(asked.code_set)
        if (asked.parent is None or row.parent_code == asked.parent)
        and (asked.level is None or row.level == asked.level)
    ]
    return _page(rows, asked)
