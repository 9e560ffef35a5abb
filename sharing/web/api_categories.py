"""Categories and versions of the code set as JSON, for the province; reading the tree is public (`network.api`)."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.rights import needs
from sharing.kernel.timespan import SHANGHAI
from sharing.network import forms, service
from sharing.network import queries as network
from sharing.people.signed import me, once
from sharing.registry import queries
from sharing.registry import service as registry
from sharing.web.views_categories import RIGHT, edit_of, effect_of, in_force

bp = APIBlueprint("categories_api", __name__, url_prefix="/api/v1", tag="Network")


class CodeSetOut(BaseModel):
    """A version of the code set; `begun` once its day has come."""

    version: str
    name: str
    source_document: str
    valid_from: date
    begun: bool


class CodeSetsOut(BaseModel):
    """Every version, the newest first."""

    items: list[CodeSetOut]
    total: int


class ChangeOut(BaseModel):
    """A dated row of a category."""

    id: uuid.UUID
    code: str
    valid_from: date
    name: str
    name_en: str
    aliases: str
    gone: bool
    source_document: str
    created_at: datetime
    applied_at: datetime | None
    withdrawn_at: datetime | None


class ChangesOut(BaseModel):
    """Dated rows of a version, the newest first."""

    items: list[ChangeOut]
    total: int


class TouchedOut(BaseModel):
    """Which instruments a change touches: how many, and the first of them."""

    count: int
    instruments: list[dict[str, Any]]


def _touched(found: queries.Touched) -> dict[str, Any]:
    names = ("id", "code", "name", "name_en", "category_code")
    return {
        "count": found.count,
        "instruments": [{name: str(getattr(row, name)) for name in names} for row in found.shown],
    }


@bp.get("/code-sets")
@needs(RIGHT)
@bp.output(CodeSetsOut)
@bp.doc(summary="Versions of the categories' code set", operation_id="listCodeSets")
def versions() -> Any:
    """The newest first; those to come too."""
    rows = [asdict(row) for row in network.code_sets()]
    return {"items": rows, "total": len(rows)}


@bp.get("/code-sets/<path:version>/changes")
@needs(RIGHT)
@bp.output(ChangesOut)
@bp.doc(summary="Dated rows of a version's categories", operation_id="listCategoryChanges")
def changes(version: str) -> Any:
    """Those taken back before they began too."""
    at = ("created_at", "applied_at", "withdrawn_at")
    rows = [
        {name: getattr(row, name) for name in ChangeOut.model_fields}
        | {name: when.astimezone(SHANGHAI) if (when := getattr(row, name)) else None for name in at}
        for row in network.category_changes(version)
    ]
    return {"items": rows, "total": len(rows)}


@bp.post("/code-sets")
@needs("network.edit")
@once
@takes(forms.CodeSetForm)
@bp.doc(summary="Add a version of the code set", operation_id="createCodeSet", responses={204: "Entered"})
def add_version() -> Any:
    """It begins as a copy of the categories in force. Instruments keep the version that they were classified by."""
    given = service.NewCodeSet(**parse(forms.CodeSetForm, json_body()).model_dump())
    service.add_code_set(given, by=me(), now=clock.now())
    return "", 204


@bp.post("/code-sets/effect")
@needs("network.edit")
@once
@takes(forms.CodeSetForm)
@bp.output(TouchedOut)
@bp.doc(summary="Which instruments a new version would leave behind", operation_id="previewCodeSet")
def preview_version() -> Any:
    """Nothing is entered."""
    given = service.NewCodeSet(**parse(forms.CodeSetForm, json_body()).model_dump())
    service.check_code_set(given, by=me(), now=clock.now())
    return _touched(queries.touched_by_set(in_force()))


@bp.post("/categories")
@needs("network.edit")
@once
@takes(forms.CategoryForm)
@bp.doc(summary="Add, rename or end a category", operation_id="changeCategory", responses={204: "Entered"})
def enter() -> Any:
    """From a day on, by a document. 409 `duplicate` where the code, or that day's row, is there already."""
    registry.edit_category(edit_of(parse(forms.CategoryForm, json_body())), by=me(), now=clock.now())
    return "", 204


@bp.post("/categories/effect")
@needs("network.edit")
@once
@takes(forms.CategoryForm)
@bp.output(TouchedOut)
@bp.doc(summary="Which instruments a change of a category would touch", operation_id="previewCategory")
def preview() -> Any:
    """Nothing is entered."""
    return _touched(effect_of(edit_of(parse(forms.CategoryForm, json_body())), clock.now()))


@bp.post("/category-changes/<uuid:change_id>/withdraw")
@needs("network.edit")
@once
@takes(forms.ReasonForm)
@bp.doc(
    summary="Take back a change that has not begun",
    operation_id="withdrawCategoryChange",
    responses={204: "Taken back"},
)
def withdraw(change_id: uuid.UUID) -> Any:
    """409 `rule-begun` once its day has come."""
    given = parse(forms.ReasonForm, json_body())
    service.withdraw_category_change(change_id, reason=given.reason, by=me(), now=clock.now())
    return "", 204
