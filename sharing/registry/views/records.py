"""The register as a table, for administrators: taking it away as a file."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.people.signed import me
from sharing.registry import forms
from sharing.registry.pages.export import exported

bp = Blueprint("records", __name__)


@bp.get("/records/export")
@needs("registry.read-internal")
def export() -> ResponseReturnValue:
    """Every record in one's scope as a file."""
    asked = parse(forms.ExportIn, request.args.to_dict())
    return exported(asked, by=me(), on=shanghai_day(clock.now()))
