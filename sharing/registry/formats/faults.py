"""What is wrong in a row of a file, in the reader's language, and the file in which to mend it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sharing.kernel.inputs import sentence
from sharing.kernel.language import _
from sharing.kernel.tables.plan import Fault

COLUMNS: Final = ("原文件行号", "问题说明", "Line of the file", "What is wrong")
"""Headings that we add to a file of bad rows, in both languages; an import passes over them."""


def said(fault: Fault) -> str:
    """One sentence: what is wrong and what would do."""
    limit = fault.limit
    known = {
        "serial-date": _("日期被存成了数字（可能是 %(limit)s）；请把这一列设为日期格式再填", limit=limit),
        "no-heading": _("这一行有没有表头的格"),
        "no-key": _("没有编号，认不出是哪台仪器"),
        "twice": _("与第 %(limit)s 行是同一台仪器", limit=limit),
        "two-instruments": _("几个编号指的不是同一台仪器"),
        "unknown-institution": _("没有这个管理单位"),
        "other-institution": _("这台仪器属于 %(limit)s，不属于这里的单位", limit=limit),
        "unknown-zone": _("没有这个片区"),
        "unknown-category": _("没有这个分类编码"),
        "status-reason": _("不在用的仪器要写明原因"),
        "taken": _("另一台仪器已经用了这个编号"),
        "forbidden": _("不在您管理的范围内"),
        "no-mandate": _("该单位没有授权代办"),
        "changed-since": _("核对之后有人改过这台仪器，请重新核对"),
        "missing": _("请填写此项"),
    }
    return known.get(fault.reason) or sentence(fault.reason, limit, fault.reason)


def shown(faults: Iterable[Fault]) -> str:
    """All that is wrong in a row, each with its column."""
    parts = [f"{fault.heading}{_('：')}{said(fault)}" if fault.heading else said(fault) for fault in faults]
    return _("；").join(parts)


def to_mend(rows: Iterable[Mapping[str, Any]]) -> tuple[list[str], Iterator[Sequence[str | int]]]:
    """The header and the rows of the file to mend: where each stood, what is wrong, and its cells as they were."""
    iterator = iter(rows)
    first = next(iterator, None)
    headings = [name for name in first["cells"] if name and name not in COLUMNS] if first else []

    def lines() -> Iterator[Sequence[str | int]]:
        for row in itertools.chain([first], iterator) if first else ():
            faults = [Fault(**fault) for fault in row["faults"]]
            yield row["line"], shown(faults), *(row["cells"].get(name, "") for name in headings)

    return [_("原文件行号"), _("问题说明"), *headings], lines()
