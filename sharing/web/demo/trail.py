"""What the audit trail and the inboxes say of the demo's bookings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sharing.audit.models import AuditEvent
from sharing.audit.service import plain
from sharing.booking.rules import local
from sharing.notify.models import Message
from sharing.web.demo.house import Person
from sharing.web.demo.story import Pen, Story, Word

TOLD: Final = timedelta(days=14)  # older messages have been cleared away
UNREAD: Final = timedelta(hours=30)
SHOWN: Final = frozenset({"approve", "reject", "expire", "cancel", "no-show"})  # these raise SEQUENCE


@dataclass(frozen=True, slots=True)
class Event:
    """One thing done to a booking; `before` and `after` hold only what it changed."""

    action: str
    at: datetime
    by: Person | None
    before: dict[str, Any] | None
    after: dict[str, Any]
    note: str = ""


def events(story: Story) -> list[Event]:
    """What was done to a booking, in order; the first is the request."""
    visit = story.visit
    requested = any(word.rule is None for word in story.words)
    status = "requested" if requested else "approved"
    first = {"number": story.number, "starts_at": visit.span.start, "ends_at": visit.span.end}
    first |= {"position": visit.position, "status": status, "amount_fen": story.quote.amount.fen}
    found = [Event("submit", story.asked_at, visit.person, None, first)]
    last = story.words[-1] if requested else None
    if last and last.verdict == "approve":
        found.append(_moved("approve", last, "requested", "approved"))
        status = "approved"
    elif last and last.verdict == "return":
        found.append(_moved("return", last, "requested", "requested"))
    if story.ended_at:
        action = {"rejected": "reject", "expired": "expire", "cancelled": "cancel", "no_show": "no-show"}[
            visit.status
        ]
        before, after = {"end_note": "", "status": status}, {"end_note": story.note, "status": visit.status}
        found.append(Event(action, story.ended_at, story.ended_by, before, after, story.note))
    if story.started_at:
        found.append(_used("check-in", "checked_in_at", story.started_at, visit.person, "approved", "in_use"))
    if story.finished_at:
        found.append(
            _used("check-out", "checked_out_at", story.finished_at, visit.person, "in_use", "completed")
        )
    return found


def _moved(action: str, word: Word, before: str, after: str) -> Event:
    return Event(action, word.at, word.by, {"status": before}, {"status": after}, word.note)


def _used(action: str, column: str, at: datetime, by: Person, before: str, after: str) -> Event:
    return Event(action, at, by, {column: None, "status": before}, {column: at, "status": after})


def revision(done: Iterable[Event]) -> int:
    """The booking's revision after these events: the request gave 1, each change one more."""
    return sum(1 for _event in done)


def sequence(done: Iterable[Event]) -> int:
    """RFC 5545 SEQUENCE: raised by whatever changes the calendar entry."""
    return sum(event.action in SHOWN for event in done)


def write_audit(pen: Pen, story: Story, done: Iterable[Event]) -> None:
    """One row of the trail for each event."""
    for event in done:
        pen.batch.add(
            AuditEvent,
            id=pen.keys.at(event.at),
            at=event.at,
            zone_code=story.visit.terms.instrument.zone_code,
            actor_id=event.by.id if event.by else None,
            actor_name=event.by.name if event.by else None,
            action=f"booking.{event.action}",
            about_kind="booking",
            about_id=story.id,
            before=plain(event.before),
            after=plain(event.after),
            note=event.note or None,
            institution_id=story.visit.terms.instrument.institution_id,
        )


# --- inboxes ----------------------------------------------------------------------------------------------------------


class Postman:
    """Puts the messages of the last days into inboxes; those of yesterday and today are not read yet."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen

    def tell(self, story: Story) -> None:
        """What the requester heard of one booking, and who is asked to decide it."""
        visit = story.visit
        for topic, at, more in self._heard(story):
            if at > self.pen.now - TOLD:
                self._message(topic, visit.person, story, at, more)
        if story.turn is None or story.words[-1].verdict == "return":
            return
        asked_at = story.words[-1].at
        for person in self._deciders(story):
            self._message(
                "approval.waiting", person, story, asked_at, {"step": story.turn.value, "due": story.due_at}
            )

    def _heard(self, story: Story) -> Iterable[tuple[str, datetime, dict[str, Any]]]:
        for event in events(story):
            more: dict[str, Any] = {"note": event.note}
            if event.by and event.by is not story.visit.person:
                more["person"] = event.by.name
            if event.action == "submit":
                topic = f"booking.{event.after['status']}"
                step = {"step": story.turn.value, "due": story.due_at} if story.turn else {}
                yield topic, event.at, more | step
            elif event.action in TOPIC_OF and (event.by is not story.visit.person):
                yield TOPIC_OF[event.action], event.at, more

    def _deciders(self, story: Story) -> list[Person]:
        visit = story.visit
        if story.turn == "payer" and visit.group:
            return [visit.group.head]
        if story.turn == "manager":
            return visit.item.managers
        return [self.pen.house.admins[visit.item.institution]]

    def _message(self, topic: str, to: Person, story: Story, at: datetime, more: dict[str, Any]) -> None:
        is_read = self.pen.now - at > UNREAD and topic != "approval.waiting"
        self.pen.batch.add(
            Message,
            id=self.pen.keys.at(at),
            recipient_id=to.id,
            topic=topic,
            about_kind="booking",
            about_id=story.id,
            facts=plain(self._facts(story) | more),
            created_at=at,
            read_at=min(at + timedelta(hours=5), self.pen.now) if is_read else None,
        )

    def _facts(self, story: Story) -> dict[str, Any]:
        instrument = story.visit.terms.instrument
        return {
            "number": story.number,
            "instrument": instrument.name,
            "instrument_en": instrument.name_en,
            "place": instrument.location,
            **local(story.visit.span),
            "amount_fen": story.quote.amount.fen,
            "requester": story.visit.person.name,
            "purpose": story.purpose,
            "url": f"/bookings/{story.id}",
        }


TOPIC_OF: Final = {
    "approve": "booking.approved",
    "reject": "booking.rejected",
    "return": "booking.returned",
    "expire": "booking.expired",
    "no-show": "booking.no-show",
}
