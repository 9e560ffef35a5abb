"""Files that mean harm or are broken, made anew for each test; each a few kilobytes, whatever they unpack to."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Final

from sharing.kernel.tables import write_xlsx

SHEET: Final = "xl/worksheets/sheet1.xml"
MEBIBYTE: Final = 1024 * 1024


def workbook(*rows: list[object], header: tuple[str, ...] = ("编号", "名称")) -> bytes:
    """An honest workbook."""
    out = io.BytesIO()
    write_xlsx(out, header, rows)  # type: ignore[arg-type]
    return out.getvalue()


def changed(data: bytes, change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    """The workbook with its parts changed and others put in."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, body in more.items():
            new.writestr(name, body)
    return out.getvalue()


def sheet_of(body: bytes) -> bytes:
    """A workbook whose sheet is this XML."""
    return changed(workbook(["1", "a"]), lambda name, old: body if name == SHEET else old)


def with_rows(cells: bytes, head: bytes = b"") -> bytes:
    begins = b'<?xml version="1.0" encoding="UTF-8"?>' + head
    begins += b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return sheet_of(begins + cells + b"</sheetData></worksheet>")


def inline(reference: str, text: bytes) -> bytes:
    return b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (reference.encode(), text)


def bomb_one_cell() -> bytes:
    """1 GiB of zeros would be one cell; a tenth of it is enough to be refused."""
    return with_rows(b'<row r="1">' + inline("A1", b"0" * (100 * MEBIBYTE)) + b"</row>")


def bomb_rows() -> bytes:
    row = b"<row>" + inline("A1", b"x") * 2 + b"</row>"
    return with_rows(row * (60 * MEBIBYTE // len(row)))


def bomb_declared_small() -> bytes:
    """The directory says a kilobyte; what is packed is more."""
    data = bytearray(bomb_rows())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        size = archive.getinfo(SHEET).file_size.to_bytes(4, "little")
    return bytes(data.replace(size, (1024).to_bytes(4, "little")))


def bomb_overlapping() -> bytes:
    """Two entries that share the same packed bytes."""
    data = workbook(["1", "a"])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        twin = zipfile.ZipInfo("xl/twin.xml")
        first = new.infolist()[0]
        for field in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
            setattr(twin, field, getattr(first, field))
        new.filelist.append(twin)
        new.NameToInfo[twin.filename] = twin
    return out.getvalue()


def many_parts() -> bytes:
    return changed(
        workbook(["1", "a"]), lambda _n, b: b, **{f"xl/worksheets/s{i}.xml": b"" for i in range(10_000)}
    )


def sparse() -> bytes:
    """One cell in the far corner: read as a dense table it would take half a terabyte."""
    return with_rows(
        b'<row r="1">'
        + inline("A1", b"x")
        + b'</row><row r="1048576">'
        + inline("XFD1048576", b"x")
        + b"</row>"
    )


def external_entity() -> bytes:
    head = b'<!DOCTYPE x [<!ENTITY leak SYSTEM "file:///etc/passwd">]>'
    return with_rows(b'<row r="1">' + inline("A1", b"&leak;") + b"</row>", head)


def laughing() -> bytes:
    head = b'<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return with_rows(b'<row r="1">' + inline("A1", b"&b;") + b"</row>", head)


def in_utf16() -> bytes:
    body = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'
    return sheet_of(body.encode("utf-16"))


def nested() -> bytes:
    return with_rows(b"<row>" + b"<c>" * 50_000)


def climbing() -> bytes:
    return changed(workbook(["1", "a"]), lambda _n, b: b, **{"../../outside.xml": b"x"})


def linked() -> bytes:
    out = io.BytesIO(workbook(["1", "a"]))
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("xl/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def macros() -> bytes:
    return changed(workbook(["1", "a"]), lambda _n, b: b, **{"xl/vbaProject.bin": b"\0"})


def formula_without_result() -> bytes:
    return with_rows(b'<row r="1">' + inline("A1", b"n") + b'</row><row r="2"><c r="A2"><f>1+1</f></c></row>')


def truncated() -> bytes:
    whole = workbook(*[[str(i), "名称"] for i in range(500)])
    return whole[: len(whole) // 2]


def another_kind() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return out.getvalue()


REFUSED: Final[dict[str, tuple[Callable[[], bytes], set[str]]]] = {
    "one cell of 100 MiB": (bomb_one_cell, {"ratio", "cell"}),
    "rows that unpack to 60 MiB": (bomb_rows, {"ratio"}),
    "sizes that are lies": (bomb_declared_small, {"broken", "ratio"}),
    "entries that overlap": (bomb_overlapping, {"overlap", "broken"}),
    "ten thousand parts": (many_parts, {"parts"}),
    "a cell in the far corner": (sparse, {"memory"}),
    "an entity that reads a file": (external_entity, {"xml"}),
    "entities that multiply": (laughing, {"xml"}),
    "XML that is not UTF-8": (in_utf16, {"xml"}),
    "elements nested deep": (nested, {"broken", "empty", "memory"}),
    "a path that climbs out": (climbing, {"names"}),
    "a symbolic link": (linked, {"names"}),
    "macros": (macros, {"macros"}),
    "a formula without a result": (formula_without_result, {"formula"}),
    "half a workbook": (truncated, {"truncated", "broken"}),
    "a text document": (another_kind, {"kind"}),
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, {"kind"}),
    "a PDF": (lambda: b"%PDF-1.7\n%\xe2\xe3", {"kind"}),
    "nothing": (lambda: b"", {"empty"}),
    "zero bytes": (lambda: b"a,b\n1,\0\n", {"kind"}),
    "one line without end": (lambda: b"a," * (2 * MEBIBYTE), {"cell"}),
    "a quote that never closes": ('编号,名称\n1,"x\n2,y\n'.encode, {"truncated"}),
    "text after a quote": ('编号,名称\n"1"x,y\n'.encode, {"quotes"}),
    "a last line cut short": ("编号,名称,型号\n1,a,b\n2,c".encode, {"truncated"}),
    "a letter cut in half": (lambda: "编号,名称\n1,电镜".encode()[:-1], {"encoding"}),
    "Big5": (
        lambda: "編號,名稱\n1,透射電子顯微鏡\n2,掃描電子顯微鏡與其他設備\n".encode("big5"),
        {"encoding"},
    ),
    "Latin-1": (lambda: "numéro,désignation\n1,diffractomètre\n".encode("latin-1"), {"encoding"}),
    "300 columns": ((",".join(f"c{i}" for i in range(300)) + "\n1\n").encode, {"columns"}),
    "a heading twice": ("编号,名称,名称\n1,a,b\n".encode, {"duplicate-heading"}),
    "a column without heading": ("编号,名称,\n1,a,b\n".encode, {"no-heading"}),
    "too many digits": (lambda: workbook(["1", 12345678901234567]), {"digits"}),
}
"""What is refused whole, and the reasons that may be given."""
