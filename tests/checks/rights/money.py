"""Who may what with the books."""

from __future__ import annotations

from typing import Any, Final

from tests.checks.rights.who import Route, Who, who

BOOKKEEPERS = who("finance admin province_admin auditor", "other_admin province_admin auditor")


def books(right: str, may: Who, **args: Any) -> Route:
    """A route at the books of an institution, which everybody knows."""
    return Route(
        right,
        may,
        args=lambda side: args or {"institution": side.institution.code},
        form=lambda side: {"institution": side.institution.code},
        sided=True,
    )


ROUTES: Final[dict[str, Route]] = {
    "GET ledger_api.entries": books("finance.read", BOOKKEEPERS),
    "GET ledger_api.trial_balance": books("finance.read", BOOKKEEPERS),
    "POST ledger_api.close": books("period.close", who("finance"), month="2026-01"),
}
