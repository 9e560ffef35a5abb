"""Values that the rules of bookings speak: what is asked, what is broken."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sharing.kernel.timespan import SHANGHAI, TimeSpan

RULES: Final = (
    "past",
    "granularity_minutes",
    "shortest_minutes",
    "longest_minutes",
    "lead_minutes",
    "horizon_days",
    "opening_hours",
    "person_day_minutes",
    "person_week_minutes",
    "group_day_minutes",
    "group_week_minutes",
    "most_open_bookings",
    "audience",
    "licence_level",
    "licence_idle_days",
    "instrument_status",
    "outside_stale",
    "booking_mode",
    "customs",
    "answer_required",
    "answer_kind",
    "answer_unknown",
    "payer",
    "card",
    "price",
    "position",
    "check_in_early_minutes",
    "change_in_use",
    "moved_nothing",
)
"""Every rule that a booking can break; each has its sentence in `web/messages.py`."""

MANAGER_EXEMPT: Final = frozenset(
    {
        "lead_minutes",
        "horizon_days",
        "person_day_minutes",
        "person_week_minutes",
        "group_day_minutes",
        "group_week_minutes",
        "most_open_bookings",
    }
)
"""Rules from which a manager of the instrument is exempt; the booking records which (SCENARIOS 17)."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule.

    limit, actual  as the API shows them: whole minutes, days or counts, or a code
    facts          what a sentence needs besides; plain values
    """

    rule: str
    limit: Any = None
    actual: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submit:
    """What a person asks for.

    span        whole minutes
    group_id    the research group that pays; None: her only one, or nobody for an enterprise
    project_id  the research project named in the record, never the payer
    answers     question key -> text, number, choice value, true/false or a stored file {name, sha256}
    position    a place on an instrument of several; None: the first that is free
    """

    instrument_id: uuid.UUID
    span: TimeSpan
    purpose: str
    group_id: uuid.UUID | None = None
    card_id: uuid.UUID | None = None
    project_id: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    position: int | None = None
    attendees: tuple[str, ...] = ()


def local(span: TimeSpan) -> dict[str, str]:
    """A span as the API shows it: Shanghai time with its offset."""
    return {
        "start": span.start.astimezone(SHANGHAI).isoformat(),
        "end": span.end.astimezone(SHANGHAI).isoformat(),
    }


def exempted(broken: list[Violation], *, manager: bool) -> tuple[list[Violation], list[str]]:
    """What still stands for her, and the rules that she is exempt from as a manager of the instrument."""
    if not manager:
        return broken, []
    still = [one for one in broken if one.rule not in MANAGER_EXEMPT]
    return still, sorted({one.rule for one in broken if one.rule in MANAGER_EXEMPT})
