"""Words and decisions of approvals: which steps a request takes, from where each is decided, and until when.

Knows nothing of what is being approved: a subject is a kind and a key. Deadlines count the working hours of the
network's offices (DOMAIN 9); no step may be decided after the approval's `latest_at`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sharing.kernel.money import Money
from sharing.network.rules import OfficeHours, WorkCalendar
from sharing.people.rules import Actor, Role, ScopeKind, ScopePath

WORKING_HOURS: Final = 8
MOST_WORKING_HOURS: Final = 400
MOST_STEPS: Final = 10


class StepRole(StrEnum):
    """Who decides: the head of the paying group, whoever runs the instrument, its institution."""

    PAYER = "payer"
    MANAGER = "manager"
    INSTITUTION = "institution"


class State(StrEnum):
    """Where an approval stands; from `open` it may be `returned` and opened again, all others are its end."""

    OPEN = "open"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"

    @property
    def live(self) -> bool:
        return self in {State.OPEN, State.RETURNED}


class Verdict(StrEnum):
    """What a person says to a step: yes, no for good, or back for change."""

    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"


EXPIRE: Final = "expire"
"""The decision that the clock makes."""

AFTER: Final = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected", Verdict.RETURN: "returned"}
"""What a step becomes by each verdict."""


# --- which steps -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions ask of a request.

    external       the requester is of another institution than the instrument
    minutes        how long
    amount         what it costs
    outside_hours  any minute lies outside the opening hours
    answers        booking questions' keys and answers
    """

    external: bool
    minutes: int
    amount: Money
    outside_hours: bool = False
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChainStepRow:
    """One step of a chain. `needed_when`: any of these conditions calls it; none listed means always."""

    role: StepRole
    position: int
    needed_when: tuple[Mapping[str, Any], ...] = ()
    working_hours: int = WORKING_HOURS


@dataclass(frozen=True, slots=True)
class ChainRow:
    """Which steps a request takes in a scope, from a day on; a dated rule row (DESIGN 2.4)."""

    id: uuid.UUID
    scope_key: str
    valid_from: date
    inherit: bool
    source_document: str
    name: str
    name_en: str
    steps: tuple[ChainStepRow, ...] = ()


def holds(condition: Mapping[str, Any], facts: Facts) -> bool:
    """Whether one condition is met; limits are passed, not reached: `minutes_over: 480` asks for more than 8 hours."""
    if "external" in condition:
        return facts.external is condition["external"]
    if "minutes_over" in condition:
        return facts.minutes > int(condition["minutes_over"])
    if "amount_over_fen" in condition:
        return facts.amount.fen > int(condition["amount_over_fen"])
    if "outside_hours" in condition:
        return facts.outside_hours is condition["outside_hours"]
    return bool(facts.answers.get(condition["answer"]) == condition["equals"])


def needed(steps: Iterable[ChainStepRow], facts: Facts) -> list[ChainStepRow]:
    """The steps this request takes, in order."""
    called = (s for s in steps if not s.needed_when or any(holds(one, facts) for one in s.needed_when))
    return sorted(called, key=lambda step: step.position)


def wrong_steps(steps: Sequence[ChainStepRow]) -> list[str]:
    """The names of all that no chain may have so, such as `steps.1.working_hours`; an empty list means it is sound."""
    wrong = [] if 0 < len(steps) <= MOST_STEPS else ["steps"]
    if len({step.position for step in steps}) < len(steps):
        wrong.append("steps")
    for number, step in enumerate(steps):
        if not 0 < step.working_hours <= MOST_WORKING_HOURS:
            wrong.append(f"steps.{number}.working_hours")
        wrong += [
            f"steps.{number}.needed_when.{at}"
            for at, condition in enumerate(step.needed_when)
            if not sound(condition)
        ]
    return wrong


def sound(condition: Mapping[str, Any]) -> bool:
    """One of the five conditions that models.py lists, with a value of its kind."""
    match dict(condition):
        case {"external": bool(), **rest} | {"outside_hours": bool(), **rest}:
            return not rest
        case {"minutes_over": int(limit), **rest} | {"amount_over_fen": int(limit), **rest}:
            return not rest and not isinstance(limit, bool) and limit >= 0
        case {"answer": str(key), "equals": value, **rest}:
            return not rest and bool(key) and (value is None or isinstance(value, bool | int | str))
        case _:
            return False


# --- from where a step is decided ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """A seat: whoever holds this role at this scope may decide."""

    role: Role
    scope_kind: ScopeKind
    scope_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class RuleDecision:
    """A step that a rule has decided: its name (`authorisation`, `own-group`) and the row that says so."""

    rule: str
    rule_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step of an approval to open.

    seats       from where it is decided
    otherwise   seats taken as well when nobody but the requester holds one of `seats`: a manager's own booking goes to
                a deputy, else to the institution's administrator
    escalation  seats that come to life when the step is escalated
    """

    role: StepRole
    seats: tuple[SeatPlan, ...] = ()
    working_hours: int = WORKING_HOURS
    decided_by_rule: RuleDecision | None = None
    otherwise: tuple[SeatPlan, ...] = ()
    escalation: tuple[SeatPlan, ...] = ()


def step_plan(step: ChainStepRow, path: ScopePath, *, by_rule: RuleDecision | None = None) -> StepPlan:
    """The seats of a chain's step for a thing at `path`.

    path  where the thing lies (`registry.queries.path`), with `group_id` set to the research group that pays and, for
          the payer step, `institution_id` that group's institution
    """
    make = {StepRole.PAYER: _payer, StepRole.MANAGER: _manager, StepRole.INSTITUTION: _institution}[step.role]
    seats, otherwise, escalation = make(path)
    return StepPlan(step.role, seats, step.working_hours, by_rule, otherwise, escalation)


Seats = tuple[SeatPlan, ...]


def _seats(kind: ScopeKind, scope_id: uuid.UUID | None, *roles: Role) -> Seats:
    return () if scope_id is None else tuple(SeatPlan(role, kind, scope_id) for role in roles)


def _payer(path: ScopePath) -> tuple[Seats, Seats, Seats]:
    home = _seats(ScopeKind.INSTITUTION, path.institution_id, Role.INSTITUTION_ADMIN)
    return _seats(ScopeKind.GROUP, path.group_id, Role.HEAD), (), home


def _manager(path: ScopePath) -> tuple[Seats, Seats, Seats]:
    here = _seats(ScopeKind.INSTRUMENT, path.instrument_id, Role.MANAGER, Role.DEPUTY_MANAGER)
    house = _seats(ScopeKind.INSTITUTION, path.institution_id, Role.MANAGER, Role.DEPUTY_MANAGER)
    admin = _seats(ScopeKind.INSTITUTION, path.institution_id, Role.INSTITUTION_ADMIN)
    return here + house, admin, admin


def _institution(path: ScopePath) -> tuple[Seats, Seats, Seats]:
    admin = _seats(ScopeKind.INSTITUTION, path.institution_id, Role.INSTITUTION_ADMIN)
    zone = _seats(ScopeKind.ZONE, path.zone_id, Role.ZONE_ADMIN)
    return admin, zone, zone


@dataclass(frozen=True, slots=True)
class Holder:
    """Someone who may decide from a seat: in her own right, or standing in for `user_id` today."""

    seat: SeatPlan
    user_id: uuid.UUID
    name: str
    deputy_id: uuid.UUID | None = None
    deputy_name: str = ""


def own_seat(by: Actor, seats: Iterable[SeatPlan]) -> SeatPlan | None:
    """The seat she holds herself today."""
    return next((seat for seat in seats if by.holds(seat.role, seat.scope_kind, seat.scope_id)), None)


def to_tell(holders: Iterable[Holder], requester_id: uuid.UUID) -> list[uuid.UUID]:
    """Everybody who may decide now, once each: holders and those who stand in for them.

    The requester is left out, and whoever would act in her name alone: nobody decides on what she asked for herself.
    """
    found: dict[uuid.UUID, None] = {}
    for holder in holders:
        if holder.user_id == requester_id:
            continue
        found[holder.user_id] = None
        if holder.deputy_id is not None and holder.deputy_id != requester_id:
            found[holder.deputy_id] = None
    return list(found)


# --- until when ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a step is reminded of (half its working time), escalated (three quarters) and over.

    The first two are None when no office works before the end.
    """

    remind_at: datetime | None
    escalate_at: datetime | None
    due_at: datetime


def deadline(
    opened_at: datetime, working_hours: int, latest_at: datetime, office: OfficeHours, calendar: WorkCalendar
) -> Deadline:
    """The deadline of a step: so many working hours after it opened, never later than `latest_at`."""
    due = min(office.after(opened_at, working_hours * 60, calendar), latest_at)
    working = office.between(opened_at, due, calendar)
    if working == 0:
        return Deadline(None, None, max(due, opened_at))
    remind = office.after(opened_at, max(1, working // 2), calendar)
    escalate = office.after(opened_at, max(1, working * 3 // 4), calendar)
    return Deadline(remind, escalate, due)


def can_be_approved(
    now: datetime,
    start: datetime,
    latest_before_start: timedelta,
    office: OfficeHours,
    calendar: WorkCalendar,
) -> bool:
    """Whether any office works between now and the last moment at which a request for `start` may be decided."""
    return office.between(now, start - latest_before_start, calendar) > 0


def earliest_start_that_can_be_approved(
    now: datetime, latest_before_start: timedelta, office: OfficeHours, calendar: WorkCalendar
) -> datetime:
    """The first start for which `can_be_approved` holds; what a form offers in place of one that nobody can approve."""
    return office.after(now, 1, calendar) + latest_before_start
