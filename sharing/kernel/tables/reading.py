"""Reading a table that somebody brings: CSV in UTF-8 or GB18030, or a workbook; row by row, with line numbers.

What a file is, its bytes say, not its name. Title rows above the header are passed over, a header that is merged over
two rows is put together; what would have to be guessed is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import os
import statistics
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sharing.kernel.language import _
from sharing.kernel.tables import workbook
from sharing.kernel.tables.cells import unguarded, unreadable

MOST_BYTES: Final = 64 * 1024 * 1024
MOST_ROWS: Final = 200_000
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 32_767
LONGEST_LINE: Final = 1024 * 1024  # characters
HEAD_ROWS: Final = 20  # the header stands among these
FULL_ENOUGH: Final = 0.7  # of what most of them fill; a title fills less
NO_HEADING: Final = ""  # where cells beyond the header are given, joined
LIKELY: Final = 0.85  # of the letters outside ASCII, in the everyday set, when GB18030 is read rightly
PIECE: Final = 64 * 1024

Source = bytes | Path
Line = tuple[int, list[str]]
Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table being read: its headings in order, and its rows as they come: (line, {heading: text}).

    Empty rows are passed over; text is stripped at both ends. Cells beyond the header stand under `NO_HEADING`.
    """

    headings: tuple[str, ...]
    rows: Iterator[tuple[int, dict[str, str]]]


def read_rows(
    source: Source, *, name: str, most_rows: int = MOST_ROWS
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row of a table as (line, {heading: text}), the line as an editor or a spreadsheet counts it.

    source  the bytes, or where the file lies; it is read in pieces
    name    what the person calls the file; only for what she is told
    raises  Refused: file-refused, with reason and message; at the first row, or further on where the file breaks
    """
    with opened(source, name=name, most_rows=most_rows) as table:
        yield from table.rows


@contextmanager
def opened(source: Source, *, name: str, most_rows: int = MOST_ROWS) -> Iterator[Table]:
    """The table with its headings; as `read_rows`."""
    with _stream(source) as (stream, path):
        size = stream.seek(0, os.SEEK_END)
        if size > MOST_BYTES:
            limit = MOST_BYTES // 1024**2
            raise unreadable(
                "size", _("文件太大：最多 %(limit)s MB，请分成几个文件", limit=limit), limit=limit
            )
        stream.seek(0)
        begins = stream.read(8)
        stream.seek(0)
        if begins.startswith(b"PK\x03\x04"):
            sheet = workbook.lines(path)
            lines, merged = sheet.lines, sheet.merged
        else:
            _judge_kind(begins, name)
            lines, merged = _csv_lines(stream), ()
        yield _table(lines, merged, most_rows)


@contextmanager
def _stream(source: Source) -> Iterator[tuple[BinaryIO, Path]]:
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file, source
        return
    with tempfile.NamedTemporaryFile(prefix="table-") as file:
        file.write(source)
        file.flush()
        yield file, Path(file.name)  # type: ignore[misc]


def _judge_kind(begins: bytes, name: str) -> None:
    if not begins:
        raise unreadable("empty", _("文件是空的"))
    if begins.startswith(b"\xd0\xcf\x11\xe0"):
        raise unreadable("kind", _("这是旧版 .xls 或有密码的工作簿，请另存为不带密码的 .xlsx 再上传"))
    foreign = begins.startswith(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"\x1f\x8b", b"Rar!")
    )
    if foreign or name.lower().endswith((".xlsx", ".xls", ".ods")):
        raise unreadable("kind", _("这不是 Excel 工作簿（.xlsx），请另存为 .xlsx 或 CSV 再上传"))


# --- CSV ------------------------------------------------------------------------------------------------------------


def encoding_of(stream: BinaryIO) -> str:
    """How a text file is written: by its mark, else UTF-8 when all of it is, else GB18030 when it reads like Chinese.

    Raises Refused: file-refused; a UTF-8 file with a broken place is told by its line, not taken for GB18030.
    """
    begins = stream.read(4)
    stream.seek(0)
    if begins.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, beyond = 1, 0
    try:
        for piece in _pieces(stream):
            text = decoder.decode(piece, final=not piece)
            if "\0" in text:
                raise unreadable("kind", _("这不是表格文件，请用 .xlsx 或 CSV"))
            line += text.count("\n")
            beyond += not text.isascii()
    except UnicodeDecodeError as error:
        good = error.object[: error.start].decode("utf-8", "ignore")
        line += good.count("\n")
        if beyond or sum(not letter.isascii() for letter in good) >= 3:
            raise _not_text("utf-8", line) from None
    else:
        return "utf-8"
    stream.seek(0)
    _judge_gb18030(stream)
    return "gb18030"


def _judge_gb18030(stream: BinaryIO) -> None:
    """Nearly any bytes can be read as GB18030; what comes out must look like what people write."""
    decoder = codecs.getincrementaldecoder("gb18030")()
    line = everyday = seldom = 0
    try:
        for piece in _pieces(stream):
            text = decoder.decode(piece, final=not piece)
            line += text.count("\n")
            for letter in text if everyday + seldom < PIECE else "":
                if not letter.isascii():
                    usual = len(letter.encode("gb2312", "ignore")) > 0
                    everyday, seldom = everyday + usual, seldom + (not usual)
    except UnicodeDecodeError:
        raise _not_text("gb18030", line + 1) from None
    if everyday < LIKELY * (everyday + seldom):
        raise _not_text("other", 1)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The file in pieces, and an empty one at its end."""
    stream.seek(0)
    while piece := stream.read(PIECE):
        yield piece
    yield b""


def _not_text(tried: str, line: int) -> Exception:
    if tried == "utf-8":
        message = _(
            "第 %(line)s 行有不是 UTF-8 的字节：文件可能被截断，或混用了编码；请另存为 UTF-8 再上传",
            line=line,
        )
        return unreadable("encoding", message, line=line)
    return unreadable("encoding", _("看不出文件的编码：请另存为 UTF-8（推荐）或 GB18030 再上传"))


def _csv_lines(stream: BinaryIO) -> Iterator[Line]:
    """The records with the line that each begins on. Raises Refused: file-refused, where the file breaks."""
    encoding = encoding_of(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        sample = list(itertools.islice(_whole_lines(text), HEAD_ROWS))
        rest = itertools.chain(sample, _whole_lines(text))
        reader = csv.reader(rest, delimiter=_delimiter(sample), strict=True)
        begins, short, record = 1, False, None
        width = 0
        for record in reader:
            yield begins, record
            width = max(width, len(record))
            short = len(record) < width
            begins = reader.line_num + 1
        if short and record and not _ends_whole(stream):
            raise _cut(reader.line_num)
    except csv.Error as error:
        if "end of data" in str(error):
            raise _cut(begins) from None
        raise unreadable(
            "quotes", _("第 %(line)s 行的引号不成对，请检查", line=begins), line=begins
        ) from None
    except UnicodeError:
        raise _not_text("other", 1) from None
    finally:
        text.detach()


def _whole_lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise unreadable("cell", _("第 %(line)s 行太长", line=number), line=number)
        if "\0" in line:
            raise unreadable("kind", _("这不是表格文件，请用 .xlsx 或 CSV"))
        yield line


def _delimiter(sample: list[str]) -> str:
    """What parts the cells: whichever gives the most of them in the first lines."""
    text = "".join(sample)
    return max(",\t;|", key=text.count)


def _ends_whole(stream: BinaryIO) -> bool:
    stream.seek(-1, os.SEEK_END)
    return stream.read(1) in (b"\n", b"\r", b"\0")


def _cut(line: int) -> Exception:
    return unreadable(
        "truncated", _("文件在第 %(line)s 行中间断了，请重新导出或重新上传", line=line), line=line
    )


# --- the header ---------------------------------------------------------------------------------------------------


def _table(lines: Iterator[Line], merged: Merged, most_rows: int) -> Table:
    meant = ((line, [unguarded(cell) for cell in cells]) for line, cells in lines)
    first = list(itertools.islice(meant, HEAD_ROWS))
    head, below = _headings(first, merged)
    _judge_headings(head)
    return Table(tuple(name for name in head if name), _rows(itertools.chain(below, meant), head, most_rows))


def _headings(first: list[Line], merged: Merged) -> tuple[list[str], list[Line]]:
    """The names over the columns, and the lines that stand below them."""
    filled = [sum(bool(cell.strip()) for cell in cells) for _line, cells in first]
    fullest = max(filled, default=0)
    if not fullest:
        raise unreadable("empty", _("文件里没有表头"))
    usual = statistics.median_low(count for count in filled if count)
    at = next(
        i for i, count in enumerate(filled) if count >= FULL_ENOUGH * usual and (count > 1 or fullest == 1)
    )
    top, bottom = at, at
    numbers = [line for line, _cells in first]
    for (r1, c1), (r2, c2) in merged:
        if r1 <= numbers[at] <= r2 and r2 > r1:  # a name over two lines
            top, bottom = min(top, _place(numbers, r1)), max(bottom, _place(numbers, r2))
        elif r1 == r2 == numbers[at] and c2 > c1:  # a group over several names
            bottom = max(bottom, _place(numbers, r1 + 1))
    if top == at and at and filled[at - 1] > 1 and _gaps_filled(first[at - 1][1], first[at][1]):
        top = at - 1
    block = [cells for _line, cells in first[top : bottom + 1]]
    width = max(map(len, block))
    names = [_lowest(block, column) for column in range(width)]
    while names and not names[-1]:
        names.pop()
    return names, first[bottom + 1 :]


def _place(numbers: list[int], line: int) -> int:
    return max(i for i, number in enumerate(numbers) if number <= line)


def _gaps_filled(above: list[str], names: list[str]) -> bool:
    """True when the line above names a column that this one leaves open: a header merged over two lines."""
    padded = names + [""] * (len(above) - len(names))
    return any(up.strip() and not name.strip() for up, name in zip(above, padded, strict=False))


def _lowest(block: list[list[str]], column: int) -> str:
    named = [
        " ".join(cells[column].split()) for cells in block if column < len(cells) and cells[column].strip()
    ]
    return named[-1] if named else ""


def _judge_headings(names: list[str]) -> None:
    if len(names) > MOST_COLUMNS:
        message = _("表头有 %(actual)s 列，最多 %(limit)s 列", actual=len(names), limit=MOST_COLUMNS)
        raise unreadable("columns", message, limit=MOST_COLUMNS, actual=len(names))
    seen: dict[str, int] = {}
    for column, name in enumerate(names, 1):
        if name in seen:
            message = _(
                "表头有两列都叫“%(name)s”（第 %(first)s 列和第 %(second)s 列），请改名或删去一列；合并的表头请拆成一行",
                name=name[:60],
                first=seen[name],
                second=column,
            )
            raise unreadable("duplicate-heading", message, column=name)
        if name:
            seen[name] = column


def _rows(lines: Iterable[Line], names: list[str], most_rows: int) -> Iterator[tuple[int, dict[str, str]]]:
    count = 0
    for line, cells in lines:
        stripped = [cell.strip() for cell in cells]
        if not any(stripped):
            continue
        count += 1
        if count > most_rows:
            raise unreadable(
                "rows", _("行数太多：最多 %(limit)s 行，请分成几个文件", limit=most_rows), limit=most_rows
            )
        row = {name: "" for name in names if name}
        stray: list[str] = []
        for column, cell in enumerate(stripped):
            if len(cell) > LONGEST_CELL:
                raise unreadable("cell", _("第 %(line)s 行有一格内容过长", line=line), line=line)
            if column < len(names) and names[column]:
                row[names[column]] = cell
            elif cell:
                stray.append(cell)
        if stray:
            if count == 1:
                message = _("第 %(line)s 行有没有表头的列；表头若有合并单元格，请拆开成一行", line=line)
                raise unreadable("no-heading", message, line=line)
            row[NO_HEADING] = " ".join(stray)
        yield line, row
