"""My desk and the manager's desk: what waits, what comes, what was."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sharing.approval import queries as approvals
from sharing.approval.queries import ApprovalRow, WaitingRow
from sharing.approval.rules import State
from sharing.booking import queries
from sharing.booking.rules import BlockRow, BookingRow, ChangeRow, Status
from sharing.kernel.language import named
from sharing.kernel.money import Money
from sharing.kernel.paging import Page
from sharing.kernel.timespan import TimeSpan, at_shanghai, shanghai_day, week_span
from sharing.network import queries as network
from sharing.people import queries as people
from sharing.people.queries import GroupRow
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow

DAY = (7 * 60, 21 * 60)
"""The hours that a mini day and today's board show, in minutes after midnight; a booking outside widens the board."""
TONE = {"requested": "wait", "approved": "good", "in_use": "live"}


@dataclass(frozen=True, slots=True)
class Card:
    """One request to decide, with all that an approver asks before deciding."""

    row: BookingRow
    waiting: WaitingRow
    change: ChangeRow | None
    answers: Sequence[queries.AnswerRow]
    done: int
    no_shows: int
    licence: bool
    institution: str
    day: TimeSpan
    bars: Sequence[Mapping[str, Any]]
    now: datetime
    back: str
    many: bool = False

    @property
    def is_change(self) -> bool:
        return self.change is not None

    @property
    def span(self) -> TimeSpan:
        return self.change.span if self.change else self.row.span

    @property
    def amount(self) -> Money:
        return self.change.amount if self.change else self.row.amount


@dataclass(frozen=True, slots=True)
class Pending:
    """A booking of mine that others must decide, or that came back to me."""

    row: BookingRow
    returned: bool
    step_role: str
    names: Sequence[str]
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Desk:
    """My desk: next up, waiting on me, waiting on others, what was."""

    now: datetime
    coming: Sequence[BookingRow]
    to_decide: Sequence[Card]
    waiting: Sequence[Pending]
    offered: Sequence[BookingRow]
    past: Page[BookingRow]
    filters: Sequence[Mapping[str, str]]
    favourites: Sequence[InstrumentRow]
    groups: Sequence[GroupRow]
    licences: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Counts:
    queue: int = 0
    to_confirm: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """One instrument's line of today."""

    instrument_id: uuid.UUID
    name: str
    name_en: str
    location: str
    bars: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Line:
    """One instrument's bookings of a week."""

    id: uuid.UUID
    name: str
    name_en: str
    rows: Sequence[BookingRow]
    closed: Sequence[BlockRow]


@dataclass(frozen=True, slots=True)
class Manage:
    """The manager's desk; `part` says which of its three parts is shown, the other parts' values stay empty."""

    part: str
    now: datetime
    counts: Counts
    back: str
    cards: Sequence[Card] = ()
    to_confirm: Sequence[BookingRow] = ()
    today: Sequence[BookingRow] = ()
    boards: Sequence[Board] = ()
    day: TimeSpan | None = None
    can_check_in: frozenset[uuid.UUID] = frozenset()
    first: date | None = None
    before: date | None = None
    after: date | None = None
    lines: Sequence[Line] = field(default_factory=tuple)

    @property
    def opens_on(self) -> date | None:
        """The day at which the timeline opens where it shows one day: today, in this week."""
        today = shanghai_day(self.now)
        return today if self.first and self.after and self.first <= today < self.after else self.first


def desk(by: Actor, *, now: datetime, statuses: Sequence[str] = (), page: int = 1, back: str = "") -> Desk:
    """Everything on my desk."""
    coming = list(queries.mine(by, now, coming=True, per_page=50).items)
    shown = tuple(Status(s) for s in statuses if s in set(Status))
    return Desk(
        now=now,
        coming=[row for row in coming if row.status in {Status.APPROVED, Status.IN_USE}],
        to_decide=cards(approvals.waiting_on(by, now), now=now, back=back),
        waiting=_pending(
            [row for row in coming if row.status is Status.REQUESTED or row.change], shanghai_day(now)
        ),
        offered=queries.offered_to(by, now),
        past=queries.mine(by, now, coming=False, statuses=shown, page=page, per_page=20),
        filters=[],
        favourites=list(registry.instruments(registry.favourites(by.user_id)[:12]).values()),
        groups=people.groups_of(by.user_id, shanghai_day(now)),
        licences=registry.licences_of(by.user_id, shanghai_day(now)),
    )


def _pending(rows: Sequence[BookingRow], on: date) -> list[Pending]:
    found = approvals.many("booking", [row.id for row in rows])
    changes = approvals.many("change", [row.change.id for row in rows if row.change])
    turns = [(row, changes.get(row.change.id) if row.change else found.get(row.id)) for row in rows]
    names = _names_by_step([approval for _row, approval in turns if approval], on)
    return [_one_pending(row, approval, names) for row, approval in turns]


def _names_by_step(found: Sequence[ApprovalRow], on: date) -> dict[uuid.UUID, list[str]]:
    """Who may decide each open step, in three statements for all of them."""
    turns = {a.turn.id: a.requester_id for a in found if a.turn and a.turn.state == "open"}
    by_step = approvals.deciders(turns, turns, on)
    persons = people.persons({user for users in by_step.values() for user in users})
    return {
        step: [named(persons[u].name, persons[u].name_en) for u in users if u in persons][:3]
        for step, users in by_step.items()
    }


def _one_pending(
    row: BookingRow, approval: ApprovalRow | None, names: Mapping[uuid.UUID, list[str]]
) -> Pending:
    turn = approval.turn if approval else None
    return Pending(
        row=row,
        returned=approval is not None and approval.state is State.RETURNED,
        step_role=turn.role.value if turn else "",
        names=names.get(turn.id, []) if turn else [],
        due_at=turn.due_at if turn else None,
    )


def cards(waiting: Sequence[WaitingRow], *, now: datetime, back: str, many: bool = False) -> list[Card]:
    """The cards of a queue, soonest due first, in a bounded number of statements."""
    changes = queries.changes([w.subject_id for w in waiting if w.subject_kind == "change"])
    ids = {w.subject_id for w in waiting if w.subject_kind == "booking"}
    rows = queries.bookings(ids | {change.booking_id for change in changes.values()})
    answers = queries.answers(rows)
    conduct = queries.conduct({row.requester_id for row in rows.values()}, now)
    pairs = {(row.instrument_id, row.requester_id) for row in rows.values()}
    licensed = registry.licensed(pairs, shanghai_day(now))
    institutions = {one.id: one for one in network.institutions()}
    out: list[Card] = []
    for one in waiting:
        change = changes.get(one.subject_id)
        row = rows.get(change.booking_id if change else one.subject_id)
        if row is None:
            continue
        span = change.span if change else row.span
        home = institutions.get(row.requester_institution_id) if row.requester_institution_id else None
        record = conduct.get(row.requester_id)
        out.append(
            Card(
                row=row,
                waiting=one,
                change=change,
                answers=answers.get(row.id, []),
                done=record.done if record else 0,
                no_shows=record.no_shows if record else 0,
                licence=(row.instrument_id, row.requester_id) in licensed,
                institution=named(home.name, home.name_en) if home else "",
                day=_day(span),
                bars=(),
                now=now,
                back=back,
                many=many,
            )
        )
    return _with_neighbours(out)


def _day(span: TimeSpan) -> TimeSpan:
    """The shown hours of the day on which a span starts, widened to hold it."""
    on = shanghai_day(span.start)
    return TimeSpan(min(at_shanghai(on, DAY[0]), span.start), max(at_shanghai(on, DAY[1]), span.end))


def _with_neighbours(found: Sequence[Card]) -> list[Card]:
    """Each card with the bars of its day: what is taken, and the wish on top; one statement for all days."""
    if not found:
        return []
    whole = TimeSpan(min(card.day.start for card in found), max(card.day.end for card in found))
    taken = queries.taken_on({card.row.instrument_id for card in found}, whole)
    out: list[Card] = []
    for card in found:
        bars: list[dict[str, Any]] = [
            {"span": one.span, "tone": TONE.get(one.status, "off")}
            for one in taken.get(card.row.instrument_id, ())
            if one.booking_id != card.row.id and one.span.overlaps(card.day)
        ]
        bars.append({"span": card.span, "tone": "wish"})
        out.append(_replace_bars(card, bars))
    return out


def _replace_bars(card: Card, bars: Sequence[Mapping[str, Any]]) -> Card:
    values = {name: getattr(card, name) for name in Card.__slots__}
    return Card(**{**values, "bars": bars})


def queue(by: Actor, *, now: datetime, back: str) -> Manage:
    """What waits for my decision as a manager, soonest due first."""
    found = cards(approvals.waiting_on(by, now), now=now, back=back, many=True)
    return Manage("queue", now, _counts(by, now, queue=len(found)), back, cards=found)


def _counts(by: Actor, now: datetime, *, queue: int | None = None) -> Counts:
    waiting = len(approvals.waiting_on(by, now)) if queue is None else queue
    return Counts(queue=waiting, to_confirm=len(queries.to_confirm(by, now)))


def today(by: Actor, *, now: datetime, back: str) -> Manage:
    """Today's board over my instruments, and what still has to be confirmed."""
    rows = queries.running_today(by, now)
    waiting = queries.to_confirm(by, now)
    on = shanghai_day(now)
    day = TimeSpan(
        min([at_shanghai(on, DAY[0]), *(max(r.span.start, at_shanghai(on)) for r in rows)]),
        max([at_shanghai(on, DAY[1]), *(min(r.span.end, at_shanghai(on, 1440)) for r in rows)]),
    )
    by_instrument: dict[uuid.UUID, list[BookingRow]] = defaultdict(list)
    for row in rows:
        by_instrument[row.instrument_id].append(row)
    boards = [
        Board(i.id, i.name, i.name_en, i.location, [_bar(row) for row in by_instrument.get(i.id, ())])
        for i in queries.run_by(by)
    ]
    boards.sort(key=lambda board: not board.bars)
    early = frozenset(row.id for row in rows if row.status is Status.APPROVED and _may_start(row, now))
    counts = Counts(queue=len(approvals.waiting_on(by, now)), to_confirm=len(waiting))
    return Manage(
        "today", now, counts, back, to_confirm=waiting, today=rows, boards=boards, day=day, can_check_in=early
    )


def _may_start(row: BookingRow, now: datetime) -> bool:
    terms = registry.booking_terms(row.instrument_id)
    if terms is None:
        return False
    early = terms.policy(shanghai_day(row.span.start)).check_in_early_minutes
    return row.span.start - timedelta(minutes=early) <= now < row.span.end


def _bar(row: BookingRow) -> dict[str, Any]:
    return {
        "span": row.span,
        "tone": TONE.get(row.status.value, "off"),
        "text": named(row.requester_name, row.requester_name_en),
        "booking_id": row.id,
    }


def weeks(by: Actor, *, first: date | None, now: datetime) -> Manage:
    """The week that holds `first` (this week by default) over all my instruments."""
    week = week_span(first or shanghai_day(now))
    monday = shanghai_day(week.start)
    rows: dict[uuid.UUID, list[BookingRow]] = defaultdict(list)
    for row in queries.timeline(by, week):
        rows[row.instrument_id].append(row)
    mine = queries.run_by(by)
    closed: dict[uuid.UUID, list[BlockRow]] = defaultdict(list)
    for block in queries.in_window([i.id for i in mine], week):
        closed[block.instrument_id].append(block)
    lines = [Line(i.id, i.name, i.name_en, rows.get(i.id, []), closed.get(i.id, [])) for i in mine]
    return Manage(
        "weeks",
        now,
        _counts(by, now),
        "",
        first=monday,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        lines=lines,
    )
