"""Answers to an instrument's booking questions: all there, each of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Protocol

from sharing.booking.rules.words import Violation

TEXT_MOST: Final = 1000


class Asked(Protocol):
    """A booking question; `registry.rules.QuestionRow` is one."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def label_en(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def choices(self) -> Sequence[Mapping[str, Any]]: ...


def given(value: Any) -> bool:
    """An empty text, an empty list and nothing are no answer; `false` is one."""
    return value is not None and value not in ("", [], {})


def of_answers(questions: Sequence[Asked], answers: Mapping[str, Any]) -> list[Violation]:
    """Every answer that is missing, of the wrong kind, or to no question of this instrument."""
    broken: list[Violation] = []
    for question in questions:
        value = answers.get(question.key)
        facts = {"key": question.key, "label": question.label, "label_en": question.label_en}
        if not given(value):
            if question.required:
                broken.append(Violation("answer_required", None, None, facts))
        elif not _fits(question, value):
            broken.append(Violation("answer_kind", question.kind, None, facts | {"kind": question.kind}))
    known = {question.key for question in questions}
    broken += [Violation("answer_unknown", None, None, {"key": key}) for key in answers if key not in known]
    return broken


def _fits(question: Asked, value: Any) -> bool:
    match question.kind:
        case "text":
            return isinstance(value, str) and len(value) <= TEXT_MOST
        case "number":
            return number(value) is not None
        case "yes_no":
            return isinstance(value, bool)
        case "choice":
            return any(value == one["value"] for one in question.choices)
        case "file":
            return isinstance(value, Mapping) and {"name", "sha256"} <= set(value)
    return False


def number(value: Any) -> Decimal | None:
    """A finite number, given as one or as its digits; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def shown_en(value: Any, shown: str, choices: Sequence[Mapping[str, Any]]) -> str:
    """The same for whoever reads English; `shown` where the answer is her own words, or a choice has none."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return next((str(one.get("label_en") or shown) for one in choices if one["value"] == value), shown)


def shown(question: Asked, value: Any) -> str:
    """The answer as an approver reads it, in the words of the question as it stands today."""
    if question.kind == "choice":
        return next((str(one["label"]) for one in question.choices if one["value"] == value), str(value))
    if question.kind == "yes_no":
        return "是" if value else "否"
    if question.kind == "file":
        return str(value["name"])
    return str(value)
