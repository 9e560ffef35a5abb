"""Who may book what: the instrument's state, its audience, training, customs, and who pays."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sharing.booking.rules.words import Violation
from sharing.people.rules import Actor, Role, ScopeKind
from sharing.registry.rules import InstrumentRow, LicenceRow

LEVELS: Final = ("supervised", "independent", "advanced")
BARRED_MODES: Final = frozenset({"closed", "service_only"})


def of_instrument(instrument: InstrumentRow, by: Actor, on: date) -> list[Violation]:
    """Out of service, not to be booked by time, or barred to a company by customs supervision (DOMAIN 2.A4)."""
    broken: list[Violation] = []
    if instrument.status != "in_service":
        facts = {"reason": instrument.status_reason}
        broken.append(Violation("instrument_status", "in_service", instrument.status, facts))
    if instrument.booking_mode in BARRED_MODES:
        broken.append(Violation("booking_mode", None, instrument.booking_mode))
    until = instrument.customs_until
    if instrument.customs_supervised and by.kind == "enterprise" and (until is None or on < until):
        broken.append(Violation("customs", None, None, {"until": until.isoformat() if until else None}))
    return broken


def of_audience(audience: str, instrument: InstrumentRow, by: Actor) -> list[Violation]:
    """Open to the owning group, its institution, the network's members, or everyone."""
    fits = {
        "group": instrument.group_id is not None and instrument.group_id in by.groups,
        "institution": by.institution_id == instrument.institution_id,
        "network": by.kind == "member",
        "everyone": True,
    }
    return [] if fits[audience] else [Violation("audience", audience, None)]


@dataclass(frozen=True, slots=True)
class Training:
    """What is known of a person's leave to use an instrument alone.

    held       the licence in force on the day, or None
    lapsed     the last day-bound one that is over, or None
    ask        names of those who can grant one
    idle_days  on the day, how long she has neither used the instrument nor been granted leave; None where none lapses
    """

    held: LicenceRow | None = None
    lapsed_on: date | None = None
    ask: tuple[str, ...] = ()
    idle_days: int | None = None


def of_training(level: str | None, training: Training, idle_days: int | None = None) -> list[Violation]:
    """No licence of at least this level, or one that lapsed for want of use; says since when and whom to ask.

    idle_days  after more days than these without use it has lapsed; None: never (SCENARIOS 26)
    """
    if level is None:
        return []
    held = training.held.level if training.held else None
    if held is not None and LEVELS.index(held) >= LEVELS.index(level):
        if idle_days is None or training.idle_days is None or training.idle_days <= idle_days:
            return []
        return [Violation("licence_idle_days", idle_days, training.idle_days, {"ask": list(training.ask)})]
    lapsed = training.lapsed_on.isoformat() if training.lapsed_on and held is None else None
    return [Violation("licence_level", level, held, {"ask": list(training.ask), "lapsed_on": lapsed})]


def default_payer(asked: uuid.UUID | None, by: Actor) -> uuid.UUID | None:
    """The group that pays: the one named, or her only one. An enterprise pays itself."""
    if asked is not None:
        return asked
    return by.groups[0] if by.kind == "member" and len(by.groups) == 1 else None


def of_payer(group_id: uuid.UUID | None, by: Actor, *, manager: bool) -> list[Violation]:
    """Somebody must pay: a group of hers, or the company itself.

    manager  she manages the instrument: its own upkeep needs no payer
    """
    if by.kind == "enterprise":
        return [] if group_id is None else [Violation("payer", None, "not_member")]
    if group_id is not None:
        return [] if group_id in by.groups else [Violation("payer", None, "not_member")]
    if by.groups:
        facts: dict[str, Any] = {"groups": [str(one) for one in by.groups]}
        return [Violation("payer", None, "several", facts)]
    return [] if manager else [Violation("payer", None, "none")]


def of_card(card_id: uuid.UUID | None, cards: Sequence[uuid.UUID]) -> list[Violation]:
    """The card belongs to the paying group and is still good."""
    if card_id is None or card_id in cards:
        return []
    return [Violation("card", None, str(card_id))]


def of_position(position: int | None, capacity: int) -> list[Violation]:
    if position is None or 1 <= position <= capacity:
        return []
    return [Violation("position", capacity, position)]


def heads(by: Actor, group_id: uuid.UUID | None) -> bool:
    """True when she is head of the group, so that her own word on her own group's money is given."""
    return group_id is not None and by.holds(Role.HEAD, ScopeKind.GROUP, group_id)
