"""Approval chains as people type them on a page or programs send them, to checked values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field
from werkzeug.datastructures import MultiDict

from sharing.approval.rules import (
    MOST_STEPS,
    MOST_WORKING_HOURS,
    WORKING_HOURS,
    ChainRow,
    ChainStepRow,
    StepRole,
)
from sharing.approval.service import NewChain
from sharing.kernel.inputs import Input, Int, parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.registry import forms

Text100 = Annotated[str, Field(max_length=100)]
YES: Final = {"是": True, "否": False, "true": True, "false": False, "yes": True, "no": False}


class StepIn(Input):
    """One step: who decides, within how many working hours, and when it is needed; no condition means always."""

    role: StepRole
    working_hours: Annotated[Int, Field(ge=1, le=MOST_WORKING_HOURS)] = WORKING_HOURS
    needed_when: Annotated[tuple[dict[str, Any], ...], Field(max_length=10)] = ()


class ChainIn(forms.ScopeAsked, forms.DatesIn):
    """A chain of a scope from a day on; its steps in order, none where it hands back to the wider scope."""

    name: Text100 = ""
    name_en: Text100 = ""
    steps: Annotated[tuple[StepIn, ...], Field(max_length=MOST_STEPS)] = ()

    def chain(self) -> NewChain:
        steps = (
            ChainStepRow(one.role, number, one.needed_when, one.working_hours)
            for number, one in enumerate(self.steps, 1)
        )
        return NewChain(self.name, self.name_en, tuple(steps))


# --- the page --------------------------------------------------------------------------------------------------------


def from_page(form: MultiDict[str, Any], scope: str) -> ChainIn:
    """The chain of a page's form; steps without a role are left out. Raises Refused: invalid-input, all at once."""
    wrong: list[dict[str, str]] = []
    steps = []
    for number in range(MOST_STEPS):
        at = f"step.{number}."
        role = form.get(f"{at}role", "")
        if role:
            hours = form.get(f"{at}hours", "").strip() or str(WORKING_HOURS)
            if not hours.isdigit():
                wrong.append({"field": f"{at}hours", "message": _("此处应为整数")})
            steps.append({"role": role, "working_hours": hours, "needed_when": _conditions(form, at, wrong)})
    if wrong:
        raise Refused("invalid-input", fields=wrong)
    names = ("valid_from", "source_document", "revision", "name", "name_en")
    plain = {name: form[name] for name in names if name in form}
    given = {**plain, "scope": scope, "inherit": form.get("inherit") == "1", "steps": steps}
    try:
        return parse(ChainIn, given)
    except Refused as no:
        fields = [{**one, "field": _placed(one["field"])} for one in no.facts["fields"]]
        raise Refused("invalid-input", fields=fields) from None


def _placed(field: str) -> str:
    """`steps.1.working_hours` as the page names it."""
    found = re.fullmatch(r"steps\.(\d+)\.(\w+).*", field)
    if not found:
        return field
    return f"step.{found[1]}.{ {'working_hours': 'hours'}.get(found[2], found[2]) }"


def _conditions(form: MultiDict[str, Any], at: str, wrong: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The conditions of one step: each field that is filled in is one."""
    out: list[dict[str, Any]] = [
        {name: form[f"{at}{name}"] == "true"}
        for name in ("external", "outside_hours")
        if form.get(f"{at}{name}")
    ]
    for name, key, unit in (("over_hours", "minutes_over", 60), ("over_yuan", "amount_over_fen", 100)):
        text = form.get(f"{at}{name}", "").strip()
        if not text:
            continue
        if re.fullmatch(r"\d{1,7}(\.5|\.50?)?" if unit == 60 else r"\d{1,9}", text):
            out.append({key: int(float(text) * unit)})
        else:
            wrong.append({"field": f"{at}{name}", "message": _("此处应为数字")})
    if key := form.get(f"{at}answer", "").strip():
        said = form.get(f"{at}equals", "").strip()
        out.append({"answer": key, "equals": YES.get(said.lower(), said)})
    return out


def to_page(chain: ChainRow | None) -> dict[str, str]:
    """The fields of the page as they stand before anybody typed: the chain in force here."""
    if chain is None:
        return {}
    out = {"name": chain.name, "name_en": chain.name_en}
    for number, step in enumerate(chain.steps):
        at = f"step.{number}."
        out[f"{at}role"], out[f"{at}hours"] = step.role.value, str(step.working_hours)
        for condition in step.needed_when:
            out |= {f"{at}{name}": value for name, value in _fields(condition).items()}
    return out


def _fields(condition: Mapping[str, Any]) -> dict[str, str]:
    if "minutes_over" in condition:
        return {"over_hours": f"{condition['minutes_over'] / 60:g}"}
    if "amount_over_fen" in condition:
        return {"over_yuan": str(condition["amount_over_fen"] // 100)}
    if "answer" in condition:
        value = condition["equals"]
        said = ("是" if value else "否") if isinstance(value, bool) else str(value)
        return {"answer": condition["answer"], "equals": said}
    [(name, value)] = condition.items()
    return {name: "true" if value else "false"}
