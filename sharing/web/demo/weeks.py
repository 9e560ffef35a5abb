"""Who sits at which instrument when: a calendar filled as working weeks fill, by the product's own opening hours.

Nothing here touches the database. A visit keeps to the policy in force on its day (grain, shortest, longest, buffers,
opening hours), meets no other visit of its position, and nobody sits at two instruments at once.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from sharing.kernel.timespan import SHANGHAI, TimeSpan, day_span, minutes, shanghai_day
from sharing.network.rules import WorkCalendar
from sharing.registry.rules import PolicyRow, Terms, open_spans
from sharing.web.demo.house import Group, Person
from sharing.web.demo.stock import Item

PAST_DAYS: Final = 60
FUTURE_DAYS: Final = 30
WEEKDAY: Final = (0.9, 1.05, 1.1, 1.05, 0.8, 0.7, 0.6)
REST_DAY: Final = 0.35
LUNCH: Final = 0.25
EVENING: Final = 0.45
NIGHT: Final = 0.12
HALF_HOURS: Final = ((1, 4), (2, 9), (3, 6), (4, 10), (6, 7), (8, 5), (12, 2), (16, 1))  # length, weight
TRIES: Final = 5
MOST_AHEAD: Final = 4  # open bookings a drawn person has at most, so that quotas keep room
RUN_HOURS: Final = (3, 4, 5, 6, 8, 10, 22, 24, 26, 47, 48)
LOAN_DAYS: Final = (1, 1, 2, 3, 5)
LOAN_FROM_MINUTES: Final = 240  # a policy whose shortest booking is this long lends the instrument out


@dataclass(slots=True)
class Visit:
    """One wish for time: whose, where, when. `status` and what led to it are drawn later."""

    item: Item
    terms: Terms
    policy: PolicyRow
    span: TimeSpan
    position: int
    person: Person
    group: Group | None
    status: str = "completed"
    stage: str = ""  # of a request: payer | manager | institution | returned

    @property
    def slot(self) -> TimeSpan:
        """The time it takes, buffers included."""
        before = timedelta(minutes=self.policy.setup_minutes)
        return self.span.widened(before, timedelta(minutes=self.policy.cleanup_minutes))


@dataclass(slots=True)
class Diary:
    """Who is where when."""

    taken: dict[uuid.UUID, list[TimeSpan]] = field(default_factory=dict)
    ahead: dict[uuid.UUID, int] = field(default_factory=dict)

    def is_free(self, person: Person, span: TimeSpan) -> bool:
        return not any(span.overlaps(other) for other in self.taken.get(person.id, ()))

    def note(self, person: Person, span: TimeSpan, *, ahead: bool) -> None:
        self.taken.setdefault(person.id, []).append(span)
        if ahead:
            self.ahead[person.id] = self.ahead.get(person.id, 0) + 1


@dataclass(frozen=True, slots=True)
class Guests:
    """Who comes to an instrument: people with the weight of each."""

    people: tuple[Person, ...]
    weights: tuple[float, ...]


class Weeks:
    """Fills calendars one after another; the draw decides, the diary keeps people in one place."""

    def __init__(self, draw: random.Random, calendar: WorkCalendar, now: datetime, diary: Diary) -> None:
        self.draw, self.calendar, self.now, self.diary = draw, calendar, now, diary
        self.today = shanghai_day(now)

    def fill(self, item: Item, terms: Terms, guests: Guests, busy: float) -> list[Visit]:
        """Every visit to one instrument in the whole window, all positions."""
        first, last = self.today - timedelta(days=PAST_DAYS), self.today + timedelta(days=FUTURE_DAYS)
        window = TimeSpan(day_span(first).start, day_span(last).end)
        spans = open_spans(terms, window, self.calendar)
        wishes = (
            self._visit(item, terms, span, position, guests)
            for position in range(1, terms.instrument.capacity + 1)
            for span in self._taken(terms, spans, busy)
        )
        return [visit for visit in wishes if visit]

    def _taken(self, terms: Terms, spans: Sequence[TimeSpan], busy: float) -> Iterable[TimeSpan]:
        """Times that are taken on one position, in order, buffers kept free between them."""
        free_from = spans[0].start if spans else self.now
        for day in days_of(spans):
            policy, whole = terms.policy(day), day_span(day)
            for part in (part for span in spans if (part := span.intersection(whole))):
                if policy.runs_through_closed:
                    found = self._runs(part, policy, spans, busy, free_from)
                else:
                    found = self._sessions(part, policy, busy, free_from)
                for span in found:
                    free_from = span.end + timedelta(minutes=policy.cleanup_minutes + policy.setup_minutes)
                    yield span

    # --- usual sessions ---------------------------------------------------------------------------------------------

    def _sessions(
        self, part: TimeSpan, policy: PolicyRow, busy: float, free_from: datetime
    ) -> Iterable[TimeSpan]:
        """Sessions of minutes to hours inside one open part of a day."""
        grain = timedelta(minutes=policy.granularity_minutes)
        at = on_grain(max(part.start, free_from), policy)
        buffers = timedelta(minutes=policy.cleanup_minutes + policy.setup_minutes)
        while at + timedelta(minutes=policy.shortest_minutes) <= part.end:
            if self.draw.random() < chance(busy * self._demand(at)):
                span = self._session(at, part, policy)
                yield span
                at = on_grain(span.end + buffers, policy)
            else:
                at += grain * self.draw.randint(1, 3)

    def _session(self, at: datetime, part: TimeSpan, policy: PolicyRow) -> TimeSpan:
        """From `at`, as long as people like, cut to what the policy and the opening hours allow."""
        lengths, weights = zip(*HALF_HOURS, strict=True)
        wanted = self.draw.choices(lengths, weights)[0] * 30
        most = min(policy.longest_minutes or wanted, minutes(at, part.end))
        to_noon = minutes(at, day_span(shanghai_day(at)).start + timedelta(hours=12))
        if 0 < to_noon < wanted and to_noon >= policy.shortest_minutes and self.draw.random() < 0.6:
            wanted = to_noon  # people leave for lunch
        length = max(policy.shortest_minutes, min(wanted, most))
        length -= length % policy.granularity_minutes
        return TimeSpan(at, at + timedelta(minutes=length))

    def _demand(self, at: datetime) -> float:
        """How much of the usual demand there is at an hour: weekdays, lunch, nights, and calendars not yet full."""
        local = at.astimezone(SHANGHAI)
        demand = WEEKDAY[local.weekday()]
        if not self.calendar.is_workday(local.date()):
            demand *= REST_DAY
        clock = local.hour + local.minute / 60
        if 12 <= clock < 13.5:
            demand *= LUNCH
        elif clock < 7.5 or clock >= 22:
            demand *= NIGHT
        elif clock >= 18:
            demand *= EVENING
        return demand * self._not_yet(local.date())

    def _not_yet(self, day: date) -> float:
        ahead = (day - self.today).days
        return 1.0 if ahead <= 1 else max(0.06, math.exp(-(ahead - 1) / 8))

    # --- runs over closed time and loans ----------------------------------------------------------------------------

    def _runs(
        self, part: TimeSpan, policy: PolicyRow, spans: Sequence[TimeSpan], busy: float, free_from: datetime
    ) -> Iterable[TimeSpan]:
        """At most one long run that begins in this part and ends in open time."""
        start = on_grain(max(part.start, free_from), policy)
        if start >= part.end or self.draw.random() > busy * self._demand(start):
            return
        for _number in range(TRIES):
            begin = start + timedelta(hours=self.draw.choice((0, 0, 1, 2, 5)))
            end = begin + timedelta(hours=self._length(begin, policy))
            fits = policy.longest_minutes is None or minutes(begin, end) <= policy.longest_minutes
            if fits and begin < part.end and any(span.start < end <= span.end for span in spans):
                yield TimeSpan(begin, end)
                return

    def _length(self, begin: datetime, policy: PolicyRow) -> int:
        """Hours of a run, or of a loan that is given back at nine."""
        if policy.shortest_minutes < LOAN_FROM_MINUTES:
            return self.draw.choice(RUN_HOURS)
        return self.draw.choice(LOAN_DAYS) * 24 - (begin.astimezone(SHANGHAI).hour - 9)

    # --- people -----------------------------------------------------------------------------------------------------

    def _visit(self, item: Item, terms: Terms, span: TimeSpan, position: int, guests: Guests) -> Visit | None:
        """The span with somebody who is free then; None when nobody is found."""
        ahead = span.end > self.now
        for _number in range(TRIES):
            person = self.draw.choices(guests.people, guests.weights)[0]
            if ahead and self.diary.ahead.get(person.id, 0) >= MOST_AHEAD:
                continue
            if self.diary.is_free(person, span):
                self.diary.note(person, span, ahead=ahead)
                policy = terms.policy(shanghai_day(span.start))
                return Visit(item, terms, policy, span, position, person, person.group)
        return None


def chance(share: float) -> float:
    """How often a session must begin where one could, so that this share of the time is taken.

    Sessions last about twice as long as the pauses between tries.
    """
    share = min(share, 0.97)
    return share / (2 - share)


def days_of(spans: Iterable[TimeSpan]) -> list[date]:
    """The Shanghai days that the spans touch, each once, in order."""
    return list(dict.fromkeys(day for span in spans for day in span.days()))


def on_grain(instant: datetime, policy: PolicyRow) -> datetime:
    """The next instant on the policy's grid, which begins at Shanghai midnight."""
    past = minutes(day_span(shanghai_day(instant)).start, instant) % policy.granularity_minutes
    whole = instant.replace(second=0, microsecond=0)
    return whole + timedelta(minutes=-past % policy.granularity_minutes)


def busyness(busy: Mapping[str, int], category: str) -> float:
    """The share of a working day that is taken, by the longest class of the table that fits."""
    best = max((code for code in busy if category.startswith(code)), key=len, default="*")
    return busy[best] / 100
