"""A table of people: which heading fills which field, what a row's faults say, the outcome as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sharing.kernel.inputs import sentence
from sharing.kernel.language import _, _l
from sharing.kernel.tables.plan import Action, Fault
from sharing.people.rules import Outcome, Standing

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "staff_no": ("工号", "学号", "学工号", "职工号", "工号学号", "工号或学号", "staffno", "studentno", "staffnumber",
                 "studentnumber"),
    "name": ("姓名", "名字", "name"),
    "name_en": ("英文名", "英文姓名", "姓名英文", "nameen", "englishname"),
    "department": ("部门", "院系", "学院", "所在部门", "部门或院系", "department", "school"),
    "email": ("邮箱", "电子邮箱", "电子邮件", "email", "mail"),
    "phone": ("手机", "手机号", "手机号码", "电话", "联系电话", "phone", "mobile"),
    "standing": ("类别", "人员类别", "身份", "kind", "category", "standing"),
    "groups": ("课题组", "课题组代码", "所在课题组", "group", "groups", "researchgroup"),
}  # fmt: skip
LABELS: Final[Mapping[str, object]] = {
    "staff_no": _l("工号或学号"),
    "name": _l("姓名"),
    "name_en": _l("英文名"),
    "department": _l("部门或院系"),
    "email": _l("邮箱"),
    "phone": _l("手机号"),
    "standing": _l("类别"),
    "groups": _l("课题组"),
}
STANDING_WORDS: Final[Mapping[Standing, tuple[str, ...]]] = {
    Standing.STAFF: ("staff", "教职工", "教工", "教师", "职工", "员工", "老师", "实验人员", "博士后"),
    Standing.STUDENT: ("student", "学生", "研究生", "硕士生", "博士生", "硕士", "博士", "本科生",
                       "硕士研究生", "博士研究生"),
    Standing.VISITOR: ("visitor", "访问人员", "访问学者", "外聘", "校外人员", "客座"),
}  # fmt: skip
_ASIDE: Final = re.compile(r"[\s*_\-/()（）·.：:]")
_BY_HEADING: Final = {heading: name for name, headings in HEADINGS.items() for heading in headings}
_STANDING: Final = {word: standing for standing, words in STANDING_WORDS.items() for word in words}


def fields_of(headings: Sequence[str]) -> dict[str, str]:
    """The field that each heading fills; a heading that fills none is left out."""
    found = {heading: _BY_HEADING.get(_ASIDE.sub("", heading).casefold()) for heading in headings}
    return {heading: name for heading, name in found.items() if name}


def standing_of(text: str) -> Standing | None:
    """Staff, student or visitor, however a house calls it."""
    return _STANDING.get(_ASIDE.sub("", text).casefold())


def said(fault: Fault) -> str:
    """One sentence: what is wrong and what would do."""
    limit = fault.limit
    known = {
        "no-key": _("没有工号或学号，认不出是谁"),
        "no-heading": _("这一行有没有表头的格"),
        "twice": _("与第 %(limit)s 行是同一个工号", limit=limit),
        "left": _("这个工号的人已离开本单位；要恢复请联系省级管理员"),
        "unknown-group": _("本单位没有这个课题组：%(limit)s", limit=limit),
        "standing": _("请写教职工、学生或访问人员"),
        "email-known": _("这个邮箱已有账号，请核对或留空"),
        "email-twice": _("与第 %(limit)s 行是同一个邮箱", limit=limit),
        "taken": _("用户名已被占用，请联系管理员"),
    }
    return known.get(fault.reason) or sentence(fault.reason, limit, fault.reason)


def shown_as(value: Any) -> str:
    """A value before or after, in words."""
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "—")


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """What a file did or would do; every bad row by line, column and reason."""
    counts = outcome.counts
    return {
        "done": outcome.done,
        **{name: getattr(counts, name) for name in ("rows", "added", "changed", "same", "bad", "written")},
        "changes": [
            {"line": row.line, "staff_no": row.staff_no, "field": name, "before": shown_as(a), "after": shown_as(b)}
            for row in outcome.of(Action.CHANGE)
            for name, (a, b) in row.changes.items()
        ],
        "faults": faults_json(outcome),
    }  # fmt: skip


def faults_json(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"line": row.line, "column": one.heading, "value": one.value, "reason": one.reason, "message": said(one)}
        for row in outcome.of(Action.BAD)
        for one in row.faults
    ]  # fmt: skip
