"""The books as JSON, and the bytes of an entry that a seal is made over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sharing.kernel.money import Money
from sharing.kernel.seals import row_bytes
from sharing.kernel.timespan import SHANGHAI
from sharing.ledger.rules import Balance, EntryRow, Line

ENTRY_SEALED: Final = (
    "id", "institution_id", "period_id", "source", "on_day", "note", "line_count", "reverses_id", "posted_at",
    "posted_by",
)  # fmt: skip
LINE_SEALED: Final = (
    "place", "account", "amount_fen", "group_id", "card_id", "person_id", "instrument_id", "payer_id",
)  # fmt: skip
"""The columns under seal, by name: one added later must not break the seals that stand."""


def sealed_bytes(entry: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> bytes:
    """An entry whole: its lines in their order."""
    return b"\n".join([row_bytes(entry, ENTRY_SEALED), *(row_bytes(line, LINE_SEALED) for line in lines)])


def entry_json(row: EntryRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "source": row.source,
        "on": row.on,
        "period": row.period,
        "note": row.note,
        "reverses": row.reverses,
        "posted_at": row.posted_at.astimezone(SHANGHAI),
        "lines": [_line(line) for line in row.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    fen = line.amount.fen
    return {
        "account": line.account,
        "debit_fen": max(fen, 0),
        "credit_fen": max(-fen, 0),
        "research_group_id": line.tags.group_id,
        "fund_card_id": line.tags.card_id,
        "instrument_id": line.tags.instrument_id,
    }


def trial_balance_json(found: Sequence[Balance]) -> dict[str, Any]:
    debit = sum((one.debit for one in found), Money(0))
    credit = sum((one.credit for one in found), Money(0))
    return {
        "balanced": debit == credit,
        "debit_fen": debit.fen,
        "credit_fen": credit.fen,
        "accounts": [
            {
                "code": one.account.code,
                "name": one.account.name,
                "name_en": one.account.name_en,
                "debit_fen": one.debit.fen,
                "credit_fen": one.credit.fen,
                "balance_fen": one.balance.fen,
            }
            for one in found
        ],
    }
