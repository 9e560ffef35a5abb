"""Writing tables: CSV as a stream, XLSX row by row in constant memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, Final

import xlsxwriter

from sharing.kernel.tables.cells import ESCAPE, guarded, looks_escaped

Cell = str | int | Decimal | date | None
BOM: Final = b"\xef\xbb\xbf"
CHUNK: Final = 2000
MOST_SHEET_ROWS: Final = 1_048_576
_WIDEST, _NARROWEST = 40, 10


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The table as UTF-8 CSV with BOM (RFC 4180), about 2,000 rows a piece; only text cells are guarded."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([guarded(name) for name in header])
    start = BOM
    for number, row in enumerate(rows, 1):
        writer.writerow([_in_csv(cell) for cell in row])
        if number % CHUNK == 0:
            yield start + out.getvalue().encode()
            start = b""
            out.seek(0)
            out.truncate()
    yield start + out.getvalue().encode()


def _in_csv(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def write_xlsx(out: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """The table as a workbook: numbers as numbers, dates as dates, text as text, the header frozen.

    More rows than a sheet holds go on in a second one under the same header.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, {**options, "strings_to_numbers": False})
    bold = book.add_format({"bold": True, "bottom": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet, at = None, MOST_SHEET_ROWS
    for row in rows:
        if at == MOST_SHEET_ROWS:
            sheet, at = _sheet(book, header, bold), 1
        for column, cell in enumerate(row):
            _put(sheet, at, column, cell, day)
        at += 1
    if sheet is None:
        _sheet(book, header, bold)
    book.close()


def _sheet(book: Any, header: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(header):
        wide = sum(1 + (ord(letter) > 0x2E80) for letter in name) + 4
        sheet.set_column(column, column, min(_WIDEST, max(_NARROWEST, wide)))
        sheet.write_string(0, column, name, bold)
    return sheet


def _put(sheet: Any, row: int, column: int, cell: Cell, day: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, str):
        sheet.write_string(row, column, ESCAPE + cell if looks_escaped(cell) else cell)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, day)
    else:
        sheet.write_number(row, column, cell)
