"""The register as a table, for programs: taking it away."""

from __future__ import annotations

from typing import Any, Final

from apiflask import APIBlueprint
from flask import request

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import parse
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.people.signed import me
from sharing.registry import forms
from sharing.registry.pages.export import XLSX, exported

bp = APIBlueprint("records_api", __name__, url_prefix="/api/v1", tag="Registry")
_KINDS: Final[dict[str, dict[str, Any]]] = {"text/csv": {}, XLSX: {}}
FILE: Final[dict[int | str, dict[str, str | dict[str, dict[str, Any]]]]] = {
    200: {"description": "The file", "content": _KINDS}
}


@bp.get("/registry/export")
@needs("registry.read-internal")
@takes(forms.ExportIn, "query")
@bp.doc(
    summary="The register as a CSV or XLSX file",
    operation_id="exportRegistry",
    responses=FILE,
)
def export() -> Any:
    """Every record in one's scope, in our layout (which keeps every field), the national one, or as asset cards."""
    asked = parse(forms.ExportIn, request.args.to_dict())
    return exported(asked, by=me(), on=shanghai_day(clock.now()))
