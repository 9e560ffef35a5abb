"""One column of a record's layout: how a field is shown in a cell and how a cell is read back.

Reading gives the value as an instrument's JSON has it, which a form then checks. A cell that cannot be read is `Unfit`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sharing.kernel.language import LANGUAGES, ready, speaking
from sharing.kernel.tables import Cell
from sharing.kernel.tables.plan import RowRead
from sharing.registry.rules import InstrumentRow
from sharing.registry.rules.paste import read_date

FEN_OF_WAN: Final = 1_000_000
_MONEY: Final = re.compile(r"[¥￥]?(\d{1,13}(?:\.\d+)?)(?:元|万元)?")
_SERIAL_FIRST: Final = date(1899, 12, 30)
_LIST: Final = re.compile(r"[\s,，、;；|]+")


class Unfit(ValueError):
    """A cell that says nothing of its kind. reason: a kind of `kernel.inputs`, or serial-date; limit: what would do."""

    def __init__(self, reason: str, limit: str = "") -> None:
        super().__init__(reason)
        self.reason, self.limit = reason, limit


@dataclass(frozen=True, slots=True)
class Column:
    """label: the heading as written. field: what it fills; "" when it is only shown. names: other headings, folded."""

    label: Any
    field: str
    show: Callable[[InstrumentRow], Cell]
    read: Callable[[str], Any]
    names: tuple[str, ...] = ()


def _shown(field: str) -> Callable[[InstrumentRow], Cell]:
    return lambda row: getattr(row, field) or None


# --- reading ----------------------------------------------------------------------------------------------------------


def read_text(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n")


def read_number(cell: str) -> int:
    if not cell.isascii() or not cell.isdigit() or len(cell) > 9:
        raise Unfit("int_parsing")
    return int(cell)


def _decimal(cell: str) -> Decimal:
    found = _MONEY.fullmatch(unicodedata.normalize("NFKC", cell).replace(",", "").replace(" ", ""))
    try:
        return Decimal(found[1]) if found else Decimal("x")
    except InvalidOperation:
        raise Unfit("decimal_parsing") from None


def _fen(cell: str, fen: int) -> int:
    exact = _decimal(cell) * fen
    if exact != int(exact):
        raise Unfit("decimal_max_places")
    return int(exact)


def read_yuan(cell: str) -> int:
    return _fen(cell, 100)


def read_wan(cell: str) -> int:
    return _fen(cell, FEN_OF_WAN)


def read_day(cell: str) -> date:
    """A day however it is typed, 20240301 too; the bare number of a spreadsheet is refused with the day it may mean."""
    said = cell.removesuffix(" 00:00:00")
    if re.fullmatch(r"[12]\d{7}", said):
        said = f"{said[:4]}-{said[4:6]}-{said[6:]}"
    found = read_date(said)
    if found:
        return found
    if re.fullmatch(r"[1-9]\d{4}", cell):
        raise Unfit("serial-date", (_SERIAL_FIRST + timedelta(days=int(cell))).isoformat())
    raise Unfit("date_parsing")


_YES: Final = {"是": True, "true": True, "yes": True, "y": True, "1": True}
_NO: Final = {"否": False, "false": False, "no": False, "n": False, "0": False}


def read_yes_no(cell: str) -> bool:
    said = (_YES | _NO).get(cell.casefold())
    if said is None:
        raise Unfit("bool_parsing")
    return said


def read_list(cell: str) -> list[str]:
    return [part for part in _LIST.split(cell) if part]


@cache
def _meant(kind: type[StrEnum], _ready: bool) -> dict[str, str]:
    """Every code and every word for it in each language."""
    out = {member.value: member.value for member in kind}
    for language in LANGUAGES:
        with speaking(language):
            out |= {str(member.word).casefold(): member.value for member in kind}  # type: ignore[attr-defined]
    return out


# --- columns ----------------------------------------------------------------------------------------------------------


def text(label: Any, field: str, *names: str, most: int | None = None, none: str = "") -> Column:
    """Text, cut to `most` where the layout is narrow; `none` is how the layout says nothing."""

    def show(row: InstrumentRow) -> Cell:
        said = getattr(row, field) or none
        return str(said)[:most] or None

    return Column(label, field, show, read_text, names)


def number(label: Any, field: str, *names: str) -> Column:
    return Column(label, field, _shown(field), read_number, names)


def yuan(label: Any, *names: str) -> Column:
    def show(row: InstrumentRow) -> Cell:
        fen = row.original_value_fen
        return None if fen is None else Decimal(fen).scaleb(-2).quantize(Decimal("0.01"))

    return Column(label, "original_value_fen", show, read_yuan, names)


def wan(label: Any, *names: str) -> Column:
    """The value in 万元 with two places, half up, as the national record has it."""

    def show(row: InstrumentRow) -> Cell:
        fen = row.original_value_fen
        return None if fen is None else (Decimal(fen) / FEN_OF_WAN).quantize(Decimal("0.01"), ROUND_HALF_UP)

    return Column(label, "original_value_fen", show, read_wan, names)


def day(label: Any, field: str, *names: str) -> Column:
    return Column(label, field, _shown(field), read_day, names)


def yes_no(label: Any, field: str, *names: str) -> Column:
    return Column(label, field, lambda row: "是" if getattr(row, field) else "否", read_yes_no, names)


def listed(label: Any, field: str, *names: str, codes: Mapping[str, str] | None = None) -> Column:
    """Several words in one cell; `codes` are other ways to write one."""
    known = codes or {}

    def read(cell: str) -> list[str]:
        return [known.get(part, part) for part in read_list(cell)]

    return Column(label, field, lambda row: "、".join(getattr(row, field)) or None, read, names)


def enum(label: Any, field: str, kind: type[StrEnum], *names: str) -> Column:
    """A word of ours, shown in the reader's language, read in any, or as its code."""

    def read(cell: str) -> str:
        found = _meant(kind, ready()).get(cell.casefold())
        if found is None:
            raise Unfit("enum", "、".join(str(member.word) for member in kind))  # type: ignore[attr-defined]
        return found

    return Column(label, field, lambda row: str(getattr(row, field).word), read, names)


def worded(label: Any, field: str, words: Mapping[str, str], *names: str, also: Mapping[str, str]) -> Column:
    """A register's word for one of ours. words: ours -> theirs; also: further words of theirs -> ours."""
    back = {theirs: ours for ours, theirs in words.items()} | dict(also)

    def read(cell: str) -> str:
        if cell not in back:
            raise Unfit("enum", "、".join(dict.fromkeys(words.values())))
        return back[cell]

    return Column(label, field, lambda row: words.get(getattr(row, field)) or None, read, names)


def only_shown(label: Any, show: Callable[[InstrumentRow], Cell], *names: str) -> Column:
    """Told to the reader and not taken back."""
    return Column(label, "", show, read_text, names)


def same(column: Column, value: Any, row: InstrumentRow) -> bool:
    """True when the cell says what the layout itself would show of the row.

    A layout may be narrower than we are (a name cut at 30, 万元 with two places): what it cannot say is no difference.
    """
    kept = getattr(row, _KEPT.get(column.field, column.field))
    if value == (list(kept) if isinstance(kept, tuple) else kept):
        return True
    shown = column.show(row)
    if shown is None or shown == "":
        return False
    return bool(column.read(_typed(shown)) == value)


_KEPT: Final = {"zone": "zone_code", "category": "category_code", "institution": "institution_code"}


def _typed(shown: Cell) -> str:
    """A shown cell as reading would find it in a file."""
    if isinstance(shown, date) and not isinstance(shown, datetime):
        return shown.isoformat()
    return str(shown).strip()


@dataclass(frozen=True, slots=True)
class Taken:
    """A file being read: the layout found, its columns and headings by the field that they fill, what is passed over.

    rows  as they come; `defaults` are what a new instrument takes where the file has no such column
    """

    layout: str
    columns: Mapping[str, Column]
    headings: Mapping[str, str]
    untaken: tuple[str, ...]
    defaults: Mapping[str, str]
    rows: Iterator[RowRead]


Reader = Callable[[], AbstractContextManager[Taken]]
"""Opens the file anew each time: once to look, once to apply."""
