"""Reads one sheet of a workbook in a process of its own, whose memory and time are bounded; run by `workbook.lines`.

    child.py FILE MEMORY_BYTES CPU_SECONDS

Prints JSON, one value a line: first {"merged": [[[row, column], [row, column]], …]}, then [line, [cell, …]] for each
row, lines counted from 1 as a spreadsheet shows them; or {"wrong": reason} and nothing more. Imports none of our
package: it starts in a few hundredths of a second.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import python_calamine as calamine

SHARP_DIGITS = 10**15  # a number with more digits has lost its last ones in Excel


class LostDigits(ValueError):
    """A number that Excel has already rounded."""


def text(cell: Any) -> str:
    """A cell as it would be typed: 12, 12.5, 2026-03-01, TRUE."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        if cell == int(cell):
            if abs(cell) >= SHARP_DIGITS:
                raise LostDigits
            return str(int(cell))
        return format(Decimal(format(cell, ".15g")), "f")
    if isinstance(cell, datetime):
        return (
            cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ", "seconds")
        )
    return (
        str(cell)
        if isinstance(cell, timedelta)
        else cell.isoformat()
        if isinstance(cell, date)
        else f"{cell}"
    )


def sheet_of(book: Any) -> Any:
    """The first visible sheet that holds anything; None when there is none."""
    for number, about in enumerate(book.sheets_metadata):
        if (
            about.typ == calamine.SheetTypeEnum.WorkSheet
            and about.visible == calamine.SheetVisibleEnum.Visible
        ):
            sheet = book.get_sheet_by_index(number)
            if sheet.start is not None:
                return sheet
    return None


def said(path: str) -> Iterator[Any]:
    """What is printed of a workbook."""
    sheet = sheet_of(calamine.CalamineWorkbook.from_path(path))
    if sheet is None:
        yield {"wrong": "empty"}
        return
    top, left = sheet.start
    shift = [
        [[r1 + 1, c1 - left], [r2 + 1, c2 - left]] for (r1, c1), (r2, c2) in sheet.merged_cell_ranges or ()
    ]
    yield {"merged": [one for one in shift if one[0][0] <= top + 40]}
    for line, row in enumerate(sheet.iter_rows(), top + 1):
        cells: list[str] = []
        for column, cell in enumerate(row):
            try:
                cells.append(text(cell))
            except LostDigits:
                yield {"wrong": "digits", "line": line, "column": column}
                return
        while cells and not cells[-1]:
            cells.pop()
        yield [line, cells]


def main() -> None:
    """Bound, read, print."""
    path, memory, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        for value in said(path):
            sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")
    except calamine.PasswordError:
        sys.stdout.write('{"wrong": "encrypted"}\n')
    except (calamine.CalamineError, ValueError, OverflowError):
        sys.stdout.write('{"wrong": "broken"}\n')


if __name__ == "__main__":
    main()
