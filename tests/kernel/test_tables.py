"""Reading honest tables however people make them, and writing tables in which nothing runs."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel.refusals import Refused
from sharing.kernel.tables import (
    NO_HEADING,
    Cell,
    csv_bytes,
    guarded,
    opened,
    read_rows,
    unguarded,
    write_xlsx,
)

LINES = [["编号", "名称", "型号"], ["1", "透射电镜", "JEM-2100"], ["2", "扫描，电镜", 'He said "a"\n第二行']]
EXPECTED = [
    (2, {"编号": "1", "名称": "透射电镜", "型号": "JEM-2100"}),
    (3, {"编号": "2", "名称": "扫描，电镜", "型号": 'He said "a"\n第二行'}),
]


def at(*parts: int) -> datetime:
    """What a spreadsheet keeps: a time without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def as_csv(lines: list[list[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(lines)
    return out.getvalue()


def sheet(*rows: list[object], merges: tuple[str, ...] = (), dates: str = "") -> bytes:
    """A workbook as a person would make it; the first cell of a merge holds its words."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy/m/d"})
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, datetime):
                page.write_datetime(r, c, cell, day)
            elif cell is not None:
                page.write(r, c, cell)
    for area in merges:
        first = area.split(":")[0]
        r, c = int(first[1:]) - 1, ord(first[0]) - 65
        page.merge_range(area, rows[r][c] if c < len(rows[r]) else "")
    book.close()
    return out.getvalue()


def rows_of(data: bytes | Path) -> list[tuple[int, dict[str, str]]]:
    return list(read_rows(data, name="file"))


# --- CSV ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_csv_is_read_however_it_is_written(encoding: str, delimiter: str, end: str) -> None:
    assert rows_of(as_csv(LINES, delimiter, end).encode(encoding)) == EXPECTED


def test_a_file_is_read_from_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "表.csv"
    path.write_text(as_csv(LINES), "utf-8")
    assert rows_of(path) == EXPECTED


def test_lines_are_counted_as_an_editor_does() -> None:
    """A quoted cell may hold line ends; empty lines count."""
    text = '编号,名称\n1,"一\n二\n三"\n\n2,b\n'
    assert [line for line, _row in rows_of(text.encode())] == [2, 6]


def test_title_rows_are_passed_over() -> None:
    lines = [["云岭大学仪器设备一览表"], ["填报单位：云岭大学", "", "2026年3月"], *LINES]
    assert [row for _line, row in rows_of(as_csv(lines).encode())] == [row for _line, row in EXPECTED]


def test_cells_beyond_the_header_are_given_apart() -> None:
    rows = rows_of("编号,名称\n1,a\n2,b,多,余\n3\n".encode())
    assert rows[1][1] == {"编号": "2", "名称": "b", NO_HEADING: "多 余"}
    assert rows[2][1] == {"编号": "3", "名称": ""}


def test_headings_are_known_before_the_rows() -> None:
    with opened('编号 ,"名\n称"\n'.encode(), name="x") as table:
        assert table.headings == ("编号", "名 称")
        assert list(table.rows) == []


# --- workbooks --------------------------------------------------------------------------------------------------------


def test_a_workbook_gives_what_one_would_type() -> None:
    data = sheet(
        ["编号", "原值", "启用日期", "海关监管", "时刻", "小数"],
        ["001", 1250000, at(2024, 3, 1), True, at(2024, 3, 1, 8, 30), 0.1 + 0.2],
    )
    row = {"编号": "001", "原值": "1250000", "启用日期": "2024-03-01", "海关监管": "TRUE"}
    assert rows_of(data) == [(2, {**row, "时刻": "2024-03-01 08:30:00", "小数": "0.3"})]


def test_a_date_kept_as_a_number_stays_a_number() -> None:
    """Which day it means depends on the workbook's calendar: whoever knows the column decides."""
    assert rows_of(sheet(["编号", "启用日期"], ["1", 45352]))[0][1]["启用日期"] == "45352"


def test_a_formula_gives_its_result() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    page.write_row(0, 0, ["编号", "名称"])
    page.write_string(1, 0, "1")
    page.write_formula(1, 1, '=HYPERLINK("http://x.test","a")', None, "看得见的")
    book.close()
    assert rows_of(out.getvalue()) == [(2, {"编号": "1", "名称": "看得见的"})]


def test_a_merged_title_is_passed_over() -> None:
    rows = rows_of(sheet(["一览表"], *LINES, merges=("A1:C1",)))
    assert rows == [(line + 1, row) for line, row in EXPECTED]


def test_a_header_merged_over_two_rows_is_put_together() -> None:
    data = sheet(
        ["大型仪器一览表"],
        ["编号", "基本信息", None, None, "备注"],
        [None, "名称", "型号", "厂家", None],
        ["1", "电镜", "X", "蔡司", "好"],
        merges=("A1:E1", "A2:A3", "B2:D2", "E2:E3"),
    )
    assert rows_of(data) == [(4, {"编号": "1", "名称": "电镜", "型号": "X", "厂家": "蔡司", "备注": "好"})]


def test_a_merged_header_is_put_together_from_csv_where_it_is_plain() -> None:
    text = "编号,,,,备注\n,名称,型号,厂家,\n1,a,b,c,d\n"
    assert rows_of(text.encode()) == [(3, {"编号": "1", "名称": "a", "型号": "b", "厂家": "c", "备注": "d"})]


def test_a_merged_header_that_would_have_to_be_guessed_is_refused() -> None:
    with pytest.raises(Refused) as no:
        rows_of("编号,基本信息,,备注\n,名称,型号,\n1,a,b,c\n".encode())
    assert no.value.facts["reason"] == "no-heading"


def test_the_first_sheet_that_is_seen_and_holds_anything_is_read() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet("空")
    book.add_worksheet("藏").write_row(0, 0, ["秘密", "表"])
    book.add_worksheet("数据").write_row(0, 0, ["编号", "名称"])
    book.worksheets()[0].activate()
    book.worksheets()[1].hide()
    book.close()
    with opened(out.getvalue(), name="x") as table:
        assert table.headings == ("编号", "名称")


# --- writing --------------------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
cells = st.one_of(
    texts,
    st.none(),
    st.integers(-(10**14), 10**14),
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.dates(date(1901, 1, 1), date(9999, 12, 31)),
)


@given(st.text())
def test_the_escape_is_taken_back_whatever_the_text(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(st.text())
def test_no_guarded_text_begins_a_formula(text: str) -> None:
    assert not guarded(text)[:1] or guarded(text)[0] not in "=+-@\t\r\n\0"


def shown(cell: Cell) -> str:
    """A cell as reading gives it back."""
    return cell.strip() if isinstance(cell, str) else "" if cell is None else str(cell)


@given(st.lists(st.tuples(st.just("x"), texts, cells), max_size=5))
def test_what_is_written_as_csv_is_read_back(rows: list[tuple[Cell, ...]]) -> None:
    data = b"".join(csv_bytes(["键", "文", "格"], rows))
    back = [list(row.values()) for _line, row in rows_of(data)]
    assert back == [[shown(cell) for cell in row] for row in rows]


xml_texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff"), max_size=30
)


@given(st.lists(st.tuples(st.just("x"), xml_texts), min_size=1, max_size=5))
def test_what_is_written_as_xlsx_is_read_back_and_nothing_is_a_formula(rows: list[tuple[str, str]]) -> None:
    out = io.BytesIO()
    write_xlsx(out, ["键", "文"], rows)
    with_formulas = openpyxl.load_workbook(out).active
    assert with_formulas is not None
    assert [cell.data_type for row in with_formulas for cell in row if cell.data_type == "f"] == []
    assert [row["文"] for _line, row in rows_of(out.getvalue())] == [text.strip() for _key, text in rows]


def test_numbers_are_numbers_and_dates_are_dates_under_a_frozen_header() -> None:
    out = io.BytesIO()
    write_xlsx(out, ["文", "数", "钱", "日"], [["=1+1", 7, Decimal("12.50"), date(2026, 3, 1)]])
    page = openpyxl.load_workbook(out).active
    assert page is not None
    assert page.freeze_panes == "A2"
    assert [cell.value for cell in page[2]] == ["=1+1", 7, 12.5, at(2026, 3, 1)]
    assert [cell.data_type for cell in page[2]] == ["s", "n", "n", "d"]


def test_csv_streams_with_bom_and_bare_numbers() -> None:
    pieces = list(csv_bytes(["文", "数"], ((f"-{i}", -i) for i in range(4500))))
    assert len(pieces) == 3
    assert pieces[0].startswith("\ufeff文,数\r\n'-0,0\r\n'-1,-1\r\n".encode())
    assert pieces[1].startswith(b"'-2000,-2000\r\n")
