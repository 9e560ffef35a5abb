"""A list of licences pasted from a sheet: staff number, level, from, until; one person a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sharing.registry.rules.words import LicenceLevel

MOST_ROWS: Final = 500
COLUMNS: Final = ("staff_no", "level", "from", "until")
HEADINGS: Final = frozenset({"工号", "职工号", "学号", "人员编号", "staff_no", "staff no", "staff number"})
LEVELS: Final = {
    **{level.value: level for level in LicenceLevel},
    "须有人陪同": LicenceLevel.SUPERVISED,
    "陪同": LicenceLevel.SUPERVISED,
    "可独立操作": LicenceLevel.INDEPENDENT,
    "独立操作": LicenceLevel.INDEPENDENT,
    "独立": LicenceLevel.INDEPENDENT,
    "可用高级功能": LicenceLevel.ADVANCED,
    "高级": LicenceLevel.ADVANCED,
}
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class PasteRow:
    """One good line; `ends_on` is the day after the last, as spans are half-open."""

    line: int
    staff_no: str
    level: LicenceLevel
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class PasteFault:
    """What is wrong in a line. reason: missing level date order twice too-many columns unknown-person."""

    line: int
    column: str
    value: str
    reason: str


def read_paste(text: str, *, today: date) -> tuple[list[PasteRow], list[PasteFault]]:
    """The good lines and everything wrong in the others; empty lines and a heading are passed over.

    Cells are parted by tabs, or by commas where a line has none. An empty `from` is today, an empty `until` no end.
    """
    rows: list[PasteRow] = []
    faults: list[PasteFault] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in (line.split("\t") if "\t" in line else re.split("[,，]", line))]
        if not any(cells) or (not seen and not faults and cells[0].lower() in HEADINGS):
            continue
        if len(rows) + len(faults) >= MOST_ROWS:
            faults.append(PasteFault(number, "", "", "too-many"))
            break
        row, wrong = _line(number, cells, today)
        if row and row.staff_no in seen:
            wrong, row = [PasteFault(number, "staff_no", row.staff_no, "twice")], None
        if row:
            seen[row.staff_no] = number
            rows.append(row)
        faults += wrong
    return rows, faults


def _line(number: int, cells: list[str], today: date) -> tuple[PasteRow | None, list[PasteFault]]:
    staff_no, level_said, begins, ends = ([*cells, "", "", "", ""])[:4]
    wrong: list[PasteFault] = []
    if any(cells[4:]):
        wrong.append(PasteFault(number, "", cells[4], "columns"))
    if not staff_no:
        wrong.append(PasteFault(number, "staff_no", "", "missing"))
    level = LEVELS.get(level_said.lower())
    if level is None:
        wrong.append(PasteFault(number, "level", level_said, "level" if level_said else "missing"))
    starts_on, last_on = today, None
    if begins:
        found = read_date(begins)
        starts_on = found or today
        wrong += [] if found else [PasteFault(number, "from", begins, "date")]
    if ends:
        last_on = read_date(ends)
        wrong += [] if last_on else [PasteFault(number, "until", ends, "date")]
    if last_on and last_on < starts_on and not wrong:
        wrong.append(PasteFault(number, "until", ends, "order"))
    if wrong or level is None:
        return None, wrong
    ends_on = last_on + timedelta(days=1) if last_on else None
    return PasteRow(number, staff_no, level, starts_on, ends_on), []


def read_date(text: str) -> date | None:
    """2027-06-30, 2027/6/30, 2027.6.30 or 2027年6月30日; None when it is no day."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day = map(int, found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None
