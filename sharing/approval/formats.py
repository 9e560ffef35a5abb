"""Approvals to outside shapes: the API's list, the words of a page, one condition as a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sharing.approval.rules import ChainRow, StepRole
from sharing.kernel.language import _, _l, current_language, named
from sharing.kernel.money import Money
from sharing.kernel.timespan import SHANGHAI

STEPS: Final = {
    StepRole.PAYER: _l("课题组负责人"),
    StepRole.MANAGER: _l("机主"),
    StepRole.INSTITUTION: _l("管理单位"),
}
"""What people call each step."""


def step_name(role: StepRole | str) -> str:
    return str(STEPS[StepRole(role)])


def condition_sentence(condition: Mapping[str, Any]) -> str:
    """One condition of a chain in words."""
    if "external" in condition:
        return _("外单位用户") if condition["external"] else _("本单位用户")
    if "minutes_over" in condition:
        hours, rest = divmod(int(condition["minutes_over"]), 60)
        if rest:
            return _("超过 %(minutes)s 分钟", minutes=condition["minutes_over"])
        return _("超过 %(hours)s 小时", hours=hours)
    if "amount_over_fen" in condition:
        yuan, fen = divmod(Money(int(condition["amount_over_fen"])).fen, 100)
        return _("费用超过 ¥%(amount)s", amount=f"{yuan:,}.{fen:02d}")
    if "outside_hours" in condition:
        return _("开放时间以外") if condition["outside_hours"] else _("开放时间以内")
    return _("“%(key)s”答为“%(value)s”", key=condition["answer"], value=_answer(condition["equals"]))


def _answer(value: Any) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return "" if value is None else str(value)


def conditions_sentence(conditions: Iterable[Mapping[str, Any]]) -> str:
    """When a step is needed, in words; any of its conditions calls it."""
    said = [condition_sentence(one) for one in conditions]
    if not said:
        return _("每次都需要")
    return (" or " if current_language() == "en" else "或").join(said)


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step of a chain as a page prints it."""

    name: str
    when: str
    working_hours: int


@dataclass(frozen=True, slots=True)
class ShownChain:
    """A chain as a page prints it."""

    name: str
    valid_from: date
    source_document: str
    steps: tuple[ShownStep, ...]


def shown_chain(chain: ChainRow | None) -> ShownChain | None:
    """A chain in the reader's language."""
    if chain is None:
        return None
    return ShownChain(
        named(chain.name, chain.name_en),
        chain.valid_from,
        chain.source_document,
        tuple(
            ShownStep(step_name(step.role), conditions_sentence(step.needed_when), step.working_hours)
            for step in chain.steps
        ),
    )


def approval_json(approval: Any | None) -> list[dict[str, Any]]:
    """CONTRACT's `approvals`: a row for every word said, and one without `decision` for each step still to be decided.

    approval  a queries.ApprovalRow, or None for what needed none
    """
    if approval is None:
        return []
    rows: list[dict[str, Any]] = []
    for step in approval.steps:
        rows += [_said(step, word) for word in step.decisions]
        if step.state in {"open", "waiting", "returned"}:
            rows.append(_row(step, by=None, decision=None, at=None, note=None))
    return rows


def _said(step: Any, word: Any) -> dict[str, Any]:
    row = _row(
        step, by=word.by_name or None, decision=word.decision, at=_instant(word.at), note=word.note or None
    )
    return row | {"standing_for": word.for_name or None, "rule": word.rule}


def _row(step: Any, **said: Any) -> dict[str, Any]:
    extra = {"state": step.state, "due_at": _instant(step.due_at), "standing_for": None, "rule": None}
    return {"step": step.role.value, **said, **extra}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(SHANGHAI).isoformat(timespec="seconds")


# --- for administration ----------------------------------------------------------------------------------------------

LABELS: Final = {
    "valid_from": _l("自哪天起"),
    "name": _l("名称"),
    "steps": _l("步骤"),
    "inherit": _l("交还给上一级规则"),
    "source_document": _l("依据文件"),
}
"""Columns of a chain as its history names them."""


def said(column: str, value: Any) -> str:
    """A column's value in a history."""
    if column == "steps":
        return " → ".join(steps_sentence(step["role"], step["needed_when"]) for step in value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return str(value)


def steps_sentence(role: StepRole | str, conditions: Iterable[Mapping[str, Any]]) -> str:
    """One step in a line: who, and when if not always."""
    when = list(conditions)
    return f"{step_name(role)}（{conditions_sentence(when)}）" if when else step_name(role)


def chain_line(chain: ChainRow) -> str:
    """A whole chain in a line."""
    return " → ".join(steps_sentence(step.role, step.needed_when) for step in chain.steps)


def chain_json(chain: ChainRow) -> dict[str, Any]:
    """A chain's own columns, as the API and the command show them."""
    return {
        "name": chain.name,
        "name_en": chain.name_en,
        "steps": [
            {
                "role": step.role.value,
                "working_hours": step.working_hours,
                "needed_when": [dict(one) for one in step.needed_when],
            }
            for step in chain.steps
        ],
    }
