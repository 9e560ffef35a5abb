"""Why a time cannot be had, or that it can: every rule that is asked, what is in the way, what would work instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sharing.booking.rules.rows import Check, Free, Item
from sharing.booking.rules.words import Violation
from sharing.kernel.timespan import TimeSpan
from sharing.registry.rules import PolicyRow

TIMELESS = frozenset(
    {
        "audience",
        "licence_level",
        "licence_idle_days",
        "instrument_status",
        "outside_stale",
        "booking_mode",
        "customs",
        "payer",
        "card",
        "price",
        "position",
        "most_open_bookings",
    }
)
"""Rules that another time mends nothing of."""
_LIMITS = (
    "lead_minutes",
    "horizon_days",
    "shortest_minutes",
    "longest_minutes",
    "granularity_minutes",
    "person_day_minutes",
    "person_week_minutes",
    "group_day_minutes",
    "group_week_minutes",
    "most_open_bookings",
    "audience",
    "licence_level",
    "licence_idle_days",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule that the policy sets, and how it is broken; None where it is kept."""

    rule: str
    limit: Any
    broken: Violation | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """The answer for one span.

    taken    pieces of the calendar in the way, as much of them as the reader may know
    nearest  the nearest time that works for her; None where none does in sight, or no time would
    ask      who runs the instrument
    """

    span: TimeSpan
    check: Check
    rules: Sequence[Asked]
    taken: Sequence[Item]
    nearest: Free | None
    ask: Sequence[str]

    @property
    def works(self) -> bool:
        return self.check.passes


def rules_asked(policy: PolicyRow, broken: Sequence[Violation]) -> list[Asked]:
    """What is broken first, then every limit of the policy that is kept."""
    named = {one.rule for one in broken}
    limits = ((rule, getattr(policy, rule)) for rule in _LIMITS if rule not in named)
    kept = [Asked(rule, limit) for rule, limit in limits if limit not in (None, 0)]
    hours = [] if "opening_hours" in named else [Asked("opening_hours", None)]
    return [*(Asked(one.rule, one.limit, one) for one in broken), *kept, *hours]
