"""Visits as the rows that the booking path would have written: booking, slot, answers, approval."""

from __future__ import annotations

import uuid
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sharing.booking.models import Answer, Booking, Slot
from sharing.booking.rules.answers import given, shown
from sharing.kernel.numbering import Series
from sharing.kernel.timespan import SHANGHAI, minutes, shanghai_day
from sharing.pricing import queries as pricing
from sharing.pricing.formats import frozen
from sharing.pricing.rules import ORDER, PriceRow, Quote, offer, price_groups
from sharing.registry.rules import BookingMode
from sharing.web.demo.fates import KEEPS_TIME
from sharing.web.demo.leave import Leave
from sharing.web.demo.source import Field
from sharing.web.demo.story import Pen, Story
from sharing.web.demo.trail import Event, Postman, events, revision, sequence, write_audit
from sharing.web.demo.weeks import Visit

PENDING_MINUTES: Final = 200  # working minutes that an open request has waited at most
NOT_YET: Final = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Buyer:
    """What a price asks of a person."""

    kind: str
    institution_id: uuid.UUID | None
    groups: tuple[uuid.UUID, ...]


class Recorder:
    """Writes visits into the batch, oldest request first, so that numbers and keys go up with time."""

    def __init__(self, pen: Pen) -> None:
        self.pen, self.leave = pen, Leave(pen)
        self.numbers: dict[str, int] = {}
        self._price_days: dict[uuid.UUID, tuple[date, ...]] = {}
        self._known_prices: dict[tuple[uuid.UUID, int], list[PriceRow]] = {}

    def write(self, visits: Iterable[Visit]) -> list[Story]:
        """Every record of every visit; the stories, for the trail and for messages."""
        stories = sorted((self._story(visit) for visit in visits), key=lambda story: story.asked_at)
        postman = Postman(self.pen)
        for story in stories:
            story.id = self.pen.keys.at(story.asked_at)
            if story.visit.terms.instrument.booking_mode is BookingMode.APPROVAL:
                self.leave.write(story)
            self._tell(story)
            done = events(story)
            self._booking(story, done)
            self._answers(story)
            write_audit(self.pen, story, done)
            postman.tell(story)
        self._series()
        return stories

    # --- what is asked ----------------------------------------------------------------------------------------------

    def _story(self, visit: Visit) -> Story:
        asked_at = self._asked_at(visit)
        external = visit.person.institution != visit.item.institution
        return Story(visit, NOT_YET, asked_at, self._answered(visit), self._quote(visit, asked_at), external)

    def _asked_at(self, visit: Visit) -> datetime:
        """Some days ahead, by day: inside lead and horizon, and before now. An open request is hours old."""
        if visit.status == "requested":
            return self._lately()
        policy, start = visit.policy, visit.span.start
        latest = min(
            start - timedelta(minutes=policy.lead_minutes + 10), self.pen.now - timedelta(minutes=30)
        )
        most = (policy.horizon_days or 60) - 1
        days = min(self.pen.draw.expovariate(1 / 4.5), most)
        asked = min(latest, start - timedelta(days=days))
        earliest = start - timedelta(days=most)
        local = asked.astimezone(SHANGHAI)
        if not 7 <= local.hour < 23:
            local = local.replace(hour=self.pen.draw.randint(8, 21), minute=self.pen.draw.randint(0, 59))
        asked = min(max(local, earliest.astimezone(SHANGHAI)), latest.astimezone(SHANGHAI))
        return asked.replace(second=self.pen.draw.randint(0, 59), microsecond=0)

    def _lately(self) -> datetime:
        """So recently that no step's working hours are over."""
        at = self.pen.now - timedelta(minutes=self.pen.draw.randint(10, 90))
        for _number in range(12):
            earlier = at - timedelta(minutes=self.pen.draw.randint(30, 400))
            if self.pen.office.between(earlier, self.pen.now, self.pen.calendar) > PENDING_MINUTES:
                break
            at = earlier
        return at.replace(microsecond=0)

    def _quote(self, visit: Visit, asked_at: datetime) -> Quote:
        instrument, person = visit.terms.instrument, visit.person
        home = self.pen.house.institutions[person.institution] if person.institution else None
        buyer = Buyer(person.kind, home, (visit.group.id,) if visit.group else ())
        groups = price_groups(buyer, instrument, visit.group.id if visit.group else None)
        return offer(
            visit.span, self._prices(visit, shanghai_day(asked_at)), groups, self.pen.calendar, ORDER
        )

    def _prices(self, visit: Visit, on: date) -> list[PriceRow]:
        """The prices in force on a day; asked once for each period between two changes."""
        keys = visit.terms.instrument.scope_keys
        begins = self._price_days.setdefault(visit.item.id, ())
        if not begins:
            begins = self._price_days[visit.item.id] = tuple(
                sorted({row.valid_from for row in pricing.rows_of(keys)})
            )
        key = (visit.item.id, bisect(begins, on))
        if key not in self._known_prices:
            self._known_prices[key] = pricing.prices(keys, on)
        return self._known_prices[key]

    def _answered(self, visit: Visit) -> dict[str, Any]:
        if not visit.terms.questions:
            return {}
        text, state = self.pen.draw.choice(self._work(visit).samples)
        hazards = ("none", "none", "none", "none", "none", "flammable", "toxic", "corrosive")
        tissue = state == "tissue" and self.pen.draw.random() < 0.3
        return {
            "sample_name": text,
            "sample_state": state,
            "sample_quantity": self.pen.draw.choice((1, 2, 3, 4, 4, 5, 6, 8, 12)),
            "hazard": "biological" if tissue else self.pen.draw.choice(hazards),
            "declaration": True,
            "remarks": self.pen.draw.choice(self.pen.source.remarks["notes"]),
        }

    def _work(self, visit: Visit) -> Field:
        if visit.group:
            return self.pen.source.fields[visit.group.work]
        return self.pen.source.fields[self.pen.house.entries[str(visit.person.institution)]["field"]]

    # --- booking and slot -------------------------------------------------------------------------------------------

    def _tell(self, story: Story) -> None:
        """What the booking's own row says of it."""
        visit = story.visit
        story.number = self._number(visit.terms.instrument.zone_prefix, story.asked_at)
        story.purpose = self.pen.draw.choice(self._work(visit).purposes)
        story.started_at, story.finished_at = self._used(visit)
        if visit.status in ("cancelled", "no_show"):
            story.ended_at, story.note = self._gone(story)
            story.ended_by = visit.person if visit.status == "cancelled" else visit.item.managers[0]

    def _booking(self, story: Story, done: Sequence[Event]) -> None:
        visit, instrument = story.visit, story.visit.terms.instrument
        home = self.pen.house.institutions[visit.person.institution] if visit.person.institution else None
        self.pen.batch.add(
            Booking,
            id=story.id,
            number=story.number,
            zone_code=instrument.zone_code,
            instrument_id=instrument.id,
            institution_id=instrument.institution_id,
            requester_id=visit.person.id,
            requester_institution_id=home,
            group_id=visit.group.id if visit.group else None,
            card_id=visit.group.cards[0][0] if visit.group else None,
            project_id=self.pen.draw.choice(self._work(visit).projects),
            starts_at=visit.span.start,
            ends_at=visit.span.end,
            setup_minutes=visit.policy.setup_minutes,
            cleanup_minutes=visit.policy.cleanup_minutes,
            position=visit.position,
            status=visit.status,
            purpose=story.purpose,
            amount_fen=story.quote.amount.fen,
            quote=frozen(story.quote),
            policy_id=visit.policy.id,
            revision=revision(done),
            sequence=sequence(done),
            created_at=story.asked_at,
            changed_at=done[-1].at,
            checked_in_at=story.started_at,
            checked_out_at=story.finished_at,
            end_note=story.note,
        )
        if visit.status in KEEPS_TIME:
            self._slot(story)

    def _slot(self, story: Story) -> None:
        slot = story.visit.slot
        self.pen.batch.add(
            Slot,
            id=self.pen.keys.at(story.asked_at),
            instrument_id=story.visit.terms.instrument.id,
            position=story.visit.position,
            starts_at=slot.start,
            ends_at=slot.end,
            kind="booking",
            source_id=story.id,
        )

    def _used(self, visit: Visit) -> tuple[datetime | None, datetime | None]:
        """When people came and went: most a little late, some a little over time."""
        if visit.status not in ("in_use", "completed"):
            return None, None
        started = visit.span.start + timedelta(minutes=self.pen.draw.choice((-6, -3, 0, 1, 2, 4, 7, 12)))
        if visit.status == "in_use":
            return min(started, self.pen.now - timedelta(minutes=1)), None
        ended = visit.span.end + timedelta(minutes=self.pen.draw.choice((-25, -12, -6, -3, -1, 0, 0, 3)))
        return started, min(max(ended, started + timedelta(minutes=5)), self.pen.now - timedelta(minutes=1))

    def _gone(self, story: Story) -> tuple[datetime, str]:
        """When and why a visit that was agreed did not take place."""
        remarks, span = self.pen.source.remarks, story.visit.span
        if story.visit.status == "no_show":
            return min(span.end, self.pen.now), self.pen.draw.choice(remarks["no_show"])
        since = story.words[-1].at if story.words else story.asked_at
        between = max(1, minutes(since, min(span.start, self.pen.now)) - 5)
        at = since + timedelta(minutes=self.pen.draw.randint(1, between))
        return at, self.pen.draw.choice(remarks["cancel"])

    def _number(self, prefix: str, asked_at: datetime) -> str:
        name = f"booking:{prefix}-{asked_at.astimezone(SHANGHAI).year}"
        self.numbers[name] = self.numbers.get(name, 0) + 1
        return f"{name.removeprefix('booking:')}-{self.numbers[name]:06d}"

    def _series(self) -> None:
        """Where the next real booking goes on counting."""
        for name, last in self.numbers.items():
            self.pen.batch.add(Series, name=name, last=last)

    def _answers(self, story: Story) -> None:
        for question in story.visit.terms.questions:
            value = story.answers[question.key]
            if not given(value):
                continue
            self.pen.batch.add(
                Answer,
                id=self.pen.keys.at(story.asked_at),
                booking_id=story.id,
                question_id=question.id,
                key=question.key,
                label=question.label,
                label_en=question.label_en,
                value=value,
                shown=shown(question, value),
            )
