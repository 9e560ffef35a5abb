"""Showing a form again with what was typed and what was wrong with it: what every administration page does alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import current_app, request
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day


def told(refused: Refused | None) -> dict[str, Any]:
    """What a form shows of a refusal: the fields that are wrong, or what was said of the whole."""
    fields = refused.facts.get("fields", []) if refused else []
    errors = {one["field"]: one["message"] for one in fields}
    if refused and refused.kind == "duplicate" and "field" in refused.facts:
        errors = {refused.facts["field"]: _("已被使用")}
    said = current_app.extensions["sharing.explain"](refused) if refused and not errors else ""
    return {"form": request.form if refused else {}, "errors": errors, "said": said}


def tried(
    act: Callable[[], ResponseReturnValue], again: Callable[[Refused], ResponseReturnValue]
) -> ResponseReturnValue:
    """Do it, or show the form again with what was typed; what one may not know or do is not shown again."""
    try:
        return act()
    except Refused as no:
        if no.kind in {"not-found", "forbidden"}:
            raise
        return again(no)


def today() -> date:
    return shanghai_day(clock.now())
