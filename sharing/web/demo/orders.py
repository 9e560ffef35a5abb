"""Service orders of the demo, as the rows that the services would have written: order, quote, contract, slot, files."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from sharing.audit.models import AuditEvent
from sharing.booking.models import Booking, Slot
from sharing.booking.service import files
from sharing.kernel.money import ZERO, Money
from sharing.kernel.numbering import Series
from sharing.kernel.timespan import SHANGHAI, TimeSpan, at_shanghai, shanghai_day
from sharing.orders.models import Contract, Order, OrderFile, Quote
from sharing.orders.rules import TRANSITIONS, Action, Status
from sharing.pricing.formats import frozen
from sharing.pricing.rules import Quote as Price
from sharing.registry.rules import Terms
from sharing.web.demo.house import Person
from sharing.web.demo.stock import Item
from sharing.web.demo.story import Pen

WAY: Final = (
    Action.QUOTE, Action.ACCEPT, Action.SCHEDULE, Action.RECEIVE, Action.DELIVER, Action.ACCEPT_RESULT,
)  # fmt: skip
ENDINGS: Final[Mapping[str, tuple[Action, ...]]] = {
    "declined": (Action.DECLINE,),
    "lapsed": (Action.QUOTE, Action.LAPSE),
    "withdrawn": (Action.WITHDRAW,),
    "objected": (*WAY[:5], Action.OBJECT),
}
HOUSE: Final = frozenset({Action.QUOTE, Action.SCHEDULE, Action.RECEIVE, Action.DELIVER, Action.DECLINE})
VALID_DAYS: Final = 14
REPORT: Final = (
    b"%PDF-1.4\n% Sample data of the demo network, no real result.\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
)


@dataclass(frozen=True, slots=True)
class Told:
    """One order of the file, with whom it concerns and when each step of it was done."""

    entry: Mapping[str, Any]
    id: uuid.UUID
    customer: Person
    manager: Person
    terms: Terms
    steps: Sequence[tuple[Action, datetime]]

    def at(self, action: Action) -> datetime | None:
        return next((at for done, at in self.steps if done is action), None)


class Clerk:
    """Writes the orders into the batch, the oldest first, so that numbers go up with time."""

    def __init__(self, pen: Pen, items: Sequence[Item], terms: Mapping[uuid.UUID, Terms]) -> None:
        self.pen, self.terms = pen, terms
        self.items = {item.unit.kind.key: item for item in reversed(items) if item.institution == "YLU"}
        self.slots = 0

    def write(self, entries: Sequence[Mapping[str, Any]]) -> None:
        numbers: dict[str, int] = {}
        for entry in sorted(entries, key=lambda one: -one["days"]):
            told = self._told(entry)
            name = f"order:{told.terms.instrument.zone_prefix}-{self._asked(entry).astimezone(SHANGHAI).year}"
            numbers[name] = numbers.get(name, 0) + 1
            self._order(told, f"{name.removeprefix('order:')}-{numbers[name]:06d}")
        for name, last in numbers.items():
            self.pen.batch.add(Series, name=name, last=last)

    def _asked(self, entry: Mapping[str, Any]) -> datetime:
        return at_shanghai(shanghai_day(self.pen.now) - timedelta(days=entry["days"]), 9 * 60 + 20)

    def _told(self, entry: Mapping[str, Any]) -> Told:
        """The steps that lead to its state, evenly over the time since it was asked for."""
        item, asked = self.items[entry["on"]], self._asked(entry)
        state = entry["state"]
        actions = ENDINGS.get(state)
        if actions is None:
            reached = [_after(action) for action in WAY]
            actions = WAY[: reached.index(Status(state)) + 1] if state != "asked" else ()
        pace = (self.pen.now - asked) / (len(actions) + 1)
        steps = [(action, asked + pace * n) for n, action in enumerate(actions, 1)]
        return Told(
            entry,
            self.pen.keys.at(asked),
            self.pen.house.people[entry["who"]],
            item.managers[0],
            self.terms[item.id],
            [(action, self._by_day(at, number)) for number, (action, at) in enumerate(steps)],
        )

    def _by_day(self, at: datetime, number: int) -> datetime:
        """In the morning of its day, each step a little later than the one before."""
        morning = at_shanghai(shanghai_day(at), 9 * 60 + 40 + 15 * number)
        return min(morning, self.pen.now - timedelta(minutes=40 - 5 * number))

    # --- rows -------------------------------------------------------------------------------------------------------

    def _order(self, told: Told, number: str) -> None:
        entry, instrument, asked = told.entry, told.terms.instrument, self._asked(told.entry)
        home = self.pen.house.institutions.get(told.customer.institution or "")
        quoted, agreed = told.at(Action.QUOTE), told.at(Action.ACCEPT)
        last = told.steps[-1][1] if told.steps else asked
        over = entry["state"] in {"done", "declined", "withdrawn"}
        row = self.pen.batch.add(
            Order,
            id=told.id,
            number=number,
            zone_code=instrument.zone_code,
            instrument_id=instrument.id,
            institution_id=instrument.institution_id,
            customer_id=told.customer.id,
            customer_institution_id=home,
            group_id=told.customer.group.id if told.customer.group else None,
            external=home != instrument.institution_id,
            what=entry["what"],
            samples=entry["samples"],
            nature=entry["nature"],
            hazards=entry.get("hazards", []),
            hazard_note=entry.get("hazard_note", ""),
            wanted_on=shanghai_day(asked) + timedelta(days=30),
            after=entry.get("after", "dispose"),
            return_to=entry.get("return_to", ""),
            status=entry["state"],
            revision=1 + len(told.steps),
            quote_version=1 if quoted else 0,
            accepted_version=1 if agreed else None,
            created_at=asked,
            changed_at=last,
            received_at=told.at(Action.RECEIVE),
            delivered_at=told.at(Action.DELIVER),
            closed_at=last if over else None,
            end_note=entry.get("note", "") if over else "",
        )
        self._audit(told, number)
        if quoted:
            self._quote(told, quoted)
        if "contract" in entry and agreed:
            self._contract(told, agreed)
        if told.at(Action.SCHEDULE):
            row |= self._slot(told, number)
        if delivered := told.at(Action.DELIVER):
            self._file(told, "result", "检测报告（示例）.pdf", told.manager, delivered)
        row["due_at"] = self._due(told, row)

    def _due(self, told: Told, row: Mapping[str, Any]) -> datetime | None:
        """Until when whoever's turn it is should act."""
        state = told.entry["state"]
        if state in {"asked", "accepted", "objected"}:
            return self.pen.office.after(self.pen.now, 9 * 60, self.pen.calendar)
        if state == "quoted":
            return self._valid_until(told)
        if state == "scheduled":
            at: datetime = row["slot_starts_at"]
            return at
        if state in {"received", "delivered"}:
            return at_shanghai(self._workday(5) + timedelta(days=1))
        return None

    def _valid_until(self, told: Told) -> datetime:
        quoted = told.at(Action.QUOTE) or self.pen.now
        days = 7 if told.entry["state"] == "lapsed" else VALID_DAYS
        return at_shanghai(shanghai_day(quoted) + timedelta(days=days))

    def _quote(self, told: Told, at: datetime) -> None:
        lines = [
            {
                "item": item,
                "quantity": str(Fraction(quantity)),
                "unit": unit,
                "unit_price_fen": fen,
                "amount_fen": Money(fen).times(Fraction(quantity)).fen,
            }
            for item, quantity, unit, fen in told.entry["lines"]
        ]
        self.pen.batch.add(
            Quote,
            id=self.pen.keys.at(at),
            order_id=told.id,
            version=1,
            lines=lines,
            amount_fen=sum(line["amount_fen"] for line in lines),
            valid_until=self._valid_until(told),
            result_on=shanghai_day(at) + timedelta(days=21),
            note=told.entry.get("note", "") if told.entry["state"] == "quoted" else "",
            by_id=told.manager.id,
            at=at,
        )

    def _contract(self, told: Told, at: datetime) -> None:
        file_id = self._file(told, "contract", "技术服务合同（示例）.pdf", told.manager, at)
        number = told.entry["contract"]
        self.pen.batch.add(
            Contract,
            id=self.pen.keys.at(at),
            order_id=told.id,
            version=1,
            kind="service",
            file_id=file_id,
            registration_no=number,
            registered_on=shanghai_day(at) if number else None,
            by_id=told.manager.id,
            at=at,
        )

    def _file(self, told: Told, kind: str, name: str, by: Person, at: datetime) -> uuid.UUID:
        kept = files.keep(REPORT, name, field="file")
        key = self.pen.keys.at(at)
        self.pen.batch.add(
            OrderFile,
            id=key,
            order_id=told.id,
            kind=kind,
            delivery=1 if kind == "result" else 0,
            name=name,
            sha256=kept["sha256"],
            size=len(REPORT),
            by_id=by.id,
            at=at,
        )
        return key

    def _slot(self, told: Told, number: str) -> dict[str, Any]:
        """A booking of the manager; each on a day of its own, so that nobody runs two instruments at once."""
        at = told.at(Action.SCHEDULE) or self.pen.now
        self.slots += 1
        ahead = told.entry.get("ahead")
        day = self._workday(ahead) if ahead else self._workday_before(self.slots + 1)
        span = TimeSpan(at_shanghai(day, 9 * 60), at_shanghai(day, 11 * 60))
        key, instrument, policy = self.pen.keys.at(at), told.terms.instrument, told.terms.policy(day)
        used = {} if ahead else {"checked_in_at": span.start, "checked_out_at": span.end}
        self.pen.batch.add(
            Booking,
            id=key,
            number=f"{number}-S",
            zone_code=instrument.zone_code,
            instrument_id=instrument.id,
            institution_id=instrument.institution_id,
            requester_id=told.manager.id,
            requester_institution_id=instrument.institution_id,
            starts_at=span.start,
            ends_at=span.end,
            status="approved" if ahead else "completed",
            purpose=f"送样委托 {number}",
            amount_fen=0,
            quote=frozen(Price(span, ZERO)),
            policy_id=policy.id,
            service=True,
            created_at=at,
            changed_at=at,
            **used,
        )
        self.pen.batch.add(
            Slot,
            id=self.pen.keys.at(at),
            instrument_id=instrument.id,
            position=1,
            starts_at=span.start,
            ends_at=span.end,
            kind="booking",
            source_id=key,
        )
        return {"booking_id": key, "slot_starts_at": span.start, "slot_ends_at": span.end}

    def _workday(self, ahead: int) -> date:
        return self.pen.calendar.workdays_after(shanghai_day(self.pen.now), ahead)

    def _workday_before(self, back: int) -> date:
        day = shanghai_day(self.pen.now)
        while back > 0:
            day -= timedelta(days=1)
            back -= self.pen.calendar.is_workday(day)
        return day

    def _audit(self, told: Told, number: str) -> None:
        """One row of the trail for each step."""
        self._event(told, "submit", self._asked(told.entry), told.customer, None, {"number": number})
        status = Status.ASKED
        for action, at in told.steps:
            before, status = status, TRANSITIONS[status, action]
            by = None if action is Action.LAPSE else told.manager if action in HOUSE else told.customer
            last = (action, at) == told.steps[-1]
            note = told.entry.get("note", "") if last and action is not Action.QUOTE else ""
            self._event(told, action.value, at, by, {"status": before.value}, {"status": status.value}, note)

    def _event(
        self,
        told: Told,
        verb: str,
        at: datetime,
        by: Person | None,
        before: dict[str, Any] | None,
        after: dict[str, Any],
        note: str = "",
    ) -> None:
        self.pen.batch.add(
            AuditEvent,
            id=self.pen.keys.at(at),
            at=at,
            zone_code=told.terms.instrument.zone_code,
            actor_id=by.id if by else None,
            actor_name=by.name if by else None,
            action=f"order.{verb}",
            about_kind="order",
            about_id=told.id,
            before=before,
            after=after,
            note=note or None,
        )


def _after(action: Action) -> Status:
    """Where a step of the usual way leads."""
    return next(after for (_before, done), after in TRANSITIONS.items() if done is action)
