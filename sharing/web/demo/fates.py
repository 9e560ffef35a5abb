"""What became of each visit, and the part that the named accounts play in the weeks."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sharing.registry.rules import BookingMode
from sharing.web.demo.house import House, Person
from sharing.web.demo.stock import HOUSE
from sharing.web.demo.weeks import Diary, Visit

DAY: Final = timedelta(days=1)

# Shares in percent; what is left over of a past visit is completed, of one ahead approved.
PAST: Final = {"cancelled": 5, "no_show": 3}
PAST_BY_APPROVAL: Final = {"cancelled": 4, "no_show": 2, "rejected": 3, "expired": 1}
AHEAD: Final = {"cancelled": 4}
AHEAD_BY_APPROVAL: Final = {"cancelled": 3, "rejected": 2, "requested": 9}
STAGES: Final = {"payer": 42, "manager": 48, "returned": 10}
WANTED: Final = ("0101", "0103", "0104", "0107", "0109", "0205", "0108")
KEEPS_TIME: Final = frozenset({"requested", "approved", "in_use", "completed"})


def settle(visits: Iterable[Visit], draw: random.Random, now: datetime) -> None:
    """Draw every visit's fate from where it lies against now."""
    for visit in visits:
        visit.status = _fate(visit, draw, now)
        if visit.status == "requested":
            visit.stage = _one_of(STAGES, draw, "payer")
            if visit.stage == "payer" and visit.group is None:
                visit.stage = "manager"


def _fate(visit: Visit, draw: random.Random, now: datetime) -> str:
    by_approval = visit.terms.instrument.booking_mode is BookingMode.APPROVAL
    span = visit.span
    if span.start <= now < span.end:
        return "in_use" if draw.random() < 0.85 else "approved"
    if span.end <= now:
        to_confirm = now - span.end < timedelta(hours=30) and draw.random() < 0.12
        if to_confirm and visit.policy.check_in_required:
            return "approved"  # never checked in: waits for the manager's word
        return _one_of(PAST_BY_APPROVAL if by_approval else PAST, draw, "completed")
    shares = AHEAD_BY_APPROVAL if by_approval else AHEAD
    fate = _one_of(shares, draw, "approved")
    return "approved" if fate == "requested" and span.start < now + DAY else fate


def _one_of(shares: dict[str, int], draw: random.Random, rest: str) -> str:
    names = [*shares, rest]
    return draw.choices(names, [*shares.values(), max(0, 100 - sum(shares.values()))])[0]


@dataclass(frozen=True, slots=True)
class Part:
    """How many visits of a kind an account plays; days from now where its spans begin."""

    username: str
    status: str
    count: int
    stage: str = ""
    days: tuple[int, int] = (-60, 30)
    mode: BookingMode | None = None


PARTS: Final = (
    Part("researcher", "completed", 9, days=(-55, -1)),
    Part("researcher", "cancelled", 1, days=(-40, -5)),
    Part("researcher", "approved", 1, days=(1, 4), mode=BookingMode.APPROVAL),
    Part("researcher", "approved", 1, days=(2, 9), mode=BookingMode.SELF_SERVICE),
    Part("researcher", "requested", 1, "payer", days=(2, 12)),
    Part("researcher", "requested", 1, "returned", days=(2, 20)),
    Part("researcher2", "completed", 5, days=(-50, -1)),
    Part("researcher2", "approved", 1, days=(1, 10)),
    Part("researcher2", "requested", 1, "manager", days=(2, 20)),
    Part("pi", "completed", 2, days=(-50, -3)),
    Part("pi", "approved", 1, days=(2, 12)),
    Part("enterprise", "completed", 3, days=(-50, -4), mode=BookingMode.APPROVAL),
    Part("enterprise", "approved", 1, days=(2, 15), mode=BookingMode.APPROVAL),
    Part("enterprise", "requested", 1, "manager", days=(2, 25)),
)


def cast(visits: Sequence[Visit], house: House, diary: Diary, draw: random.Random, now: datetime) -> None:
    """Hand visits over to the named accounts, at instruments of their house that their work calls for.

    The weeks stay as full as they were; only the person, and where needed the fate, of a visit changes.
    """
    order = list(visits)
    draw.shuffle(order)
    given: set[int] = set()
    for part in PARTS:
        person = house.people[part.username]
        fitting = (v for v in order if id(v) not in given and _fits(v, part, person, now))
        for _number in range(part.count):
            visit = next((v for v in fitting if diary.is_free(person, v.span)), None)
            if visit is None:
                break
            given.add(id(visit))
            _hand_over(visit, person, part)
            diary.note(person, visit.span, ahead=visit.span.end > now)
    _busy_head(order, given, house, diary, draw, now)


def _fits(visit: Visit, part: Part, person: Person, now: datetime) -> bool:
    days = (visit.span.start - now) / DAY
    mode = visit.terms.instrument.booking_mode
    return (
        part.days[0] <= days <= part.days[1]
        and (visit.span.end <= now) == (part.days[1] <= 0)
        and mode is (part.mode or (BookingMode.APPROVAL if part.status == "requested" else mode))
        and visit.item.institution == HOUSE
        and _may(person, visit)
        and _is_wanted(visit)
        and visit.status in ("completed", "cancelled", "approved", "requested")
    )


def _may(person: Person, visit: Visit) -> bool:
    """Whether the person may book there at all: licence, and who the instrument is open to."""
    if visit.item.needs_licence and person not in visit.item.licensed:
        return False
    return person.kind != "enterprise" or visit.policy.audience == "everyone"


def _is_wanted(visit: Visit) -> bool:
    """What work on energy materials calls for: microscopes, diffraction, spectra and the like, no sequencing."""
    return visit.item.unit.kind.category.startswith(WANTED)


def _hand_over(visit: Visit, person: Person, part: Part) -> None:
    visit.person, visit.group = person, person.group
    visit.status, visit.stage = part.status, part.stage


def _busy_head(
    order: Sequence[Visit], given: set[int], house: House, diary: Diary, draw: random.Random, now: datetime
) -> None:
    """Two more requests of her group wait for `pi`, so that her queue is one."""
    group = house.people["pi"].group
    if group is None:
        return
    named = {part.username for part in PARTS}
    members = [person for person in group.people if person.username not in named]

    def is_open(visit: Visit) -> bool:
        return (
            id(visit) not in given
            and visit.item.institution == HOUSE
            and visit.terms.instrument.booking_mode is BookingMode.APPROVAL
            and not visit.item.needs_licence
            and timedelta(days=2) < visit.span.start - now < timedelta(days=14)
        )

    for visit in [v for v in order if is_open(v)][:2]:
        free = [person for person in members if diary.is_free(person, visit.span)]
        if free:
            visit.person, visit.group = draw.choice(free), group
            visit.status, visit.stage = "requested", "payer"
            diary.note(visit.person, visit.span, ahead=True)
