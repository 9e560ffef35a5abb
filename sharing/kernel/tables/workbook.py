"""An uploaded workbook: judged as an archive before any library sees it, then read in a bounded process.

Declared sizes are not trusted: every part is unpacked and counted, in pieces, and looked through for what has no place
in a table (RELIABILITY section 4: 1 MB can unpack to 1 GiB, and a library then takes 2 GiB to read it).
"""

from __future__ import annotations

import itertools
import json
import os
import re
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sharing.kernel.language import _
from sharing.kernel.tables.cells import unreadable

MOST_PARTS: Final = 1000
MOST_DIRECTORY_BYTES: Final = 512 * 1024
MOST_UNPACKED: Final = 512 * 1024 * 1024
MOST_RATIO: Final = 120
FREE_OF_RATIO: Final = 1024 * 1024  # small parts may be as repetitive as they like
LONGEST_RUN: Final = 256 * 1024  # bytes without a tag: a cell holds at most 32,767 characters
PIECE: Final = 64 * 1024
BASE_MEMORY: Final = 320 * 1024 * 1024  # address space of an interpreter with the library and a small sheet
MOST_MEMORY: Final = 1280 * 1024 * 1024
CPU_SECONDS: Final = 60
WALL_SECONDS: Final = 180
_END: Final = struct.Struct("<4s4H2LH")
_DTD: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NO_RESULT: Final = re.compile(rb"(?:</f>|<f\b[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_OVERLAP: Final = 256


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet being read: merged ranges near its top, as ((line, column), (line, column)), and its rows."""

    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    lines: Iterator[tuple[int, list[str]]]


def judged(path: Path) -> int:
    """The bytes that the archive unpacks to. Raises Refused: file-refused, when it is no plain workbook."""
    _judge_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _judge_names({part.filename: part for part in parts}, len(parts))
            _judge_sizes(parts)
            return sum(_unpacked(archive, part) for part in parts)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError):
        raise _broken() from None


def _judge_directory(path: Path) -> None:
    """Look at the end record before a library reads the list that it promises."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _END.size - 65_535))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise unreadable("truncated", _("文件不完整：工作簿的末尾缺失，请重新保存或重新上传"))
    _mark, _disk, _from, _here, parts, directory, _offset, _comment = _END.unpack_from(tail, at)
    if parts > MOST_PARTS or directory > MOST_DIRECTORY_BYTES:
        raise unreadable(
            "parts", _("工作簿里的部件太多：最多 %(limit)s 个", limit=MOST_PARTS), limit=MOST_PARTS
        )


def _judge_names(parts: dict[str, zipfile.ZipInfo], count: int) -> None:
    if len(parts) != count:
        raise unreadable("names", _("压缩包里有重名的部件，这不是正常的工作簿"))
    for name, part in parts.items():
        steps = name.split("/")
        if name.startswith("/") or ".." in steps or "\\" in name or "\0" in name or ":" in name:
            raise unreadable("names", _("压缩包里有越界的路径，这不是正常的工作簿"))
        if part.external_attr >> 28 == 0xA:
            raise unreadable("names", _("压缩包里有链接，这不是正常的工作簿"))
        if part.flag_bits & 1:
            raise unreadable("encrypted", _("工作簿有密码，请去掉密码后再上传"))
    if any(name.lower().endswith("vbaproject.bin") for name in parts):
        raise unreadable("macros", _("工作簿带有宏，请另存为不带宏的 .xlsx 再上传"))
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= parts.keys():
        raise unreadable("kind", _("这不是 Excel 工作簿（.xlsx），请另存为 .xlsx 或 CSV 再上传"))


def _judge_sizes(parts: list[zipfile.ZipInfo]) -> None:
    """What the directory says of sizes; `_unpacked` finds out whether that is true."""
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        limit = MOST_UNPACKED // 1024**2
        raise unreadable(
            "unpacked", _("解开后超过 %(limit)s MB，疑似压缩炸弹，没有打开", limit=limit), limit=limit
        )
    ordered = sorted(parts, key=lambda part: part.header_offset)
    for part, after in itertools.pairwise(ordered):
        if part.header_offset + part.compress_size > after.header_offset:
            raise unreadable("overlap", _("压缩包里的部件互相重叠，疑似压缩炸弹，没有打开"))
    for part in parts:
        if part.file_size > FREE_OF_RATIO and part.file_size > part.compress_size * MOST_RATIO:
            raise _too_dense()


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Unpack one part in pieces, counting and looking; its bytes."""
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    is_sheet = part.filename.startswith("xl/worksheets/")
    count = run = 0
    kept = b""
    with archive.open(part) as file:
        while piece := file.read(PIECE):
            if not count and is_xml and piece[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise unreadable("xml", _("工作簿的 XML 不是 UTF-8，没有打开"))
            count += len(piece)
            if count > FREE_OF_RATIO and count > part.compress_size * MOST_RATIO:
                raise _too_dense()
            if is_xml:
                tag = piece.find(b"<")
                run = run + len(piece) if tag < 0 else len(piece) - piece.rfind(b"<")
                if run > LONGEST_RUN:
                    raise unreadable("cell", _("有一格内容过长，没有打开"))
                _judge_xml(kept + piece, is_sheet)
                kept = piece[-_OVERLAP:]
    return count


def _judge_xml(piece: bytes, is_sheet: bool) -> None:
    if b"<!" in piece and _DTD.search(piece):
        raise unreadable("xml", _("工作簿的 XML 里有实体或 DTD 定义，没有打开"))
    if is_sheet and b"<f" in piece and _NO_RESULT.search(piece):
        raise unreadable(
            "formula", _("工作簿里有没有算出结果的公式，请在 Excel 里打开保存一次，或粘贴为数值")
        )


def lines(path: Path) -> Sheet:
    """The first visible sheet with anything in it, row by row. Raises Refused: file-refused."""
    unpacked = judged(path)
    memory = min(MOST_MEMORY, BASE_MEMORY + 2 * unpacked)
    script = str(Path(__file__).with_name("child.py"))
    process = subprocess.Popen(
        [sys.executable, "-I", script, str(path), str(memory), str(CPU_SECONDS)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    told = _told(process)
    first = next(told, None)
    if first is None or "wrong" in first:
        told.close()
        raise _wrong(first or {"wrong": "broken"})
    merged = tuple((tuple(one), tuple(other)) for one, other in first["merged"])
    return Sheet(merged, _rows(told))


def _told(process: subprocess.Popen[bytes]) -> Generator[Any]:
    """Each value that the child prints; the child ends with the reader, and after its time."""
    watch = threading.Timer(WALL_SECONDS, process.kill)
    watch.daemon = True
    watch.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)
        if process.wait() != 0:
            yield {"wrong": "memory"}
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _rows(told: Iterator[Any]) -> Iterator[tuple[int, list[str]]]:
    for value in told:
        if isinstance(value, dict):
            raise _wrong(value)
        yield value[0], value[1]


def _wrong(told: dict[str, Any]) -> Exception:
    """What the child could not do."""
    reason = told["wrong"]
    if reason == "digits":
        message = _(
            "第 %(line)s 行第 %(column)s 列是 16 位以上的数字，Excel 已丢掉末几位；请把这一列设为文本，重新填写",
            line=told["line"],
            column=told["column"] + 1,
        )
        return unreadable("digits", message, line=told["line"], column=told["column"] + 1)
    if reason == "empty":
        return unreadable("empty", _("工作簿里没有内容"))
    if reason == "encrypted":
        return unreadable("encrypted", _("工作簿有密码，请去掉密码后再上传"))
    if reason == "memory":
        return unreadable(
            "memory", _("工作簿太大，打开它要用的内存或时间超出限度；请分成几个文件，或存为 CSV")
        )
    return _broken()


def _broken() -> Exception:
    return unreadable("broken", _("工作簿已损坏或不完整，请在 Excel 或 WPS 里打开另存一次，再上传"))


def _too_dense() -> Exception:
    return unreadable("ratio", _("压缩比异常，疑似压缩炸弹，没有打开"))
