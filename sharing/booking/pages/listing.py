"""Bookings as a table: the columns of the file that the list and the command write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from sharing.booking.pages.words import status_words
from sharing.booking.rules import BookingRow
from sharing.kernel.language import _, named
from sharing.kernel.tables import Cell
from sharing.kernel.timespan import SHANGHAI
from sharing.network import queries as network

STAMP: Final = "%Y-%m-%d %H:%M"


def headings() -> list[str]:
    """The header, in the reader's language."""
    return [
        _("预约号"), _("状态"), _("开始"), _("结束"), _("仪器编号"), _("仪器"), _("单位"), _("子平台代码"),
        _("预约人"), _("课题组"), _("用途"), _("金额（元）"), _("申请时间"), _("签到"), _("结束使用"),
    ]  # fmt: skip


def cells(rows: Iterable[BookingRow]) -> Iterator[Sequence[Cell]]:
    """One line a booking."""
    houses = {row.id: named(row.name, row.name_en) for row in network.institutions()}
    for row in rows:
        moments = (row.created_at, row.checked_in_at, row.checked_out_at)
        yield (
            row.number,
            status_words(row.status),
            row.span.start.astimezone(SHANGHAI).strftime(STAMP),
            row.span.end.astimezone(SHANGHAI).strftime(STAMP),
            row.instrument_code,
            named(row.instrument_name, row.instrument_name_en),
            houses.get(row.institution_id, ""),
            row.zone_code,
            row.requester_name,
            named(row.group_name or "", row.group_name_en),
            row.purpose,
            Decimal(row.amount.fen) / 100,
            *(at.astimezone(SHANGHAI).strftime(STAMP) if at else "" for at in moments),
        )
