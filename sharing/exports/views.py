"""A person's own data as a download."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from sharing.exports.pages import download
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.people.signed import me

bp = Blueprint("exports", __name__)


@bp.get("/profile/data")
@needs(SIGNED_IN)
def own_data() -> ResponseReturnValue:
    """Everything that is kept of the one who asks."""
    return download(me())
