"""Orders as the API shows them and as a spreadsheet takes them; pure. Instants leave as Shanghai time, money as fen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sharing.kernel.language import _l, named
from sharing.kernel.timespan import SHANGHAI, TimeSpan
from sharing.orders.rules import ContractRow, FileRow, Line, OrderRow, QuoteRow

HEADINGS = (
    _l("编号"), _l("状态"), _l("仪器"), _l("客户"), _l("单位"), _l("测试内容"), _l("样品数"), _l("希望完成"),
    _l("报价（元）"), _l("测试开始"), _l("操作人"), _l("期限"), _l("提交时间"), _l("结束时间"),
)  # fmt: skip


def instant(at: datetime | None) -> str | None:
    """RFC 3339 with Shanghai's offset."""
    return at.astimezone(SHANGHAI).isoformat() if at else None


def number(quantity: Fraction) -> str:
    """`1.5` for three halves; a quantity has two places at most."""
    exact = Decimal(quantity.numerator) / Decimal(quantity.denominator)
    return f"{exact.normalize():f}"


def line_json(line: Line) -> dict[str, Any]:
    """One line of a quote, as a quote of time shows it too."""
    return {
        "item": line.item,
        "quantity": number(line.quantity),
        "unit": line.unit,
        "unit_price_fen": line.unit_price.fen,
        "amount_fen": line.amount.fen,
    }


def quote_json(row: QuoteRow) -> dict[str, Any]:
    """One version of a quote."""
    return {
        "version": row.version,
        "lines": [line_json(line) for line in row.terms.lines],
        "amount_fen": row.terms.amount.fen,
        "valid_until": instant(row.terms.valid_until),
        "result_on": row.terms.result_on.isoformat() if row.terms.result_on else None,
        "note": row.terms.note,
        "by": {"id": str(row.by_id), "name": named(row.by_name, row.by_name_en)},
        "at": instant(row.at),
    }


def file_json(row: FileRow) -> dict[str, Any]:
    """A file by what it is; its bytes are had at `url`."""
    return {
        "id": str(row.id),
        "kind": row.kind.value,
        "delivery": row.delivery,
        "name": row.name,
        "size": row.size,
        "sha256": row.sha256,
        "at": instant(row.at),
        "url": f"/api/v1/orders/{row.order_id}/files/{row.id}",
    }


def contract_json(row: ContractRow) -> dict[str, Any]:
    """The written contract."""
    return {
        "kind": row.kind.value,
        "registered": row.registered,
        "registration_no": row.registration_no or None,
        "registered_on": row.registered_on.isoformat() if row.registered_on else None,
        "file_id": str(row.file_id),
        "at": instant(row.at),
    }


def order_json(row: OrderRow) -> dict[str, Any]:
    """One order, without what hangs on it."""
    return {
        "id": str(row.id),
        "number": row.number,
        "status": row.status.value,
        "turn": row.turn.value if row.turn else None,
        "due_at": instant(row.due_at),
        "instrument_id": str(row.instrument_id),
        "instrument": {
            "code": row.instrument_code,
            "name": named(row.instrument_name, row.instrument_name_en),
        },
        "customer": {"id": str(row.customer_id), "name": named(row.customer_name, row.customer_name_en)},
        "customer_institution": named(row.customer_institution_name or "", row.customer_institution_name_en)
        or None,
        "research_group_id": str(row.group_id) if row.group_id else None,
        "external": row.external,
        "what": row.what,
        "samples": row.samples,
        "nature": row.nature,
        "hazards": [one.value for one in row.hazards],
        "hazard_note": row.hazard_note,
        "wanted_on": row.wanted_on.isoformat() if row.wanted_on else None,
        "after": row.after.value,
        "return_to": row.return_to,
        "quote_version": row.quote_version,
        "accepted_version": row.accepted_version,
        "amount_fen": row.amount.fen if row.amount else None,
        "slot": slot_json(row.slot),
        "operator": {
            "id": str(row.operator_id),
            "name": named(row.operator_name or "", row.operator_name_en),
        }
        if row.operator_id
        else None,
        "booking_id": str(row.booking_id) if row.booking_id else None,
        "note": row.end_note,
        "revision": row.revision,
        "created_at": instant(row.created_at),
        "changed_at": instant(row.changed_at),
        "received_at": instant(row.received_at),
        "delivered_at": instant(row.delivered_at),
        "closed_at": instant(row.closed_at),
    }


def slot_json(span: TimeSpan | None) -> dict[str, Any] | None:
    return {"start": instant(span.start), "end": instant(span.end)} if span else None


def whole_json(
    row: OrderRow,
    quotes: Sequence[QuoteRow],
    contract: ContractRow | None,
    files: Sequence[FileRow],
    *,
    allowed: Sequence[str],
) -> dict[str, Any]:
    """One order with its quotes, the newest first, its contract, the files its reader may have, and her next acts."""
    return order_json(row) | {
        "quotes": [quote_json(one) for one in quotes],
        "contract": contract_json(contract) if contract else None,
        "files": [file_json(one) for one in files],
        "allowed": sorted(allowed),
    }


def sheet_row(row: OrderRow) -> list[Any]:
    """One order as a line of a spreadsheet, in the order of `HEADINGS`."""
    yuan = None if row.amount is None else f"{row.amount.fen // 100}.{row.amount.fen % 100:02d}"
    return [
        row.number,
        row.status.word,
        named(row.instrument_name, row.instrument_name_en),
        named(row.customer_name, row.customer_name_en),
        named(row.customer_institution_name or "", row.customer_institution_name_en),
        row.what,
        row.samples,
        row.wanted_on.isoformat() if row.wanted_on else "",
        yuan,
        _minute(row.slot.start if row.slot else None),
        named(row.operator_name or "", row.operator_name_en),
        _minute(row.due_at),
        _minute(row.created_at),
        _minute(row.closed_at),
    ]


def _minute(at: datetime | None) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else ""
