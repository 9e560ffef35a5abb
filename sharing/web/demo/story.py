"""A visit with what its records say: when it was asked for, what it costs, who said what, how it ended."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sharing.approval.rules import RuleDecision, StepRole
from sharing.network.rules import OfficeHours, WorkCalendar
from sharing.pricing.rules import Quote
from sharing.web.demo.batch import Batch, Keys
from sharing.web.demo.house import House, Person
from sharing.web.demo.source import Source
from sharing.web.demo.weeks import Visit


@dataclass(frozen=True, slots=True)
class Pen:
    """What every writer of records needs."""

    source: Source
    batch: Batch
    keys: Keys
    draw: random.Random
    house: House
    now: datetime
    calendar: WorkCalendar
    office: OfficeHours


@dataclass(frozen=True, slots=True)
class Word:
    """What is said on one step, and by whom; by nobody: a rule or the clock. An empty verdict: nothing yet."""

    verdict: str
    at: datetime
    by: Person | None = None
    note: str = ""
    rule: RuleDecision | None = None


@dataclass(slots=True)
class Story:
    """One booking to write.

    words            what was said on its approval, step by step
    turn, due_at     the step whose turn it is, and until when
    ended_at, note   when and why it came to nothing; by whom: `ended_by`
    """

    visit: Visit
    id: uuid.UUID
    asked_at: datetime
    answers: Mapping[str, Any]
    quote: Quote
    external: bool
    number: str = ""
    purpose: str = ""
    words: list[Word] = field(default_factory=list)
    turn: StepRole | None = None
    due_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: Person | None = None
    note: str = ""
