"""Whom a change of rules would meet: future bookings judged by the rule that stands and by the one that would.

Bookings made stay as they are whatever the rules become; this only says which of them would not be taken again.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import and_, func, not_, or_, select

from sharing.approval import queries as approvals
from sharing.approval.rules import ChainRow, StepRole, step_plan
from sharing.approval.service import NewChain
from sharing.booking.queries.judgement import idle_days, last_uses, open_round
from sharing.booking.queries.tables import BOOKING, CHANGE, row_of, rows_of
from sharing.booking.rules import BookingRow, Held, Training, Violation, exempted, has_quotas, leave, limits
from sharing.kernel.db import db, table_of
from sharing.kernel.timespan import at_shanghai, shanghai_day
from sharing.network import queries as network
from sharing.network.rules import WorkCalendar, row_in_force
from sharing.people import queries as people
from sharing.people.models import Membership
from sharing.people.rules import Actor, in_force
from sharing.registry import queries as registry
from sharing.registry.rules import Audience, LicenceLevel, LicenceRow, PolicyRow, Scope, Terms

MOST: Final = 5000  # bookings that are judged
SHOWN: Final = 50
NOT_ENTERED: Final = uuid.UUID(int=0)
WHO: Final = tuple(Audience)
"""Audiences from the narrowest: each takes in those before it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """On how many instruments the audience changes, and from what to what."""

    before: Audience
    after: Audience
    instruments: int

    @property
    def lost(self) -> tuple[Audience, ...]:
        """Who may book no more, besides those that the narrower audiences name."""
        return WHO[WHO.index(self.after) + 1 : WHO.index(self.before) + 1]

    @property
    def gained(self) -> tuple[Audience, ...]:
        return WHO[WHO.index(self.before) + 1 : WHO.index(self.after) + 1]


@dataclass(frozen=True, slots=True)
class Broken:
    """A future booking that would break the new rule, and keeps its time all the same."""

    booking: BookingRow
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class PolicyEffect:
    """What a policy would change.

    instruments, kept  that it reaches; that have a nearer rule
    looked             future bookings judged, at most `MOST`
    broken             how many would break it that keep to the rule now; `shown` are the first of them
    by_rule            how many break each rule
    """

    instruments: int
    kept: int
    openings: tuple[Opening, ...]
    looked: int
    broken: int
    by_rule: Mapping[str, int]
    shown: tuple[Broken, ...]


def policy_effect(
    values: Mapping[str, Any], scope: Scope, *, valid_from: date, inherit: bool, now: datetime
) -> PolicyEffect:
    """The effect of a policy of a scope from a day on. `values` are its columns, as a form gives them."""
    found = registry.reached(scope, registry.own_keys(registry.POLICIES, valid_from))
    draft = _draft(values, scope, valid_from, inherit)
    terms = registry.terms_of(found.instruments)
    after = {key: _with(one, draft) for key, one in terms.items()}
    openings = Counter(
        (terms[key].policy(valid_from).audience, after[key].policy(valid_from).audience) for key in terms
    )
    changed = (Opening(a, b, n) for (a, b), n in openings.items() if a is not b)
    rows = list(_coming(found.instruments, valid_from, now))
    judge = _Judge(scope, rows, terms, after, now)
    broken = [one for one in map(judge.new_faults, rows) if one.violations]
    counted = Counter(fault.rule for one in broken for fault in one.violations)
    return PolicyEffect(
        instruments=len(found.instruments),
        kept=found.kept,
        openings=tuple(sorted(changed, key=lambda one: (WHO.index(one.before), WHO.index(one.after)))),
        looked=len(rows),
        broken=len(broken),
        by_rule=dict(counted.most_common()),
        shown=tuple(broken[:SHOWN]),
    )


def _draft(values: Mapping[str, Any], scope: Scope, valid_from: date, inherit: bool) -> PolicyRow:
    level = values["licence_level"]
    made = {
        **values,
        "audience": Audience(values["audience"]),
        "licence_level": LicenceLevel(level) if level else None,
    }
    return PolicyRow(NOT_ENTERED, scope.key, valid_from, inherit, "", **made)


def _with(terms: Terms, draft: PolicyRow) -> Terms:
    """The terms as they would be with the draft beside the rows that stand."""
    same_day = (draft.scope_key, draft.valid_from)
    rest = (row for row in terms.policies if (row.scope_key, row.valid_from) != same_day)
    return replace(terms, policies=(*rest, draft))


def _coming(instruments: Collection[uuid.UUID], valid_from: date, now: datetime) -> Iterator[BookingRow]:
    """Bookings that begin on or after a day and have not begun, the nearest first."""
    c, wanted = BOOKING.c, list(instruments)
    if not wanted:
        return
    asked = rows_of().where(
        c.instrument_id.in_(wanted),
        c.status.in_(["requested", "approved"]),
        c.starts_at >= max(at_shanghai(valid_from), now),
    )
    yield from map(row_of, db.session.execute(asked.order_by(c.starts_at, c.id).limit(MOST)))


class _Judge:
    """Bookings held against two policies, all that they need read at once."""

    def __init__(
        self,
        scope: Scope,
        rows: Sequence[BookingRow],
        before: Mapping[uuid.UUID, Terms],
        after: Mapping[uuid.UUID, Terms],
        now: datetime,
    ) -> None:
        on = shanghai_day(now)
        self.before, self.after, self.now = before, after, now
        self.calendar: WorkCalendar = network.work_calendar()
        self.single = scope.kind == "instrument"
        instruments = {row.instrument_id for row in rows}
        persons = {row.requester_id for row in rows}
        self.runs = {
            key: {one.id for one in found} for key, found in registry.managers_of(instruments, on).items()
        }
        self.people = _people(persons, on)
        self.licences = registry.licences_on(instruments, persons)
        self.uses = last_uses(instruments, persons)
        self.by_person: dict[Any, list[BookingRow]] = defaultdict(list)
        self.by_group: dict[Any, list[BookingRow]] = defaultdict(list)
        for row in rows:
            self.by_person[self._counted(row, row.requester_id)].append(row)
            self.by_group[self._counted(row, row.group_id)].append(row)

    def _counted(self, row: BookingRow, whose: uuid.UUID | None) -> Any:
        """Quotas of one instrument count its bookings, those of a wider scope all in it."""
        return (whose, row.instrument_id) if self.single else whose

    def new_faults(self, row: BookingRow) -> Broken:
        """The rules that it would break and does not break now."""
        on = shanghai_day(row.span.start)
        old, new = self.before[row.instrument_id].policy(on), self.after[row.instrument_id].policy(on)
        if old == new:
            return Broken(row, ())
        known = {fault.rule for fault in self._faults(row, old)}
        return Broken(row, tuple(fault for fault in self._faults(row, new) if fault.rule not in known))

    def _faults(self, row: BookingRow, policy: PolicyRow) -> list[Violation]:
        terms = self.before[row.instrument_id]
        manager = row.requester_id in self.runs.get(row.instrument_id, ())
        broken = [
            *(one for one in limits.of_distance(row.span, policy, self.now) if one.rule == "horizon_days"),
            *limits.of_length(row.span, policy),
            *limits.of_hours(row.span, policy, open_round(terms, row.span, self.calendar)),
            *(limits.of_quotas(row.span, policy, self._held(row)) if has_quotas(policy) else ()),
        ]
        if not manager:
            by = self.people[row.requester_id]
            broken += leave.of_audience(policy.audience, terms.instrument, by)
            broken += leave.of_training(policy.licence_level, self._training(row), policy.licence_idle_days)
        return exempted(broken, manager=manager)[0]

    def _held(self, row: BookingRow) -> Held:
        mine = [one for one in self.by_person[self._counted(row, row.requester_id)] if one.id != row.id]
        ours = [one for one in self.by_group[self._counted(row, row.group_id)] if one.id != row.id]
        spans = tuple(one.span for one in mine)
        return Held(spans, tuple(one.span for one in ours) if row.group_id else (), len(mine))

    def _training(self, row: BookingRow) -> Training:
        on, key = shanghai_day(row.span.start), (row.instrument_id, row.requester_id)
        held = max((one for one in self.licences.get(key, ()) if one.holds(on)), key=_level, default=None)
        idle = idle_days(self.uses.get(key), held.starts_on, on) if held else None
        return Training(held=held, idle_days=idle)


def _level(row: LicenceRow) -> int:
    return leave.LEVELS.index(row.level)


def _people(ids: Collection[uuid.UUID], on: date) -> dict[uuid.UUID, Actor]:
    """These persons as audiences see them: kind, institution, groups; two statements."""
    m = table_of(Membership).c
    groups: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    asked = select(m.user_id, m.group_id, m.starts_on, m.ends_on).where(m.user_id.in_(list(ids)))
    for row in db.session.execute(asked):
        if in_force(row.starts_on, row.ends_on, on):
            groups[row.user_id].append(row.group_id)
    return {
        key: Actor(
            key,
            row.username,
            row.name,
            kind=row.kind,
            institution_id=row.institution_id,
            groups=tuple(groups[key]),
        )
        for key, row in people.persons(ids).items()
    }


# --- chains ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who would decide a step today; `by_payer` where it is the head of whichever group pays."""

    role: StepRole
    names: tuple[str, ...]
    by_payer: bool = False


@dataclass(frozen=True, slots=True)
class ChainEffect:
    """What a chain would change.

    before, after  the chain of a scope's own requests on the first day
    pending        requests under way, which go on by the chain that they began with; `shown` are the first of them
    deciders       of an instrument or an institution; elsewhere they differ by instrument
    """

    instruments: int
    kept: int
    before: ChainRow | None
    after: ChainRow | None
    pending: int
    shown: tuple[BookingRow, ...]
    deciders: tuple[Deciders, ...] = ()


def chain_effect(
    new: NewChain, scope: Scope, *, valid_from: date, inherit: bool, now: datetime
) -> ChainEffect:
    """The effect of a chain of a scope from a day on."""
    found = registry.reached(scope, registry.own_keys(approvals.CHAINS, valid_from))
    standing = approvals.chains(scope.keys)
    draft = ChainRow(NOT_ENTERED, scope.key, valid_from, inherit, "", new.name, new.name_en, new.steps)
    rest = [row for row in standing if (row.scope_key, row.valid_from) != (scope.key, valid_from)]
    after = row_in_force([*rest, draft], scope.keys, valid_from)
    waits = or_(BOOKING.c.status == "requested", and_(CHANGE.c.id.is_not(None), not_(CHANGE.c.proposed)))
    asked = rows_of().where(BOOKING.c.instrument_id.in_(found.instruments), waits)
    total = db.session.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
    rows = db.session.execute(asked.order_by(BOOKING.c.created_at, BOOKING.c.id).limit(SHOWN))
    single = scope.kind in {"instrument", "institution"}
    return ChainEffect(
        instruments=len(found.instruments),
        kept=found.kept,
        before=row_in_force(standing, scope.keys, valid_from),
        after=after,
        pending=total,
        shown=tuple(map(row_of, rows)),
        deciders=_deciders(after, scope, shanghai_day(now)) if after and single else (),
    )


def _deciders(chain: ChainRow, scope: Scope, on: date) -> tuple[Deciders, ...]:
    """Who holds the seats of each step today, in one statement."""
    plans = [step_plan(step, scope.path) for step in chain.steps]
    held = approvals.holders([seat for plan in plans for seat in (*plan.seats, *plan.otherwise)], on)
    out = []
    for plan in plans:
        first = [one.name for one in held if one.seat in plan.seats]
        names = first or [one.name for one in held if one.seat in plan.otherwise]
        payer = plan.role is StepRole.PAYER
        out.append(Deciders(plan.role, () if payer else tuple(dict.fromkeys(names)), payer))
    return tuple(out)
