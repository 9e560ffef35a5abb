"""What is in force and what is announced, for pages that say which row holds and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sharing.network.rules import row_in_force
from sharing.registry.rules.rows import PolicyRow, Terms, TimetableRow


@dataclass(frozen=True, slots=True)
class RulesShown:
    """The rows that hold on a day, and the changes announced after it, the soonest first."""

    policy: PolicyRow
    timetable: TimetableRow | None
    policies_coming: Sequence[tuple[date, PolicyRow]]
    timetables_coming: Sequence[tuple[date, TimetableRow | None]]


def rules_shown(terms: Terms, on: date) -> RulesShown:
    """What a page says of an instrument's rules on a day."""
    policies: list[tuple[date, PolicyRow]] = []
    policy = terms.policy(on)
    last = policy
    for day in sorted({row.valid_from for row in terms.policies if row.valid_from > on}):
        row = row_in_force(terms.policies, terms.scope_keys, day)
        if row is not None and row != last:
            policies.append((day, row))
            last = row
    tables: list[tuple[date, TimetableRow | None]] = []
    table = terms.timetable(on)
    hours = table
    for day in sorted({row.valid_from for row in terms.timetables if row.valid_from > on}):
        found = terms.timetable(day)
        if found != hours:
            tables.append((day, found))
            hours = found
    return RulesShown(policy, table, policies, tables)


def scope_of(scope_key: str) -> str:
    """`instrument`, `category`, `institution`, `zone` or `network`: whose row it is."""
    return scope_key.partition(":")[0]
