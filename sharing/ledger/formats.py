"""The books as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sharing.kernel.money import Money
from sharing.kernel.timespan import SHANGHAI
from sharing.ledger.rules import Balance, EntryRow, Line


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
