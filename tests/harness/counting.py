"""The line at the end of a run: how many tests ran on each database, in a browser, and as properties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

KINDS = ("sqlite", "postgresql", "browser", "property")
OUTCOMES = ("passed", "failed", "error", "skipped")


def mark_properties(items: Iterable[pytest.Item]) -> None:
    """Give every Hypothesis test the mark that it is counted by."""
    for item in items:
        function = getattr(item, "function", None)
        if getattr(function, "is_hypothesis_test", False):
            item.add_marker(pytest.mark.property)


def summary(reporter: pytest.TerminalReporter) -> str:
    """For example: `sqlite: 210 passed, postgresql: 210 passed, browser: 1 skipped, property: 32 passed`."""
    counts: Counter[tuple[str, str]] = Counter()
    for outcome in OUTCOMES:
        for report in reporter.stats.get(outcome, []):
            for kind in KINDS:
                if kind in getattr(report, "keywords", ()):
                    counts[kind, outcome] += 1
    return ", ".join(f"{kind}: {_of_one_kind(kind, counts)}" for kind in KINDS)


def _of_one_kind(kind: str, counts: Counter[tuple[str, str]]) -> str:
    said = [f"{counts[kind, outcome]} {outcome}" for outcome in OUTCOMES if counts[kind, outcome]]
    return " ".join(said) or "none"
