"""A person's own data for her programs."""

from __future__ import annotations

from typing import Any, Final

from apiflask import APIBlueprint

from sharing.exports.pages import download
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.people.signed import me

bp = APIBlueprint("exports_api", __name__, url_prefix="/api/v1", tag="People")
ANSWER: Final[Any] = {
    "description": "One list of rows for each kind of record",
    "content": {"application/json": {"schema": {"type": "object"}}},
}


@bp.get("/me/data")
@needs(SIGNED_IN)
@bp.doc(summary="Everything that is kept of you", operation_id="getMyData", responses={200: ANSWER})
def own_data() -> Any:
    """A JSON object of lists, streamed; secrets are kept as hashes and are left out."""
    return download(me())
